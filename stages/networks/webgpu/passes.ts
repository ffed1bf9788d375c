/**
 * Binds the kernels of `shaders.ts` to a network's matrices: one function a pass of a training step.
 * `parity` says which of the two sets of weights a pass reads; an update writes the other.
 */
import {
  backward,
  forward,
  forwardPixels,
  loss,
  type Tiling,
  update,
  updatePixels,
  workgroups,
} from "./shaders.ts";
import { createDispatch, type Dispatch } from "./compute_pass.ts";
import type { Matrices } from "./matrices.ts";

/** Resources that every pass is bound to. */
interface PassContext {
  readonly gpu: GPUDevice;
  readonly tiling: Tiling;
  /** Samples of a batch. */
  readonly batch: number;
  readonly matrices: Matrices;
}

type Parity = 0 | 1;

/** The input of layer `l`: the pixels, or the outputs of the layer before. */
const inputOf = ({ outputs }: Matrices, l: number, pixels: GPUTexture): GPUTexture =>
  l === 0 ? pixels : outputs[l - 1];

export function forwardPass(
  { gpu, tiling, batch, matrices }: PassContext,
  l: number,
  pixels: GPUTexture,
  parity: Parity,
): Dispatch {
  const { layers, rows, outputs } = matrices;
  const [code, tile, label] = l === 0
    ? [forwardPixels, tiling.forwardPixels, "forward from pixels"] as const
    : [forward, tiling.dense, "forward"] as const;
  const weight = matrices.weights[parity][l];
  return createDispatch(gpu, {
    label,
    code: code(tiling, batch),
    constants: { relu: l < layers.length - 1 ? 1 : 0 },
    bindings: [{ read: inputOf(matrices, l, pixels) }, { read: weight }, { write: outputs[l] }],
    workgroups: workgroups(tiling, tile, rows, weight.width),
  });
}

/** Losses of a batch's samples, and their gradient by the logits. */
export function lossPass(
  { gpu, tiling, batch, matrices: { layers, rows, outputs, gradients } }: PassContext,
  { labels, losses }: { labels: GPUBuffer; losses: GPUBuffer },
): Dispatch {
  const last = layers.length - 1;
  return createDispatch(gpu, {
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
  });
}

/** From the gradient at layer `l` to that at the layer before. */
export function backwardPass(
  { gpu, tiling, batch, matrices: { rows, weights, outputs, gradients } }: PassContext,
  l: number,
  parity: Parity,
): Dispatch {
  return createDispatch(gpu, {
    label: "backward",
    code: backward(tiling, batch),
    bindings: [
      { read: gradients[l] },
      { read: weights[parity][l] },
      { read: outputs[l - 1] },
      { write: gradients[l - 1] },
    ],
    workgroups: workgroups(tiling, tiling.dense, rows, gradients[l - 1].width),
  });
}

/** Updates layer `l`. Where `from` is zeros, what is written is minus the rate times the gradient. */
export function updatePass(
  { gpu, tiling, batch, matrices }: PassContext,
  l: number,
  pixels: GPUTexture,
  parity: Parity,
  from: readonly GPUTexture[] = matrices.weights[parity],
): Dispatch {
  const [code, tile, label] = l === 0
    ? [updatePixels, tiling.updatePixels, "update from pixels"] as const
    : [update, tiling.dense, "update"] as const;
  const written = matrices.weights[1 - parity][l];
  return createDispatch(gpu, {
    label,
    code: code(tiling, batch),
    bindings: [
      { read: inputOf(matrices, l, pixels) },
      { read: matrices.gradients[l] },
      { read: from[l] },
      { write: written },
    ],
    workgroups: workgroups(tiling, tile, written.height, written.width),
  });
}
