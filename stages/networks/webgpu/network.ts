/**
 * A dense network and its training step as dispatches of the kernels in `shaders.ts`: the textures
 * that hold the matrices, their layout, which kernel reads and writes which. Where the weights come
 * from, how many steps there are and who waits for them is left to `kernels.ts`.
 *
 * A step of L layers is 3L dispatches: L forward, the loss, L - 1 backward, L updates. The updates read
 * one texture and write another, for a texture cannot be read and written at once; even steps go one
 * way, odd ones back.
 */
import {
  backward,
  COPY_WORKGROUP,
  forward,
  forwardPixels,
  loss,
  pack,
  samplesHeld,
  STEP_HEADER,
  TEXEL_PIXELS,
  type Tiling,
  unpack,
  update,
  updatePixels,
  WINDOW,
  workgroups,
} from "./shaders.ts";
import { createDispatch, createStepGroup, type Dispatch, encode } from "./compute_pass.ts";

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

const up = (n: number, to: number) => Math.ceil(n / to) * to;

/** Rows of the weight texture of layer `l` before the bias, and with it. */
function depthOf(l: number, inputs: number): { bias: number; rows: number } {
  const unit = l === 0 ? TEXEL_PIXELS : 4;
  return { bias: up(inputs, unit), rows: up(inputs, unit) + unit };
}

function matrix(gpu: GPUDevice, label: string, columns: number, rows: number): GPUTexture {
  return gpu.createTexture({
    label,
    size: [up(columns, 4) / 4, rows],
    format: "rgba32float",
    usage: GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.COPY_SRC,
  });
}

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
    usage: GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_DST,
  });
  const stride = texels * TEXEL_PIXELS;
  const bytes = new Uint8Array(rows * held * stride);
  for (let s = 0; s < samples; s++) {
    bytes.set(pixels.subarray(s * width, (s + 1) * width), s * stride);
    bytes[s * stride + stride - TEXEL_PIXELS] = 255;
  }
  gpu.queue.writeTexture({ texture }, bytes, { bytesPerRow: held * stride }, [held * texels, rows]);
  return texture;
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
  const widest = LIMITS.maxTextureDimension2D - TEXEL_PIXELS;
  const fits = (n: number, most: number) => Number.isInteger(n) && n >= 1 && n <= most;
  if (
    sizes.length < 2 || !sizes.every((n) => fits(n, widest)) || !fits(batch, MAX_BATCH)
  ) {
    throw new RangeError(
      `expected layers of 1 to ${widest} units and batches of 1 to ` +
        `${MAX_BATCH} samples, found ${sizes.join("-")} and ${batch}`,
    );
  }
  const layers = sizes.slice(1).map((outputs, l) => ({ inputs: sizes[l], outputs }));
  const last = layers.length - 1;
  const rows = up(batch, 4);
  const weightTextures = () =>
    layers.map(({ inputs, outputs }, l) =>
      matrix(gpu, `weight ${l}`, outputs, depthOf(l, inputs).rows)
    );
  const weights = [weightTextures(), weightTextures()] as const;
  // Outputs of the layers; each of the hidden ones ends in the input of the next one's bias.
  const outputs = layers.map(({ outputs }, l) =>
    matrix(gpu, `output ${l}`, l < last ? up(outputs, 4) + 4 : outputs, rows)
  );
  for (const texture of outputs.slice(0, last)) {
    const ones = Float32Array.from({ length: rows * 4 }, (_, i) => i % 4 === 0 ? 1 : 0);
    gpu.queue.writeTexture(
      { texture, origin: [texture.width - 1, 0] },
      ones,
      { bytesPerRow: 16 },
      [1, rows],
    );
  }
  /** Of the loss by each layer's output, before the activation. */
  const gradients = layers.map(({ outputs }, l) => matrix(gpu, `gradient ${l}`, outputs, rows));

  const forwardPasses = (pixels: GPUTexture, parity: 0 | 1): Dispatch[] =>
    layers.map((_, l) => {
      const [code, tile, name] = l === 0
        ? [forwardPixels, tiling.forwardPixels, "forward from pixels"] as const
        : [forward, tiling.dense, "forward"] as const;
      const weight = weights[parity][l];
      return createDispatch(gpu, {
        label: name,
        code: code(tiling, batch),
        constants: { relu: l < last ? 1 : 0 },
        bindings: [
          { read: l === 0 ? pixels : outputs[l - 1] },
          { read: weight },
          { write: outputs[l] },
        ],
        workgroups: workgroups(tiling, tile, rows, weight.width),
      });
    });

  /** Zeros, from which an update makes a gradient. */
  let zeros: readonly GPUTexture[] = [];

  /** Copies between rows `top` and on of a matrix and a buffer of shape (rows, columns). */
  const copy = (
    encoder: GPUCommandEncoder,
    direction: "pack" | "unpack",
    texture: GPUTexture,
    { top, rows, columns }: { top: number; rows: number; columns: number },
    { buffer, offset = 0 }: { buffer: GPUBuffer; offset?: number },
  ) => {
    const bytesPerRow = columns * 4;
    if (bytesPerRow % 256 === 0) {
      const linear = { buffer, offset, bytesPerRow };
      const part = { texture, origin: [0, top] };
      const size = [columns / 4, rows];
      if (direction === "pack") encoder.copyBufferToTexture(linear, part, size);
      else encoder.copyTextureToBuffer(part, linear, size);
      return;
    }
    const window = gpu.createBuffer({
      label: "window",
      size: WINDOW,
      usage: GPUBufferUsage.UNIFORM,
      mappedAtCreation: true,
    });
    new Uint32Array(window.getMappedRange()).set([rows, columns, top]);
    window.unmap();
    const pass = encoder.beginComputePass();
    const dispatch = createDispatch(gpu, {
      label: direction,
      code: direction === "pack" ? pack : unpack,
      bindings: [
        {
          buffer,
          offset,
          size: rows * bytesPerRow,
          type: direction === "pack" ? "read-only-storage" : "storage",
        },
        direction === "pack" ? { write: texture } : { read: texture },
      ],
      workgroups: [Math.ceil(rows * Math.ceil(columns / 4) / COPY_WORKGROUP), 1],
    });
    encode(pass, [dispatch], createStepGroup(gpu, window, WINDOW));
    pass.end();
  };
  const copyWeights = (
    encoder: GPUCommandEncoder,
    direction: "pack" | "unpack",
    textures: readonly GPUTexture[],
    buffers: readonly GPUBuffer[],
  ) =>
    layers.forEach(({ inputs, outputs: columns }, l) => {
      const top = depthOf(l, inputs).bias;
      const [weight, bias] = buffers.slice(2 * l);
      copy(encoder, direction, textures[l], { top: 0, rows: inputs, columns }, { buffer: weight });
      copy(encoder, direction, textures[l], { top, rows: 1, columns }, { buffer: bias });
    });

  return {
    sizes,
    batch,
    load: (encoder, buffers) => copyWeights(encoder, "pack", weights[0], buffers),
    store: (encoder, buffers, steps) => copyWeights(encoder, "unpack", weights[steps % 2], buffers),
    storeLogits: (encoder, buffer, rows, offset) =>
      copy(
        encoder,
        "unpack",
        outputs[last],
        { top: 0, rows, columns: layers[last].outputs },
        { buffer, offset },
      ),
    forward: (pixels) => forwardPasses(pixels, 0),
    step({ pixels, labels, losses }, parity, gradient = false) {
      if (gradient && zeros.length === 0) zeros = weightTextures();
      const read = weights[parity];
      const updated = gradient ? zeros : read;
      const written = weights[1 - parity];
      const dispatches = forwardPasses(pixels, parity);
      dispatches.push(createDispatch(gpu, {
        label: "loss",
        code: loss(tiling, batch),
        constants: { classes: layers[last].outputs },
        bindings: [
          { read: outputs[last] },
          { buffer: labels, type: "read-only-storage" },
          { write: gradients[last] },
          { buffer: losses, type: "storage" },
        ],
        workgroups: [Math.ceil(rows / (tiling.workgroup[0] * tiling.workgroup[1])), 1],
      }));
      for (let l = last; l >= 0; l--) {
        if (l > 0) {
          dispatches.push(createDispatch(gpu, {
            label: "backward",
            code: backward(tiling, batch),
            bindings: [
              { read: gradients[l] },
              { read: read[l] },
              { read: outputs[l - 1] },
              { write: gradients[l - 1] },
            ],
            workgroups: workgroups(tiling, tiling.dense, rows, gradients[l - 1].width),
          }));
        }
        const [code, tile, label] = l === 0
          ? [updatePixels, tiling.updatePixels, "update from pixels"] as const
          : [update, tiling.dense, "update"] as const;
        dispatches.push(createDispatch(gpu, {
          label,
          code: code(tiling, batch),
          bindings: [
            { read: l === 0 ? pixels : outputs[l - 1] },
            { read: gradients[l] },
            { read: updated[l] },
            { write: written[l] },
          ],
          workgroups: workgroups(tiling, tile, read[l].height, read[l].width),
        }));
      }
      return dispatches;
    },
    destroy() {
      for (const texture of [...weights.flat(), ...outputs, ...gradients, ...zeros]) {
        texture.destroy();
      }
    },
  };
}
