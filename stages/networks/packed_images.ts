/** Images as bytes, as the device takes them: a pixel is its byte over 255. */
import type { Tensor } from "../../pipeline/formats/tensor.ts";
import type { PackedImages } from "./webgpu/network.ts";

/**
 * Packs float32 pixels of shape (samples, width).
 * @throws {Error} where a pixel is not some byte / 255 in float32, as it would be changed
 */
export function packImages({ shape: [samples, width], data }: Tensor): PackedImages {
  const pixels = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const byte = Math.round(data[i] * 255);
    if (Math.fround(byte / 255) !== data[i] || byte < 0 || byte > 255) {
      throw new Error(
        `expected pixels of 0 to 255 divided by 255, found ${data[i]} at element ${i}; ` +
          `normalise with the divisor 255`,
      );
    }
    pixels[i] = byte;
  }
  return { pixels, samples, width };
}
