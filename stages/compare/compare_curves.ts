/**
 * `compare-curves`: compares a training's curves and the assignment's 25 rows with PyTorch's runs of the
 * same program: with their prediction band, and with their mean over the epochs.
 */
import {
  meanInterval,
  type PointPrediction,
  predictFamily,
} from "../../pipeline/claims/prediction.ts";
import { metrics } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import type { Curves, LossGap } from "../../schemas/assignment/pytorch_parity.ts";
import reported from "../../artifacts/reference/reported-figures.json" with { type: "json" };
import { curves, lossGap } from "./comparison_artifacts.ts";
import {
  deviceEvaluation,
  deviceHistory,
  initialisationReport,
} from "../networks/network_artifacts.ts";
import { replicates } from "./pytorch_runs.ts";

const rows = reported.question3_fashion_mnist.per_epoch;
const quantities = ["train-loss", "test-loss", "test-accuracy"] as const;
type Quantity = typeof quantities[number];
/** The level of all three curves and the gap at once. */
const level = 0.95;

/** A value for each epoch. */
type Rows = Record<Quantity, number[]>;

const rowsOf = ({ epochs }: typeof replicates[number], until: number): Rows => ({
  "train-loss": epochs.slice(0, until).map((row) => row.train_loss),
  "test-loss": epochs.slice(0, until).map((row) => row.test_loss),
  "test-accuracy": epochs.slice(0, until).map((row) => row.test_correct / 10_000),
});

const gapOf = (rows: Rows): number => rows["test-loss"].at(-1)! - rows["train-loss"].at(-1)!;

/** Predicts of one more run its curves and the gap between its losses at the end. */
function prediction(runs: typeof replicates, until: number) {
  const curves = runs.map((run) => rowsOf(run, until));
  const { level: reached, quantities: [gap, ...points] } = predictFamily([
    { points: [curves.map(gapOf)] },
    ...quantities.map((quantity) => ({
      points: Array.from(
        { length: until },
        (_, epoch) => curves.map((run) => run[quantity][epoch]),
      ),
      low: 0,
      high: quantity === "test-accuracy" ? 1 : null,
    })),
  ], level);
  return {
    level: reached,
    gap: gap[0],
    curves: Object.fromEntries(
      quantities.map((quantity, q) => [quantity, points[q]]),
    ) as Record<Quantity, PointPrediction[]>,
    /** Returns the distance of rows from the runs' mean, on average over the epochs. */
    offset: (quantity: Quantity, of: readonly number[]) =>
      meanInterval(mean(of), curves.map((run) => mean(run[quantity])), 0.95),
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const endsOf = ({ low, high }: PointPrediction) => ({ low, high });

export const compareCurves = defineStage({
  name: "compare-curves",
  module: import.meta.url,
  about: "compares a training's curves with the assignment's and the prediction band",
  inputs: { initial: initialisationReport, history: deviceHistory, evaluation: deviceEvaluation },
  outputs: { curves, gap: lossGap, metrics },
  async run({ inputs: { initial: { seed }, history, evaluation } }) {
    const until = Math.min(rows.length, history.epochs.length);
    const measured: Rows = {
      "train-loss": history.epochs.slice(0, until).map((row) => row.trainLoss),
      "test-loss": evaluation.epochs.slice(0, until).map((row) => row.lossOfBatches),
      "test-accuracy": evaluation.epochs.slice(0, until).map((row) =>
        row.correct / evaluation.samples
      ),
    };
    const ofAssignment: Rows = {
      "train-loss": rows.slice(0, until).map((row) => row.train_loss),
      "test-loss": rows.slice(0, until).map((row) => row.test_loss),
      "test-accuracy": rows.slice(0, until).map((row) => row.test_accuracy),
    };
    const others = replicates.filter((run) => run.seed !== seed);
    const all = prediction(replicates, until);
    // A run that the prediction is made from could not lie outside.
    const own = prediction(others, until);
    const result: Curves = {
      level: Math.min(all.level, own.level),
      seeds: { all: replicates.length, others: others.length, own: seed },
      band:
        `prediction band of ${replicates.length} runs of the same program: a new run lies in it ` +
        `at every epoch of the three curves with probability ${all.level.toFixed(3)}`,
      curves: await Promise.all(quantities.map(async (quantity) => {
        const epochs = all.curves[quantity].map((point, epoch) => ({
          epoch,
          measured: measured[quantity][epoch],
          reported: ofAssignment[quantity][epoch],
          replicates: { mean: point.mean, standardDeviation: point.standardDeviation },
          band: endsOf(point),
          own: endsOf(own.curves[quantity][epoch]),
        }));
        const outside = (of: "measured" | "reported", by: "band" | "own") =>
          epochs.filter((row) => row[of] < row[by].low || row[of] > row[by].high)
            .map(({ epoch }) => epoch);
        return {
          quantity,
          epochs,
          offset: {
            reported: await all.offset(quantity, ofAssignment[quantity]),
            measured: await own.offset(quantity, measured[quantity]),
          },
          outside: { measured: outside("measured", "own"), reported: outside("reported", "band") },
        };
      })),
    };
    const gap: LossGap = {
      epoch: until - 1,
      reported: gapOf(ofAssignment),
      during: gapOf(measured),
      // Losses of the last weights, whatever the epoch.
      after: evaluation.epochs.at(-1)!.lossOfBatches - evaluation.trainAfter.lossOfBatches,
      replicates: {
        count: others.length,
        mean: own.gap.mean,
        standardDeviation: own.gap.standardDeviation,
        prediction: endsOf(own.gap),
      },
    };
    return {
      curves: result,
      gap,
      metrics: Object.fromEntries(result.curves.flatMap(({ quantity, outside }) => [
        [`${quantity}.epochs-outside-prediction-band`, outside.measured.length],
        [`${quantity}.assignment-epochs-outside-prediction-band`, outside.reported.length],
      ])),
    };
  },
});
