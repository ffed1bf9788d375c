/**
 * `init-check-layer`: draws weight matrices and compares the moments of their products with
 * theory, forward or backward.
 */
import { z } from "zod";
import { metrics } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import { layerTheory, theoryDesign } from "./theory_artifacts.ts";
import { measureLayers } from "./theory/measure.ts";

export const initCheckLayer = defineStage({
  name: "init-check-layer",
  module: import.meta.url,
  about: "measures one layer's moments over random matrices",
  parameters: z.strictObject({ direction: z.enum(["forward", "backward"]) }),
  inputs: { design: theoryDesign },
  outputs: { layer: layerTheory, metrics },
  // Math.exp and Math.log, in the tail of the normal distribution and in intervals.
  machine: ["arch", "v8"],
  async run({ parameters: { direction }, inputs: { design }, effects }) {
    const layer = await measureLayers(design, direction, {
      progress: (done, total) =>
        effects.progress(Math.round(done / 1e6), Math.round(total / 1e6), "million weights"),
    });
    const sizes = layer.rows.filter(({ cell }) => cell.purpose === "sizes");
    const ratios = sizes.flatMap(({ conditional }) => conditional?.estimate ?? []);
    const adjusted = layer.rows.flatMap(({ conditional, mean }) =>
      [conditional, mean].flatMap((estimate) => estimate?.adjustedP ?? [])
    );
    return {
      layer,
      metrics: {
        [`${direction}.second-moment-ratio.least`]: Math.min(...ratios),
        [`${direction}.second-moment-ratio.greatest`]: Math.max(...ratios),
        [`${direction}.least-adjusted-p`]: Math.min(...adjusted),
        ...Object.fromEntries(
          layer.relu.filter(({ variance }) => variance !== null).flatMap((
            { cell: { rule, nIn }, mean, variance },
          ) => [
            [`relu.${rule}-${nIn}.mean-ratio`, mean.estimate],
            [`relu.${rule}-${nIn}.variance-ratio`, variance?.estimate ?? NaN],
          ]),
        ),
      },
    };
  },
});
