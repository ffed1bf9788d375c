/**
 * `compare-samples`: compares this run's predictions with the assignment's for the pictures that
 * it shows: the last test batch, and three drawn at random.
 */
import { defineStage } from "../../pipeline/engine/stage.ts";
import { highestLevel, predictFamily } from "../../pipeline/claims/prediction.ts";
import type { ShownSamples } from "../../schemas/assignment/samples.ts";
import type { DeviceEvaluation } from "../../schemas/assignment/training.ts";
import reported from "../../artifacts/reference/reported-figures.json" with { type: "json" };
import bySeed from "../../artifacts/reference/last-batch-by-seed.json" with { type: "json" };
import { shownSamples } from "./comparison_artifacts.ts";
import { samples } from "../normalize/dataset.ts";
import {
  deviceEvaluation,
  deviceMetrics,
  initialisationReport,
  probabilities,
} from "../networks/network_artifacts.ts";
import { readPictures } from "./read_pictures.ts";
import { classCounts } from "../normalize/scale.ts";

const { last_test_batch: shown, sample_index_drawn_below: bound } =
  reported.question3_fashion_mnist;

/** The level of the prediction of one more seed, if there are seeds enough. */
const level = 0.95;

const equal = (a: readonly number[], b: readonly number[]): number =>
  a.filter((value, i) => value === b[i]).length;

/** The least that the assignment reads for the true class of a picture "partially" classified. */
const partialProbability = Math.min(
  ...readPictures.filter(({ partial }) => partial).flatMap(({ label, bars }) =>
    bars.filter(({ name }) => name === label).map(({ probability }) => probability)
  ),
);

/** The last batch of the test set, of this run, of the assignment and of runs from other seeds. */
function lastBatch(
  { labels, predictions, loss }: DeviceEvaluation["lastBatch"],
  seed: number,
): ShownSamples["lastBatch"] {
  const others = bySeed.runs.filter((run) => run.seed !== seed);
  const predicted = predictFamily([
    {
      points: [others.map((run) => equal(run.predictions, shown.true))],
      low: 0,
      high: labels.length,
    },
    { points: [others.map((run) => run.loss)], low: 0 },
  ], Math.min(level, highestLevel(others.length)));
  const [[correct], [losses]] = predicted.quantities;
  return {
    samples: labels.length,
    labelsEqual: equal(labels, shown.true),
    predictionsEqual: equal(predictions, shown.predicted),
    correct: {
      reported: equal(shown.true, shown.predicted),
      measured: equal(labels, predictions),
    },
    loss: { reported: shown.loss, measured: loss },
    seeds: { count: predicted.count, level: predicted.level, correct, loss: losses },
  };
}

/** The images whose true class is the second in probability, by rows of shape (samples, classes). */
function second(rows: Float32Array, labels: Uint8Array): ShownSamples["second"] {
  const classes = rows.length / labels.length;
  let misclassified = 0;
  let trueSecond = 0;
  let asShown = 0;
  labels.forEach((label, s) => {
    const row = rows.subarray(s * classes, (s + 1) * classes);
    // The first of equals is the prediction, as in the evaluation.
    const above = row.filter((p, c) => p > row[label] || (p === row[label] && c < label)).length;
    if (above > 0) misclassified++;
    if (above === 1) trueSecond++;
    if (above === 1 && row[label] >= partialProbability) asShown++;
  });
  return { misclassified, trueSecond, asShown };
}

export const compareSamples = defineStage({
  name: "compare-samples",
  module: import.meta.url,
  about: "compares predictions for the assignment's pictures",
  inputs: {
    initial: initialisationReport,
    evaluation: deviceEvaluation,
    probabilities,
    labels: samples["test-labels"],
  },
  outputs: { samples: shownSamples, metrics: deviceMetrics },
  run({ inputs: { initial, evaluation, probabilities, labels } }) {
    const result: ShownSamples = {
      lastBatch: lastBatch(evaluation.lastBatch, initial.seed),
      reach: {
        samples: labels.data.length,
        batches: Math.ceil(evaluation.samples / evaluation.batchSize),
        bound,
        classCounts: [...classCounts(labels.data.subarray(0, bound))],
      },
      second: second(probabilities.data, labels.data),
    };
    return {
      samples: result,
      metrics: {
        "last-batch.correct": result.lastBatch.correct.measured,
        "last-batch.loss": result.lastBatch.loss.measured,
        "misclassified": result.second.misclassified,
        "true-class-second": result.second.trueSecond,
      },
    };
  },
});
