/** Composes WebAssembly text: folded instructions, loops and functions. */

export const get = (name: string) => `(local.get $${name})`;
export const set = (name: string, value: string) => `(local.set $${name} ${value})`;
export const i32 = (value: number) => `(i32.const ${value})`;
export const plus = (a: string, b: string) => `(i32.add ${a} ${b})`;
export const times = (a: string, factor: number) => `(i32.mul ${a} ${i32(factor)})`;
export const load = (address: string, offset = 0) => `(v128.load offset=${offset} ${address})`;
export const store = (address: string, value: string, offset = 0) =>
  `(v128.store offset=${offset} ${address} ${value})`;
export const splatAt = (address: string, offset: number) =>
  `(v128.load32_splat offset=${offset} ${address})`;
export const zero = "(v128.const f32x4 0 0 0 0)";
/** a · b + c, rounded once where the processor has FMA. */
export const madd = (a: string, b: string, c: string) => `(f32x4.relaxed_madd ${a} ${b} ${c})`;
/** Lanes of four bytes, of `a` (0 to 3) and `b` (4 to 7). */
export const shuffle = (a: string, b: string, lanes: readonly number[]) =>
  `(i8x16.shuffle ${
    lanes.flatMap((lane) => range(4).map((byte) => lane * 4 + byte)).join(" ")
  } ${a} ${b})`;
export const advance = (pointer: string, bytes: number) =>
  set(pointer, plus(get(pointer), i32(bytes)));

/** while (pointer < to) body; `$done` leaves it. The body advances the pointer. */
export const loopBelow = (pointer: string, to: string, body: string[]): string =>
  `(block $done (loop $next
    (br_if $done (i32.ge_u ${get(pointer)} ${to}))
    ${body.join("\n    ")}
    (br $next)))`;

/** for (pointer = from; pointer < to; pointer += step) body */
export const walk = (
  pointer: string,
  from: string,
  to: string,
  step: number,
  body: string[],
): string => `${set(pointer, from)} ${loopBelow(pointer, to, [...body, advance(pointer, step)])}`;

export function func(
  signature: string,
  locals: { i32?: string[]; i64?: string[]; f32?: string[]; f64?: string[]; v128?: string[] },
  body: string[],
): string {
  const declared = Object.entries(locals).flatMap(([type, names]) =>
    names.map((name) => `(local $${name} ${type})`)
  );
  return `(func ${signature} ${declared.join(" ")}\n  ${body.join("\n  ")})`;
}

export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
