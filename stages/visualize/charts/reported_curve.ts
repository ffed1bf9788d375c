/** Draws a curve of question 3 with the assignment's rows and a prediction band. */
import type { ChartSpec } from "../chart_outputs.ts";
import type { Curves } from "../../../schemas/assignment/pytorch_parity.ts";
import { epochAxis } from "./by_epoch.ts";
import { listed } from "../../../pipeline/terminal/numbers.ts";
import { counted, fixed, last, percent, rounded } from "./chart_numbers.ts";
import { colours, marks, series, themed, width } from "./chart_theme.ts";

type Curve = Curves["curves"][number];

const quantities = {
  "train-loss": { name: "train loss", axis: "Train loss (nats)", format: ".1f", text: loss },
  "test-loss": { name: "test loss", axis: "Test loss (nats)", format: ".1f", text: loss },
  "test-accuracy": {
    name: "test accuracy",
    axis: "Test accuracy",
    format: ".0%",
    text: (value: number) => percent(value),
  },
} as const;

function loss(value: number): string {
  return fixed(value, 4);
}

const own = "this run";
const assignmentRows = "the assignment’s rows";

export const nameOf = ({ quantity }: Pick<Curve, "quantity">): string => quantities[quantity].name;

/** "all 25 rows", "24 of 25 rows". */
export const rowsInside = ({ epochs, outside }: Curve, of: "measured" | "reported"): string =>
  outside[of].length === 0
    ? `all ${counted(epochs.length, "row")}`
    : `${epochs.length - outside[of].length} of ${counted(epochs.length, "row")}`;

export function reportedCurveChart(
  curve: Curve,
  { band, seeds }: Pick<Curves, "band" | "seeds">,
): ChartSpec {
  const { quantity, epochs, outside } = curve;
  const { axis, text } = quantities[quantity];
  const end = last(epochs);
  return themed({
    title: titleOf(curve, seeds.all),
    subtitle: `Last epoch: assignment ${text(end.reported)}, this run ${text(end.measured)}, ` +
      `mean of the ${seeds.all} ${text(end.replicates.mean)}. Below: distance from that mean in ` +
      `their standard deviations. Grey: ${band}`,
    description: `${axis} by epoch, the assignment's and this run's: ` +
      epochs.map(({ epoch, reported, measured }) =>
        `${epoch}: ${text(reported)} and ${text(measured)}`
      ).join("; ") + `. Outside the prediction band: ${
      listed([
        `${outside.reported.length} of the assignment's rows`,
        `${outside.measured.length} of this run's`,
      ])
    }.`,
  }, {
    data: {
      values: epochs.map(({ epoch, measured, reported, replicates, band }) => ({
        epoch,
        measured: rounded(measured, 6),
        reported: rounded(reported, 6),
        mean: rounded(replicates.mean, 6),
        deviation: rounded(replicates.standardDeviation, 6),
        low: rounded(band.low, 6),
        high: rounded(band.high, 6),
      })),
    },
    spacing: 14,
    vconcat: [
      { width, height: 250, ...panel(curve, "", axis, scaleOf(curve)) },
      {
        width,
        height: 130,
        // From the mean of the runs: what the first panel cannot show where the prediction band is narrow.
        transform: ["measured", "reported", "low", "high"].map((field) => ({
          calculate: `(datum.${field} - datum.mean) / datum.deviation`,
          as: `${field}-difference`,
        })),
        ...panel(curve, "-difference", "Standard deviations", { zero: true }),
      },
    ],
  });
}

/** Says whose curve lies within the prediction band. */
function titleOf({ quantity, outside }: Curve, runs: number): string {
  const { name } = quantities[quantity];
  const whose = [
    ...(outside.reported.length === 0 ? ["the assignment’s"] : []),
    ...(outside.measured.length === 0 ? ["this run’s"] : []),
  ];
  if (whose.length === 0) {
    return `Neither the assignment’s ${name} nor this run’s lies within the prediction band at every epoch`;
  }
  const lie = whose.length === 1 ? "lies" : "lie";
  return `At every epoch ${
    listed(whose)
  } ${name} ${lie} within the prediction band of ${runs} runs`;
}

/** A scale that has room for both curves and the prediction band. */
function scaleOf({ quantity, epochs }: Curve) {
  const [low, high] = [
    Math.min(...epochs.flatMap((row) => [row.band.low, row.measured, row.reported])),
    Math.max(...epochs.flatMap((row) => [row.band.high, row.measured, row.reported])),
  ];
  const room = (high - low) / 25;
  return {
    domain: [
      rounded(Math.max(0, low - room), 3),
      rounded(quantity === "test-accuracy" ? Math.min(1, high + room) : high + room, 3),
    ],
    nice: false,
    zero: false,
  };
}

const ofTooltip = ["epoch", "measured", "reported", "mean", "low", "high"].map((field) => ({
  field,
  type: "quantitative",
  ...(field === "epoch" ? {} : { format: ".4f" }),
}));

/** The prediction band, the runs' mean where it is not 0, the assignment's rows and this run's. */
function panel(
  { quantity, epochs }: Curve,
  suffix: string,
  title: string,
  scale: Record<string, unknown>,
) {
  const { format } = quantities[quantity];
  const isDifference = suffix !== "";
  const y = (field: string) => ({
    field: `${field}${suffix}`,
    type: "quantitative",
    title,
    axis: isDifference ? { tickCount: 5, format: "+~r" } : { format },
    scale,
  });
  const points = (label: string, field: string, size: number) => ({
    transform: [{ calculate: `'${label}'`, as: "of" }],
    mark: { type: "point", filled: true, size },
    encoding: {
      y: y(field),
      ...series("of", [own], { reference: assignmentRows, by: ["shape"] }),
    },
  });
  return {
    encoding: {
      x: epochAxis(
        epochs.map(({ epoch }) => epoch),
        isDifference ? "Epoch (0 is the first one trained)" : "",
      ),
      tooltip: ofTooltip,
    },
    layer: [
      { mark: marks.band, encoding: { y: y("low"), y2: { field: `high${suffix}` } } },
      isDifference
        ? {
          data: { values: [{ mean: 0 }] },
          mark: marks.guide,
          encoding: { y: { ...y(""), field: "mean" } },
        }
        : {
          mark: { type: "line", color: colours.grey, strokeWidth: 1, strokeDash: [4, 3] },
          encoding: { y: y("mean") },
        },
      points(assignmentRows, "reported", 120),
      points(own, "measured", 24),
    ],
  };
}
