/** Lists how weights and gradients of variance 1 hang together in the sums that are simulated. */
import type { ProductCase } from "../../../schemas/assignment/theory.ts";

interface Means {
  text: string;
  weightMean: number;
  gradientMean: number;
}

const of = (text: string, weightMean: number): Means => ({ text, weightMean, gradientMean: 1 });

export const productCases: Record<ProductCase, Means> = {
  independent: of("weights and gradients all independent", 0),
  "weights-with-mean": of("all independent, weights with a mean", 1),
  "correlated-gradients": of("gradients correlated with each other, weights independent", 0),
  "weights-with-mean-correlated-gradients": of(
    "gradients correlated with each other, weights independent with a mean",
    1,
  ),
  "dependent-factors": of("each weight correlated with its gradient", 0),
};
