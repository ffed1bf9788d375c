/**
 * Lays out a dense ReLU network, its batch and its samples in the memory of `dense_wat.ts`, in bytes.
 *
 * Two orders serve the products. *Panels*: eight columns of a matrix, row by row, one panel after the
 * other. *Tiles*: six samples, column by column, one tile after the other. A product reads its left
 * factor by tiles and its right one by panels, from start to end. Padding begins as 0, and no sum
 * reads it.
 */

/** Samples of a tile. With eight columns it makes twelve registers of sums, of the sixteen of x64. */
export const TILE = 6;
/** Columns of a panel: two registers of four float32. */
export const PANEL = 8;
/** Bytes of a row of a panel, and of a column of a tile. */
export const PANEL_ROW = PANEL * 4;
export const TILE_COLUMN = TILE * 4;
const CACHE_LINE = 64;

/** Byte addresses of one layer. */
export interface DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** Panels of the outputs. */
  readonly panels: number;
  /** Rows of a panel of W, whole tiles of inputs. */
  readonly rows: number;
  /** W by panels, shape (rows, outputs). */
  readonly weight: number;
  /** Wᵀ by panels, shape (outputs, inputs); the first layer has none. */
  readonly transposed: number;
  readonly bias: number;
  /** Its input by tiles, `rows` columns each. The first layer has two, for even and odd steps. */
  readonly input: readonly number[];
  /** Its output by panels, shape (samples, outputs). */
  readonly output: number;
  /** ∂loss/∂output before the ReLU, by panels and by tiles. */
  readonly delta: number;
  readonly deltaTiles: number;
}

export interface DenseLayout {
  readonly layers: readonly DenseLayer[];
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
export const panelsOf = (columns: number) => Math.ceil(columns / PANEL);

export function denseLayout(sizes: readonly number[], batch: number): DenseLayout {
  let end = 0;
  const allocate = (bytes: number) => {
    const address = end;
    end += roundUp(bytes, CACHE_LINE);
    return address;
  };
  const tiles = Math.ceil(batch / TILE);
  const layers = sizes.slice(1).map((outputs, l): DenseLayer => {
    const inputs = sizes[l];
    const panels = panelsOf(outputs);
    const rows = roundUp(panelsOf(inputs) * PANEL, TILE);
    const input = () => allocate(tiles * rows * TILE_COLUMN);
    const byPanels = () => allocate(panels * tiles * TILE * PANEL_ROW);
    return {
      inputs,
      outputs,
      panels,
      rows,
      weight: allocate(panels * rows * PANEL_ROW),
      transposed: l === 0 ? 0 : allocate(panelsOf(inputs) * panels * PANEL * PANEL_ROW),
      bias: allocate(panels * PANEL_ROW),
      input: l === 0 ? [input(), input()] : [input()],
      output: byPanels(),
      delta: byPanels(),
      deltaTiles: allocate(tiles * panels * PANEL * TILE_COLUMN),
    };
  });
  const classes = sizes[sizes.length - 1];
  const exponentials = allocate(tiles * TILE * classes * 8);
  return { layers, batch, tiles, exponentials, end };
}
