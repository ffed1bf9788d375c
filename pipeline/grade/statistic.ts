/** Computes one statistic of all elements of a tensor. */
import type { Statistic } from "../../schemas/run/expected.ts";
import type { Tensor } from "../formats/tensor.ts";

/** NaN where it is not defined: a mean of nothing, or of what is not a number. */
export function statisticOf({ data }: Tensor, statistic: Statistic): number {
  const n = data.length;
  let sum = 0;
  let squares = 0;
  let notFinite = 0;
  let [least, largest] = [Infinity, -Infinity];
  for (const value of data) {
    sum += value;
    squares += value * value;
    if (!Number.isFinite(value)) notFinite++;
    // These keep NaN.
    least = Math.min(least, value);
    largest = Math.max(largest, value);
  }
  switch (statistic) {
    case "count":
      return n;
    case "not-finite":
      return notFinite;
    case "norm":
      return Math.sqrt(squares);
    case "mean":
      return sum / n;
    case "minimum":
      return n === 0 ? NaN : least;
    case "maximum":
      return n === 0 ? NaN : largest;
    case "standard-deviation": {
      const mean = sum / n;
      let about = 0;
      for (const value of data) about += (value - mean) ** 2;
      return Math.sqrt(about / n);
    }
  }
}
