/** `visualize-question-4`: draws the network trained by hand and its errors, and writes their section. */
import { defineStage } from "../../pipeline/engine/stage.ts";
import { sampleLength, samples } from "../normalize/dataset.ts";
import { evaluation, probabilitiesFloat64 } from "../networks/network_artifacts.ts";
import { section } from "../../pipeline/formats/section.ts";
import { chartOutputs, drawCharts } from "./charts/chart_set.ts";
import { digits } from "../normalize/classes.ts";
import { confusionChart } from "./charts/confusion.ts";
import { count, last, probabilityText } from "./charts/chart_numbers.ts";
import { openPixelEncoder } from "./charts/pixels.ts";
import { confidenceOf, mostConfidentlyWrong, predictionsOf } from "./charts/predictions.ts";
import { byHandOverview, testAccuracyChart, testLossChart } from "./charts/by_hand.ts";
import { renderPackages } from "./charts/render.ts";
import { tilesChart } from "./charts/tiles.ts";
import { charts, misclassified, tellQuestion4 } from "./sections/section_4.ts";

/** Number of misclassified digits shown. */
const shown = 12;

export const visualizeQuestion4 = defineStage({
  name: "visualize-question-4",
  module: import.meta.url,
  about: "draws loss and accuracy by epoch, and misclassified digits",
  inputs: {
    described: evaluation,
    listed: evaluation,
    raw: evaluation,
    probabilities: probabilitiesFloat64,
    "test-images": samples["test-images"],
    "test-labels": samples["test-labels"],
  },
  outputs: { ...chartOutputs(charts), section },
  packages: renderPackages,
  async run({ inputs, effects }) {
    const { described } = inputs;
    const images = inputs["test-images"];
    const width = sampleLength(images);
    const predictions = predictionsOf(inputs["test-labels"].data, inputs.probabilities);
    const wrong = mostConfidentlyWrong(predictions, shown);
    const end = last(described.epochs);
    const set = `${count(described.samples)} test images after epoch ${end.epoch}`;
    return {
      ...await drawCharts<typeof charts[number]>({
        overview: byHandOverview(described, inputs.listed),
        "test-loss": testLossChart(inputs),
        "test-accuracy": testAccuracyChart(inputs),
        confusion: confusionChart({
          confusion: end.confusion,
          classes: digits,
          subtitle: `MNIST, network as described, ${set}; shades by the square root of the count`,
        }),
        misread: tilesChart({
          title: wrong.length === 0
            ? "No digit of the test set is misclassified"
            : `${misclassified(described)}, with a probability of up to ` +
              probabilityText(confidenceOf(wrong[0]), 4),
          subtitle:
            `The most confident errors among ${set}, with the probability of the predicted ` +
            "class",
          samples: wrong,
          classes: digits,
          pixelsOf: (index) => images.data.subarray(index * width, (index + 1) * width),
        }, await openPixelEncoder()),
      }, effects),
      section: tellQuestion4({ ...inputs, wrong }),
    };
  },
});
