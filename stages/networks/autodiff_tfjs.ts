/**
 * Computes gradients of question 4's network by tfjs's automatic differentiation, on the CPU in
 * float32.
 */
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { useCpu } from "./webgpu/backend.ts";
import type { Network } from "./perceptron.ts";

/** Each layer's ∂L/∂W, shape (inputs, outputs), and ∂L/∂b, for one sample's loss. */
type LayerGradients = { weight: Float32Array; bias: Float32Array }[];

export async function autodiffGradients(
  network: Network,
  image: Float32Array,
  label: number,
): Promise<LayerGradients> {
  const tf = await useCpu();
  await import("./tfjs_gradients.ts");
  const last = network.length - 1;
  const parameters = network.flatMap(({ inputs, outputs, weight, bias }) => [
    tf.tensor(Float32Array.from(weight), [inputs, outputs]),
    tf.tensor(Float32Array.from(bias), [outputs]),
  ]);
  const loss = (...tensors: Tensor[]) => {
    let x: Tensor = tf.tensor(image.slice(), [1, network[0].inputs]);
    for (let l = 0; l <= last; l++) {
      x = tf.add(tf.matMul(x as Tensor2D, tensors[2 * l] as Tensor2D), tensors[2 * l + 1]);
      if (l < last) x = tf.sigmoid(x);
    }
    return tf.reshape(tf.neg(tf.gather(tf.logSoftmax(x as Tensor2D), [label], 1)), []);
  };
  const gradients = tf.grads(loss)(parameters);
  const values = await Promise.all(gradients.map((gradient) => gradient.data()));
  [...parameters, ...gradients].forEach((tensor) => tensor.dispose());
  return network.map((_, l) => ({
    weight: Float32Array.from(values[2 * l]),
    bias: Float32Array.from(values[2 * l + 1]),
  }));
}
