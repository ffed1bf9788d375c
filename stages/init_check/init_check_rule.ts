/**
 * `init-check-rule`: draws the initial weights of a network from numpy's generator by one of the
 * rules that are compared, checks them and hands on only what passes. Biases are 0.
 */
import { z } from "zod";
import { metrics } from "../../pipeline/formats/metrics.ts";
import type { Tensors } from "../../pipeline/formats/safetensors.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import { initialFloat32, initialisationReport } from "../networks/network_artifacts.ts";
import { rules, ruleText } from "./rules.ts";
import { checkGaussian, checkZero, level, refuseFailed, varianceRatios } from "./weight_tests.ts";
import { defaultRng } from "../random/default_rng.ts";

export const initCheckRule = defineStage({
  name: "init-check-rule",
  module: import.meta.url,
  about: "draws initial weights by a rule and checks them",
  parameters: z.strictObject({
    layers: z.array(z.int().positive()).min(2),
    names: z.array(z.string().regex(/^[a-z0-9]+$/)).min(1),
    rule: z.enum(["lecun", "glorot", "he"]),
    /** The rule's standard deviation is multiplied by this. */
    scale: z.number().positive().default(1),
    seed: z.int().nonnegative().default(0),
  }).refine(({ layers, names }) => names.length === layers.length - 1, {
    message: "expected a name for each layer",
  }),
  inputs: {},
  outputs: { weights: initialFloat32, report: initialisationReport, metrics },
  async run({ parameters: { layers, names, rule, scale, seed } }) {
    const generator = defaultRng(seed);
    const tensors: Tensors = {};
    const checks = await Promise.all(names.flatMap((name, i) => {
      const [inputs, outputs] = [layers[i], layers[i + 1]];
      const variance = rules[rule].variance(inputs, outputs) * scale ** 2;
      const weight = Float32Array.from(
        generator.normal(0, Math.sqrt(variance), outputs * inputs),
      );
      const bias = new Float32Array(outputs);
      const shape = [outputs, inputs];
      tensors[`${name}.weight`] = { dtype: "float32", shape, data: weight };
      tensors[`${name}.bias`] = { dtype: "float32", shape: [outputs], data: bias };
      const text = ruleText(rule, scale);
      return [
        checkGaussian(
          { tensor: `${name}.weight`, shape, values: weight, rule: text },
          variance,
        ),
        checkZero({ tensor: `${name}.bias`, shape: [outputs], values: bias, rule: "zero" }),
      ];
    }));
    refuseFailed(checks);
    return {
      weights: tensors,
      report: { generator: "numpy default_rng", seed, level, tensors: checks },
      metrics: varianceRatios(checks),
    };
  },
});
