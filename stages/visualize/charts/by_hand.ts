/** Draws question 4's test loss and accuracy by epoch, for the network as described and as listed. */
import type { ChartSpec } from "../chart_outputs.ts";
import type { Evaluation } from "../../../schemas/assignment/training.ts";
import { type Reported, reportedResults } from "../../compare/reported.ts";
import { byEpoch } from "./by_epoch.ts";
import { counted, fixed, last, percent } from "./chart_numbers.ts";
import { accuracyOverview } from "./overview.ts";

interface Evaluations {
  described: Evaluation;
  listed: Evaluation;
}

const subtitle = "Trained by hand-written backpropagation, one sample at a time, on MNIST";
const described = "784-32-32-10, as described";
const listed = "784-32-10, as listed";
const assignmentRows = "the assignment's values";

const report: Reported = reportedResults["as-described"];

const valueOf = (
  expected: Reported["epochs"][number]["correct" | "loss"],
): number | undefined =>
  expected === undefined || expected.kind === "range" ? undefined : expected.value;

/** The reported values as points; `of` picks a row's value. */
const reportedPoints = (
  of: (row: Reported["epochs"][number]) => Reported["epochs"][number]["correct" | "loss"],
) =>
  report.epochs.flatMap((row) => {
    const value = valueOf(of(row));
    return value === undefined ? [] : [{ epoch: row.epoch, value }];
  });

/** The reported accuracies, of 10,000 test images. */
const reportedAccuracies = reportedPoints(({ correct }) => correct)
  .map(({ epoch, value }) => ({ epoch, value: value / 10_000 }));

const seriesOf = (
  evaluations: Evaluations,
  points: (evaluation: Evaluation) => { epoch: number; value: number }[],
) => [
  { label: described, points: points(evaluations.described) },
  { label: listed, points: points(evaluations.listed) },
];

export function testLossChart(evaluations: Evaluations): ChartSpec {
  const points = ({ epochs }: Evaluation) =>
    epochs.map(({ epoch, loss }) => ({ epoch, value: loss }));
  const [first, final] = [evaluations.described.epochs[0], last(evaluations.described.epochs)];
  return byEpoch({
    title: `Test loss goes from ${fixed(first.loss, 2)} to ${fixed(final.loss, 2)} in ` +
      counted(final.epoch, "epoch"),
    subtitle,
    description: "Test loss by epoch of the network as described: " +
      points(evaluations.described).map(({ epoch, value }) => `${epoch}: ${fixed(value, 4)}`)
        .join(", ") +
      ". Beside it the network as listed and the assignment's values.",
    epochs: "Epoch (0 is before training)",
    axis: "Mean cross-entropy on the test set (nats)",
    format: ".1f",
    series: seriesOf(evaluations, points),
    reported: { label: assignmentRows, points: reportedPoints(({ loss }) => loss) },
  });
}

export function testAccuracyChart(evaluations: Evaluations): ChartSpec {
  const points = ({ epochs, samples }: Evaluation) =>
    epochs.map(({ epoch, correct }) => ({ epoch, value: correct / samples }));
  const { samples, epochs } = evaluations.described;
  const final = last(epochs);
  return byEpoch({
    title: `Test accuracy is ${percent(final.correct / samples)} after ${
      counted(final.epoch, "epoch")
    }`,
    subtitle,
    description: "Correct predictions on the test set by epoch, network as described: " +
      epochs.map(({ epoch, correct }) => `${epoch}: ${correct} of ${samples}`).join(", ") +
      ". Beside it the network as listed and the assignment's values.",
    epochs: "Epoch (0 is before training)",
    axis: "Test accuracy",
    format: ".0%",
    series: seriesOf(evaluations, points),
    reported: { label: assignmentRows, points: reportedAccuracies },
  });
}

/** The small chart for the head of the report. */
export const byHandOverview = (described: Evaluation, listed: Evaluation): ChartSpec =>
  accuracyOverview("MNIST", { "as described": described, "as listed": listed }, {
    label: "the assignment",
    points: [reportedAccuracies.map(({ epoch, value }) => ({ x: epoch, y: value }))],
  });
