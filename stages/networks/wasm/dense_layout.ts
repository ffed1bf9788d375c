/**
 * Lays out a dense ReLU network and its batch in the memory of `dense_wat.ts` and `pixels_wat.ts`, in bytes.
 *
 * Two orders serve the products. *Panels*: eight columns of a matrix, row by row, one panel after the
 * other. *Tiles*: six samples, column by column, one tile after the other. A product reads its left
 * factor by tiles and its right one by panels, from start to end. Padding begins as 0, and no sum of
 * anything else reads it.
 *
 * The pixels of a batch are *lists*: entries of those that are not 0, by pairs of samples and by pairs of
 * pixels.
 */

/** Samples of a tile. With eight columns it makes twelve registers of sums, of the sixteen of x64. */
export const TILE = 6;
/** Columns of a panel: two registers of four float32. */
export const PANEL = 8;
/** Bytes of a row of a panel, and of a column of a tile. */
export const PANEL_ROW = PANEL * 4;
export const TILE_COLUMN = TILE * 4;
/** Samples, or pixels, of a list. With three panels it makes twelve registers of sums. */
export const PAIR = 2;
/** Pixels that are looked at together, and panels that a layer has a multiple of. */
export const PIXELS = 8;
const PANELS = 2;
/** Bytes of a list's entry: the offset of a row in a panel, u32, and the value that each of the pair has there. */
export const ENTRY = 16;
const CACHE_LINE = 64;

/** Byte addresses of one layer. */
export interface DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** Panels of the outputs. */
  readonly panels: number;
  /** Rows of a panel of W, whole tiles of inputs; of the first layer, whole eights of pixels. */
  readonly rows: number;
  /** W by panels, shape (rows, outputs). */
  readonly weight: number;
  /** Wᵀ by panels, shape (outputs, inputs); the first layer has none. */
  readonly transposed: number;
  readonly bias: number;
  /** Its input by tiles, `rows` columns each; the first layer has lists. */
  readonly input: number;
  /** Its output by panels, shape (samples, outputs). */
  readonly output: number;
  /** ∂loss/∂output before the ReLU, by panels and by tiles. */
  readonly delta: number;
  readonly deltaTiles: number;
}

/** Lists of a batch, one for each pair: offsets from the batch's address. */
export interface Lists {
  /** The address at which each list ends, u32. */
  readonly ends: number;
  readonly entries: number;
  /** Bytes from one list's first entry to the next one's. */
  readonly stride: number;
}

export interface DenseLayout {
  readonly layers: readonly DenseLayer[];
  /** Weights and biases lie below this address, and nothing else. */
  readonly parameters: number;
  /** Lists of two batches: one is made while the other is still read. */
  readonly batches: readonly [number, number];
  readonly bySamples: Lists;
  readonly byPixels: Lists;
  /** The most samples of a batch. */
  readonly batch: number;
  readonly tiles: number;
  /** exp of the logits of each sample, float64, shape (samples, classes). */
  readonly exponentials: number;
  /** First free byte. */
  readonly end: number;
}

const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;

/** Panels of so many columns. */
export const panelsOf = (columns: number) => roundUp(Math.ceil(columns / PANEL), PANELS);

/** Gives one address after the other, from 0, each at the start of a cache line. */
function allocator() {
  let end = 0;
  return (bytes: number) => {
    const address = end;
    end += roundUp(bytes, CACHE_LINE);
    return address;
  };
}

/** Room for the lists of `pairs`, each of at most `most` entries. */
const listsOf = (allocate: (bytes: number) => number, pairs: number, most: number): Lists => {
  const stride = roundUp(most * ENTRY, CACHE_LINE);
  return { ends: allocate(pairs * 4), entries: allocate(pairs * stride), stride };
};

export function denseLayout(sizes: readonly number[], batch: number): DenseLayout {
  const allocate = allocator();
  const tiles = Math.ceil(batch / TILE);
  const shapes = sizes.slice(1).map((outputs, l) => {
    const inputs = sizes[l];
    const panels = panelsOf(outputs);
    const rows = l === 0 ? roundUp(inputs, PIXELS) : roundUp(panelsOf(inputs) * PANEL, TILE);
    return {
      inputs,
      outputs,
      panels,
      rows,
      weight: allocate(panels * rows * PANEL_ROW),
      transposed: l === 0 ? 0 : allocate(panelsOf(inputs) * panels * PANEL * PANEL_ROW),
      bias: allocate(panels * PANEL_ROW),
    };
  });
  const parameters = allocate(0);
  const layers = shapes.map((shape, l): DenseLayer => {
    const byPanels = () => allocate(shape.panels * tiles * TILE * PANEL_ROW);
    return {
      ...shape,
      input: l === 0 ? 0 : allocate(tiles * shape.rows * TILE_COLUMN),
      output: byPanels(),
      delta: byPanels(),
      deltaTiles: allocate(tiles * shape.panels * PANEL * TILE_COLUMN),
    };
  });
  const classes = sizes[sizes.length - 1];
  const [{ rows }] = layers;
  const within = allocator();
  // An entry is written before it counts, those of pixels behind an image's last one too.
  const bySamples = listsOf(within, tiles * TILE / PAIR, rows);
  const byPixels = listsOf(within, rows / PAIR, batch);
  const listed = within(0);
  return {
    layers,
    batch,
    tiles,
    parameters,
    bySamples,
    byPixels,
    batches: [allocate(listed), allocate(listed)],
    exponentials: allocate(tiles * TILE * classes * 8),
    end: allocate(0),
  };
}
