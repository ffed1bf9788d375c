/**
 * `init-check-design`: fixes every condition of question 2's measurements, with its sample size
 * and its stream of random numbers, before the first draw.
 */
import { z } from "zod";
import { metrics } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import { theoryDesign } from "./theory_artifacts.ts";
import { designOf, drawsOfLayer, drawsOfNetwork } from "./theory/design.ts";
import { distributions } from "../../pipeline/claims/distributions.ts";

export const initCheckDesign = defineStage({
  name: "init-check-design",
  module: import.meta.url,
  about: "designs the measurements of the theory of initialisation",
  parameters: z.strictObject({
    seed: z.int().nonnegative().default(0),
    /** Equivalence margin, relative. Beyond 0.18 the assignment's rules overlap. */
    epsilon: z.number().min(0.01).max(0.18).default(0.05),
    /** Layers of the deep networks. */
    depth: z.int().min(2).default(50),
    /** Largest fan of the grid over all sizes, 1, 8, 64, 512 and 4096. */
    largestFan: z.int().min(64).max(4096).default(4096),
  }),
  inputs: {},
  outputs: { design: theoryDesign, metrics },
  // Logarithms in the sample sizes.
  machine: ["arch", "v8"],
  async run({ parameters }) {
    const design = designOf(await distributions(), parameters);
    const draws = [
      ...design.layers.map(drawsOfLayer),
      ...design.relu.map(({ draws, nIn, nOut }) => draws * nIn * nOut),
      ...design.networks.map(drawsOfNetwork),
    ];
    return {
      design,
      metrics: {
        "cells": draws.length,
        "weights-drawn": draws.reduce((sum, one) => sum + one, 0),
      },
    };
  },
});
