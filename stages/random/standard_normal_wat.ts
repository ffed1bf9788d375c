/**
 * Writes the WebAssembly text that draws standard normals as `pcg64.ts` and `standard_normal.ts` do,
 * bit for bit. It uses each draw at once: in a vector, or as an entry of a matrix that is multiplied
 * by a vector and not kept. `standard_normal_kernel.ts` assembles and calls it.
 *
 * It is fast for these reasons:
 * 64-bit integers, which JavaScript has not; a generator and a ziggurat in one
 * loop, so that the next state is computed while the last draw is looked up; and no matrix in memory.
 * Sums run in the order of the draws, so results do not depend on how calls are cut.
 */

import { tables } from "./standard_normal_tables.ts";

const multiplierLow = "0x4385df649fccf645";
const multiplierHigh = "0x2360ed051fc65da4";
/** The low multiplier's halves. */
const m0 = "0x9fccf645";
const m1 = "0x4385df64";

const get = (name: string) => `(local.get $${name})`;
const set = (name: string, value: string) => `(local.set $${name} ${value})`;
const i64 = (value: string | number) => `(i64.const ${value})`;
const add = (a: string, b: string) => `(i64.add ${a} ${b})`;
const mul = (a: string, b: string) => `(i64.mul ${a} ${b})`;
const and = (a: string, b: string) => `(i64.and ${a} ${b})`;
const lowHalf = (a: string) => and(a, i64("0xffffffff"));
const highHalf = (a: string) => `(i64.shr_u ${a} ${i64(32)})`;
/** Address of an 8-byte element: `base` bytes, then the index. */
const element = (index: string) => `(i32.shl ${index} (i32.const 3))`;

const enter = [set("low", "(global.get $low)"), set("high", "(global.get $high)")].join(" ");
const leave = `(global.set $low ${get("low")}) (global.set $high ${get("high")})`;

/** Locals of a function that draws. */
const drawing = `(local $low i64) (local $high i64) (local $new i64) (local $raw i64)
  (local $a i64) (local $b i64) (local $middle i64) (local $position i64) (local $entry i32) (local $z f64)`;

/**
 * state ← state · multiplier + increment (mod 2^128), then `$raw` ← the folded and rotated state. The
 * upper half of the low words' product comes from four products of their halves.
 */
const step = [
  set("a", lowHalf(get("low"))),
  set("b", highHalf(get("low"))),
  set("middle", add(mul(get("b"), i64(m0)), highHalf(mul(get("a"), i64(m0))))),
  set(
    "high",
    add(
      add(mul(get("high"), i64(multiplierLow)), mul(get("low"), i64(multiplierHigh))),
      add(
        "(global.get $incrementHigh)",
        add(mul(get("b"), i64(m1)), highHalf(get("middle"))),
      ),
    ),
  ),
  set("middle", add(mul(get("a"), i64(m1)), lowHalf(get("middle")))),
  set("new", add(mul(get("low"), i64(multiplierLow)), "(global.get $incrementLow)")),
  set(
    "high",
    add(
      add(get("high"), highHalf(get("middle"))),
      `(i64.extend_i32_u (i64.lt_u ${get("new")} (global.get $incrementLow)))`,
    ),
  ),
  set("low", get("new")),
  set(
    "raw",
    `(i64.rotr (i64.xor ${get("high")} ${get("low")}) (i64.shr_u ${get("high")} ${i64(58)}))`,
  ),
].join("\n    ");

/** `$raw` as a number uniform on [0, 1): its upper 53 bits, times 2^-53. */
const uniform = `(f64.mul (f64.convert_i64_s (i64.shr_u ${get("raw")} ${
  i64(11)
})) (f64.const 0x1p-53))`;

/** `$z` ← the next standard normal. 98.5 % of the draws are decided in the loop's first lines. */
const draw = `(block $drawn (loop $again
    ${step}
    ${set("entry", element(`(i32.and (i32.wrap_i64 ${get("raw")}) (i32.const 511))`))}
    ${set("position", and(`(i64.shr_u ${get("raw")} ${i64(9)})`, i64("0xfffffffffffff")))}
    ${
  set(
    "z",
    `(f64.mul (f64.convert_i64_s ${get("position")}) (f64.load offset=${tables.scale} ${
      get("entry")
    }))`,
  )
}
    (br_if $drawn (i64.lt_u ${get("position")} (i64.load offset=${tables.certain} ${get("entry")})))
    ${leave}
    ${set("z", `(call $undecided ${get("raw")} ${get("z")})`)}
    ${enter}
    (br_if $again (f64.ne ${get("z")} ${get("z")}))))`;

/** for ($name = from; $name < to; $name += 8) body */
const walk = (name: string, from: string, to: string, body: string) =>
  `${set(name, from)} (block $done_${name} (loop $next_${name}
    (br_if $done_${name} (i32.ge_u ${get(name)} ${to}))
    ${body}
    ${set(name, `(i32.add ${get(name)} (i32.const 8))`)} (br $next_${name})))`;

/** The end of `count` elements from `start` on. */
const endOf = (start: string, count: string) => `(i32.add ${get(start)} ${element(get(count))})`;

/** Rows of draws times x; `keep` says what else is done with each draw. */
const products = (signature: string, keep: string) =>
  `(func ${signature}
  (local $i i32) (local $j i32) (local $end i32) (local $sum f64) ${drawing}
  ${enter}
  ${set("end", endOf("x", "columns"))}
  ${
    walk(
      "j",
      get("out"),
      endOf("out", "rows"),
      `${set("sum", "(f64.const 0)")}
    ${
        walk(
          "i",
          get("x"),
          get("end"),
          `${draw}
    ${set("sum", `(f64.add ${get("sum")} (f64.mul ${get("z")} (f64.load ${get("i")})))`)}
    ${keep}`,
        )
      }
    (f64.store ${get("j")} ${get("sum")})`,
    )
  }
  ${leave})`;

/** Adds rows of a matrix, each times its entry of g, to `out`: `add` does it for one entry of a row. */
const transposedProducts = (signature: string, locals: string, add: string) =>
  `(func ${signature}
  (local $i i32) (local $j i32) (local $end i32) (local $gj f64) ${locals}
  ${set("end", endOf("out", "columns"))}
  ${
    walk(
      "j",
      get("g"),
      endOf("g", "rows"),
      `${set("gj", `(f64.load ${get("j")})`)}
    ${walk("i", get("out"), get("end"), add)}`,
    )
  }`;

/** out[i] += `entry` g[j] */
const addToOut = (entry: string) =>
  `(f64.store ${get("i")} (f64.add (f64.load ${get("i")}) (f64.mul ${entry} ${get("gj")})))`;

/**
 * The module's text. Imports from `env`: `memory`, with the tables in it; `exp`; and `log1p`, of
 * `log1p.ts`. All addresses are in bytes, all vectors of float64.
 */
export const standardNormalText = `(module
(import "env" "memory" (memory 1))
(import "env" "exp" (func $exp (param f64) (result f64)))
(import "env" "log1p" (func $log1p (param f64) (result f64)))
(global $low (export "low") (mut i64) ${i64(0)})
(global $high (export "high") (mut i64) ${i64(0)})
(global $incrementLow (export "incrementLow") (mut i64) ${i64(0)})
(global $incrementHigh (export "incrementHigh") (mut i64) ${i64(0)})

;; Uniform on [0, 1).
(func $uniform (export "advance") (result f64) ${drawing}
  ${enter}
  ${step}
  ${leave}
  ${uniform})

;; What becomes of a point that no layer decides on: the normal, or NaN where it is refused.
(func $undecided (param $raw i64) (param $z f64) (result f64)
  (local $layer i32) (local $below f64) (local $beyond f64) (local $height f64)
  ${set("layer", `(i32.and (i32.wrap_i64 ${get("raw")}) (i32.const 255))`)}
  (if (i32.eqz ${get("layer")}) (then
    (loop $again
      ${
  set(
    "beyond",
    `(f64.mul (f64.const -0.27366123732975828) (call $log1p (f64.neg (call $uniform))))`,
  )
}
      ${set("height", `(f64.neg (call $log1p (f64.neg (call $uniform))))`)}
      (br_if $again (i32.eqz (f64.gt (f64.add ${get("height")} ${get("height")})
        (f64.mul ${get("beyond")} ${get("beyond")})))))
    ${set("beyond", `(f64.add (f64.const 3.6541528853610088) ${get("beyond")})`)}
    (return (select (f64.neg ${get("beyond")}) ${get("beyond")}
      (i32.wrap_i64 (i64.and (i64.shr_u ${get("raw")} ${i64(17)}) ${i64(1)}))))))
  ${set("layer", element(get("layer")))}
  ${set("below", `(f64.load offset=${tables.heights} ${get("layer")})`)}
  ${
  set(
    "height",
    `(f64.add (f64.mul (f64.sub (f64.load offset=${tables.heights - 8} ${get("layer")}) ${
      get("below")
    }) (call $uniform)) ${get("below")})`,
  )
}
  (select ${get("z")} (f64.const nan) (f64.lt ${get("height")}
    (call $exp (f64.mul (f64.mul (f64.const -0.5) ${get("z")}) ${get("z")})))))

;; out[i] = z
(func (export "fill") (param $out i32) (param $count i32)
  (local $i i32) ${drawing}
  ${enter}
  ${walk("i", get("out"), endOf("out", "count"), `${draw} (f64.store ${get("i")} ${get("z")})`)}
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
    "",
  )
}

;; The same, and z_ji is kept at matrix[j · columns + i].
${
  products(
    `(export "productsKept") (param $rows i32) (param $columns i32) (param $x i32) (param $out i32)
  (param $matrix i32)`,
    `(f64.store ${get("matrix")} ${get("z")})
    ${set("matrix", `(i32.add ${get("matrix")} (i32.const 8))`)}`,
  )
}

;; out[i] += Σ_j z_ji g[j], row by row
${
  transposedProducts(
    `(export "transposedProducts")
  (param $rows i32) (param $columns i32) (param $g i32) (param $out i32)`,
    `${drawing}
  ${enter}`,
    `${draw}
    ${addToOut(get("z"))}`,
  )
}
  ${leave})

;; out[i] += Σ_j m[j · columns + i] g[j] of a matrix that was kept
${
  transposedProducts(
    `(export "transposedProductsOf")
  (param $matrix i32) (param $rows i32) (param $columns i32) (param $g i32) (param $out i32)`,
    "",
    `${addToOut(`(f64.load ${get("matrix")})`)}
    ${set("matrix", `(i32.add ${get("matrix")} (i32.const 8))`)}`,
  )
})
)
`;
