/**
 * Lays a network's matrices out as textures of `rgba32float`, four columns a texel, and copies them
 * to and from buffers of plain rows.
 */
import { COPY_WORKGROUP, pack, TEXEL_PIXELS, unpack, WINDOW } from "./shaders.ts";
import { createDispatch, createStepGroup, encode } from "./compute_pass.ts";

/** The least multiple of `to` that is not below `n`. */
export const up = (n: number, to: number): number => Math.ceil(n / to) * to;

/** Rows of layer `l`'s weight texture: where the bias begins, and all of them. */
export function depthOf(l: number, inputs: number): { bias: number; rows: number } {
  const unit = l === 0 ? TEXEL_PIXELS : 4;
  return { bias: up(inputs, unit), rows: up(inputs, unit) + unit };
}

/** A network's matrices. Steps read one set of weights and write the other, in turn. */
export interface Matrices {
  readonly layers: readonly { readonly inputs: number; readonly outputs: number }[];
  /** Rows of outputs and gradients: samples of a batch, a multiple of 4. */
  readonly rows: number;
  readonly weights: readonly [readonly GPUTexture[], readonly GPUTexture[]];
  /** Outputs of each layer. A hidden layer's end in 1, 0, 0, 0, the input of the next bias. */
  readonly outputs: readonly GPUTexture[];
  /** Gradients of the loss by each layer's output, before its activation. */
  readonly gradients: readonly GPUTexture[];
  /** Textures like `weights`, of zeros. */
  zeros(): readonly GPUTexture[];
  destroy(): void;
}

/** Matrices of zeros for a network with `sizes` inputs and outputs and batches of `batch` samples. */
export function createMatrices(
  gpu: GPUDevice,
  sizes: readonly number[],
  batch: number,
): Matrices {
  const made: GPUTexture[] = [];
  const matrix = (label: string, columns: number, rows: number): GPUTexture => {
    const { STORAGE_BINDING, COPY_DST, COPY_SRC } = GPUTextureUsage;
    const texture = gpu.createTexture({
      label,
      size: [up(columns, 4) / 4, rows],
      format: "rgba32float",
      usage: STORAGE_BINDING | COPY_DST | COPY_SRC,
    });
    made.push(texture);
    return texture;
  };
  const layers = sizes.slice(1).map((outputs, l) => ({ inputs: sizes[l], outputs }));
  const last = layers.length - 1;
  const rows = up(batch, 4);
  const weightTextures = (): readonly GPUTexture[] =>
    layers.map(({ inputs, outputs }, l) => matrix(`weight ${l}`, outputs, depthOf(l, inputs).rows));
  const weights = [weightTextures(), weightTextures()] as const;
  const outputs = layers.map(({ outputs }, l) =>
    matrix(`output ${l}`, l < last ? up(outputs, 4) + 4 : outputs, rows)
  );
  const ones = Float32Array.from({ length: rows * 4 }, (_, i) => i % 4 === 0 ? 1 : 0);
  for (const texture of outputs.slice(0, last)) {
    const origin = [texture.width - 1, 0];
    gpu.queue.writeTexture({ texture, origin }, ones, { bytesPerRow: 16 }, [1, rows]);
  }
  let zeros: readonly GPUTexture[] | undefined;
  return {
    layers,
    rows,
    weights,
    outputs,
    gradients: layers.map(({ outputs }, l) => matrix(`gradient ${l}`, outputs, rows)),
    zeros: () => zeros ??= weightTextures(),
    destroy: () => made.forEach((texture) => texture.destroy()),
  };
}

/** Part of a texture: rows from `top` on, as a matrix of shape (rows, columns). */
interface Part {
  readonly texture: GPUTexture;
  readonly top?: number;
  readonly rows: number;
  readonly columns: number;
}

/** Position of a matrix of shape (rows, columns) in a buffer; `offset` is in bytes. */
interface Linear {
  readonly buffer: GPUBuffer;
  readonly offset?: number;
}

/** Copies a buffer's matrix to a texture (`pack`) or back (`unpack`). */
export function copyMatrix(
  gpu: GPUDevice,
  encoder: GPUCommandEncoder,
  direction: "pack" | "unpack",
  { texture, top = 0, rows, columns }: Part,
  { buffer, offset = 0 }: Linear,
): void {
  const bytesPerRow = columns * 4;
  if (bytesPerRow % 256 === 0) {
    const linear = { buffer, offset, bytesPerRow };
    const part = { texture, origin: [0, top] };
    const size = [columns / 4, rows];
    if (direction === "pack") encoder.copyBufferToTexture(linear, part, size);
    else encoder.copyTextureToBuffer(part, linear, size);
    return;
  }
  // WebGPU copies whole multiples of 256 bytes a row; other rows take a kernel.
  const window = gpu.createBuffer({
    label: "window",
    size: WINDOW,
    usage: GPUBufferUsage.UNIFORM,
    mappedAtCreation: true,
  });
  new Uint32Array(window.getMappedRange()).set([rows, columns, top]);
  window.unmap();
  const isPack = direction === "pack";
  const pass = encoder.beginComputePass();
  const dispatch = createDispatch(gpu, {
    label: direction,
    code: isPack ? pack : unpack,
    bindings: [
      {
        buffer,
        offset,
        size: rows * bytesPerRow,
        type: isPack ? "read-only-storage" : "storage",
      },
      isPack ? { write: texture } : { read: texture },
    ],
    workgroups: [Math.ceil(rows * Math.ceil(columns / 4) / COPY_WORKGROUP), 1],
  });
  encode(pass, [dispatch], createStepGroup(gpu, window, WINDOW));
  pass.end();
}
