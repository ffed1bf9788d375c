/** Draws the difference from PyTorch's training of the same seed, epoch by epoch. */
import type { ChartSpec } from "../chart_outputs.ts";
import type { Parity } from "../../../schemas/assignment/pytorch_parity.ts";
import { epochAxis } from "./by_epoch.ts";
import { count, fixed, rounded, significant } from "./chart_numbers.ts";
import { colours, ink, marks, themed } from "./chart_theme.ts";

export function parityChart(parity: Parity): ChartSpec {
  const { seed, epochs, largest, yardsticks: { seeds }, limits } = parity;
  const within = largest.trainLoss <= limits.trainLoss && largest.testCorrect <= limits.testCorrect;
  return themed({
    title:
      `At most ${significant(largest.trainLoss, 2)} in train loss and ${
        count(largest.testCorrect)
      } test images from PyTorch’s run of seed ${seed}` + (within ? "" : ": beyond the limits"),
    subtitle:
      `Ours less PyTorch’s. Grey: a standard deviation between its ${seeds.count} seeds after ` +
      `the last epoch (${significant(seeds.trainLoss, 2)} and ${fixed(seeds.testCorrect, 0)})`,
    description: "Train loss and correct test images, ours less PyTorch's, by epoch: " +
      epochs.map(({ epoch, trainLoss, testCorrect }) =>
        `${epoch}: ${significant(trainLoss, 2)} and ${testCorrect}`
      ).join("; ") + ".",
  }, {
    spacing: 28,
    hconcat: [
      panel(parity, "Train loss", "Difference (nats)", "trainLoss", ".4f"),
      panel(parity, "Correct test images", "Difference (images)", "testCorrect", "d"),
    ],
  });
}

function panel(
  { epochs, largest, yardsticks: { seeds, arithmetic }, limits }: Parity,
  title: string,
  axis: string,
  of: "trainLoss" | "testCorrect",
  format: string,
) {
  const spread = seeds[of];
  const top = 1.15 * Math.max(spread, largest[of], limits[of]);
  const y = (field: string) => ({
    field,
    type: "quantitative",
    title: axis,
    scale: { domain: [-rounded(top, 3), rounded(top, 3)], nice: false },
    axis: { format, tickCount: 5 },
  });
  const line = (value: number, text: string, dash: number[]) =>
    [value, -value].flatMap((at) => [
      {
        data: { values: [{ at: rounded(at) }] },
        mark: { type: "rule", color: ink, strokeWidth: 1, strokeDash: dash },
        encoding: { y: y("at") },
      },
      ...(at < 0 ? [] : [{
        data: { values: [{ at: rounded(at), text }] },
        mark: { ...marks.note, align: "left", baseline: "bottom", dx: 5, dy: -3, fontSize: 11 },
        encoding: { x: { value: 0 }, y: y("at"), text: { field: "text" } },
      }]),
    ]);
  return {
    title: { text: title, fontSize: 12, offset: 6 },
    width: 296,
    height: 270,
    layer: [
      {
        data: { values: [{ low: -rounded(spread), high: rounded(spread) }] },
        mark: { type: "rect", color: colours.grey, opacity: 0.22, tooltip: false },
        encoding: { x: { value: 0 }, x2: { value: "width" }, y: y("low"), y2: { field: "high" } },
      },
      ...line(limits[of], "limit of the comparison", [6, 3]),
      ...line(arithmetic[of], "float64 against float32", [2, 2]),
      {
        data: {
          values: epochs.map((row) => ({ epoch: row.epoch, difference: rounded(row[of]) })),
        },
        mark: {
          type: "line",
          color: colours.blue,
          strokeWidth: 1.5,
          point: { filled: true, color: colours.blue, size: 26 },
        },
        encoding: {
          x: epochAxis(epochs.map(({ epoch }) => epoch), "Epoch"),
          y: y("difference"),
          tooltip: [
            { field: "epoch", type: "quantitative" },
            { field: "difference", type: "quantitative", format: "~g" },
          ],
        },
      },
    ],
  };
}
