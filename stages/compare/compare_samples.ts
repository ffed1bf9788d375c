/**
 * `compare-samples`: compares this run's predictions with the assignment's for the pictures that
 * it shows: the last test batch, and three drawn at random.
 */
import { z } from "zod";
import { distributions } from "../../pipeline/claims/distributions.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import { predictionInterval } from "../../pipeline/grade/prediction.ts";
import type { ShownSamples } from "../../schemas/assignment/samples.ts";
import type { DeviceEvaluation } from "../../schemas/assignment/training.ts";
import reported from "../../artifacts/reference/reported-figures.json" with { type: "json" };
import bySeed from "../../artifacts/reference/last-batch-by-seed.json" with { type: "json" };
import { shownSamples } from "./comparison_artifacts.ts";
import { samples } from "../normalize/dataset.ts";
import { deviceEvaluation, deviceMetrics, probabilities } from "../networks/network_artifacts.ts";
import { readPictures } from "./read_pictures.ts";
import { classCounts } from "../normalize/scale.ts";

const { last_test_batch: shown, sample_index_drawn_below: bound } =
  reported.question3_fashion_mnist;

/** Error probability of the prediction interval of one more seed. */
const level = 0.05;

const equal = (a: readonly number[], b: readonly number[]): number =>
  a.filter((value, i) => value === b[i]).length;

/** The least that the assignment reads for the true class of a picture "partially" classified. */
const partialProbability = Math.min(
  ...readPictures.filter(({ partial }) => partial).flatMap(({ label, bars }) =>
    bars.filter(({ name }) => name === label).map(({ probability }) => probability)
  ),
);

/** The last batch of the test set, of this run, of the assignment and of other seeds. */
async function lastBatch(
  { labels, predictions, loss }: DeviceEvaluation["lastBatch"],
): Promise<ShownSamples["lastBatch"]> {
  const { qt } = await distributions();
  const losses = bySeed.runs.map((run) => run.loss);
  const correct = bySeed.runs.map((run) => equal(run.predictions, shown.true));
  const { low, high, ...spread } = predictionInterval(losses, qt(1 - level / 2, losses.length - 1));
  return {
    samples: labels.length,
    labelsEqual: equal(labels, shown.true),
    predictionsEqual: equal(predictions, shown.predicted),
    correct: {
      reported: equal(shown.true, shown.predicted),
      measured: equal(labels, predictions),
    },
    loss: { reported: shown.loss, measured: loss },
    seeds: {
      count: losses.length,
      correct: { least: Math.min(...correct), most: Math.max(...correct) },
      ...spread,
      confidence: 1 - level,
      prediction: { low, high },
    },
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
  parameters: z.strictObject({}),
  inputs: {
    evaluation: deviceEvaluation,
    probabilities,
    labels: samples["test-labels"],
  },
  outputs: { samples: shownSamples, metrics: deviceMetrics },
  async run({ inputs: { evaluation, probabilities, labels } }) {
    const result: ShownSamples = {
      lastBatch: await lastBatch(evaluation.lastBatch),
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
