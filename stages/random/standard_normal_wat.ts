/**
 * Writes the WebAssembly text that draws standard normals as `sfc64.ts` and `standard_normal.ts` do,
 * bit for bit. It uses each draw at once: in a vector, or as an entry of a matrix that is multiplied
 * by a vector and not kept. `standard_normal_kernel.ts` assembles and calls it.
 *
 * It is fast for these reasons:
 * 64-bit integers, which JavaScript has not; a generator and a ziggurat in one
 * loop, so that the next state is computed while the last draw is looked up; and no matrix in memory.
 * Loops take four draws a round and leave calls to a loop around them, because V8 checks in each round
 * of a loop for an interruption, and keeps in memory what a loop with calls uses.
 * Sums run in the order of the draws, so results do not depend on how calls are cut.
 */

import { tables } from "./standard_normal_tables.ts";

/** Draws of a round of the inner loop. */
const together = 4;

const get = (name: string) => `(local.get $${name})`;
const set = (name: string, value: string) => `(local.set $${name} ${value})`;
const i64 = (value: string | number) => `(i64.const ${value})`;
const f64 = (value: string | number) => `(f64.const ${value})`;
const add = (a: string, b: string) => `(i64.add ${a} ${b})`;
const sum = (a: string, b: string) => `(f64.add ${a} ${b})`;
const difference = (a: string, b: string) => `(f64.sub ${a} ${b})`;
const product = (a: string, b: string) => `(f64.mul ${a} ${b})`;
/** Address of an 8-byte element: `base` bytes, then the index. */
const element = (index: string) => `(i32.shl ${index} (i32.const 3))`;

const state = ["a", "b", "c", "counter"];
const enter = state.map((word) => set(word, `(global.get $${word})`)).join(" ");
const leave = state.map((word) => `(global.set $${word} ${get(word)})`).join(" ");

/** Locals of a function that draws. */
const drawing = `(local $a i64) (local $b i64) (local $c i64) (local $counter i64)
  (local $raw i64) (local $position i64) (local $entry i32) (local $z f64)`;

/** `$raw` ← the next output, and the state moves on. */
const step = [
  set("raw", add(add(get("a"), get("b")), get("counter"))),
  set("counter", add(get("counter"), i64(1))),
  set("a", `(i64.xor ${get("b")} (i64.shr_u ${get("b")} ${i64(11)}))`),
  set("b", add(get("c"), `(i64.shl ${get("c")} ${i64(3)})`)),
  set("c", add(`(i64.rotl ${get("c")} ${i64(24)})`, get("raw"))),
].join("\n    ");

/** `$raw` as a number uniform on [0, 1): its upper 53 bits, times 2^-53. */
const uniform = product(`(f64.convert_i64_s (i64.shr_u ${get("raw")} ${i64(11)}))`, f64("0x1p-53"));

/** `$z` ← the next standard normal, in the 98.5 % of the draws that `isDecided` holds for. */
const attempt = `${step}
    ${set("entry", element(`(i32.and (i32.wrap_i64 ${get("raw")}) (i32.const 511))`))}
    ${set("position", `(i64.shr_u (i64.shl ${get("raw")} ${i64(3)}) ${i64(12)})`)}
    ${
  set(
    "z",
    product(
      `(f64.convert_i64_s ${get("position")})`,
      `(f64.load offset=${tables.scale} ${get("entry")})`,
    ),
  )
}`;

const isDecided = `(i64.lt_u ${get("position")} (i64.load offset=${tables.certain} ${
  get("entry")
}))`;

/** for ($name = from; $name < to; $name += 8) body */
const walk = (name: string, from: string, to: string, body: string) =>
  `${set(name, from)} (block $done_${name} (loop $next_${name}
    (br_if $done_${name} (i32.ge_u ${get(name)} ${to}))
    ${body}
    ${set(name, `(i32.add ${get(name)} (i32.const 8))`)} (br $next_${name})))`;

/** The end of `count` elements from `start` on. */
const endOf = (start: string, count: string) => `(i32.add ${get(start)} ${element(get(count))})`;

/** Adds elements to pointers. */
const advance = (pointers: readonly string[], elements: number) =>
  pointers.map((name) => set(name, `(i32.add ${get(name)} (i32.const ${8 * elements}))`)).join(" ");

/** Locals of `eachDraw`. */
const walking = "(local $i i32) (local $end i32) (local $last i32)";

/**
 * Draws `$z` for each element from `start` to `end`. `use` writes what is done with a draw, `offset`
 * bytes after `$i` and after `pointers`, which advance with it.
 */
function eachDraw(
  { start, end, use, pointers = [] }: {
    start: string;
    end: string;
    use(offset: number): string;
    pointers?: readonly string[];
  },
): string {
  const all = ["i", ...pointers];
  const round = Array.from({ length: together }, (_, k) =>
    `${attempt}
    (if (i32.eqz ${isDecided}) (then ${advance(all, k)} (br $undecided)))
    ${use(8 * k)}`);
  return `${set("i", start)} ${set("end", end)}
    ${set("last", `(i32.sub ${get("end")} (i32.const ${8 * together}))`)}
    (block $done (loop $outer
    (block $decided (block $undecided
    (block $few (loop $inner
    (br_if $few (i32.gt_u ${get("i")} ${get("last")}))
    ${round.join("\n    ")}
    ${advance(all, together)} (br $inner)))
    (br_if $done (i32.ge_u ${get("i")} ${get("end")}))
    ${attempt}
    (br_if $decided ${isDecided}))
    ${set("entry", `(i32.and ${get("entry")} (i32.const ${8 * 255}))`)}
    (if (i32.eqz ${get("entry")}) (then
      ${leave}
      ${set("z", `(call $tail ${get("raw")})`)}
      ${enter}
      (br $decided)))
    ${step}
    (br_if $outer (i32.eqz (call $isUnder ${get("entry")} ${get("z")} ${uniform}))))
    ${use(0)}
    ${advance(all, 1)} (br $outer)))`;
}

/** Rows of draws times x; `keep` writes what else is done with a draw, with the pointers it uses. */
const products = (
  signature: string,
  keep: (offset: number) => string = () => "",
  pointers: readonly string[] = [],
) =>
  `(func ${signature}
  (local $j i32) (local $sum f64) ${walking} ${drawing}
  ${enter}
  ${
    walk(
      "j",
      get("out"),
      endOf("out", "rows"),
      `${set("sum", f64(0))}
    ${
        eachDraw({
          start: get("x"),
          end: endOf("x", "columns"),
          use: (offset) =>
            `${
              set(
                "sum",
                sum(get("sum"), product(get("z"), `(f64.load offset=${offset} ${get("i")})`)),
              )
            } ${keep(offset)}`,
          pointers,
        })
      }
    (f64.store ${get("j")} ${get("sum")})`,
    )
  }
  ${leave})`;

/** out[i] += `entry` g[j] */
const addToOut = (entry: string, offset: number) =>
  `(f64.store offset=${offset} ${get("i")} ${
    sum(`(f64.load offset=${offset} ${get("i")})`, product(entry, get("gj")))
  })`;

/** Adds rows of a matrix, each times its entry of g, to `out`: `addRow` does it for a row. */
const transposedProducts = (addRow: string) =>
  walk("j", get("g"), endOf("g", "rows"), `${set("gj", `(f64.load ${get("j")})`)} ${addRow}`);

/**
 * The module's text. Imports from `env`: `memory`, with the tables in it; `exp`; and `log1p`, of
 * `log1p.ts`. All addresses are in bytes, all vectors of float64.
 */
export const standardNormalText = `(module
(import "env" "memory" (memory 1))
(import "env" "exp" (func $exp (param f64) (result f64)))
(import "env" "log1p" (func $log1p (param f64) (result f64)))
${state.map((word) => `(global $${word} (mut i64) ${i64(0)})`).join(" ")}

;; Starts the stream of a state's first three words: twelve outputs are dropped.
(func (export "seed") (param $a i64) (param $b i64) (param $c i64)
  (local $counter i64) (local $raw i64)
  ${set("counter", i64(1))}
  (loop $next
    ${step}
    (br_if $next (i64.le_u ${get("counter")} ${i64(12)})))
  ${leave})

;; Uniform on [0, 1).
(func $uniform (result f64) ${drawing}
  ${enter}
  ${step}
  ${leave}
  ${uniform})

;; A draw from the tail by Marsaglia's method; $raw led here, and has the sign.
(func $tail (param $raw i64) (result f64) (local $beyond f64) (local $height f64)
  (loop $again
    ${
  set(
    "beyond",
    product(f64("-0.27366123732975828"), "(call $log1p (f64.neg (call $uniform)))"),
  )
}
    ${set("height", "(f64.neg (call $log1p (f64.neg (call $uniform))))")}
    (br_if $again (i32.eqz (f64.gt ${sum(get("height"), get("height"))}
      ${product(get("beyond"), get("beyond"))}))))
  ${set("beyond", sum(f64("3.6541528853610088"), get("beyond")))}
  (select (f64.neg ${get("beyond")}) ${get("beyond")}
    (i32.wrap_i64 (i64.and (i64.shr_u ${get("raw")} ${i64(17)}) ${i64(1)}))))

;; 1 if the point at z lies under the curve, at a height uniform over its box: $u of it. There the curve
;; is below · e^d = below · (1 + d + d²/2 + d³/6 + …), and beyond the first three terms lies from 0 to
;; d³/4, because d is at most 0.73. A point within 1e-9 of these bounds takes the exact curve.
(func $isUnder (param $layer i32) (param $z f64) (param $u f64) (result i32)
  (local $below f64) (local $height f64) (local $edge f64) (local $d f64) (local $above f64)
  ${set("below", `(f64.load offset=${tables.heights} ${get("layer")})`)}
  ${
  set(
    "height",
    sum(
      product(
        difference(`(f64.load offset=${tables.heights - 8} ${get("layer")})`, get("below")),
        get("u"),
      ),
      get("below"),
    ),
  )
}
  ${set("edge", product(f64("0x1p52"), `(f64.load offset=${tables.scale} ${get("layer")})`))}
  ${
  set(
    "d",
    product(
      f64(0.5),
      product(difference(get("edge"), get("z")), sum(get("edge"), get("z"))),
    ),
  )
}
  ${
  set(
    "above",
    difference(
      get("height"),
      product(
        get("below"),
        sum(f64(1), product(get("d"), sum(f64(1), product(f64(0.5), get("d"))))),
      ),
    ),
  )
}
  (if (f64.lt ${get("above")} ${f64(-1e-9)}) (then (return (i32.const 1))))
  (if (f64.gt
    ${difference(get("above"), f64(1e-9))}
    ${
  product(
    product(f64(0.25), get("below")),
    product(get("d"), product(get("d"), get("d"))),
  )
}) (then (return (i32.const 0))))
  (f64.lt ${get("height")} (call $exp ${product(product(f64(-0.5), get("z")), get("z"))})))

;; out[i] = z
(func (export "fill") (param $out i32) (param $count i32)
  ${walking} ${drawing}
  ${enter}
  ${
  eachDraw({
    start: get("out"),
    end: endOf("out", "count"),
    use: (offset) => `(f64.store offset=${offset} ${get("i")} ${get("z")})`,
  })
}
  ${leave})

;; out[i] = u
(func (export "fillUniform") (param $out i32) (param $count i32)
  (local $i i32) ${drawing}
  ${enter}
  ${walk("i", get("out"), endOf("out", "count"), `${step} (f64.store ${get("i")} ${uniform})`)}
  ${leave})

;; out[i] = 1 or -1: a state's 64 bits in turn, the lowest first, 0 for 1
(func (export "fillSigns") (param $out i32) (param $count i32)
  (local $i i32) ${drawing}
  ${enter}
  ${
  walk(
    "i",
    get("out"),
    endOf("out", "count"),
    `(if (i32.eqz (i32.and (i32.sub ${get("i")} ${get("out")}) (i32.const 511))) (then
      ${step}))
    (i64.store ${get("i")} (i64.or (i64.shl ${get("raw")} ${i64(63)}) ${i64("0x3ff0000000000000")}))
    ${set("raw", `(i64.shr_u ${get("raw")} ${i64(1)})`)}`,
  )
}
  ${leave})

;; out[j] = Σ_i z_ji x[i], row by row
${
  products(
    `(export "products") (param $rows i32) (param $columns i32) (param $x i32) (param $out i32)`,
  )
}

;; The same, and z_ji is kept at matrix[j · columns + i].
${
  products(
    `(export "productsKept") (param $rows i32) (param $columns i32) (param $x i32) (param $out i32)
  (param $matrix i32)`,
    (offset) => `(f64.store offset=${offset} ${get("matrix")} ${get("z")})`,
    ["matrix"],
  )
}

;; out[i] += Σ_j z_ji g[j], row by row
(func (export "transposedProducts")
  (param $rows i32) (param $columns i32) (param $g i32) (param $out i32)
  (local $j i32) (local $gj f64) ${walking} ${drawing}
  ${enter}
  ${
  transposedProducts(eachDraw({
    start: get("out"),
    end: endOf("out", "columns"),
    use: (offset) => addToOut(get("z"), offset),
  }))
}
  ${leave})

;; out[i] += Σ_j m[j · columns + i] g[j] of a matrix that was kept
(func (export "transposedProductsOf")
  (param $matrix i32) (param $rows i32) (param $columns i32) (param $g i32) (param $out i32)
  (local $i i32) (local $j i32) (local $gj f64)
  ${
  transposedProducts(walk(
    "i",
    get("out"),
    endOf("out", "columns"),
    `${addToOut(`(f64.load ${get("matrix")})`, 0)} ${advance(["matrix"], 1)}`,
  ))
})
)
`;
