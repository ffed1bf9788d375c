/** Claims on question 3's predictions: the improvement, the names of classes, what a probability says. */
import { type ClaimDefinition, exactly } from "../../../pipeline/claims/claim.ts";
import { numberText } from "../../../pipeline/claims/claim_numbers.ts";
import { exactValue, type Question3, reportedValues, ruleOfParts } from "./measured_3.ts";

const improvement: ClaimDefinition<Question3> = {
  id: "Q3.improvement",
  statement: '"We definitely see some improvement" over the logistic model.',
  source: "Question 3, the accuracy beside the baseline's",
  analytic:
    "None. Both models classify the same images, so that only images which one of them alone " +
    "predicts correctly tell them apart (McNemar 1947)",
  rule: ruleOfParts,
  parts: ({ predictions: { samples, improvement } }) => [{
    assertion: "The network predicts more test images correctly than the logistic model.",
    quantity: "accuracy of the network less that of the logistic model",
    bandReason: "an improvement is above 0",
    test: "normal interval of a paired difference; p by McNemar's exact test",
    confidence: improvement.confidence,
    conditions: [{
      condition: `${samples} test images, after the last epoch`,
      estimate: improvement.difference,
      standardError: improvement.standardError,
      interval: improvement.interval,
      band: { low: Number.MIN_VALUE, high: null },
      p: improvement.p,
      power: null,
      sampleSize: samples,
    }],
  }],
  sentence: (
    _,
    { predictions: { samples, improvement, paired: { both, networkAlone, logisticAlone } } },
  ) =>
    `Of ${samples} test images the network predicts ${both + networkAlone} correctly and the ` +
    `logistic model ${
      both + logisticAlone
    }: ${networkAlone} only the network, ${logisticAlone} only ` +
    `the logistic model. McNemar's test gives p = ${
      improvement.p === 0 ? "0" : improvement.p.toExponential(1)
    }.`,
};

const shoe: ClaimDefinition<Question3> = {
  id: "Q3.shoe",
  statement: "Label 9 corresponds to shoes.",
  source: "Question 3, the first training image",
  analytic: "The classes' names: 5 is Sandal, 7 Sneaker and 9 Ankle boot",
  rule: ruleOfParts,
  parts: ({ predictions: { footwear: { firstLabel, labels, images } } }) => [
    {
      assertion: "The label of the image that is shown is one of shoes.",
      quantity: "1 if it is a label of footwear, otherwise 0",
      bandReason: "it is or it is not",
      ...exactValue,
      conditions: [
        exactly(`first training image, label ${firstLabel}`, Number(labels.includes(firstLabel)), {
          low: 1,
          high: 1,
        }),
      ],
    },
    {
      assertion: "Shoes have that label.",
      quantity: "share of the test images of footwear that have it",
      bandReason: "all of them",
      ...exactValue,
      conditions: [
        exactly(
          `labels ${labels.join(", ")}`,
          (images[labels.indexOf(firstLabel)] ?? 0) / images.reduce((sum, one) => sum + one, 0),
          { low: 1, high: 1 },
        ),
      ],
    },
  ],
  sentence: (_, { predictions: { footwear: { firstLabel, labels, images } } }) =>
    `The first training image has label ${firstLabel}. Labels ${labels.join(", ")} are footwear, ` +
    `with ${images.join(", ")} test images.`,
  remarks: ({ predictions: { footwear: { misclassified, asOtherFootwear } } }) => [
    `The network confuses them with each other: of its ${misclassified} errors on label 9, ` +
    `${asOtherFootwear} are other footwear.`,
  ],
};

/** Below this share of less probable predictions, a prediction is not as confident as others. */
const quarter = 0.25;

const confidence: ClaimDefinition<Question3> = {
  id: "Q3.confidence",
  statement: 'A wrong prediction with 0.45 shows "decent confidence".',
  source: "Question 3, the second of the three pictures",
  analytic: "A calibrated probability of 0.45 is wrong in 55 % of cases",
  rule: ruleOfParts,
  parts: ({ predictions: { samples, bin } }) => [
    {
      assertion: "Predictions with about that probability are correct as often as it says.",
      quantity: "share that is correct, less the mean probability",
      bandReason: `${(bin.to - bin.from) / 2}: what reading a bar by eye leaves open`,
      test: "Clopper and Pearson's interval",
      confidence: bin.confidence,
      conditions: [{
        condition: `${bin.count} test images with ${bin.from} to ${bin.to}`,
        estimate: bin.correct / Math.max(1, bin.count) - bin.meanProbability,
        standardError: null,
        interval: {
          low: bin.interval.low - bin.meanProbability,
          high: bin.interval.high - bin.meanProbability,
        },
        band: { low: (bin.from - bin.to) / 2, high: (bin.to - bin.from) / 2 },
        p: null,
        power: null,
        sampleSize: Math.max(1, bin.count),
      }],
    },
    {
      assertion: "It is decent among this network's predictions.",
      quantity: "share of predictions with a lower probability",
      bandReason: "a quarter or more are less confident",
      ...exactValue,
      conditions: [
        exactly(`probability ${bin.read}, ${samples} test images`, bin.below / samples, {
          low: quarter,
          high: 1,
        }),
      ],
    },
  ],
  sentence: (_, { predictions: { samples, bin } }) =>
    `Of ${bin.count} predictions with a probability of ${bin.from} to ${bin.to}, ` +
    `${numberText(100 * bin.correct / Math.max(1, bin.count))} % are correct, where ${
      numberText(100 * bin.meanProbability)
    } % are predicted to be. ${
      numberText(100 * bin.below / samples)
    } % of all predictions have less ` +
    `than ${bin.read}.`,
};

/** Epochs at either end over which the gap is averaged. */
const window = 10;

/** The mean of test loss less train loss over the last epochs, less that over the first. */
function growth(gaps: readonly number[]): number {
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const count = Math.min(window, Math.floor(gaps.length / 2));
  return mean(gaps.slice(-count)) - mean(gaps.slice(0, count));
}

/** Test loss less train loss by epoch, in this run. */
const ownGaps = ({ history, evaluation }: Question3): number[] =>
  history.epochs.flatMap(({ trainLoss }, i) => {
    const tested = evaluation.epochs[i];
    return tested === undefined ? [] : [tested.lossOfBatches - trainLoss];
  });

/** The same of the last weights, with both sets evaluated after the last epoch. */
const gapAfter = ({ epochs, trainAfter }: Question3["evaluation"]): number =>
  epochs[epochs.length - 1].lossOfBatches - trainAfter.lossOfBatches;

const reportedGaps = reportedValues.per_epoch.map((row) => row.test_loss - row.train_loss);

const question: ClaimDefinition<Question3> = {
  id: "Q3.question",
  statement: "The test loss is larger than the training loss (the assignment asks why).",
  source: 'Question 3, "Why is test loss larger than training loss?", which is not answered',
  analytic:
    "The train loss of an epoch is a mean over its changing weights. A gap that stays with the " +
    "same weights and grows with epochs is fitted to the training images",
  rule: ruleOfParts,
  parts: (measured) => [
    {
      assertion: "It is larger by the same weights, with the train set evaluated after the epoch.",
      quantity: "test loss less train loss, in nats",
      bandReason: "larger is above 0",
      ...exactValue,
      conditions: [
        exactly("this run, after the last epoch", gapAfter(measured.evaluation), {
          low: Number.MIN_VALUE,
          high: null,
        }),
      ],
    },
    {
      assertion: "The gap grows with the epochs.",
      quantity:
        `mean gap over the last ${window} epochs less that over the first ${window}, in nats`,
      bandReason: "growth is above 0",
      ...exactValue,
      conditions: ([
        ["the assignment's rows", reportedGaps],
        ["this run", ownGaps(measured)],
      ] as const).map(([name, gaps]) =>
        exactly(name, growth(gaps), { low: Number.MIN_VALUE, high: null })
      ),
    },
  ],
  sentence: ([{ conditions: [after] }, { conditions: [reported, own] }]) =>
    `By the last weights the test loss is ${
      numberText(after.estimate)
    } above the train loss. From ` +
    `the first ${window} epochs to the last ${window} the gap grows by ${
      numberText(own.estimate)
    } in this run and by ${
      numberText(reported.estimate)
    } in the assignment's rows: the network fits the training images better than others.`,
};

export const predictionClaims = [improvement, shoe, question, confidence];
