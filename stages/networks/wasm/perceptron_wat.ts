/**
 * Writes the WebAssembly text of `perceptron.ts`'s multilayer perceptron for given layer sizes: forward,
 * backward and update with two float64 lanes a register, one sample after the other. Every sum runs in
 * the reference's order and every product is rounded as there, so the results have the same bits;
 * `exp` and `log` are the host's Math.exp and Math.log, as there. `perceptron_kernel.ts`
 * assembles and calls it.
 *
 * It is fast for these reasons:
 * a sample is the list of its non-zero pixels, so the first layer touches only
 * their rows of W; a block of columns of x·W stays in registers across all rows; W δ and the update of
 * W share one pass over the upper layers' weights; nothing is allocated or called per sample but `exp`
 * and `log`. What remains is near the machine's limit of one 16-byte store a cycle (first layer, half
 * of the time) and the exponentials (a fifth).
 *
 * Widths are rounded up to whole registers. Padding is 0 and stays 0: a padding column has weights and
 * bias 0 and no sigmoid is taken there, so its activation, its p and its δ are 0, and so is every
 * update of a padding row or column.
 */
import { advance, func, get, i32, load, range, set, store, walk } from "./wat.ts";

/** Byte addresses of one layer's arrays in the memory, on cache lines. */
interface LayerLayout {
  inputs: number;
  outputs: number;
  /** Bytes from one row of W to the next, and of every vector of outputs: whole registers. */
  stride: number;
  /** W; its number of rows is rounded up to even, for `backward` takes them in pairs. */
  weight: number;
  bias: number;
  /** The layer's output: its sigmoid, or p for the last layer. */
  output: number;
  /** δ = ∂L/∂a. */
  delta: number;
}

/** The memory below the samples. */
export interface Layout {
  layers: LayerLayout[];
  /** First free byte. */
  end: number;
}

/** Bytes of one register: a pair of float64. */
const PAIR = 16;
/** Pairs of columns kept in registers at once; x, a weight and a product make it 11 of x64's 16. */
const BLOCK = 8;
/** Bytes of one non-zero pixel: the address of its row of W as u32, then its value as float32. */
export const ENTRY = 8;
/** Bytes; what is allocated begins on one. */
export const CACHE_LINE = 64;

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/** Lays out weights and buffers of layers `sizes[0]` → … → `sizes.at(-1)` from address 0 on. */
export function layoutOf(sizes: readonly number[]): Layout {
  let end = 0;
  const allocate = (bytes: number) => {
    const address = end;
    end += roundUp(bytes, CACHE_LINE);
    return address;
  };
  const layers = sizes.slice(1).map((outputs, l) => {
    const stride = roundUp(outputs * 8, PAIR);
    return {
      inputs: sizes[l],
      outputs,
      stride,
      weight: allocate(roundUp(sizes[l], 2) * stride),
      bias: allocate(stride),
      output: allocate(stride),
      delta: allocate(stride),
    };
  });
  return { layers, end };
}

// The text's vocabulary. Each function gives one folded instruction; v128 means two float64.

const both = (value: number) => `(v128.const f64x2 ${value} ${value})`;
const splat = (value: string) => `(f64x2.splat ${value})`;
const add = (a: string, b: string) => `(f64x2.add ${a} ${b})`;
const sub = (a: string, b: string) => `(f64x2.sub ${a} ${b})`;
const mul = (a: string, b: string) => `(f64x2.mul ${a} ${b})`;
const div = (a: string, b: string) => `(f64x2.div ${a} ${b})`;
const lows = (a: string, b: string) =>
  `(i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 ${a} ${b})`;
const highs = (a: string, b: string) =>
  `(i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 ${a} ${b})`;
const loadBoth = (address: string, offset = 0) => `(v128.load64_splat offset=${offset} ${address})`;
const load1 = (address: string, offset = 0) => `(f64.load offset=${offset} ${address})`;
const store1 = (address: string, value: string, offset = 0) =>
  `(f64.store offset=${offset} ${address} ${value})`;
const float64At = (index: string) => `(i32.shl ${index} (i32.const 3))`;

/** The pairs of columns of a layer. */
function pairsOf({ stride }: LayerLayout): number[] {
  return range(stride / PAIR);
}

/** The same in blocks for the registers; pair j of a block has register j % BLOCK. */
function blocksOf(layer: LayerLayout): number[][] {
  const pairs = pairsOf(layer);
  return range(Math.ceil(pairs.length / BLOCK)).map((b) => pairs.slice(b * BLOCK, (b + 1) * BLOCK));
}
const registers = (name: string) => range(BLOCK).map((j) => `${name}${j}`);

/** Goes through a sample's entries [$from, $to): `$row` is the address of the row, `$x` the pixel. */
function eachEntry(body: string[]): string {
  return walk("p", get("from"), get("to"), ENTRY, [
    set("row", `(i32.load ${get("p")})`),
    set("x", `(f64x2.promote_low_f32x4 (v128.load32_splat offset=4 ${get("p")}))`),
    ...body,
  ]);
}

/** Goes through the inputs of an upper layer: `$row` is the address of the row, `$x` the input. */
function eachInput(layer: LayerLayout, below: LayerLayout): (body: string[]) => string {
  return (body) =>
    set("row", i32(layer.weight)) +
    walk("p", i32(below.output), i32(below.output + layer.inputs * 8), 8, [
      set("x", loadBoth(get("p"))),
      ...body,
      advance("row", layer.stride),
    ]);
}

/** a = x·W + b, where `each` repeats its body for every x_i in the order of i. */
function affine(
  layer: LayerLayout,
  signature: string,
  each: (body: string[]) => string,
): string {
  const sum = (j: number) => `sum${j % BLOCK}`;
  return func(
    signature,
    { i32: ["p", "row"], v128: ["x", ...registers("sum")] },
    blocksOf(layer).flatMap((block) => [
      ...block.map((j) => set(sum(j), both(0))),
      each(
        block.map((j) => set(sum(j), add(get(sum(j)), mul(get("x"), load(get("row"), j * PAIR))))),
      ),
      ...block.map((j) =>
        store(i32(layer.output + j * PAIR), add(get(sum(j)), load(i32(layer.bias + j * PAIR))))
      ),
    ]),
  );
}

/** e^x. The host takes many times as long where that is infinite or 0, as in saturated networks. */
const exponential = func("$exponential (param $x f64) (result f64)", {}, [
  `(if (f64.gt ${get("x")} (f64.const 710)) (then (return (f64.const inf))))`,
  `(if (f64.lt ${get("x")} (f64.const -746)) (then (return (f64.const 0))))`,
  `(call $exp ${get("x")})`,
]);

/** h = 1 / (1 + e^-a) in place. */
function sigmoid({ outputs, output }: LayerLayout, l: number): string {
  const exponential = `(call $exponential (f64.neg ${load1(get("p"))}))`;
  return func(`$sigmoid${l}`, { i32: ["p"] }, [
    walk("p", i32(output), i32(output + outputs * 8), 8, [
      store1(get("p"), `(f64.div (f64.const 1) (f64.add (f64.const 1) ${exponential}))`),
    ]),
  ]);
}

/** p = softmax(a) in place; returns the loss -log p of `$label`. */
function softmax(layer: LayerLayout): string {
  const { outputs, output } = layer;
  const maximum = range(outputs).map((k) => load1(i32(output + k * 8)))
    .reduce((a, b) => `(f64.max ${a} ${b})`);
  return func(
    "$softmax (param $label i32) (result f64)",
    { i32: ["p"], f64: ["max", "sum", "e", "labelled"] },
    [
      set("max", maximum),
      set("labelled", `(f64.sub ${load1(float64At(get("label")), output)} ${get("max")})`),
      walk("p", i32(output), i32(output + outputs * 8), 8, [
        set("e", `(call $exponential (f64.sub ${load1(get("p"))} ${get("max")}))`),
        set("sum", `(f64.add ${get("sum")} ${get("e")})`),
        store1(get("p"), get("e")),
      ]),
      ...pairsOf(layer).map((j) => i32(output + j * PAIR))
        .map((p) => store(p, div(load(p), splat(get("sum"))))),
      `(f64.neg (f64.sub ${get("labelled")} (call $log ${get("sum")})))`,
    ],
  );
}

/** The index of the largest p, the first of equals. */
function argmax({ outputs, output }: LayerLayout): string {
  const p = (index: string) => load1(float64At(get(index)), output);
  return func("$argmax (result i32)", { i32: ["k", "best"] }, [
    walk("k", i32(1), i32(outputs), 1, [
      `(if (f64.gt ${p("k")} ${p("best")}) (then ${set("best", get("k"))}))`,
    ]),
    get("best"),
  ]);
}

/** δ = p - onehot(`$label`). */
function outputDelta(layer: LayerLayout): string {
  const { output, delta } = layer;
  const label = float64At(get("label"));
  return func("$delta (param $label i32)", {}, [
    ...pairsOf(layer).map((j) => store(i32(delta + j * PAIR), load(i32(output + j * PAIR)))),
    store1(label, `(f64.sub ${load1(label, delta)} (f64.const 1))`, delta),
  ]);
}

/** b ← b - η δ */
function updateBias(layer: LayerLayout): string[] {
  return pairsOf(layer).map((j) => {
    const bias = i32(layer.bias + j * PAIR);
    return store(bias, sub(load(bias), mul(get("rates"), load(i32(layer.delta + j * PAIR)))));
  });
}

/**
 * δ of the layer below = (W δ) ∘ h ∘ (1 - h) with W as it is, and W ← W - (η h) ⊗ δ, b ← b - η δ on the
 * way. The products of rows i and i + 1 are interleaved, so that one register sums both rows, each in
 * the order of its columns; taking four rows at once gives the adder two chains.
 */
function backward(layer: LayerLayout, l: number, below: LayerLayout): string {
  const { stride, weight, delta } = layer;
  /** Two rows, the r-th and its neighbour, at pair j of the columns. */
  const twoRows = (r: number, j: number) => [
    ...[r, r + 1].flatMap((row) => {
      const offset = row * stride + j * PAIR;
      const moved = sub(get("w"), mul(get(`step${row}`), get("d")));
      return [
        set("w", load(get("row"), offset)),
        set(row % 2 === 0 ? "even" : "odd", mul(get("w"), get("d"))),
        store(get("row"), moved, offset),
      ];
    }),
    set(`sum${r}`, add(get(`sum${r}`), lows(get("even"), get("odd")))),
    set(`sum${r}`, add(get(`sum${r}`), highs(get("even"), get("odd")))),
  ];
  const rows = (n: 2 | 4) => {
    const firsts = range(n / 2).map((pair) => 2 * pair);
    return [
      ...range(n).map((r) => set(`step${r}`, mul(get("rates"), loadBoth(get("p"), r * 8)))),
      ...firsts.map((r) => set(`sum${r}`, both(0))),
      ...pairsOf(layer).flatMap((j) => [
        set("d", load(i32(delta + j * PAIR))),
        ...firsts.flatMap((r) => twoRows(r, j)),
      ]),
      ...firsts.flatMap((r) => [
        set("h", load(get("p"), r * 8)),
        store(
          get("p"),
          mul(get(`sum${r}`), mul(get("h"), sub(both(1), get("h")))),
          below.delta - below.output + r * 8,
        ),
      ]),
      advance("row", n * stride),
    ];
  };
  const inFours = Math.floor(roundUp(layer.inputs, 2) / 4) * 4 * 8;
  return func(
    `$backward${l} (param $rate f64)`,
    {
      i32: ["p", "row"],
      v128: ["rates", "w", "d", "even", "odd", "h", "sum0", "sum2"]
        .concat(range(4).map((r) => `step${r}`)),
    },
    [
      set("rates", splat(get("rate"))),
      set("row", i32(weight)),
      walk("p", i32(below.output), i32(below.output + inFours), 4 * 8, rows(4)),
      ...(roundUp(layer.inputs, 2) % 4 === 0 ? [] : rows(2)),
      ...updateBias(layer),
    ],
  );
}

/** W ← W - (η x) ⊗ δ and b ← b - η δ of the first layer. */
function updateFirst(layer: LayerLayout): string {
  const d = (j: number) => `d${j % BLOCK}`;
  return func(
    "$update (param $from i32) (param $to i32) (param $rate f64)",
    { i32: ["p", "row"], v128: ["rates", "x", ...registers("d")] },
    [
      set("rates", splat(get("rate"))),
      ...blocksOf(layer).flatMap((block) => [
        ...block.map((j) => set(d(j), load(i32(layer.delta + j * PAIR)))),
        eachEntry([
          set("x", mul(get("rates"), get("x"))),
          ...block.map((j) => {
            const moved = sub(load(get("row"), j * PAIR), mul(get("x"), get(d(j))));
            return store(get("row"), moved, j * PAIR);
          }),
        ]),
      ]),
      ...updateBias(layer),
    ],
  );
}

/** Goes through the samples [$from, $to); `body` finds one's label in `$label`. */
function eachSample(body: string[]): string {
  const start = `(i32.add (global.get $starts) (i32.shl ${get("sample")} (i32.const 2)))`;
  return walk("sample", get("from"), get("to"), 1, [
    set("start", start),
    set("label", `(i32.load8_u (i32.add (global.get $labels) ${get("sample")}))`),
    ...body,
  ]);
}

/**
 * The module's text.
 *
 * Imports from `env`: `memory`; `exp` and `log`; and the addresses `starts` (for each sample and once
 * more at the end a u32: where its entries begin), `labels` (u8 each) and `predictions` (u8 each,
 * written by `evaluate`).
 *
 * Exports: `train(from, to, rate, sum)` and `evaluate(from, to, sum)`. Both go through the samples
 * [from, to) in order and return `sum` with their losses added one by one. `train` stops before the
 * update of a sample whose loss is not finite, with the sample's index in `stopped` (otherwise -1) and
 * its loss in `loss`.
 */
export function perceptronText({ layers }: Layout): string {
  const top = layers[layers.length - 1];
  const hidden = layers.slice(0, -1);
  const upper = layers.slice(1);
  const entries = `(i32.load ${get("start")}) (i32.load offset=4 ${get("start")})`;
  const forward = layers.flatMap((layer, l) => [
    `(call $affine${l} ${l === 0 ? entries : ""})`,
    layer === top ? "" : `(call $sigmoid${l})`,
  ]);
  const functions = [
    exponential,
    affine(layers[0], "$affine0 (param $from i32) (param $to i32)", eachEntry),
    ...upper.map((layer, l) => affine(layer, `$affine${l + 1}`, eachInput(layer, layers[l]))),
    ...hidden.map(sigmoid),
    softmax(top),
    argmax(top),
    outputDelta(top),
    ...upper.map((layer, l) => backward(layer, l + 1, layers[l])),
    updateFirst(layers[0]),
    func(
      `(export "train") (param $from i32) (param $to i32) (param $rate f64) (param $sum f64)
  (result f64)`,
      { i32: ["sample", "start", "label"], f64: ["loss"] },
      [
        `(global.set $stopped (i32.const -1))`,
        eachSample([
          ...forward,
          set("loss", `(call $softmax ${get("label")})`),
          `(if (f64.ne (f64.sub ${get("loss")} ${get("loss")}) (f64.const 0)) (then
            (global.set $stopped ${get("sample")})
            (global.set $loss ${get("loss")})
            (br $done)))`,
          set("sum", `(f64.add ${get("sum")} ${get("loss")})`),
          `(call $delta ${get("label")})`,
          ...upper.map((_, l) => `(call $backward${l + 1} ${get("rate")})`).reverse(),
          `(call $update ${entries} ${get("rate")})`,
        ]),
        get("sum"),
      ],
    ),
    func(
      `(export "evaluate") (param $from i32) (param $to i32) (param $sum f64) (result f64)`,
      { i32: ["sample", "start", "label"] },
      [
        eachSample([
          ...forward,
          set("sum", `(f64.add ${get("sum")} (call $softmax ${get("label")}))`),
          `(i32.store8 (i32.add (global.get $predictions) ${get("sample")}) (call $argmax))`,
        ]),
        get("sum"),
      ],
    ),
  ];
  return `(module
(import "env" "memory" (memory 1))
(import "env" "exp" (func $exp (param f64) (result f64)))
(import "env" "log" (func $log (param f64) (result f64)))
(import "env" "starts" (global $starts i32))
(import "env" "labels" (global $labels i32))
(import "env" "predictions" (global $predictions i32))
(global $stopped (export "stopped") (mut i32) (i32.const -1))
(global $loss (export "loss") (mut f64) (f64.const 0))
${functions.join("\n")})
`;
}
