/** `visualize-question-3-initialisations`: draws short trainings under each rule. */
import { defineStage } from "../../pipeline/engine/stage.ts";
import { initialisations } from "../compare/comparison_artifacts.ts";
import { section } from "../../pipeline/formats/section.ts";
import { chartOutputs, drawCharts } from "./charts/chart_set.ts";
import { firstBatchMomentsChart, shortTrainingsChart } from "./charts/initialisations.ts";
import { renderPackages } from "./charts/render.ts";
import { charts, tellQuestion3Initialisations } from "./sections/section_3_initialisations.ts";

export const visualizeQuestion3Initialisations = defineStage({
  name: "visualize-question-3-initialisations",
  module: import.meta.url,
  about: "draws short trainings under each rule of initialisation",
  inputs: { initialisations },
  outputs: { ...chartOutputs(charts), section },
  packages: renderPackages,
  async run({ inputs: { initialisations }, effects }) {
    return {
      ...await drawCharts<typeof charts[number]>({
        "short-trainings": shortTrainingsChart(initialisations),
        "first-batch": firstBatchMomentsChart(initialisations),
      }, effects),
      section: tellQuestion3Initialisations(initialisations),
    };
  },
});
