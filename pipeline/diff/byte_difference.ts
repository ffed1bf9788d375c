/** Compares bytes: how many differ, and the first that does. */
import type { Detail } from "../../schemas/run/comparison.ts";

export function compareBytes(
  a: Uint8Array,
  b: Uint8Array,
): Extract<Detail, { kind: "bytes" }> {
  const common = Math.min(a.length, b.length);
  let differing = Math.max(a.length, b.length) - common;
  let first: number | undefined;
  for (let i = 0; i < common; i++) {
    if (a[i] === b[i]) continue;
    first ??= i;
    differing++;
  }
  return {
    kind: "bytes",
    differing,
    first: first === undefined
      ? null
      : { offset: first, a: a[first], b: b[first], bits: bitsOf(a[first] ^ b[first]) },
  };
}

const bitsOf = (byte: number): number => byte.toString(2).replaceAll("0", "").length;
