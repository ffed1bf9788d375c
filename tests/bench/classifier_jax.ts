/** Trains question 3's network with jax-js: one compiled step of gradients and update. */
import { scalePixels } from "../../stages/normalize/scale.ts";
import { gatherPixels } from "../../stages/networks/packed_images.ts";
import type { Layer } from "../../stages/networks/layers.ts";
import type { PackedImages } from "../../stages/networks/classifier.ts";
import * as jax from "@jax-js/jax";

type Array = jax.numpy.Array;

interface JaxClassifier {
  /** Trains on whole batches; a last one that is smaller is left out. */
  train(order: Uint32Array): Promise<void>;
  logits(images: PackedImages): Promise<Float32Array>;
  /** Goes back to the first weights. */
  restore(): Promise<void>;
  dispose(): void;
}

/** Undefined where jax-js has no such device here. */
export async function createJaxClassifier(
  device: "wasm" | "webgpu",
  layers: readonly Layer<Float32Array>[],
  { images, labels }: { images: PackedImages; labels: Uint8Array },
  { batchSize, learningRate }: { batchSize: number; learningRate: number },
): Promise<JaxClassifier | undefined> {
  if (!(await jax.init(device)).includes(device)) return undefined;
  const { numpy: np, nn } = jax;
  const classes = layers[layers.length - 1].outputs;
  const array = (values: Float32Array, shape: number[]) => {
    // jax-js keeps the array that it is given.
    jax.defaultDevice(device);
    return np.array(values.slice() as Float32Array<ArrayBuffer>).reshape(shape);
  };
  const batch = (from: PackedImages, samples: Uint32Array) =>
    array(scalePixels(gatherPixels(from.pixels, from.width, samples), 255), [
      samples.length,
      from.width,
    ]);
  const forward = (parameters: Array[], input: Array) => {
    let output = input;
    for (let i = 0; i < parameters.length; i += 2) {
      output = np.matmul(output, parameters[i]).add(parameters[i + 1]);
      if (i + 2 < parameters.length) output = nn.relu(output);
    }
    return output;
  };
  const loss = (parameters: Array[], input: Array, truth: Array) => {
    const [samples] = input.shape;
    return nn.logSoftmax(forward(parameters, input)).mul(truth).sum().mul(-1 / samples);
  };
  const step = jax.jit((parameters: Array[], input: Array, truth: Array) => {
    const [value, gradients] = jax.valueAndGrad(loss)(
      parameters.map(({ ref }) => ref),
      input,
      truth,
    );
    return [
      value,
      ...parameters.map((parameter, i) => parameter.sub(gradients[i].mul(learningRate))),
    ];
  });
  const evaluate = jax.jit(forward);
  const initial = () =>
    layers.flatMap(({ inputs, outputs, weight, bias }) => [
      array(weight, [inputs, outputs]),
      array(bias, [outputs]),
    ]);
  let parameters = initial();
  const dispose = () => parameters.forEach((parameter) => parameter.dispose());
  return {
    async train(order) {
      for (let from = 0; from + batchSize <= order.length; from += batchSize) {
        const samples = order.subarray(from, from + batchSize);
        const hot = new Float32Array(batchSize * classes);
        samples.forEach((sample, i) => hot[i * classes + labels[sample]] = 1);
        const [value, ...next] = step(
          parameters,
          batch(images, samples),
          array(hot, [batchSize, classes]),
        );
        parameters = next;
        // As ours does, the loss is read after each step.
        await value.data();
      }
      await jax.blockUntilReady(parameters);
    },
    async logits(images) {
      const all = Uint32Array.from({ length: images.samples }, (_, i) => i);
      const result = evaluate(parameters.map(({ ref }) => ref), batch(images, all));
      return await result.data() as Float32Array;
    },
    restore() {
      dispose();
      parameters = initial();
      return Promise.resolve();
    },
    dispose,
  };
}
