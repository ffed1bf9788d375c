/**
 * `visualize-question-3-reported`: draws question 3's curves with the assignment's and PyTorch's.
 */
import { defineStage } from "../../pipeline/engine/stage.ts";
import type { Curves } from "../../schemas/assignment/pytorch_parity.ts";
import { curves, parity } from "../compare/comparison_artifacts.ts";
import { section } from "../../pipeline/formats/section.ts";
import { reportedCurveChart } from "./charts/reported_curve.ts";
import { chartOutputs, drawCharts } from "./charts/chart_set.ts";
import { parityChart } from "./charts/parity_chart.ts";
import { renderPackages } from "./charts/render.ts";
import { charts, tellQuestion3Reported } from "./sections/section_3_reported.ts";

export const visualizeQuestion3Reported = defineStage({
  name: "visualize-question-3-reported",
  module: import.meta.url,
  about: "draws curves with the assignment's rows and PyTorch's runs",
  inputs: { curves, parity },
  outputs: { ...chartOutputs(charts), section },
  packages: renderPackages,
  async run({ inputs, effects }) {
    const { curves, parity } = inputs;
    const chart = (quantity: Curves["curves"][number]["quantity"]) =>
      reportedCurveChart(
        curves.curves.find((curve) => curve.quantity === quantity)!,
        curves,
      );
    return {
      ...await drawCharts<typeof charts[number]>({
        "train-loss": chart("train-loss"),
        "test-loss": chart("test-loss"),
        "test-accuracy": chart("test-accuracy"),
        parity: parityChart(parity),
      }, effects),
      section: tellQuestion3Reported(inputs),
    };
  },
});
