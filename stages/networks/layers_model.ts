/**
 * Writes a classifier as a LayersModel, which tfjs loads: its topology, and the weights in a file
 * beside it. They are as `@tensorflow/tfjs-layers` saves them, without that package's 31 MB.
 */
import type { Layer } from "./layers.ts";

/** The version of tfjs-layers whose form it has. */
const version = "4.22.0";

export interface LayersModel {
  /** `model.json`, which names `weights.bin`. */
  readonly modelJson: ReturnType<typeof modelJsonOf>;
  /** Weight and bias of each layer in turn, float32, little-endian. */
  readonly weightsBin: Uint8Array<ArrayBuffer>;
}

/** The model of dense layers with ReLU between them; `names` are those of the layers. */
export function layersModelOf(
  layers: readonly Layer<Float32Array>[],
  names: readonly string[],
): LayersModel {
  const tensors = layers.flatMap(({ weight, bias }) => [weight, bias]);
  const values = Float32Array.from(tensors.flatMap((tensor) => [...tensor]));
  return { modelJson: modelJsonOf(layers, names), weightsBin: new Uint8Array(values.buffer) };
}

const modelJsonOf = (layers: readonly Layer<Float32Array>[], names: readonly string[]) => ({
  format: "layers-model",
  generatedBy: `TensorFlow.js ${version}`,
  convertedBy: null,
  modelTopology: {
    class_name: "Sequential",
    config: {
      name: "classifier",
      layers: layers.map(({ inputs, outputs }, l) => ({
        class_name: "Dense",
        config: {
          units: outputs,
          activation: l < layers.length - 1 ? "relu" : "linear",
          use_bias: true,
          kernel_initializer: zeros,
          bias_initializer: zeros,
          kernel_regularizer: null,
          bias_regularizer: null,
          activity_regularizer: null,
          kernel_constraint: null,
          bias_constraint: null,
          name: names[l],
          trainable: true,
          ...l === 0 ? { batch_input_shape: [null, inputs], dtype: "float32" } : {},
        },
      })),
    },
    keras_version: `tfjs-layers ${version}`,
    backend: "tensor_flow.js",
  },
  weightsManifest: [{
    paths: ["weights.bin"],
    weights: layers.flatMap(({ inputs, outputs }, l) => [
      { name: `${names[l]}/kernel`, shape: [inputs, outputs], dtype: "float32" as const },
      { name: `${names[l]}/bias`, shape: [outputs], dtype: "float32" as const },
    ]),
  }],
});

/** An initialiser. Any would do, because the weights are loaded. */
const zeros = { class_name: "Zeros", config: {} };
