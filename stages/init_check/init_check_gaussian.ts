/**
 * `init-check-gaussian`: draws the initial weights of a network from numpy's generator, as question
 * 4 does, checks them against their rule and hands on only what passes.
 */
import { z } from "zod";
import { metrics } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import { initialFloat64, initialisationReport } from "../networks/network_artifacts.ts";
import { checkGaussian, checkZero, level, refuseFailed, varianceRatios } from "./weight_tests.ts";
import type { Network } from "../networks/perceptron.ts";
import { tensorsOf } from "../networks/tensors.ts";
import { defaultRng } from "../random/default_rng.ts";

export const initCheckGaussian = defineStage({
  name: "init-check-gaussian",
  module: import.meta.url,
  about: "draws Gaussian initial weights as numpy does and checks them",
  parameters: z.strictObject({
    layers: z.array(z.int().positive()).min(2),
    seed: z.int().nonnegative(),
  }),
  inputs: {},
  outputs: { weights: initialFloat64, report: initialisationReport, metrics },
  // Math.log and Math.exp, in the tail of the normal distribution, are the engine's.
  machine: ["arch", "v8"],
  async run({ parameters: { layers, seed } }) {
    const random = defaultRng(seed);
    const network: Network = layers.slice(1).map((nOut, i) => {
      const nIn = layers[i];
      const deviation = Math.sqrt(1 / Math.max(nIn, nOut));
      const weight = random.normal(0, deviation, nIn * nOut);
      return { nIn, nOut, weight, bias: new Float64Array(nOut) };
    });
    const tensors = tensorsOf(network);
    const checks = await Promise.all(network.flatMap(({ nIn, nOut, weight, bias }, i) => [
      checkGaussian({
        tensor: `layer-${i + 1}.weight`,
        shape: [nIn, nOut],
        values: weight,
        rule: "N(0, 1/max(n_in, n_out))",
      }, 1 / Math.max(nIn, nOut)),
      checkZero({
        tensor: `layer-${i + 1}.bias`,
        shape: [nOut],
        values: bias,
        rule: "all 0",
      }),
    ]));
    refuseFailed(checks);
    return {
      weights: tensors,
      report: { generator: "numpy.random.default_rng", seed, level, tensors: checks },
      metrics: varianceRatios(checks),
    };
  },
});
