/**
 * Draws standard normals as `random_standard_normal` of numpy 1.24's distributions.c does,
 * by the ziggurat of `ziggurat_layers.ts`. It reads the generator's block of raw outputs, so that a
 * faster kernel can take its place.
 */
import type { BitStream } from "./bit_stream.ts";
import { type Log1p, log1p } from "./log1p.ts";
import { edges, heights, inside, tailStart } from "./ziggurat_layers.ts";

/**
 * `edges` with the sign and `inside`, by the low nine bits of an output: eight name the layer, the
 * ninth the sign.
 */
const scale = new Float64Array(512);
const certain = new Float64Array(512);
for (let i = 0; i < 256; i++) {
  scale[i] = edges[i] * 2 ** -52;
  scale[i + 256] = -scale[i];
  certain[i] = certain[i + 256] = inside[i];
}

/** numpy multiplies by this constant instead of dividing. */
const inverseTailStart = 0.27366123732975828;

/** A draw from the tail by Marsaglia's method; `negative` is a bit of the output that led here. */
function tail(bits: BitStream, negative: boolean, logarithm: (x: number) => number): number {
  for (;;) {
    const beyond = -inverseTailStart * logarithm(-bits.nextDouble());
    const height = -logarithm(-bits.nextDouble());
    if (height + height > beyond * beyond) {
      return negative ? -(tailStart + beyond) : tailStart + beyond;
    }
  }
}

/** Fills `out` with draws from N(0, 1), in order, and returns it. */
export function fillStandardNormal(
  bits: BitStream,
  out: Float64Array,
  rounding: Log1p = "plain",
): Float64Array {
  const block = bits.block;
  let filled = 0;
  while (filled < out.length) {
    if (bits.at === block.length) bits.refill();
    let at = bits.at;
    const end = Math.min(block.length, at + 2 * (out.length - filled));
    let low = 0;
    let x = 0;
    let undecided = false;
    // 98.5 % of the draws are decided here. numpy's output bits: layer 8, sign 1, position 52.
    while (at < end) {
      low = block[at];
      const position = (block[at + 1] & 0x1fffffff) * 2 ** 23 + (low >>> 9);
      at += 2;
      x = position * scale[low & 511];
      out[filled] = x;
      if (position >= certain[low & 511]) {
        undecided = true;
        break;
      }
      filled++;
    }
    bits.at = at;
    if (!undecided) continue;
    const layer = low & 255;
    if (layer === 0) {
      out[filled++] = tail(bits, (low & 1 << 17) !== 0, log1p[rounding]);
    } else {
      const height = (heights[layer - 1] - heights[layer]) * bits.nextDouble() + heights[layer];
      // Only the comparison meets `Math.exp`: its last bit sways one draw in about 10^15.
      if (height < Math.exp(-0.5 * x * x)) filled++;
    }
  }
  return out;
}
