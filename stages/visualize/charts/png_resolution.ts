/** States the resolution of a PNG, so that programs show and print it at the size of its SVG. */
import { crc32 } from "node:zlib";

const metresPerInch = 0.0254;

/** Bytes of the signature and of the header chunk, which comes first in every PNG. */
const headLength = 8 + 25;

/** The picture with a `pHYs` chunk after its header. */
export function withResolution(png: Uint8Array, dotsPerInch: number): Uint8Array<ArrayBuffer> {
  const chunk = new Uint8Array(21);
  const view = new DataView(chunk.buffer);
  const perMetre = Math.round(dotsPerInch / metresPerInch);
  view.setUint32(0, 9);
  chunk.set(new TextEncoder().encode("pHYs"), 4);
  view.setUint32(8, perMetre);
  view.setUint32(12, perMetre);
  /** The unit is the metre. */
  view.setUint8(16, 1);
  view.setUint32(17, crc32(chunk.subarray(4, 17)));
  const result = new Uint8Array(png.length + chunk.length);
  result.set(png.subarray(0, headLength));
  result.set(chunk, headLength);
  result.set(png.subarray(headLength), headLength + chunk.length);
  return result;
}
