/**
 * `init-check-depth`: draws deep networks and compares the growth of their second moments with
 * theory.
 */
import { metrics } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import { depthTheory, theoryDesign } from "./theory_artifacts.ts";
import { measureDepth } from "./theory/measure.ts";

export const initCheckDepth = defineStage({
  name: "init-check-depth",
  module: import.meta.url,
  about: "measures moments through deep random networks",
  inputs: { design: theoryDesign },
  outputs: { depth: depthTheory, metrics },
  // As for one layer; and Math.tanh.
  machine: ["arch", "v8"],
  async run({ inputs: { design }, effects }) {
    const depth = await measureDepth(design, {
      progress: (done, total) =>
        effects.progress(Math.round(done / 1e6), Math.round(total / 1e6), "million weights"),
    });
    return {
      depth,
      metrics: Object.fromEntries(
        depth.rows.filter(({ cell }) => cell.purpose === "layer-factor").map((
          { cell: { activation, gain, width }, factor, predictedFactor },
        ) => [
          `factor.${activation}.gain-${gain.toPrecision(3).replace(".", "-")}.width-${width}`,
          factor.estimate * predictedFactor,
        ]),
      ),
    };
  },
});
