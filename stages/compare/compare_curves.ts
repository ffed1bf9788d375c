/**
 * `compare-curves`: compares a training's curves with the assignment's 25 rows and with the
 * prediction band of the same program. It counts the epochs outside the prediction band, for the assignment
 * and for this run.
 */
import { z } from "zod";
import { type Distributions, distributions } from "../../pipeline/claims/distributions.ts";
import { metrics } from "../../pipeline/formats/metrics.ts";
import { meanAndDeviation, predictionInterval } from "../../pipeline/grade/prediction.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import type { Curves, LossGap } from "../../schemas/assignment/pytorch_parity.ts";
import reported from "../../artifacts/reference/reported-figures.json" with { type: "json" };
import { curves, lossGap } from "./comparison_artifacts.ts";
import { deviceEvaluation, deviceHistory } from "../networks/network_artifacts.ts";
import { replicates } from "./pytorch_runs.ts";

const rows = reported.question3_fashion_mnist.per_epoch;
const quantities = ["train-loss", "test-loss", "test-accuracy"] as const;
const level = 0.95;

/** The mean distance of a curve from others' from an epoch on, and the p-value of one more of them. */
function offsetFrom(
  { pt }: Distributions,
  from: number,
  curve: readonly number[],
  others: readonly (readonly number[])[],
) {
  const average = (values: readonly number[]) =>
    values.slice(from).reduce((sum, value) => sum + value, 0) / (values.length - from);
  const { mean, standardDeviation } = meanAndDeviation(others.map(average));
  const offset = average(curve) - mean;
  const t = offset / (standardDeviation * Math.sqrt(1 + 1 / others.length));
  return { from, mean: offset, p: Math.min(1, 2 * pt(-Math.abs(t), others.length - 1)) };
}

export const compareCurves = defineStage({
  name: "compare-curves",
  module: import.meta.url,
  about: "compares a training's curves with the assignment's and the prediction band",
  parameters: z.strictObject({}),
  inputs: { history: deviceHistory, evaluation: deviceEvaluation },
  outputs: { curves, gap: lossGap, metrics },
  async run({ inputs: { history, evaluation } }) {
    const r = await distributions();
    const n = replicates.length;
    const last = Math.min(rows.length, history.epochs.length) - 1;
    // Bonferroni over every point of every curve, so that the whole of a new run lies inside at once.
    const points = rows.length * quantities.length;
    const one = r.qt(1 - (1 - level) / 2, n - 1);
    const all = r.qt(1 - (1 - level) / (2 * points), n - 1);
    const measured = {
      "train-loss": history.epochs.map((row) => row.trainLoss),
      "test-loss": evaluation.epochs.map((row) => row.lossOfBatches),
      "test-accuracy": evaluation.epochs.map((row) => row.correct / evaluation.samples),
    };
    const ofReplicates = {
      "train-loss": replicates.map((run) => run.epochs.map((row) => row.train_loss)),
      "test-loss": replicates.map((run) => run.epochs.map((row) => row.test_loss)),
      "test-accuracy": replicates.map((run) => run.epochs.map((row) => row.test_correct / 10_000)),
    };
    const ofDocument = {
      "train-loss": rows.map((row) => row.train_loss),
      "test-loss": rows.map((row) => row.test_loss),
      "test-accuracy": rows.map((row) => row.test_accuracy),
    };
    const gaps = replicates.map(({ epochs }) => epochs[last].test_loss - epochs[last].train_loss);
    const ofGaps = predictionInterval(gaps, one);
    const testLoss = evaluation.epochs[last].lossOfBatches;
    const result: Curves = {
      level,
      band: `simultaneous ${100 * level} % prediction band from ${n} runs of the ` +
        `same program: mean ± t·s·√(1 + 1/${n}), Bonferroni over ${points} points`,
      curves: quantities.map((quantity) => {
        const epochs = rows.slice(0, last + 1).map((_, epoch) => {
          const values = ofReplicates[quantity].map((curve) => curve[epoch]);
          const { mean, standardDeviation, ...prediction } = predictionInterval(values, one);
          const { low, high } = predictionInterval(values, all);
          return {
            epoch,
            measured: measured[quantity][epoch],
            reported: ofDocument[quantity][epoch],
            replicates: { mean, standardDeviation },
            band: { low, high },
            prediction,
          };
        });
        const outside = (of: "measured" | "reported") =>
          epochs.filter(({ band, ...row }) => row[of] < band.low || row[of] > band.high)
            .map(({ epoch }) => epoch);
        const offsets = rows.map((_, from) =>
          offsetFrom(r, from, ofDocument[quantity], ofReplicates[quantity])
        );
        const least = offsets.reduce((a, b) => b.p < a.p ? b : a);
        return {
          quantity,
          epochs,
          offset: {
            overall: offsets[0],
            persistent: { ...least, p: Math.min(1, least.p * offsets.length) },
          },
          outside: { measured: outside("measured"), reported: outside("reported") },
        };
      }),
    };
    const gap: LossGap = {
      epoch: last,
      reported: rows[last].test_loss - rows[last].train_loss,
      during: testLoss - history.epochs[last].trainLoss,
      // Of the last weights, whatever the epoch.
      after: evaluation.epochs[evaluation.epochs.length - 1].lossOfBatches -
        evaluation.trainAfter.lossOfBatches,
      replicates: {
        count: n,
        mean: ofGaps.mean,
        standardDeviation: ofGaps.standardDeviation,
        prediction: { low: ofGaps.low, high: ofGaps.high },
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
