/**
 * Writes the WebAssembly text of the first layer of `dense_wat.ts`: its products leave out pixels that are 0,
 * half of FashionMNIST's. With finite weights and gradients a sum has the same bits without them, because
 * x + 0 · w is x. (`dense_network.ts` computes with every pixel where one is not finite: 0 · ∞ is NaN.)
 * A sum that is 0 because its products are too small for float32 may have another sign.
 *
 * The pixels of a batch are listed twice: for the forward product by pairs of samples, for the update by pairs
 * of pixels. An entry is where one of the pair is not 0. A block of sums, two rows of three panels, stays in
 * registers for a whole list.
 */
import {
  type DenseLayer,
  type DenseLayout,
  ENTRY,
  type Lists,
  PAIR,
  PANEL,
  PANEL_ROW,
  PIXELS,
  TILE,
  TILE_COLUMN,
} from "./dense_layout.ts";
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
  store,
  times,
  walk,
  zero,
} from "./wat.ts";

const pair = range(PAIR);
/** Panels of a block, the wider ones first: two are for those that are left. */
const WIDTHS = [3, 2] as const;
/** Registers of a row of a block of so many panels, by their panel and half. */
const columns = (width: number) => range(width * 2).map((c) => ({ panel: c >> 1, half: c % 2, c }));
const sum = (r: number, c: number) => `sum${r}${c}`;
const value = (r: number) => `x${r}`;
const registers = [
  ...pair.flatMap((r) => [value(r), ...columns(WIDTHS[0]).map(({ c }) => sum(r, c))]),
  "w",
];

/** Sums over a list: from `$e` to its end at `$end`, each entry times its row of the panels at `$b`. */
const multiply = (width: number, panelBytes: number) => [
  ...pair.flatMap((r) => columns(width).map(({ c }) => set(sum(r, c), zero))),
  `(if (i32.lt_u ${get("e")} ${get("end")}) (then (loop $deep
    ${set("w", load(get("e")))}
    ${set("row", plus(get("b"), `(i32x4.extract_lane 0 ${get("w")})`))}
    ${pair.map((r) => set(value(r), shuffle(get("w"), get("w"), Array(4).fill(1 + r)))).join(" ")}
    ${
    columns(width).flatMap(({ panel, half, c }) => [
      set("w", load(get("row"), panel * panelBytes + half * 16)),
      ...pair.map((r) => set(sum(r, c), madd(get(value(r)), get("w"), get(sum(r, c))))),
    ]).join("\n    ")
  }
    ${advance("e", ENTRY)}
    (br_if $deep (i32.lt_u ${get("e")} ${get("end")})))))`,
];

/** Finds list `$i` of the batch at `$batch`. */
const openList = ({ entries, ends, stride }: Lists) => [
  set("e", plus(plus(get("batch"), i32(entries)), times(get("i"), stride))),
  set("end", `(i32.load offset=${ends} ${plus(get("batch"), times(get("i"), 4))})`),
];

/** Goes through the panels [$fromPanel, $toPanel), an even number: as many threes as leave twos. */
const eachBlock = (body: (width: number) => string[]): string => {
  const [wide, narrow] = WIDTHS;
  const left = `(i32.sub ${get("toPanel")} ${get("p")})`;
  const block = (width: number) => [...body(width), advance("p", width)].join("\n    ");
  return [
    set("p", get("fromPanel")),
    loopBelow("p", get("toPanel"), [
      `(if (i32.or (i32.lt_u ${left} ${i32(wide)}) (i32.eq ${left} ${i32(2 * narrow)}))
      (then ${block(narrow)})
      (else ${block(wide)}))`,
    ]),
  ].join("\n  ");
};

/** Output = ReLU(x·W + b), or x·W + b if it is the last layer, of the pairs of samples [$fromPair, $toPair). */
export function forwardPixels({ layers, tiles, bySamples }: DenseLayout): string {
  const [{ rows, weight, bias, output }] = layers;
  const next = layers.at(1);
  const panelBytes = tiles * TILE * PANEL_ROW;
  const finish = (r: number, c: number) => {
    const biased = `(f32x4.add ${get(sum(r, c))} ${get("w")})`;
    // NaN passes: max gives it, and a comparison would hide it.
    return next === undefined ? biased : `(f32x4.max ${biased} ${zero})`;
  };
  /** Copies the sums to the tiles of the next layer, where those of a pair are side by side. */
  const copy = (width: number, address: number, tileColumns: number) => [
    set(
      "row",
      plus(
        plus(
          times(`(i32.div_u ${get("i")} ${i32(TILE / PAIR)})`, tileColumns * TILE_COLUMN),
          times(`(i32.rem_u ${get("i")} ${i32(TILE / PAIR)})`, PAIR * 4),
        ),
        times(get("p"), PANEL * TILE_COLUMN),
      ),
    ),
    ...columns(width).flatMap(({ c }) =>
      [[0, 1], [2, 3]].flatMap((lanes) => [
        set("w", besides(get(sum(0, c)), get(sum(1, c)), lanes)),
        ...lanes.map((lane, half) =>
          `(v128.store64_lane offset=${address + (c * 4 + lane) * TILE_COLUMN} ${half} ${
            get("row")
          } ${get("w")})`
        ),
      ])
    ),
  ];
  return func(
    `(export "forward0") (param $batch i32) (param $fromPair i32) (param $toPair i32)
      (param $fromPanel i32) (param $toPanel i32)`,
    { i32: ["p", "i", "e", "end", "b", "row"], v128: registers },
    [eachBlock((width) => [
      set("b", plus(i32(weight), times(get("p"), rows * PANEL_ROW))),
      walk("i", get("fromPair"), get("toPair"), 1, [
        ...openList(bySamples),
        ...multiply(width, rows * PANEL_ROW),
        set("row", times(get("p"), PANEL_ROW)),
        ...columns(width).flatMap(({ c }) => [
          set("w", load(get("row"), bias + c * 16)),
          ...pair.map((r) => set(sum(r, c), finish(r, c))),
        ]),
        set("row", plus(times(get("p"), panelBytes), times(get("i"), PAIR * PANEL_ROW))),
        ...columns(width).flatMap(({ panel, half, c }) =>
          pair.map((r) =>
            store(
              get("row"),
              get(sum(r, c)),
              output + panel * panelBytes + r * PANEL_ROW + half * 16,
            )
          )
        ),
        ...(next === undefined ? [] : copy(width, next.input, next.rows)),
      ]),
    ])],
  );
}

/** W += step · xᵀδ over `$count` samples, for the panels [$fromPanel, $toPanel), and `bias` for each of them. */
export function updatePixels(
  { layers: [layer], tiles, byPixels }: DenseLayout,
  bias: (layer: DenseLayer) => string[],
): string {
  const { rows, weight, delta } = layer;
  const panelBytes = tiles * TILE * PANEL_ROW;
  return func(
    `(export "update0") (param $batch i32) (param $fromPanel i32) (param $toPanel i32)
      (param $count i32) (param $step f32)`,
    { i32: ["p", "i", "e", "end", "b", "row"], v128: [...registers, "left"] },
    [
      eachBlock((width) => [
        set("b", plus(i32(delta), times(get("p"), panelBytes))),
        walk("i", i32(0), i32(rows / PAIR), 1, [
          ...openList(byPixels),
          ...multiply(width, panelBytes),
          set("x0", `(f32x4.splat ${get("step")})`),
          set("row", plus(times(get("p"), rows * PANEL_ROW), times(get("i"), PAIR * PANEL_ROW))),
          ...columns(width).flatMap(({ panel, half, c }) =>
            pair.map((r) => {
              const offset = weight + panel * rows * PANEL_ROW + r * PANEL_ROW + half * 16;
              const moved = madd(get(sum(r, c)), get("x0"), load(get("row"), offset));
              return store(get("row"), moved, offset);
            })
          ),
        ]),
      ]),
      walk("p", get("fromPanel"), get("toPanel"), 1, bias(layer)),
    ],
  );
}

/** The two lanes of `a`, each before the same one of `b`. */
const besides = (a: string, b: string, lanes: readonly number[]) =>
  shuffle(a, b, lanes.flatMap((lane) => [lane, lane + 4]));

/** Values of the eight pixels at `$address`: sets two registers, named after it. */
const valuesAt = (address: string) => [
  set("w", `(v128.load8x8_u ${get(address)})`),
  ...["low", "high"].map((half) =>
    set(
      `${address}-${half}`,
      `(f32x4.div (f32x4.convert_i32x4_u (i32x4.extend_${half}_i16x8_u ${get("w")}))
        (v128.const f32x4 255 255 255 255))`,
    )
  ),
];
const halfNames = (address: string) => ["low", "high"].map((half) => `${address}-${half}`);

/** Enters a row and the pair of values in half `half` of a register, unless the bits `mask` of `$some` are 0. */
const enter = (list: string, row: string, values: string, half: number, mask: bigint) => [
  `(i32.store ${get(list)} ${row})`,
  `(v128.store64_lane offset=4 ${half} ${get(list)} ${values})`,
  set(
    list,
    plus(
      get(list),
      times(`(i64.ne (i64.const 0) (i64.and ${get("some")} (i64.const ${mask})))`, ENTRY),
    ),
  ),
];

/**
 * Sets `$some` to the eight pixels, or those of both, and to all bits where all pixels count. What lies behind
 * an image's last pixel is 0 there, where it `isLast`.
 */
const someOf = (inputs: number, isLast: string, ...addresses: string[]) => {
  const some = [get("all"), ...addresses.map((a) => `(i64.load ${get(a)})`)]
    .reduce((a, b) => `(i64.or ${a} ${b})`);
  const left = inputs % PIXELS;
  const own = (1n << BigInt(8 * left)) - 1n;
  return [
    set("some", some),
    ...(left === 0 ? [] : [
      `(if ${isLast} (then ${set("some", `(i64.and ${get("some")} (i64.const ${own}))`)}))`,
    ]),
  ];
};

const parameters = `(param $batch i32) (param $order i32) (param $count i32) (param $pixels i32)
      (param $all i64)`;

/** Address of the first pixel of the sample that is the `index`-th of `$order`. */
const pixelsOf = (index: string, inputs: number) =>
  plus(get("pixels"), times(`(i32.load ${plus(get("order"), times(index, 4))})`, inputs));

/**
 * Lists the pixels of the pairs of samples [$fromPair, $toPair). `$order` are u32 indices, of which `$count`
 * are samples; `$pixels` are bytes of shape (samples, inputs), each over 255. All pixels count if all bits of
 * `$all` are 1. A last sample without another is its own.
 */
export function listSamples({ layers: [{ inputs, rows }], bySamples }: DenseLayout): string {
  const { ends, entries, stride } = bySamples;
  const other = plus(times(get("i"), PAIR), i32(1));
  const ofBoth = ["first", "second"].map(halfNames);
  return func(
    `(export "listSamples") ${parameters} (param $fromPair i32) (param $toPair i32)`,
    {
      i32: ["i", "e", "first", "second", "row"],
      i64: ["some"],
      v128: ["w", ...ofBoth.flat()],
    },
    [
      walk("i", get("fromPair"), get("toPair"), 1, [
        set("first", pixelsOf(times(get("i"), PAIR), inputs)),
        set("second", get("first")),
        `(if (i32.lt_u ${other} ${get("count")}) (then ${set("second", pixelsOf(other, inputs))}))`,
        set("e", plus(plus(get("batch"), i32(entries)), times(get("i"), stride))),
        walk("row", i32(0), i32(rows * PANEL_ROW), PIXELS * PANEL_ROW, [
          ...someOf(
            inputs,
            `(i32.eq ${get("row")} ${i32((rows - PIXELS) * PANEL_ROW)})`,
            "first",
            "second",
          ),
          `(if (i64.ne (i64.const 0) ${get("some")}) (then ${
            [
              ...valuesAt("first"),
              ...valuesAt("second"),
              ...range(2).flatMap((h) =>
                [[0, 1], [2, 3]].flatMap((lanes) => [
                  set("w", besides(get(ofBoth[0][h]), get(ofBoth[1][h]), lanes)),
                  ...lanes.flatMap((lane, half) => {
                    const k = h * 4 + lane;
                    const mask = 0xffn << BigInt(8 * k);
                    return enter("e", plus(get("row"), i32(k * PANEL_ROW)), get("w"), half, mask);
                  }),
                ])
              ),
            ].join("\n")
          }))`,
          advance("first", PIXELS),
          advance("second", PIXELS),
        ]),
        `(i32.store offset=${ends} ${plus(get("batch"), times(get("i"), 4))} ${get("e")})`,
      ]),
    ],
  );
}

/** Lists the samples of the eights of pixels [$fromEight, $toEight), by pairs of pixels. */
export function listPixels({ layers: [{ inputs, rows }], byPixels }: DenseLayout): string {
  const { ends, entries, stride } = byPixels;
  const lists = range(PIXELS / PAIR);
  const halves = halfNames("first");
  return func(
    `(export "listPixels") ${parameters} (param $fromEight i32) (param $toEight i32)`,
    {
      i32: ["i", "s", "first", ...lists.map((j) => `e${j}`)],
      i64: ["some"],
      v128: ["w", ...halves],
    },
    [
      walk("i", get("fromEight"), get("toEight"), 1, [
        ...lists.map((j) =>
          set(
            `e${j}`,
            plus(
              plus(get("batch"), i32(entries + j * stride)),
              times(get("i"), lists.length * stride),
            ),
          )
        ),
        walk("s", i32(0), get("count"), 1, [
          set("first", plus(pixelsOf(get("s"), inputs), times(get("i"), PIXELS))),
          ...someOf(inputs, `(i32.eq ${get("i")} ${i32(rows / PIXELS - 1)})`, "first"),
          `(if (i64.ne (i64.const 0) ${get("some")}) (then ${
            [
              ...valuesAt("first"),
              ...lists.flatMap((j) => {
                const mask = 0xffffn << BigInt(16 * j);
                const row = times(get("s"), PANEL_ROW);
                return enter(`e${j}`, row, get(halves[j >> 1]), j % 2, mask);
              }),
            ].join("\n")
          }))`,
        ]),
        ...lists.map((j) =>
          `(i32.store offset=${ends + j * 4} ${
            plus(get("batch"), times(get("i"), lists.length * 4))
          } ${get(`e${j}`)})`
        ),
      ]),
    ],
  );
}
