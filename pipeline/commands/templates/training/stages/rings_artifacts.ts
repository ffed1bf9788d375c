/** Artifacts of the experiment: labelled points, and the weights of a network. */
import { safetensors, type Tensor } from "fanin";

/** `places`: two coordinates a point; `labels`: 1 in the outer ring, 0 in the inner one. */
export const points = safetensors("points", "float64");

/** `hidden`: three numbers a unit, two weights and a bias; `output`: one a unit, and a bias. */
export const weights = safetensors("weights", "float64");

/** An array as an artifact holds it. */
export const tensor = (shape: number[], data: Float64Array): Tensor<"float64"> => ({
  dtype: "float64",
  shape,
  data,
});
