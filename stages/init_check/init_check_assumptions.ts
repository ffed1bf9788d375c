/**
 * `init-check-assumptions`: measures what the derivations of question 2 assume of densities, products
 * and the next layer.
 */
import { z } from "zod";
import { metrics } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import { assumptions } from "./theory_artifacts.ts";
import { measureAssumptions } from "./theory/assumptions.ts";

export const initCheckAssumptions = defineStage({
  name: "init-check-assumptions",
  module: import.meta.url,
  about: "measures what question 2's derivations assume",
  // As many as make every interval narrower than a margin of 5 %.
  parameters: z.strictObject({
    seed: z.int().nonnegative().default(0),
    /** ReLUs whose density is counted. */
    samples: z.int().positive().default(2 ** 19),
    /** Sums of products, in each case. */
    sums: z.int().positive().default(160_000),
    /** Pairs of layers, each of 64 units. */
    layers: z.int().positive().default(2048),
  }),
  inputs: {},
  outputs: { assumptions, metrics },
  // Math.exp and Math.log, in intervals.
  machine: ["arch", "v8"],
  async run({ parameters }) {
    const found = await measureAssumptions(parameters);
    return {
      assumptions: found,
      metrics: Object.fromEntries([
        ["density.share-at-zero", found.density.atZero.share],
        ["next-layer.over-second-moment", found.nextLayer.overSecondMoment.estimate],
        ["next-layer.over-variance", found.nextLayer.overVariance.estimate],
        ...found.products.map(({ case: name, variance }) => [
          `products.${name}.variance-ratio`,
          variance.estimate,
        ]),
      ]),
    };
  },
});
