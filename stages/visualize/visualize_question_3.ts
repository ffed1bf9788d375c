/** `visualize-question-3`: draws the trained network and its predictions, and writes their section. */
import { z } from "zod";
import type { DeviceEvaluation } from "../../schemas/assignment/training.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import { sampleLength, samples } from "../normalize/dataset.ts";
import {
  deviceEvaluation,
  deviceHistory,
  probabilities,
  trainedFloat32,
} from "../networks/network_artifacts.ts";
import type { Tensor } from "../../pipeline/formats/tensor.ts";
import { section } from "../../pipeline/formats/section.ts";
import { calibrationChart } from "./charts/calibration.ts";
import { chartOutputs, drawCharts } from "./charts/chart_set.ts";
import { fashionClasses } from "../normalize/classes.ts";
import { confusionChart } from "./charts/confusion.ts";
import { count, fixed, last, percent, probabilityText } from "./charts/chart_numbers.ts";
import { firstLayerChart, neuronsByNorm } from "./charts/first_layer.ts";
import {
  accuracyByEpochChart,
  lossByEpochChart,
  trainingOverview,
} from "./charts/learning_curves.ts";
import { openPixelEncoder } from "./charts/pixels.ts";
import {
  calibrationOf,
  confidenceOf,
  drawSamples,
  mostConfidentlyWrong,
  type Prediction,
  predictionsOf,
} from "./charts/predictions.ts";
import { renderPackages } from "./charts/render.ts";
import { samplesChart } from "./charts/sample_pictures.ts";
import { tilesChart } from "./charts/tiles.ts";
import { charts, tellQuestion3 } from "./sections/section_3.ts";

/** Neurons of the first layer that are shown. */
const shownNeurons = 30;
/** Wrong images that are shown. */
const shownWrong = 12;

export const visualizeQuestion3 = defineStage({
  name: "visualize-question-3",
  module: import.meta.url,
  about: "draws the trained network's losses, predictions and weights",
  parameters: z.strictObject({
    /** Seed of the sample of images. */
    seed: z.int().nonnegative().default(0),
    /** Sample size, from the whole test set and by the assignment's rule. */
    sampled: z.int().min(1).max(6).default(3),
    /** Below this the assignment draws an index: its number of batches, not of images. */
    documentBelow: z.int().positive().default(157),
  }),
  inputs: {
    history: deviceHistory,
    evaluation: deviceEvaluation,
    probabilities,
    trained: trainedFloat32,
    "logistic-evaluation": deviceEvaluation,
    "logistic-trained": trainedFloat32,
    "test-images": samples["test-images"],
    "test-labels": samples["test-labels"],
  },
  outputs: { ...chartOutputs(charts), section },
  packages: renderPackages,
  async run({ parameters: { seed, sampled, documentBelow }, inputs, effects }) {
    const { history, evaluation, trained, "logistic-evaluation": logistic } = inputs;
    const predictions = predictionsOf(inputs["test-labels"].data, inputs.probabilities);
    const whole = drawSamples(predictions, { seed, below: predictions.length, count: sampled });
    const first = drawSamples(predictions, { seed, below: documentBelow, count: sampled });
    const wrong = mostConfidentlyWrong(predictions, shownWrong);
    const calibration = calibrationOf(predictions);
    const encoder = await openPixelEncoder();
    const pictures = samplesOf(inputs["test-images"]);
    const end = last(evaluation.epochs);
    const set = `${count(evaluation.samples)} test images after epoch ${end.epoch}`;
    return {
      ...await drawCharts<typeof charts[number]>({
        overview: trainingOverview(evaluation, logistic),
        "loss-by-epoch": lossByEpochChart({ history, evaluation }, logistic),
        "accuracy-by-epoch": accuracyByEpochChart({ history, evaluation }, logistic),
        confusion: confusionChart({
          confusion: end.confusion,
          classes: fashionClasses,
          subtitle: `FashionMNIST, ${set}; shades by the square root of the count`,
        }),
        samples: samplesChart({
          title: `${correct(whole)} images drawn from the whole test set are predicted correctly`,
          subtitle: `${whole.length} of ${count(predictions.length)}, drawn with seed ${seed}; ` +
            "pixels as in the photographs, dark on light",
          samples: whole,
          ...pictures,
        }, encoder),
        "samples-by-document": samplesChart({
          title: `By the assignment’s rule only the first ${documentBelow} images can be drawn; ` +
            `${correct(first)} are predicted correctly`,
          subtitle: "The index is drawn below the number of batches, " +
            `${documentBelow}, not of images, ${count(predictions.length)}; seed ${seed}`,
          samples: first,
          ...pictures,
        }, encoder),
        "confidently-wrong": tilesChart({ ...aboutWrong(wrong, set), ...pictures }, encoder),
        calibration: calibrationChart(calibration, `FashionMNIST, ${set}`),
        "first-layer": firstLayerChart(
          strongest(neuronsByNorm(trained["ly1.weight"])),
          encoder,
        ),
        "logistic-weights": firstLayerChart(
          byClass(neuronsByNorm(inputs["logistic-trained"]["oply.weight"]), logistic),
          encoder,
        ),
      }, effects),
      section: tellQuestion3({
        history,
        evaluation,
        logistic,
        whole,
        first,
        wrong,
        calibration,
        documentBelow,
      }),
    };
  },
});

function samplesOf(images: Tensor<"uint8">) {
  const width = sampleLength(images);
  return {
    classes: fashionClasses,
    pixelsOf: (index: number) => images.data.subarray(index * width, (index + 1) * width),
  };
}

/** "2 of 3". */
const correct = (set: readonly Prediction[]): string =>
  `${set.filter(({ label, predicted }) => label === predicted).length} of ${set.length}`;

/** `set` says which images they are of. */
const aboutWrong = (wrong: readonly Prediction[], set: string) => ({
  title: wrong.length === 0
    ? "No image of the test set is misclassified"
    : `The network is wrong with a probability of up to ${
      probabilityText(confidenceOf(wrong[0]), 4)
    }`,
  subtitle: `The most confident errors among ${set}, with the probability of the predicted class`,
  samples: wrong,
});

type Neurons = ReturnType<typeof neuronsByNorm>;

/** The neurons with the largest norms. */
function strongest(neurons: Neurons) {
  const shown = neurons.slice(0, shownNeurons);
  return {
    title: `The first layer’s strongest ${shown.length} of ${count(neurons.length)} neurons: ` +
      `norms of ${fixed(shown[0].norm, 2)} to ${fixed(last(shown).norm, 2)}`,
    subtitle: "Weights from the pixels into each neuron; blue positive, orange negative, each " +
      "scaled to its largest",
    neurons: shown,
    columns: 10,
    scale: 2,
  };
}

/** The logistic regression's neurons, one a class. */
function byClass(neurons: Neurons, { epochs, samples }: DeviceEvaluation) {
  return {
    title: `The logistic regression’s weights for each class; test accuracy ${
      percent(last(epochs).correct / samples)
    }`,
    subtitle: "Weights from the pixels to each class; blue speaks for it, orange against it",
    neurons: neurons.toSorted((a, b) => a.index - b.index),
    names: fashionClasses,
    columns: 5,
    scale: 4,
  };
}
