/** Turns named tensors into the dense layers of a network, and back. */
import type { Tensors } from "../../pipeline/formats/safetensors.ts";
import { FormatError } from "../../pipeline/formats/artifact_type.ts";
import type { Tensor } from "../../pipeline/formats/tensor.ts";

/** One dense layer, y = x·W + b. */
export interface Layer<Values extends Float32Array | Float64Array> {
  inputs: number;
  outputs: number;
  /** W, shape (inputs, outputs), row-major. */
  weight: Values;
  /** b, shape (outputs). */
  bias: Values;
}

/** Tensors in float64 lie as layers do; those in float32 have PyTorch's layout, (outputs, inputs). */
interface Arrays {
  float64: Float64Array;
  float32: Float32Array;
}

/** Names of a network's tensors: `<prefix><name>.weight` and `<prefix><name>.bias`. */
interface Naming {
  /** The layers' names, the first layer's first; by default `layer-1`, `layer-2`, … */
  readonly names?: readonly string[];
  readonly prefix?: string;
}

/** @throws {FormatError} where a tensor is missing or does not fit the layer before it */
export function layersOf<Precision extends keyof Arrays>(
  tensors: Tensors,
  precision: Precision,
  { prefix = "", names = numberedNames(tensors, prefix) }: Naming = {},
): Layer<Arrays[Precision]>[] {
  const values = (tensor: Tensor) => tensor.data as Arrays[Precision];
  const transpose = precision === "float32";
  let width: number | undefined;
  return names.map((name) => {
    const weight = tensors[`${prefix}${name}.weight`];
    const bias = tensors[`${prefix}${name}.bias`];
    const [inputs, outputs] = transpose ? (weight?.shape ?? []).toReversed() : weight?.shape ?? [];
    const fits = weight?.shape.length === 2 && bias?.shape.length === 1 &&
      bias.shape[0] === outputs && (width ?? inputs) === inputs;
    if (!fits || weight.dtype !== precision || bias.dtype !== precision) {
      const shape = [width ?? "inputs", "n"];
      throw new FormatError(
        `expected ${prefix}${name}.weight of shape (${
          (transpose ? shape.toReversed() : shape).join(", ")
        }) with n biases in ${precision}, found ${described(weight)} with ${described(bias)}`,
      );
    }
    width = outputs;
    return {
      inputs,
      outputs,
      weight: transpose ? transposed(values(weight), outputs, inputs) : values(weight),
      bias: values(bias),
    };
  });
}

/** The tensors of layers, in the layout of their precision. */
export function tensorsOf(
  layers: readonly Layer<Float32Array | Float64Array>[],
  { prefix = "", names = layers.map((_, l) => numbered(l)) }: Naming = {},
): Tensors {
  return Object.fromEntries(layers.flatMap(({ inputs, outputs, weight, bias }, l): [
    string,
    Tensor,
  ][] => {
    const stored = weight instanceof Float32Array
      ? { shape: [outputs, inputs], data: transposed(weight, inputs, outputs) }
      : { shape: [inputs, outputs], data: weight };
    const dtype = weight instanceof Float32Array ? "float32" : "float64";
    return [
      [`${prefix}${names[l]}.weight`, { dtype, ...stored }],
      [`${prefix}${names[l]}.bias`, { dtype, shape: [outputs], data: bias }],
    ];
  }));
}

const numbered = (l: number) => `layer-${l + 1}`;

function numberedNames(tensors: Tensors, prefix: string): string[] {
  const names: string[] = [];
  while (`${prefix}${numbered(names.length)}.weight` in tensors) names.push(numbered(names.length));
  if (names.length > 0) return names;
  throw new FormatError(`expected tensors named ${prefix}${numbered(0)}.weight and on, found none`);
}

const described = (tensor: Tensor | undefined): string =>
  tensor === undefined ? "(nothing)" : `${tensor.dtype} (${tensor.shape})`;

/** Row-major (rows, columns) to (columns, rows). */
function transposed<Values extends Float32Array | Float64Array>(
  values: Values,
  rows: number,
  columns: number,
): Values {
  const result = values.slice() as Values;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = values[row * columns + column];
    }
  }
  return result;
}

/** The epochs that tensors are named after, `epoch-<n>.…`, ascending. */
export function epochsOf(tensors: Tensors): number[] {
  const epochs = new Set(
    Object.keys(tensors).map((name) => Number(/^epoch-(\d+)\./.exec(name)?.[1])),
  );
  return [...epochs].sort((a, b) => a - b);
}
