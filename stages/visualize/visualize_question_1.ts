/** `visualize-question-1`: draws the step networks and what they approximate, and writes their section. */
import { defineStage } from "../../pipeline/engine/stage.ts";
import type { Networks } from "../../schemas/assignment/step_networks.ts";
import { drawnMeasurements } from "../expressivity/expressivity_artifacts.ts";
import { section } from "../../pipeline/formats/section.ts";
import { approximationsChart } from "./charts/approximations.ts";
import { boxChart } from "./charts/box.ts";
import { chartOutputs, drawCharts } from "./charts/chart_set.ts";
import { errorByBoxesChart, errorOverview } from "./charts/error_by_boxes.ts";
import { nearestNeighboursChart } from "./charts/nearest_neighbours.ts";
import { networkDiagram } from "./charts/network_diagram.ts";
import { neuronsByDimensionChart } from "./charts/neurons_by_dimension.ts";
import { pairOfStepsChart } from "./charts/pair_of_steps.ts";
import { renderPackages } from "./charts/render.ts";
import { threeLevelsChart } from "./charts/three_levels.ts";
import { charts, tellQuestion1 } from "./sections/section_1.ts";

function named(networks: Networks, name: string) {
  const found = networks.find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new Error(
    `expected a network "${name}", found ${networks.map(({ name }) => name).join(", ")}`,
  );
}

export const visualizeQuestion1 = defineStage({
  name: "visualize-question-1",
  module: import.meta.url,
  about: "draws step networks, their errors and their cost",
  inputs: drawnMeasurements,
  outputs: { ...chartOutputs(charts), section },
  packages: renderPackages,
  async run({ inputs, effects }) {
    const { networks, errors, samples, dimensions, distances } = inputs;
    const network = (name: string) => named(networks, name).network;
    const diagram = (name: string) => {
      const { about, network } = named(networks, name);
      return networkDiagram({
        title: about,
        subtitle: "σ(u) = 1 for u > 0, else 0. Weights on lines, biases in neurons; 3 digits.",
        network,
      });
    };
    return {
      ...await drawCharts<typeof charts[number]>({
        overview: errorOverview(errors),
        box: boxChart({
          box: network("box"),
          exactBox: network("exact-box"),
          bothSigns: network("both-signs"),
        }),
        "pair-of-steps": pairOfStepsChart(network("box")),
        "network-box": diagram("box"),
        "network-exact-box": diagram("exact-box"),
        "three-levels": threeLevelsChart(network("three-levels")),
        "network-three-levels": diagram("three-levels"),
        approximations: approximationsChart(samples, errors),
        "error-by-boxes": errorByBoxesChart(errors),
        "network-boxes": diagram("boxes"),
        "network-shared-edges": diagram("shared-edges"),
        "neurons-by-dimension": neuronsByDimensionChart(dimensions),
        "network-cells": diagram("cells"),
        "nearest-neighbours": nearestNeighboursChart(distances),
      }, effects),
      section: tellQuestion1(inputs),
    };
  },
});
