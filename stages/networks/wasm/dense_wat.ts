/**
 * Writes the WebAssembly text of a dense ReLU network's training step for given layer sizes: forward,
 * softmax cross-entropy, backward and update, with four float32 a register. `dense_steps.ts` calls it.
 *
 * It is fast for these reasons: a block of 6 × 8 sums stays in registers for a whole product;
 * both factors lie in the order in which they are read; the update uses the block of the
 * gradient that it has just summed, so the gradient is never stored; and the first layer, with most
 * of the work, leaves out pixels that are 0 (`pixels_wat.ts`).
 *
 * Every element is one chain of sums in a fixed order: over inputs, outputs or samples, ascending. So
 * results depend neither on the number of threads nor on how the work is divided. They depend on
 * whether `relaxed_madd` rounds once (FMA) or twice, which is a fact of the processor.
 *
 * `exp` and `log` are the host's Math.exp and Math.log, in float64.
 */
import {
  type DenseLayer,
  type DenseLayout,
  PANEL,
  PANEL_ROW,
  panelsOf,
  TILE,
  TILE_COLUMN,
} from "./dense_layout.ts";
import { forwardPixels, listPixels, listSamples, updatePixels } from "./pixels_wat.ts";
import {
  advance,
  func,
  get,
  i32,
  load,
  loopBelow,
  madd,
  plus,
  range,
  set,
  shuffle,
  splatAt,
  store,
  times,
  walk,
  zero,
} from "./wat.ts";

const storeLane = (lane: number, address: string, value: string, offset: number) =>
  `(v128.store32_lane offset=${offset} ${lane} ${address} ${value})`;

const rows = range(TILE);
const halves = range(2);
const sum = (r: number, h: number) => `sum${r}${h}`;
/** Names of the block's registers, and of those that feed it. */
const block = {
  v128: [...rows.flatMap((r) => halves.map((h) => sum(r, h))), "x", "left", "right"],
};
const clearBlock = rows.flatMap((r) => halves.map((h) => set(sum(r, h), zero)));

/** sums += x ⊗ the row of a panel at `$b` + `panel`; the r-th x lies at `$a` + `x(r)`. */
const multiplyAdd = (x: (r: number) => number, panel: number) => [
  set("left", load(get("b"), panel)),
  set("right", load(get("b"), panel + 16)),
  ...rows.flatMap((r) => [
    set("x", splatAt(get("a"), x(r))),
    ...halves.map((h) =>
      set(sum(r, h), madd(get("x"), get(h === 0 ? "left" : "right"), get(sum(r, h))))
    ),
  ]),
];

/** Turns of a loop's body that are written out. */
const UNROLLED = 4;

/** Sums over `depth` columns of a tile at `$a` and rows of a panel at `$b`. */
function multiply(depth: number): string[] {
  const turn = (u: number) => multiplyAdd((r) => u * TILE_COLUMN + r * 4, u * PANEL_ROW);
  const whole = Math.floor(depth / UNROLLED);
  const left = depth - whole * UNROLLED;
  return [
    ...clearBlock,
    ...(whole === 0 ? [] : [
      set("end", plus(get("a"), i32(whole * UNROLLED * TILE_COLUMN))),
      `(loop $deep
        ${range(UNROLLED).flatMap(turn).join("\n        ")}
        ${advance("a", UNROLLED * TILE_COLUMN)} ${advance("b", UNROLLED * PANEL_ROW)}
        (br_if $deep (i32.lt_u ${get("a")} ${get("end")})))`,
    ]),
    ...range(left).flatMap(turn),
  ];
}

/** A product whose left factor lies by tiles and whose right one lies by panels. */
interface Product {
  /** The left factor: its address, columns of a tile, and how many of these count. */
  readonly left: string;
  readonly columns: number;
  readonly depth: number;
  /** The right factor, and rows of a panel of it. */
  readonly right: number;
  readonly rows: number;
  /** Instructions on the sums before they are stored, with `$panel` and `$row`, byte offsets. */
  readonly finish: string[];
  /** The result by panels, and by tiles with so many columns if it is needed. */
  readonly output: number;
  readonly outputTiles?: { address: number; columns: number };
}

/** Params: the tiles and the panels of the result that are computed, [from, to) of each. */
const part =
  "(param $fromTile i32) (param $toTile i32) (param $fromPanel i32) (param $toPanel i32)";

function product(signature: string, tiles: number, product: Product): string {
  const panelBytes = tiles * TILE * PANEL_ROW;
  const { outputTiles } = product;
  return func(
    `${signature} ${part}`,
    { i32: ["p", "t", "a", "b", "end", "panel", "row", "tile"], ...block },
    [
      walk("p", get("fromPanel"), get("toPanel"), 1, [
        set("panel", times(get("p"), PANEL_ROW)),
        walk("t", get("fromTile"), get("toTile"), 1, [
          set("a", plus(product.left, times(get("t"), product.columns * TILE_COLUMN))),
          set("b", plus(i32(product.right), times(get("p"), product.rows * PANEL_ROW))),
          ...multiply(product.depth),
          set("row", plus(times(get("p"), panelBytes), times(get("t"), TILE * PANEL_ROW))),
          ...product.finish,
          ...rows.flatMap((r) =>
            halves.map((h) =>
              store(get("row"), get(sum(r, h)), product.output + r * PANEL_ROW + h * 16)
            )
          ),
          ...(outputTiles === undefined ? [] : [
            set(
              "tile",
              plus(
                times(get("t"), outputTiles.columns * TILE_COLUMN),
                times(get("p"), PANEL * TILE_COLUMN),
              ),
            ),
            ...rows.flatMap((r) =>
              range(PANEL).map((c) =>
                storeLane(
                  c % 4,
                  get("tile"),
                  get(sum(r, c >> 2)),
                  outputTiles.address + c * TILE_COLUMN + r * 4,
                )
              )
            ),
          ]),
        ]),
      ]),
    ],
  );
}

/** Each sum through `change`. */
const eachSum = (change: (sum: string, r: number, h: number) => string) =>
  rows.flatMap((r) => halves.map((h) => set(sum(r, h), change(get(sum(r, h)), r, h))));

/** Output = ReLU(x·W + b), or x·W + b for the last layer. */
function forward(layout: DenseLayout, l: number): string {
  const layer = layout.layers[l];
  const next = layout.layers.at(l + 1);
  const addBias = [
    set("left", load(get("panel"), layer.bias)),
    set("right", load(get("panel"), layer.bias + 16)),
    ...eachSum((value, _, h) => `(f32x4.add ${value} ${get(h === 0 ? "left" : "right")})`),
  ];
  // NaN passes: max gives it, and a comparison would hide it.
  const rectify = eachSum((value) => `(f32x4.max ${value} ${zero})`);
  const isLast = next === undefined;
  return product(`(export "forward${l}")`, layout.tiles, {
    left: i32(layer.input),
    columns: layer.rows,
    depth: layer.inputs,
    right: layer.weight,
    rows: layer.rows,
    finish: isLast ? addBias : [...addBias, ...rectify],
    output: layer.output,
    ...(isLast ? {} : { outputTiles: { address: next.input, columns: next.rows } }),
  });
}

/** δ of the layer below = (δ·Wᵀ) where its output is above 0, else 0. */
function backward(layout: DenseLayout, l: number): string {
  const layer = layout.layers[l];
  const below = layout.layers[l - 1];
  const mask = eachSum((value, r, h) => {
    const output = load(get("row"), below.output + r * PANEL_ROW + h * 16);
    return `(v128.and ${value} (f32x4.gt ${output} ${zero}))`;
  });
  return product(`(export "backward${l}")`, layout.tiles, {
    left: i32(layer.deltaTiles),
    columns: layer.panels * PANEL,
    depth: layer.outputs,
    right: layer.transposed,
    rows: layer.panels * PANEL,
    finish: mask,
    output: below.delta,
    outputTiles: { address: below.deltaTiles, columns: below.panels * PANEL },
  });
}

/** b += step · Σδ over `$count` samples, of panel `$p`. */
const moveBias = (tiles: number) => ({ bias, delta }: DenseLayer): string[] => [
  set("row", plus(i32(delta), times(get("p"), tiles * TILE * PANEL_ROW))),
  ...halves.flatMap((h) => {
    const address = plus(i32(bias + h * 16), times(get("p"), PANEL_ROW));
    return [
      set("left", zero),
      walk("b", get("row"), plus(get("row"), times(get("count"), PANEL_ROW)), PANEL_ROW, [
        set("left", `(f32x4.add ${get("left")} ${load(get("b"), h * 16)})`),
      ]),
      store(address, madd(get("left"), `(f32x4.splat ${get("step")})`, load(address))),
    ];
  }),
];

/** W += step · xᵀδ and b += step · Σδ over `$count` samples, for some panels. `$step` is below 0. */
function update(layout: DenseLayout, l: number): string {
  const { inputs, panels, rows: depth, weight, input, delta } = layout.layers[l];
  const { tiles } = layout;
  const wholeTiles = `(i32.div_u ${get("count")} ${i32(TILE)})`;
  const tileBytes = depth * TILE_COLUMN;
  /** The j-th sample of a tile: x of six inputs lies one column apart. */
  const sample = (j: number) => multiplyAdd((r) => r * TILE_COLUMN + j * 4, j * PANEL_ROW);
  const move = rows.flatMap((r) =>
    halves.map((h) => {
      const offset = r * PANEL_ROW + h * 16;
      return store(get("w"), madd(get(sum(r, h)), get("x"), load(get("w"), offset)), offset);
    })
  );
  return func(
    `(export "update${l}") (param $fromPanel i32) (param $toPanel i32) (param $count i32)
      (param $step f32)`,
    {
      i32: ["p", "i", "a", "b", "w", "deltas", "q", "row"],
      v128: block.v128.concat(turning),
    },
    [
      walk("p", get("fromPanel"), get("toPanel"), 1, [
        set("deltas", plus(i32(delta), times(get("p"), tiles * TILE * PANEL_ROW))),
        set("w", plus(i32(weight), times(get("p"), depth * PANEL_ROW))),
        walk("i", i32(0), i32(Math.ceil(inputs / TILE)), 1, [
          ...clearBlock,
          set("a", plus(i32(input), times(get("i"), TILE * TILE_COLUMN))),
          set("b", get("deltas")),
          // Whole tiles, then the samples that are left.
          loopBelow("b", plus(get("deltas"), times(wholeTiles, TILE * PANEL_ROW)), [
            ...rows.flatMap(sample),
            advance("a", tileBytes),
            advance("b", TILE * PANEL_ROW),
          ]),
          loopBelow("b", plus(get("deltas"), times(get("count"), PANEL_ROW)), [
            ...sample(0),
            advance("a", 4),
            advance("b", PANEL_ROW),
          ]),
          set("x", `(f32x4.splat ${get("step")})`),
          ...move,
          advance("w", TILE * PANEL_ROW),
        ]),
        ...moveBias(tiles)(layout.layers[l]),
        ...transpose(layout.layers[l], panels),
      ]),
    ],
  );
}

const turning = ["t0", "t1", "t2", "t3", "u0", "u1", "u2", "u3"];

/** Copies panel `$p` of W to its eight rows of Wᵀ, four by four. */
function transpose(
  { inputs, rows: depth, weight, transposed }: DenseLayer,
  panels: number,
): string[] {
  const wide = panels * PANEL;
  return [
    walk("q", i32(0), i32(panelsOf(inputs) * 2), 1, [
      // Four rows of W, from input 4q on.
      set(
        "a",
        plus(plus(i32(weight), times(get("p"), depth * PANEL_ROW)), times(get("q"), 4 * PANEL_ROW)),
      ),
      // Panel q / 2 of Wᵀ, row 8p, the half that q is in.
      set(
        "b",
        plus(
          plus(
            i32(transposed),
            times(`(i32.shr_u ${get("q")} ${i32(1)})`, wide * PANEL_ROW),
          ),
          plus(
            times(get("p"), PANEL * PANEL_ROW),
            times(`(i32.and ${get("q")} ${i32(1)})`, 16),
          ),
        ),
      ),
      ...halves.flatMap((h) => [
        ...range(4).map((r) => set(`t${r}`, load(get("a"), r * PANEL_ROW + h * 16))),
        set("u0", shuffle(get("t0"), get("t1"), [0, 4, 1, 5])),
        set("u1", shuffle(get("t0"), get("t1"), [2, 6, 3, 7])),
        set("u2", shuffle(get("t2"), get("t3"), [0, 4, 1, 5])),
        set("u3", shuffle(get("t2"), get("t3"), [2, 6, 3, 7])),
        store(get("b"), shuffle(get("u0"), get("u2"), [0, 1, 4, 5]), (h * 4 + 0) * PANEL_ROW),
        store(get("b"), shuffle(get("u0"), get("u2"), [2, 3, 6, 7]), (h * 4 + 1) * PANEL_ROW),
        store(get("b"), shuffle(get("u1"), get("u3"), [0, 1, 4, 5]), (h * 4 + 2) * PANEL_ROW),
        store(get("b"), shuffle(get("u1"), get("u3"), [2, 3, 6, 7]), (h * 4 + 3) * PANEL_ROW),
      ]),
    ]),
  ];
}

/** Goes through the samples of the tiles [$fromTile, $toTile) that are below `$count`. */
const eachSample = (body: string[]) =>
  [
    set("last", times(get("toTile"), TILE)),
    `(if (i32.gt_u ${get("last")} ${get("count")}) (then ${set("last", get("count"))}))`,
    walk("sample", times(get("fromTile"), TILE), get("last"), 1, body),
  ].join("\n  ");

/** Address of `$sample` by tiles of so many columns, in bytes. */
const inTile = (columns: number) =>
  plus(
    times(`(i32.div_u ${get("sample")} ${i32(TILE)})`, columns * TILE_COLUMN),
    times(`(i32.rem_u ${get("sample")} ${i32(TILE)})`, 4),
  );

/**
 * Writes the losses of some tiles' samples to `$losses`, float32 each in nats, and δ of the last layer, the gradient of their mean over
 * `$count` samples. `$labels` are bytes.
 */
function loss({ layers, tiles, exponentials }: DenseLayout): string {
  const { outputs, panels, output, delta, deltaTiles } = layers[layers.length - 1];
  const eachClass = (body: string[]) => walk("k", i32(0), i32(outputs), 1, body);
  // Addresses of the sample's k-th value by panels, by tiles and among the exponentials.
  const byPanels = plus(
    get("row"),
    plus(
      times(`(i32.div_u ${get("k")} ${i32(PANEL)})`, tiles * TILE * PANEL_ROW),
      times(`(i32.rem_u ${get("k")} ${i32(PANEL)})`, 4),
    ),
  );
  const byTiles = plus(get("tile"), times(get("k"), TILE_COLUMN));
  const exponential = plus(times(get("sample"), outputs * 8), times(get("k"), 8));
  const logit = `(f64.promote_f32 (f32.load offset=${output} ${byPanels}))`;
  const isLabel = `(i32.eq ${get("k")} ${get("label")})`;
  const p = `(f64.div (f64.load offset=${exponentials} ${exponential}) ${get("sum")})`;
  const order = `(i32.load ${plus(get("order"), times(get("sample"), 4))})`;
  return func(
    `(export "loss") (param $order i32) (param $count i32) (param $labels i32) (param $losses i32)
      (param $fromTile i32) (param $toTile i32)`,
    {
      i32: ["sample", "last", "row", "tile", "label", "k"],
      f32: ["d"],
      f64: ["z", "e", "max", "sum", "labelled"],
    },
    [
      eachSample([
        set("row", times(get("sample"), PANEL_ROW)),
        set("tile", inTile(panels * PANEL)),
        set("label", `(i32.load8_u ${plus(get("labels"), order)})`),
        set("max", "(f64.const -inf)"),
        eachClass([set("max", `(f64.max ${get("max")} ${logit})`)]),
        set("sum", "(f64.const 0)"),
        eachClass([
          set("z", `(f64.sub ${logit} ${get("max")})`),
          `(if ${isLabel} (then ${set("labelled", get("z"))}))`,
          set("e", `(call $exp ${get("z")})`),
          set("sum", `(f64.add ${get("sum")} ${get("e")})`),
          `(f64.store offset=${exponentials} ${exponential} ${get("e")})`,
        ]),
        `(f32.store ${plus(get("losses"), times(get("sample"), 4))}
          (f32.demote_f64 (f64.sub (call $log ${get("sum")}) ${get("labelled")})))`,
        eachClass([
          set(
            "d",
            `(f32.demote_f64 (f64.div (f64.sub ${p} (f64.convert_i32_u ${isLabel}))
              (f64.convert_i32_u ${get("count")})))`,
          ),
          `(f32.store offset=${delta} ${byPanels} ${get("d")})`,
          `(f32.store offset=${deltaTiles} ${byTiles} ${get("d")})`,
        ]),
      ]),
    ],
  );
}

/** The module's text. It imports from `env` a shared `memory`, `exp` and `log`. */
export function denseText(layout: DenseLayout, pages: number): string {
  const { layers } = layout;
  const above = layers.slice(1).map((_, l) => l + 1);
  const functions = [
    listSamples(layout),
    listPixels(layout),
    forwardPixels(layout),
    ...above.map((l) => forward(layout, l)),
    loss(layout),
    ...above.map((l) => backward(layout, l)),
    updatePixels(layout, moveBias(layout.tiles)),
    ...above.map((l) => update(layout, l)),
  ];
  return `(module
(import "env" "memory" (memory ${pages} ${pages} shared))
(import "env" "exp" (func $exp (param f64) (result f64)))
(import "env" "log" (func $log (param f64) (result f64)))
${functions.join("\n")})
`;
}
