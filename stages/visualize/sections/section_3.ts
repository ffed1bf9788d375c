/** Writes question 3's section on the trained network and its predictions. */
import type { Section } from "../../../schemas/run/report_section.ts";
import type { DeviceEvaluation, DeviceHistory } from "../../../schemas/assignment/training.ts";
import { fashionClasses } from "../../normalize/classes.ts";
import { confusions } from "../charts/confusion.ts";
import { listed } from "../../../pipeline/terminal/numbers.ts";
import {
  between,
  count,
  counted,
  fixed,
  last,
  percent,
  probabilityText,
} from "../charts/chart_numbers.ts";
import {
  type Calibration,
  confidenceOf,
  type Prediction,
  sentenceOf,
} from "../charts/predictions.ts";
import { chart, claims, overview, table, tell, text } from "./blocks.ts";

/** The charts of the section. */
export const charts = [
  overview,
  "loss-by-epoch",
  "accuracy-by-epoch",
  "confusion",
  "samples",
  "samples-by-document",
  "confidently-wrong",
  "calibration",
  "first-layer",
  "logistic-weights",
] as const;

interface Measured {
  history: DeviceHistory;
  evaluation: DeviceEvaluation;
  logistic: DeviceEvaluation;
  /** Samples of the whole test set, and by the assignment's rule. */
  whole: Prediction[];
  first: Prediction[];
  wrong: Prediction[];
  calibration: Calibration;
  /** The assignment draws an index below this. */
  documentBelow: number;
}

export function tellQuestion3(measured: Measured): Section {
  const { history, evaluation, whole, first, documentBelow } = measured;
  const bullets = (samples: readonly Prediction[]) =>
    samples.map((sample) => `- ${sentenceOf(sample, fashionClasses)}`).join("\n");
  return tell<typeof charts[number]>("question-3", "Question 3: FashionMNIST", [
    text(aboutTraining(measured)),
    chart("loss-by-epoch"),
    chart("accuracy-by-epoch"),
    table(
      "Every epoch; losses in nats, as means of batch means and over samples",
      [
        "Epoch#",
        "Train loss#",
        "over samples#",
        "Test loss#",
        "over samples#",
        `Correct of ${count(evaluation.samples)}#`,
      ],
      history.epochs.flatMap(({ epoch, trainLoss, trainLossOverSamples }, i) => {
        const tested = evaluation.epochs[i];
        return tested === undefined ? [] : [[
          epoch,
          fixed(trainLoss, 4),
          fixed(trainLossOverSamples, 4),
          fixed(tested.lossOfBatches, 4),
          fixed(tested.loss, 4),
          tested.correct,
        ]];
      }),
    ),
    claims(
      "Q3.accuracy",
      "Q3.improvement",
      "Q3.gap",
      "Q3.question",
      "Q3.loss-mean",
      "Q3.loader",
      "Q3.batch",
      "Q3.fifty",
    ),
    text(aboutConfusion(evaluation)),
    chart("confusion"),
    table(
      "Precision and recall by class, last epoch",
      ["Class", "Precision#", "Recall#"],
      fashionClasses.map((name, c) => {
        const { precision, recall } = last(evaluation.epochs);
        const share = (value: number | null) => value === null ? "none" : percent(value, 1);
        return [name, share(precision[c]), share(recall[c])];
      }),
    ),
    text(aboutWrong(measured.wrong)),
    chart("confidently-wrong"),
    claims("Q3.confidence"),
    text(
      `The predictions for ${counted(whole.length, "image")} drawn from the whole test set:\n\n${
        bullets(whole)
      }`,
    ),
    chart("samples"),
    text(
      `The assignment draws an index below ${documentBelow}, its number of batches, so that only the ` +
        `first ${documentBelow} images can ever appear. By that rule:\n\n${bullets(first)}`,
    ),
    chart("samples-by-document"),
    claims("Q3.sample", "Q3.samples-read", "Q3.shoe"),
    text(aboutCalibration(measured)),
    text(
      "The weights from the pixels show which pixels a neuron reacts to: those of the logistic regression are one " +
        "template for each class, those of the deep network’s first layer are material for the layers " +
        "above it. Each image is scaled by its own largest weight.",
    ),
    chart("calibration"),
    chart("logistic-weights"),
    chart("first-layer"),
  ], {
    title: "Question 3: FashionMNIST",
    sentence: inShort(measured),
    chart: overview,
  });
}

function inShort({ evaluation, logistic }: Measured): string {
  const { epochs, samples } = evaluation;
  return `After ${counted(epochs.length, "epoch")} ${count(last(epochs).correct)} of ${
    counted(samples, "test image")
  } are predicted correctly; a logistic regression gets ${count(last(logistic.epochs).correct)}.`;
}

function aboutTraining({ history, evaluation, logistic }: Measured): string {
  const [train, test] = [last(history.epochs), last(evaluation.epochs)];
  const after = evaluation.trainAfter;
  const baseline = last(logistic.epochs);
  const above = test.lossOfBatches > train.trainLoss;
  const aboveAfter = test.lossOfBatches > after.lossOfBatches;
  return `A network 784-256-128-64-10 with ReLU was trained on ${
    count(history.samples)
  } images by ` +
    `stochastic gradient descent, in batches of ${history.batchSize}, through ` +
    `tfjs. After epoch ${test.epoch} (the first one is epoch 0) ${count(test.correct)} of ${
      count(evaluation.samples)
    } test images are predicted correctly, ${
      percent(test.correct / evaluation.samples)
    }; a logistic regression ` +
    `trained in the same way gets ${count(baseline.correct)}. The test loss ends at ${
      fixed(test.lossOfBatches, 4)
    }, ${above ? "above" : "below"} the train loss of ${
      fixed(train.trainLoss, 4)
    }. That train loss is a ` +
    `mean over weights that were still changing; by the last weights the training set has ${
      fixed(after.lossOfBatches, 4)
    }, ${aboveAfter === above ? "so the order stays" : "which turns the order round"}.`;
}

function aboutConfusion({ epochs }: DeviceEvaluation): string {
  const { confusion } = last(epochs);
  const pairs = confusions(confusion).slice(0, 3);
  if (pairs.length === 0) return "No image of the test set is misclassified.";
  const rows = confusion.map((row, c) => ({
    name: fashionClasses[c],
    recall: row[c] / Math.max(1, row.reduce((sum, n) => sum + n, 0)),
  })).sort((a, b) => a.recall - b.recall);
  const [worst, best] = [rows[0], last(rows)];
  return `The most frequent errors: ${
    listed(
      pairs.map(({ label, predicted, count }) =>
        `${fashionClasses[label]} predicted as ${fashionClasses[predicted]} (${count})`
      ),
    )
  }. ${worst.name} has the lowest recall (${percent(worst.recall, 1)}), ${best.name} the highest (${
    percent(best.recall, 1)
  }).`;
}

/** Probability from which a prediction is called confident. */
const confident = 0.9;

/** The most confident errors come first. */
function aboutWrong(wrong: readonly Prediction[]): string {
  if (wrong.length === 0) return "No image of the test set is misclassified.";
  const [most, least] = [confidenceOf(wrong[0]), confidenceOf(last(wrong))];
  return `${most >= confident ? "It can be confident and wrong: the" : "The"} ${
    wrong.length === 1 ? "most confident error" : `${wrong.length} most confident errors`
  } below ${wrong.length === 1 ? "has" : "have"} a probability of ${
    between(probabilityText(least, 3), probabilityText(most, 3))
  }.`;
}

function aboutCalibration({ calibration: { error, confidence, accuracy } }: Measured): string {
  return `Over all images the network’s mean probability is ${
    percent(confidence, 1)
  } and its accuracy ` +
    `${percent(accuracy, 1)}; the expected calibration error is ${fixed(error, 4)}.`;
}
