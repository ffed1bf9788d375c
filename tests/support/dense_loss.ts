/** Lets tfjs differentiate a batch's mean loss by the kernel `DenseLossGradient`. */
import type { Tensor } from "@tensorflow/tfjs-core";
import { runKernel } from "../../stages/networks/tfjs_kernels.ts";
import type { Tfjs } from "../../stages/networks/webgpu/backend.ts";
import type { GradientAttributes, TrainingSet } from "../../stages/networks/webgpu/kernels.ts";

/**
 * The mean loss of a batch, a scalar that tfjs can differentiate by the weights.
 * @throws {RangeError} when `samples` are more than the set's batch
 */
export function denseLoss(
  tf: Tfjs,
  weights: readonly Tensor[],
  set: TrainingSet,
  samples: Uint32Array,
): Tensor {
  return tf.customGrad((...inputs) => {
    const save = inputs.pop() as unknown as (tensors: Tensor[]) => void;
    const [losses, ...gradients] = runKernel<Tensor[]>(
      tf,
      "DenseLossGradient",
      inputs as Tensor[],
      { set, samples } satisfies GradientAttributes,
    );
    save(gradients);
    return {
      value: tf.mean(losses),
      gradFunc: (dy: Tensor, saved: Tensor[]) => saved.map((gradient) => tf.mul(dy, gradient)),
    };
  })(...weights);
}
