/**
 * Networks of dense layers on the host: between named tensors in PyTorch's layout, weight (outputs,
 * inputs), and layers in tfjs's, weight (inputs, outputs).
 */
import type { Tensors } from "../../pipeline/formats/safetensors.ts";
import { FormatError } from "../../pipeline/formats/artifact_type.ts";

/** One dense layer, y = x·W + b: weight row-major (inputs, outputs), bias (outputs). */
export interface Dense {
  inputs: number;
  outputs: number;
  weight: Float32Array;
  bias: Float32Array;
}

/** Row-major (rows, columns) to (columns, rows). */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = values[row * columns + column];
    }
  }
  return result;
}

/**
 * The layers called `names`, whose tensors are `<prefix><name>.weight` and `.bias`.
 * @throws {FormatError} where one is missing or does not fit the layer before it
 */
export function layersOf(tensors: Tensors, names: readonly string[], prefix = ""): Dense[] {
  let width: number | undefined;
  return names.map((name) => {
    const weight = tensors[`${prefix}${name}.weight`];
    const bias = tensors[`${prefix}${name}.bias`];
    const [outputs, inputs] = weight?.shape ?? [];
    if (
      weight?.shape.length !== 2 || bias?.shape.length !== 1 || bias.shape[0] !== outputs ||
      (width ?? inputs) !== inputs
    ) {
      throw new FormatError(
        `expected ${prefix}${name}.weight of shape (n, ${
          width ?? "inputs"
        }) with n biases, found ` +
          `(${weight?.shape ?? "nothing"}) with (${bias?.shape ?? "nothing"})`,
      );
    }
    width = outputs;
    return {
      inputs,
      outputs,
      weight: transposed(weight.data as Float32Array, outputs, inputs),
      bias: bias.data as Float32Array,
    };
  });
}

/** The tensors of layers called `names`, in PyTorch's layout. */
export function tensorsOfLayers(
  layers: readonly Dense[],
  names: readonly string[],
  prefix = "",
): Tensors {
  return Object.fromEntries(layers.flatMap(({ inputs, outputs, weight, bias }, i) => [
    [`${prefix}${names[i]}.weight`, {
      dtype: "float32",
      shape: [outputs, inputs],
      data: transposed(weight, inputs, outputs),
    }],
    [`${prefix}${names[i]}.bias`, { dtype: "float32", shape: [outputs], data: bias }],
  ]));
}
