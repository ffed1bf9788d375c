/** A network as named tensors, and back; the names are those of the artifacts. */
import type { Tensors } from "../../pipeline/formats/safetensors.ts";
import { FormatError } from "../../pipeline/formats/artifact_type.ts";
import type { Layer, Network } from "./perceptron.ts";

/** `prefix` comes before each name: `layer-1.weight`, `layer-1.bias`, … */
export function tensorsOf(network: Network, prefix = ""): Tensors {
  return Object.fromEntries(network.flatMap(({ weight, bias, nIn, nOut }, i) => [
    [`${prefix}layer-${i + 1}.weight`, { dtype: "float64", shape: [nIn, nOut], data: weight }],
    [`${prefix}layer-${i + 1}.bias`, { dtype: "float64", shape: [nOut], data: bias }],
  ]));
}

/** @throws {FormatError} unless the tensors under `prefix` are the layers of one network. */
export function networkOf(tensors: Tensors, prefix = ""): Network {
  const network: Layer[] = [];
  for (let i = 1; `${prefix}layer-${i}.weight` in tensors; i++) {
    const weight = tensors[`${prefix}layer-${i}.weight`];
    const bias = tensors[`${prefix}layer-${i}.bias`];
    const [nIn, nOut] = weight.shape;
    const before = network.at(-1)?.nOut ?? nIn;
    if (
      weight.shape.length !== 2 || bias?.shape.length !== 1 || bias.shape[0] !== nOut ||
      before !== nIn
    ) {
      throw new FormatError(
        `expected ${prefix}layer-${i} of shape (${before}, n) with n biases, found ` +
          `(${weight.shape}) with (${bias?.shape})`,
      );
    }
    network.push({
      nIn,
      nOut,
      weight: weight.data as Float64Array,
      bias: bias.data as Float64Array,
    });
  }
  if (network.length > 0) return network;
  throw new FormatError(`expected tensors named ${prefix}layer-1.weight and on, found none`);
}

/** The epochs of which there are weights, ascending. */
export function epochsOf(tensors: Tensors): number[] {
  const epochs = new Set(
    Object.keys(tensors).map((name) => Number(/^epoch-(\d+)\./.exec(name)?.[1])),
  );
  return [...epochs].sort((a, b) => a - b);
}
