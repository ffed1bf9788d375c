/**
 * `init-check-uniform`: draws the initial weights of a network from PyTorch's generator, as question
 * 3 does by its framework's default, checks them and hands on only what passes.
 */
import { z } from "zod";
import { metrics } from "../../pipeline/formats/metrics.ts";
import type { Tensors } from "../../pipeline/formats/safetensors.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import { initialFloat32, initialisationReport } from "../networks/network_artifacts.ts";
import { checkUniform, level, refuseFailed, varianceRatios } from "./weight_tests.ts";
import { linearLayers, manualSeed } from "../random/pytorch.ts";

export const initCheckUniform = defineStage({
  name: "init-check-uniform",
  module: import.meta.url,
  about: "draws uniform initial weights as PyTorch does and checks them",
  parameters: z.strictObject({
    layers: z.array(z.int().positive()).min(2),
    /** The layers' names in PyTorch's model, one a layer. */
    names: z.array(z.string().regex(/^[a-z0-9]+$/)).min(1),
    seed: z.int().nonnegative(),
  }).refine(({ layers, names }) => names.length === layers.length - 1, {
    message: "expected a name for each layer",
  }),
  inputs: {},
  outputs: { weights: initialFloat32, report: initialisationReport, metrics },
  async run({ parameters: { layers, names, seed } }) {
    const drawn = linearLayers(manualSeed(seed), layers);
    const tensors: Tensors = {};
    const checks = await Promise.all(drawn.flatMap(({ inputs, outputs, weight, bias }, i) => {
      const bound = 1 / Math.sqrt(inputs);
      const parts = [
        { tensor: `${names[i]}.weight`, shape: [outputs, inputs], values: weight },
        { tensor: `${names[i]}.bias`, shape: [outputs], values: bias },
      ];
      return parts.map((part) => {
        tensors[part.tensor] = { dtype: "float32", shape: part.shape, data: part.values };
        return checkUniform({ ...part, rule: "uniform on ±1/√fan_in" }, bound);
      });
    }));
    refuseFailed(checks);
    return {
      weights: tensors,
      report: { generator: "torch.manual_seed", seed, level, tensors: checks },
      metrics: varianceRatios(checks),
    };
  },
});
