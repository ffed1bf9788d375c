/** `visualize-question-4`: question 4's charts, each as specification, SVG and PNG. */
import { z } from "zod";
import { defineStage } from "../pipeline/stage.ts";
import { chartPng, chartSpec, chartSvg } from "./artifacts/charts.ts";
import { evaluation } from "./artifacts/networks.ts";
import { testAccuracyChart, testLossChart } from "./charts/question_4.ts";
import { openRenderer, renderPackages } from "./charts/render.ts";

export const visualizeQuestion4 = defineStage({
  name: "visualize-question-4",
  module: import.meta.url,
  about: "draws loss and accuracy by epoch",
  parameters: z.strictObject({}),
  inputs: { described: evaluation, listed: evaluation },
  outputs: {
    "test-loss.vl.json": chartSpec,
    "test-loss.svg": chartSvg,
    "test-loss.png": chartPng,
    "test-accuracy.vl.json": chartSpec,
    "test-accuracy.svg": chartSvg,
    "test-accuracy.png": chartPng,
  },
  packages: renderPackages,
  async run({ inputs, effects }) {
    const renderer = await openRenderer(effects);
    const specs = { loss: testLossChart(inputs), accuracy: testAccuracyChart(inputs) };
    const loss = await renderer.render(specs.loss);
    const accuracy = await renderer.render(specs.accuracy);
    return {
      "test-loss.vl.json": specs.loss,
      "test-loss.svg": loss.svg,
      "test-loss.png": loss.png,
      "test-accuracy.vl.json": specs.accuracy,
      "test-accuracy.svg": accuracy.svg,
      "test-accuracy.png": accuracy.png,
    };
  },
});
