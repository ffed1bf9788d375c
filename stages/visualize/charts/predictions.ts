/** Collects a network's predictions on a labelled set, and chooses the ones that charts show. */
import type { Tensor } from "../../../pipeline/formats/tensor.ts";
import { defaultRng } from "../../random/default_rng.ts";
import { streamOf } from "../../random/streams.ts";
import { listed } from "../../../pipeline/terminal/numbers.ts";
import { probabilityText } from "./chart_numbers.ts";
import type { Chart } from "./chart_theme.ts";

/** A network's probabilities for one image. */
export interface Prediction {
  /** Place of the image in its set. */
  index: number;
  label: number;
  /** The most probable class, the first of equals. */
  predicted: number;
  /** Probability of each class. */
  probabilities: number[];
}

/** Images that a chart shows with their predictions. */
export interface Pictured extends Omit<Chart, "description"> {
  samples: readonly Prediction[];
  classes: readonly string[];
  /** Pixels of the image with this index, 0 to 255. */
  pixelsOf: (index: number) => Uint8Array;
}

/** `probabilities` has shape (samples, classes). */
export function predictionsOf(labels: Uint8Array, probabilities: Tensor): Prediction[] {
  const [samples, classes] = probabilities.shape;
  if (samples !== labels.length) {
    throw new Error(`expected probabilities of ${labels.length} images, found ${samples}`);
  }
  return Array.from(labels, (label, index) => {
    const row = [...probabilities.data.subarray(index * classes, (index + 1) * classes)];
    return { index, label, predicted: row.indexOf(Math.max(...row)), probabilities: row };
  });
}

/** Different images among the first `below`, in the order of a permutation of them. */
export const drawSamples = (
  predictions: readonly Prediction[],
  { seed, below, count }: { seed: number; below: number; count: number },
): Prediction[] => {
  const random = defaultRng(streamOf(seed, "sampled images", below));
  return [...random.permutation(Math.min(below, predictions.length)).subarray(0, count)]
    .map((index) => predictions[index]);
};

/** The misclassified images, the most confident error first. */
export const mostConfidentlyWrong = (
  predictions: readonly Prediction[],
  count: number,
): Prediction[] =>
  predictions.filter(({ label, predicted }) => label !== predicted)
    .sort((a, b) => confidenceOf(b) - confidenceOf(a) || a.index - b.index)
    .slice(0, count);

/** The probability of the predicted class. */
export const confidenceOf = ({ probabilities, predicted }: Prediction): number =>
  probabilities[predicted];

/** Below this a class is not worth naming. */
const worthNaming = 0.05;

/** Describes one prediction in words. */
export function sentenceOf(prediction: Prediction, classes: readonly string[]): string {
  const { index, label, predicted, probabilities } = prediction;
  const ranked = probabilities.map((probability, c) => ({ probability, c }))
    .sort((a, b) => b.probability - a.probability);
  const others = ranked.slice(1).filter(({ probability }) => probability >= worthNaming);
  const also = others.length === 0 ? "" : `, then ${
    listed(
      others.map(({ probability, c }) => `${classes[c]} with ${probabilityText(probability, 2)}`),
    )
  }`;
  const place = ranked.findIndex(({ c }) => c === label) + 1;
  const judged = label === predicted
    ? confidenceOf(prediction) >= 0.9 ? "correct and confident" : "correct, but not confident"
    : `a misclassification; the true class comes ${
      ["first", "second", "third"][place - 1] ?? `in place ${place}`
    } with ${probabilityText(probabilities[label], 2)}`;
  return `Image ${index} is ${named(classes[label])}. The network predicts ${
    classes[predicted]
  } with ` +
    `probability ${probabilityText(confidenceOf(prediction), 2)}${also}. That is ${judged}.`;
}

const named = (name: string): string =>
  /^\d$/.test(name) ? `a ${name}` : `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;

/** One bin of a reliability diagram: predictions whose top probability lies in it. */
interface CalibrationBin {
  from: number;
  to: number;
  count: number;
  /** Means over the bin. */
  confidence: number;
  accuracy: number;
}

export interface Calibration {
  bins: CalibrationBin[];
  /**
   * Expected calibration error: Σ (count/n)·|accuracy − confidence| (Naeini, Cooper and Hauskrecht,
   * "Obtaining well calibrated probabilities using Bayesian binning", 2015).
   */
  error: number;
  /** Means over all predictions. */
  confidence: number;
  accuracy: number;
}

/** Bins of a reliability diagram, of equal width. */
const bins = 10;

/** In bins; empty ones are left out. */
export function calibrationOf(predictions: readonly Prediction[]): Calibration {
  const sums = Array.from({ length: bins }, () => ({ count: 0, confidence: 0, correct: 0 }));
  for (const prediction of predictions) {
    const confidence = confidenceOf(prediction);
    const bin = sums[Math.min(bins - 1, Math.floor(confidence * bins))];
    bin.count++;
    bin.confidence += confidence;
    if (prediction.label === prediction.predicted) bin.correct++;
  }
  const filled = sums.flatMap(({ count, confidence, correct }, i) =>
    count === 0 ? [] : [{
      from: i / bins,
      to: (i + 1) / bins,
      count,
      confidence: confidence / count,
      accuracy: correct / count,
    }]
  );
  const n = predictions.length;
  const mean = (of: (bin: CalibrationBin) => number) =>
    filled.reduce((sum, bin) => sum + bin.count * of(bin), 0) / n;
  return {
    bins: filled,
    error: mean(({ accuracy, confidence }) => Math.abs(accuracy - confidence)),
    confidence: mean(({ confidence }) => confidence),
    accuracy: mean(({ accuracy }) => accuracy),
  };
}
