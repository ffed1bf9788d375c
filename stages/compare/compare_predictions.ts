/**
 * `compare-predictions`: compares the network's predictions with the logistic model's image by image,
 * and measures how often predictions of a probability read from a picture are correct.
 */
import { type Distributions, distributions } from "../../pipeline/claims/distributions.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import type { Tensor } from "../../pipeline/formats/tensor.ts";
import type { PairedPredictions } from "../../schemas/assignment/paired_predictions.ts";
import { fashionClasses } from "../normalize/classes.ts";
import { pairedPredictions } from "./comparison_artifacts.ts";
import { samples } from "../normalize/dataset.ts";
import { deviceMetrics, probabilities } from "../networks/network_artifacts.ts";
import { readPictures } from "./read_pictures.ts";

/** Error probability of the interval of the improvement. */
const level = 1e-4;

/** Confidence of the interval of a share of correct predictions. */
const confidence = 0.95;

/** Half-width of the bin about a probability that was read by eye. */
const readingError = 0.1;

/** Classes that are worn on feet. */
const footwearNames: readonly string[] = ["Sandal", "Sneaker", "Ankle boot"];
const footwearLabels = fashionClasses.flatMap((name, label) =>
  footwearNames.includes(name) ? [label] : []
);

/** The class that the assignment calls shoes. */
const shoes = 9;

/** The probability that the assignment reads for the wrong one of its pictures. */
const readWrong = readPictures.find(({ label, predicted }) => label !== predicted)!.bars[0]
  .probability;

interface Prediction {
  label: number;
  predicted: number;
  probability: number;
}

/** Predictions from rows of probabilities; the first of equal ones is the prediction. */
function predictionsOf({ shape, data }: Tensor, labels: Uint8Array): Prediction[] {
  const [count, classes] = shape;
  if (count !== labels.length) {
    throw new Error(`expected probabilities of ${labels.length} images, found ${count}`);
  }
  return Array.from(labels, (label, s) => {
    const row = Array.from(data.subarray(s * classes, (s + 1) * classes), Number);
    const probability = Math.max(...row);
    return { label, predicted: row.indexOf(probability), probability };
  });
}

const isCorrect = ({ label, predicted }: Prediction): boolean => label === predicted;

/** McNemar's test of two models on the same images (Q. McNemar, Psychometrika 12, 1947), exact. */
export function compareModels(
  { pbinom, qnorm }: Distributions,
  network: readonly boolean[],
  logistic: readonly boolean[],
): Pick<PairedPredictions, "paired" | "improvement"> {
  const n = network.length;
  const count = (a: boolean, b: boolean) =>
    network.filter((correct, i) => correct === a && logistic[i] === b).length;
  const [networkAlone, logisticAlone] = [count(true, false), count(false, true)];
  const difference = (networkAlone - logisticAlone) / n;
  const differing = networkAlone + logisticAlone;
  const standardError = Math.sqrt(differing / n - difference ** 2) / Math.sqrt(n);
  const reach = qnorm(1 - level / 2, 0, 1) * standardError;
  return {
    paired: { both: count(true, true), networkAlone, logisticAlone, neither: count(false, false) },
    improvement: {
      difference,
      standardError,
      confidence: 1 - level,
      interval: { low: difference - reach, high: difference + reach },
      p: Math.min(1, 2 * pbinom(Math.min(networkAlone, logisticAlone), differing, 0.5)),
    },
  };
}

/** Measures how often predictions with about one probability are correct. */
export function calibrationAbout(
  { qbeta }: Distributions,
  read: number,
  predictions: readonly Prediction[],
): PairedPredictions["bin"] {
  const [from, to] = [-1, 1].map((side) => Number((read + side * readingError).toFixed(10)));
  const inBin = predictions.filter(({ probability }) => from <= probability && probability < to);
  const count = inBin.length;
  const correct = inBin.filter(isCorrect).length;
  const tail = (1 - confidence) / 2;
  return {
    read,
    from,
    to,
    count,
    correct,
    meanProbability: inBin.reduce((sum, { probability }) => sum + probability, 0) /
      Math.max(1, count),
    confidence,
    interval: {
      low: correct === 0 ? 0 : qbeta(tail, correct, count - correct + 1),
      high: correct === count ? 1 : qbeta(1 - tail, correct + 1, count - correct),
    },
    below: predictions.filter(({ probability }) => probability < read).length,
  };
}

function footwearOf(
  predictions: readonly Prediction[],
  firstLabel: number,
): PairedPredictions["footwear"] {
  const wrong = predictions.filter((one) => one.label === shoes && !isCorrect(one));
  return {
    firstLabel,
    labels: footwearLabels,
    images: footwearLabels.map((label) =>
      predictions.filter((prediction) => prediction.label === label).length
    ),
    misclassified: wrong.length,
    asOtherFootwear: wrong.filter(({ predicted }) => footwearLabels.includes(predicted)).length,
  };
}

export const comparePredictions = defineStage({
  name: "compare-predictions",
  module: import.meta.url,
  about: "compares two models' predictions image by image",
  inputs: {
    network: probabilities,
    logistic: probabilities,
    labels: samples["test-labels"],
    "train-labels": samples["train-labels"],
  },
  outputs: { predictions: pairedPredictions, metrics: deviceMetrics },
  // Math.exp and Math.log, in intervals.
  machine: ["arch", "v8"],
  async run({ inputs: { network, logistic, labels, "train-labels": trainLabels } }) {
    const r = await distributions();
    const [own, other] = [network, logistic].map((one) => predictionsOf(one, labels.data));
    const models = compareModels(r, own.map(isCorrect), other.map(isCorrect));
    const { paired } = models;
    return {
      predictions: {
        samples: labels.data.length,
        ...models,
        bin: calibrationAbout(r, readWrong, own),
        footwear: footwearOf(own, trainLabels.data[0]),
      },
      metrics: {
        "test-correct.network-alone": paired.networkAlone,
        "test-correct.logistic-alone": paired.logisticAlone,
      },
    };
  },
});
