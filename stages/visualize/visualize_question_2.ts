/** `visualize-question-2`: draws what initialisation does to moments, and writes their section. */
import { defineStage } from "../../pipeline/engine/stage.ts";
import { section } from "../../pipeline/formats/section.ts";
import { activationTheory, depthTheory, layerTheory } from "../init_check/theory_artifacts.ts";
import { chartOutputs, drawCharts } from "./charts/chart_set.ts";
import { controlsChart } from "./charts/control_chart.ts";
import { deepNetworksChart } from "./charts/deep_networks.ts";
import { momentByLayerChart, momentOverview } from "./charts/moment_by_layer.ts";
import { oneLayerChart } from "./charts/one_layer.ts";
import { reluDensityChart } from "./charts/relu_density.ts";
import { reluMomentsChart } from "./charts/relu_moments.ts";
import { reluNormalityChart } from "./charts/relu_normality.ts";
import { renderPackages } from "./charts/render.ts";
import { charts, tellQuestion2 } from "./sections/section_2.ts";

export const visualizeQuestion2 = defineStage({
  name: "visualize-question-2",
  module: import.meta.url,
  about: "draws moments through layers, and the method's controls",
  inputs: {
    forward: layerTheory,
    backward: layerTheory,
    depth: depthTheory,
    activations: activationTheory,
  },
  outputs: { ...chartOutputs(charts), section },
  packages: renderPackages,
  async run({ inputs, effects }) {
    const { forward, backward, depth, activations } = inputs;
    return {
      ...await drawCharts<typeof charts[number]>({
        overview: momentOverview(depth),
        "one-layer-forward": oneLayerChart(forward),
        "one-layer-backward": oneLayerChart(backward),
        "deep-networks": deepNetworksChart(depth),
        "second-moment-by-layer": momentByLayerChart(depth, "secondMoment"),
        "gradient-by-layer": momentByLayerChart(depth, "gradient"),
        "relu-density": reluDensityChart(activations),
        "relu-moments": reluMomentsChart(forward),
        "relu-normality": reluNormalityChart(activations),
        controls: controlsChart(forward),
      }, effects),
      section: tellQuestion2(inputs),
    };
  },
});
