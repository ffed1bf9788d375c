/** Compares bytes: how many differ, and the first that does. */
import type { Detail } from "../../schemas/run/comparison.ts";
import { type Content, equalBytes, pieceLength } from "../store/content_pieces.ts";

/** Reads both in pieces. */
export function compareBytes(a: Content, b: Content): Extract<Detail, { kind: "bytes" }> {
  const common = Math.min(a.size, b.size);
  let differing = Math.max(a.size, b.size) - common;
  let first: { offset: number; a: number; b: number } | undefined;
  const [wholeX, wholeY] = [0, 1].map(() => new Uint8Array(Math.min(pieceLength, common)));
  for (let at = 0; at < common; at += pieceLength) {
    const length = Math.min(pieceLength, common - at);
    const [x, y] = [wholeX.subarray(0, length), wholeY.subarray(0, length)];
    a.read(at, x);
    b.read(at, y);
    if (equalBytes(x, y)) continue;
    for (let i = 0; i < length; i++) {
      if (x[i] === y[i]) continue;
      first ??= { offset: at + i, a: x[i], b: y[i] };
      differing++;
    }
  }
  return {
    kind: "bytes",
    differing,
    first: first === undefined ? null : { ...first, bits: bitsOf(first.a ^ first.b) },
  };
}

const bitsOf = (byte: number): number => byte.toString(2).replaceAll("0", "").length;
