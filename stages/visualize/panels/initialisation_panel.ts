/** Declares question 2's panel: moments through networks of chosen width, variance, activation and depth. */
import type { Panel } from "../../../pipeline/report/panels/panel.ts";
import { depthTheory, theoryDesign } from "../../init_check/theory_artifacts.ts";
import { assembledKernel } from "../../random/standard_normal_kernel.ts";
import { last } from "../charts/chart_numbers.ts";
import { colours, ink, powerOfTen } from "../charts/chart_theme.ts";
import { activationNames, networkRuleName } from "../charts/theory_labels.ts";
import type { InitialisationData } from "./initialisation_script.ts";
import { panelChart, panelSeries } from "./panel_chart.ts";

/** Widths of the form, besides those of the run. */
const widths = [8, 16, 32, 64, 128, 256, 512];

export const initialisationPanel: Panel = {
  id: "initialisation",
  section: "question-2",
  below: "second-moment-by-layer.vl.json",
  script: import.meta.resolve("./initialisation_script.ts"),
  async prepare(run) {
    const design = run.find(theoryDesign);
    const cells = (design?.networks ?? []).filter(({ purpose }) => purpose === "curves");
    if (design === undefined || cells.length === 0) return undefined;
    const curves = run.find(depthTheory)?.curves ?? [];
    const offered = [...new Set([...widths, ...cells.map(({ width }) => width)])]
      .sort((a, b) => a - b);
    const start = cells.find(({ rule, activation }) => rule === "he" && activation === "relu") ??
      cells[0];
    const data: InitialisationData = {
      seed: design.seed,
      widest: last(offered),
      cells: cells.map(({ stream, activation, gain, width, depth, networks }) => {
        const curve = curves.find(({ cell }) => cell.stream === stream);
        const measured = curve && last(curve.secondMoment).measured;
        return { stream, activation, gain, width, depth, networks, measured };
      }),
    };
    return {
      title: "Try it: draw networks of your own",
      about:
        "Networks of equal widths are drawn here, in this page, by the WebAssembly kernel that the " +
        "run used. Inputs are ±1. Narrow networks depart from theory, which is of infinite width; a " +
        "variance off the rule makes the mean square vanish or explode layer by layer.",
      controls: [
        {
          kind: "choice",
          name: "width",
          label: "Fan-in n (width of each layer)",
          options: offered.map((width) => ({ value: String(width), label: String(width) })),
          initial: String(start.width),
        },
        {
          kind: "number",
          name: "gain",
          label: "Variance of a weight, times n",
          min: 0.05,
          max: 10,
          presets: [...new Map(cells.map((cell) => [networkRuleName(cell), cell.gain]))]
            .map(([label, value]) => ({ label, value })),
          initial: start.gain,
        },
        {
          kind: "choice",
          name: "activation",
          label: "Activation",
          options: Object.entries(activationNames).map(([value, label]) => ({ value, label })),
          initial: start.activation,
        },
        {
          kind: "range",
          name: "depth",
          label: "Depth in layers",
          min: 1,
          max: Math.max(50, start.depth),
          step: 1,
          initial: start.depth,
        },
      ],
      charts: { distribution: distribution(), moments: moments() },
      data,
      modules: { kernel: await assembledKernel() },
    };
  },
};

const quantitative = "quantitative";

const distribution = () =>
  panelChart("distribution", {
    title: "Pre-activations of the last layer. Bars: measured; line: predicted",
    label:
      "Histogram of the last layer’s pre-activations, and the normal density that theory predicts.",
    encoding: {
      x: {
        field: "from",
        type: quantitative,
        title: "In predicted standard deviations",
        scale: { domain: [-4, 4] },
        axis: { grid: false },
      },
      y: { field: "density", type: quantitative, title: "Density", axis: { tickCount: 5 } },
    },
    layer: [
      {
        transform: [{ filter: "datum.what === 'measured'" }],
        mark: { type: "bar", color: colours.blue, opacity: 0.75, binSpacing: 0 },
        encoding: { x2: { field: "to" }, y2: { datum: 0 } },
      },
      {
        transform: [{ filter: "datum.what === 'predicted'" }],
        mark: { type: "line", color: ink, strokeWidth: 1.5 },
      },
    ],
  });

const names = ["mean", "typical", "theory"];

const moments = () =>
  panelChart("moments", {
    title: "Mean square of the activations by layer, over the networks",
    label: "Mean square of the activations by layer: measured, and predicted by theory.",
    encoding: {
      x: {
        field: "layer",
        type: quantitative,
        title: "Layer (0 is the input)",
        axis: { grid: false },
      },
      y: {
        field: "value",
        type: quantitative,
        title: "Mean square",
        scale: { type: "log" },
        axis: { tickCount: 5, labelExpr: powerOfTen, grid: false },
      },
      ...panelSeries("what", names),
    },
    layer: [{ mark: { type: "line", clip: true } }],
  });
