/** Declares question 1's panel: a chosen number of boxes on a chosen function. */
import type { Panel } from "../../../pipeline/report/panels/panel.ts";
import { approximationErrors } from "../../expressivity/expressivity_artifacts.ts";
import { colours, ink } from "../charts/chart_theme.ts";
import type { BoxesData, FunctionName } from "./boxes_script.ts";
import { panelChart, panelSeries } from "./panel_chart.ts";

export const boxesPanel: Panel = {
  id: "boxes",
  section: "question-1",
  below: "approximations.vl.json",
  script: import.meta.resolve("./boxes_script.ts"),
  prepare(run) {
    const errors = run.find(approximationErrors);
    if (errors === undefined) return Promise.resolve(undefined);
    const { halfWidth, functions } = errors;
    const data: BoxesData = {
      halfWidth,
      measured: Object.fromEntries(
        functions.map(({ function: name, rows }) => [
          name as FunctionName,
          rows.map(({ boxes, sup }) => ({ boxes, sup })),
        ]),
      ),
    };
    return Promise.resolve({
      title: "Try it: put boxes on a function",
      about: "The network is built and measured here, in this page, by the code of the run.",
      controls: [
        {
          kind: "choice",
          name: "function",
          label: "Function",
          options: functions.map(({ function: name, formula }) => ({
            value: name,
            label: formula,
          })),
          initial: functions[0].function,
        },
        { kind: "range", name: "boxes", label: "Boxes N", min: 1, max: 256, step: 1, initial: 16 },
      ],
      charts: { approximation: approximation(halfWidth), deviation: deviation(halfWidth) },
      data,
    });
  },
};

const along = (halfWidth: number) => ({
  field: "x",
  type: "quantitative",
  title: "x",
  scale: { domain: [-halfWidth, halfWidth] },
  axis: { grid: false, tickCount: 5 },
});

const approximation = (halfWidth: number) =>
  panelChart("approximation", {
    title: "The network, in steps, and the function",
    label: "The function and the step network that approximates it.",
    encoding: {
      x: along(halfWidth),
      y: {
        field: "y",
        type: "quantitative",
        title: null,
        scale: { zero: false },
        axis: { tickCount: 5 },
      },
    },
    layer: [
      {
        transform: [{ filter: "datum.what === 'network'" }],
        mark: { type: "line", interpolate: "step-after", color: colours.blue },
      },
      {
        transform: [{ filter: "datum.what === 'function'" }],
        mark: { type: "line", color: ink, strokeWidth: 1.25 },
      },
    ],
  });

const lines = ["largest error", "bound L·B/N"];

const deviation = (halfWidth: number) =>
  panelChart("deviation", {
    title: "Distance of the network from the function",
    label: "Distance of the network from the function along x, its largest value, and the bound.",
    encoding: {
      y: { field: "y", type: "quantitative", title: null, axis: { tickCount: 5 } },
    },
    layer: [
      {
        transform: [{ filter: "datum.what === 'distance'" }],
        mark: { type: "area", color: colours.blue, opacity: 0.55 },
        encoding: { x: along(halfWidth) },
      },
      {
        transform: [{ filter: "datum.what !== 'distance'" }],
        mark: { type: "rule", strokeWidth: 2 },
        encoding: panelSeries("what", lines),
      },
    ],
  });
