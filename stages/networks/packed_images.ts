/** Checks and gathers images that a device takes as bytes; a pixel is its byte over 255. */
import type { Tensor } from "../../pipeline/formats/tensor.ts";
import { sampleLength } from "../normalize/dataset.ts";
import type { PackedImages } from "./webgpu/network.ts";

/**
 * Images, of which the first axis is that of the samples.
 * @throws {Error} unless their divisor is the kernels', 255
 */
export function packImages(
  images: Tensor<"uint8">,
  { divisor }: { divisor: number },
): PackedImages {
  if (divisor === 255) {
    return { pixels: images.data, samples: images.shape[0], width: sampleLength(images) };
  }
  throw new Error(`expected pixels with the divisor 255, found ${divisor}; normalize with 255`);
}

/** The pixels of those samples, in that order; `pixels` has shape (samples, width). */
export function gatherPixels(
  pixels: Uint8Array,
  width: number,
  samples: Uint32Array,
): Uint8Array<ArrayBuffer> {
  const gathered = new Uint8Array(samples.length * width);
  samples.forEach((s, i) => gathered.set(pixels.subarray(s * width, (s + 1) * width), i * width));
  return gathered;
}
