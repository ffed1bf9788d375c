/**
 * Puts a dense network, its images and its training steps on a device. `matrices.ts` lays out the
 * textures, `passes.ts` binds kernels to them, and `kernels.ts` decides how many steps run.
 *
 * A step of L layers is 3L dispatches: L forward, the loss, L - 1 backward, L updates. The updates read
 * one texture and write another, for a texture cannot be read and written at once; even steps go one
 * way, odd ones back.
 */
import { samplesHeld, STEP_HEADER, TEXEL_PIXELS, type Tiling } from "./shaders.ts";
import { createStepGroup, type Dispatch } from "./compute_pass.ts";
import { copyMatrix, createMatrices, depthOf, up } from "./matrices.ts";
import { backwardPass, forwardPass, lossPass, updatePass } from "./passes.ts";

/** Images of one byte a pixel, which stands for value / 255. */
export interface PackedImages {
  /** Shape (samples, width), row-major. */
  readonly pixels: Uint8Array;
  readonly samples: number;
  readonly width: number;
}

/** Limits of a device that the kernels rely on; WebGPU promises them of every adapter. */
export const LIMITS = {
  maxTextureDimension2D: 8192,
  maxStorageTexturesPerShaderStage: 4,
  maxUniformBufferBindingSize: 65536,
  maxComputeInvocationsPerWorkgroup: 64,
} as const;

/** The most samples a batch can have: a row of a texture each, and their indices are one uniform. */
export const MAX_BATCH = Math.min(
  LIMITS.maxTextureDimension2D,
  (LIMITS.maxUniformBufferBindingSize - STEP_HEADER) / 4,
);

/** Bytes of images that are put on the device at once: until the copy ends it is there twice. */
const AT_ONCE = 4 << 20;

/** Log2 of how many images a row of their texture holds, a power of two so that no kernel divides. */
const heldShift = (width: number) =>
  Math.floor(Math.log2(LIMITS.maxTextureDimension2D / (depthOf(0, width).rows / TEXEL_PIXELS)));

/**
 * The images as a texture of `rgba32uint`: 16 pixels a texel, after each image's a texel of 255, 0, 0
 * and so on, the input of the bias.
 * @throws {RangeError} when they do not fit in a texture
 */
export function pixelTexture(
  gpu: GPUDevice,
  { pixels, samples, width }: PackedImages,
): GPUTexture {
  const most = LIMITS.maxTextureDimension2D;
  const texels = depthOf(0, width).rows / TEXEL_PIXELS;
  const held = 2 ** heldShift(width);
  const rows = Math.ceil(samples / held);
  const fits = samples >= 1 && width >= 1 && texels <= most && rows <= most;
  if (pixels.length !== samples * width || !fits) {
    throw new RangeError(
      `expected samples × width pixels, at most ${most} texture rows of images at most ` +
        `${(most - 1) * TEXEL_PIXELS} wide, found ${pixels.length} pixels of ${samples} × ${width}`,
    );
  }
  const texture = gpu.createTexture({
    label: "pixels",
    size: [held * texels, rows],
    format: "rgba32uint",
    usage: GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_DST |
      GPUTextureUsage.COPY_SRC,
  });
  const stride = texels * TEXEL_PIXELS;
  const bytesPerRow = held * stride;
  const atOnce = Math.min(rows, Math.ceil(AT_ONCE / bytesPerRow));
  const bytes = new Uint8Array(atOnce * bytesPerRow);
  for (let top = 0; top < rows; top += atOnce) {
    const height = Math.min(atOnce, rows - top);
    const last = Math.min(samples, (top + height) * held);
    let at = 0;
    for (let s = top * held; s < last; s++, at += stride) {
      bytes.set(pixels.subarray(s * width, (s + 1) * width), at);
      bytes[at + stride - TEXEL_PIXELS] = 255;
    }
    bytes.fill(0, at);
    const place = { texture, origin: [0, top] };
    gpu.queue.writeTexture(place, bytes, { bytesPerRow }, [held * texels, height]);
    // Ends the copy, whose memory the next ones can have.
    gpu.queue.submit([]);
  }
  return texture;
}

/** The pixels of samples in a `pixelTexture` of images so wide, shape (samples, width). */
export async function readPixels(
  gpu: GPUDevice,
  texture: GPUTexture,
  width: number,
  samples: Uint32Array,
): Promise<Uint8Array> {
  const texels = depthOf(0, width).rows / TEXEL_PIXELS;
  const held = 2 ** heldShift(width);
  const stride = texels * TEXEL_PIXELS;
  const buffer = gpu.createBuffer({
    label: "pixels of samples",
    size: samples.length * stride,
    usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
  });
  const encoder = gpu.createCommandEncoder();
  samples.forEach((s, i) => {
    const origin = [s % held * texels, Math.floor(s / held)];
    encoder.copyTextureToBuffer({ texture, origin }, { buffer, offset: i * stride }, [texels, 1]);
  });
  gpu.queue.submit([encoder.finish()]);
  await buffer.mapAsync(GPUMapMode.READ);
  const bytes = new Uint8Array(buffer.getMappedRange());
  const pixels = new Uint8Array(samples.length * width);
  samples.forEach((_, i) => pixels.set(bytes.subarray(i * stride, i * stride + width), i * width));
  buffer.destroy();
  return pixels;
}

/** A network's matrices and dispatches for batches of one size. */
export interface Network {
  readonly sizes: readonly number[];
  readonly batch: number;
  /** Copies weight and bias of each layer in turn to the weights that even steps read. */
  load(encoder: GPUCommandEncoder, buffers: readonly GPUBuffer[]): void;
  /** Copies them back after `steps` steps. */
  store(encoder: GPUCommandEncoder, buffers: readonly GPUBuffer[], steps: number): void;
  /** Copies the logits of the batch's first `count` samples to (count, outputs) at `offset`, bytes. */
  storeLogits(
    encoder: GPUCommandEncoder,
    buffer: GPUBuffer,
    count: number,
    offset: number,
  ): void;
  /** The forward pass over `pixels` with the weights that were loaded. */
  forward(pixels: GPUTexture): Dispatch[];
  /**
   * An even or odd step over `pixels` with their `labels`, u32 each; it writes its batch's `losses`.
   * With `gradient` the weights that the next step would read are made the loss's gradient instead,
   * times minus the rate.
   */
  step(
    batch: { pixels: GPUTexture; labels: GPUBuffer; losses: GPUBuffer },
    parity: 0 | 1,
    gradient?: boolean,
  ): Dispatch[];
  destroy(): void;
}

/** Bytes of a step's uniforms. */
const stepSize = (batch: number) => STEP_HEADER + samplesHeld(batch) * 4;

/**
 * Uniforms of steps over `order`, indices of samples, batch by batch, the last one short, with their
 * losses in the order of `order`; `rate` is 0 where nothing is updated. `offsets` are the steps'.
 */
export function stepUniforms(
  gpu: GPUDevice,
  { batch, sizes: [width] }: Network,
  order: Uint32Array,
  rate: number,
): { group: GPUBindGroup; offsets: number[]; destroy: () => void } {
  const steps = Math.ceil(order.length / batch);
  const stride = up(stepSize(batch), gpu.limits.minUniformBufferOffsetAlignment);
  const bytes = new ArrayBuffer(steps * stride);
  for (let s = 0; s < steps; s++) {
    const samples = order.subarray(s * batch, (s + 1) * batch);
    const view = new DataView(bytes, s * stride);
    view.setUint32(0, samples.length, true);
    view.setUint32(4, s * batch, true);
    view.setFloat32(8, rate, true);
    view.setUint32(12, heldShift(width), true);
    new Uint32Array(bytes, s * stride + STEP_HEADER, samples.length).set(samples);
  }
  const buffer = gpu.createBuffer({
    label: "steps",
    size: bytes.byteLength,
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
  gpu.queue.writeBuffer(buffer, 0, bytes);
  return {
    group: createStepGroup(gpu, buffer, stepSize(batch)),
    offsets: Array.from({ length: steps }, (_, s) => s * stride),
    destroy: () => buffer.destroy(),
  };
}

/**
 * A network of dense layers with `sizes` inputs and outputs, `sizes[0]` pixels wide, for batches of
 * up to `batch` samples. Its weights are zeros.
 * @throws {RangeError} when a size does not fit
 */
export function createNetwork(
  gpu: GPUDevice,
  tiling: Tiling,
  sizes: readonly number[],
  batch: number,
): Network {
  checkSizes(sizes, batch);
  const matrices = createMatrices(gpu, sizes, batch);
  const context = { gpu, tiling, batch, matrices };
  const { layers, weights, outputs } = matrices;
  const last = layers.length - 1;
  const copyWeights = (
    encoder: GPUCommandEncoder,
    direction: "pack" | "unpack",
    textures: readonly GPUTexture[],
    buffers: readonly GPUBuffer[],
  ) =>
    layers.forEach(({ inputs, outputs: columns }, l) => {
      const texture = textures[l];
      const top = depthOf(l, inputs).bias;
      const [weight, bias] = buffers.slice(2 * l);
      copyMatrix(gpu, encoder, direction, { texture, rows: inputs, columns }, { buffer: weight });
      copyMatrix(gpu, encoder, direction, { texture, top, rows: 1, columns }, { buffer: bias });
    });
  const forwardPasses = (pixels: GPUTexture, parity: 0 | 1): Dispatch[] =>
    layers.map((_, l) => forwardPass(context, l, pixels, parity));

  return {
    sizes,
    batch,
    load: (encoder, buffers) => copyWeights(encoder, "pack", weights[0], buffers),
    store: (encoder, buffers, steps) => copyWeights(encoder, "unpack", weights[steps % 2], buffers),
    storeLogits(encoder, buffer, rows, offset) {
      const part = { texture: outputs[last], rows, columns: layers[last].outputs };
      copyMatrix(gpu, encoder, "unpack", part, { buffer, offset });
    },
    forward: (pixels) => forwardPasses(pixels, 0),
    step({ pixels, labels, losses }, parity, gradient = false) {
      const from = gradient ? matrices.zeros() : undefined;
      const dispatches = [
        ...forwardPasses(pixels, parity),
        lossPass(context, { labels, losses }),
      ];
      for (let l = last; l >= 0; l--) {
        if (l > 0) dispatches.push(backwardPass(context, l, parity));
        dispatches.push(updatePass(context, l, pixels, parity, from));
      }
      return dispatches;
    },
    destroy: matrices.destroy,
  };
}

function checkSizes(sizes: readonly number[], batch: number): void {
  const widest = LIMITS.maxTextureDimension2D - TEXEL_PIXELS;
  const fits = (n: number, most: number) => Number.isInteger(n) && n >= 1 && n <= most;
  if (sizes.length >= 2 && sizes.every((n) => fits(n, widest)) && fits(batch, MAX_BATCH)) return;
  throw new RangeError(
    `expected layers of 1 to ${widest} units and batches of 1 to ${MAX_BATCH} samples, found ` +
      `${sizes.join("-")} and ${batch}`,
  );
}
