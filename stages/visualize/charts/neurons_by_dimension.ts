/** Draws the hidden neurons that question 1's errors cost, by the number of inputs. */
import type { ChartSpec } from "../chart_outputs.ts";
import type { Dimensions } from "../../../schemas/assignment/step_networks.ts";
import { listed } from "../../../pipeline/terminal/numbers.ts";
import { count, decades, fixed, significant } from "./chart_numbers.ts";
import { alongDimensions, series, themed } from "./chart_theme.ts";

const labelOf = (error: number) => `error ${significant(error)}`;

export function neuronsByDimensionChart(
  { needed, growth, halfWidth, lipschitz }: Dimensions,
): ChartSpec {
  const errors = growth.map(({ error }) => error);
  const steepest = growth.reduce((most, one) => one.factor > most.factor ? one : most);
  const dimensions = [...new Set(needed.map(({ dimension }) => dimension))];
  const exponential = growth.every(({ exponential, power }) => exponential < power);
  return themed({
    title: `Each further input multiplies the neurons by up to ${fixed(steepest.factor, 1)}` +
      (exponential ? ": exponential growth" : ""),
    subtitle:
      `Hidden neurons of two layers at the least N that meets the error; functions with L = ` +
      `${significant(lipschitz)} (max norm) on [−${halfWidth}, ${halfWidth}]ᵈ; logarithmic`,
    description: errors.map((error) =>
      `Error ${significant(error)}: ` +
      listed(
        needed.filter((row) => row.error === error)
          .map(({ dimension, neurons }) => `${count(neurons)} neurons for ${dimension}`),
      ) + " inputs"
    ).join("; ") + ".",
  }, {
    data: {
      values: needed.map(({ error, dimension, neurons, cellsPerAxis }) => ({
        error: labelOf(error),
        dimension,
        neurons,
        cellsPerAxis,
      })),
    },
    mark: { type: "line", point: { filled: true } },
    encoding: {
      x: alongDimensions("Inputs d", dimensions),
      y: {
        field: "neurons",
        type: "quantitative",
        title: "Hidden neurons",
        scale: { type: "log" },
        axis: { format: ",", values: decades(needed.map(({ neurons }) => neurons)) },
      },
      ...series("error", errors.map(labelOf), { by: ["shape", "strokeDash"] }),
      tooltip: [
        { field: "error", title: "wanted" },
        { field: "dimension", title: "inputs" },
        { field: "cellsPerAxis", title: "cells along each axis" },
        { field: "neurons", type: "quantitative", format: "," },
      ],
    },
  });
}
