/**
 * Lays out the ziggurat's tables in the memory of the WebAssembly kernel, apart from its text, so that
 * a page that has the assembled kernel needs no assembler.
 */
import { edges, heights, inside } from "./ziggurat_layers.ts";

/** Byte addresses of the tables, by the low nine bits of an output or by layer; then what is free. */
export const tables = { scale: 0, certain: 4096, heights: 8192, end: 10240 };

/** Writes the tables at the addresses where the module looks for them. */
export function writeTables(memory: WebAssembly.Memory): void {
  const scale = new Float64Array(memory.buffer, tables.scale, 512);
  const certain = new BigInt64Array(memory.buffer, tables.certain, 512);
  for (let i = 0; i < 256; i++) {
    scale[i] = edges[i] * 2 ** -52;
    scale[i + 256] = -scale[i];
    certain[i] = certain[i + 256] = BigInt(inside[i]);
  }
  new Float64Array(memory.buffer, tables.heights, 256).set(heights);
}
