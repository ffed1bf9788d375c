/** Claims on question 3's batches and samples, and on what its losses are means of. */
import { type ClaimDefinition, exactly } from "../../../pipeline/claims/claim.ts";
import {
  estimates,
  exactRange,
  numberText,
  range,
} from "../../../pipeline/claims/claim_numbers.ts";
import type { ReadPicture } from "../../compare/read_pictures.ts";
import {
  batchesOf,
  exactValue,
  type Question3,
  reportedValues,
  ruleOfParts,
} from "./measured_3.ts";

const loader: ClaimDefinition<Question3> = {
  id: "Q3.loader",
  statement: "Batches times batch size gives back the number of samples.",
  source: "Question 3, the check of the loaders",
  analytic: "⌈n/b⌉ b ≥ n, equal only if b divides n",
  rule: ruleOfParts,
  parts: ({ history, evaluation }) => [{
    assertion: "The product is the number of samples.",
    quantity: "batches times batch size",
    bandReason: "a count: equal or not",
    ...exactValue,
    conditions: ([["training set", history], ["test set", evaluation]] as const)
      .map(([name, set]) =>
        exactly(
          `${name}: ${batchesOf(set)} batches of ${set.batchSize}, ${set.samples} samples`,
          batchesOf(set) * set.batchSize,
          { low: set.samples, high: set.samples },
        )
      ),
  }],
  sentence: ([{ conditions }]) =>
    conditions.map(({ condition, estimate }) => `${condition}: the product is ${estimate}`)
      .join("; ") + ".",
};

const ends = ({ low, high }: { low: number; high: number }) => ({ low, high });

const batch: ClaimDefinition<Question3> = {
  id: "Q3.batch",
  statement:
    "The last test batch has the 16 true labels printed, 15 of which are predicted right, " +
    "with a loss of 0.1602.",
  source: "Question 3, the last batch of the test set",
  analytic:
    "The test set is not shuffled, so its last 16 samples are those of the file; predictions " +
    "and loss depend on the seed",
  rule: ruleOfParts,
  parts({ samples: { lastBatch: { samples, labelsEqual, correct, loss, seeds } } }) {
    const bySeeds = {
      bandReason:
        "the number right and the loss of a new run lie in their intervals at once with " +
        `probability ${numberText(seeds.level)}`,
      test: `split conformal prediction from ${seeds.count} runs of this program, without this ` +
        "run's seed",
      confidence: seeds.level,
    };
    const amongSeeds = (
      reported: string,
      value: typeof correct,
      interval: { low: number; high: number },
    ) => ({
      ...bySeeds,
      conditions: [
        exactly(reported, value.reported, ends(interval)),
        exactly("this run's", value.measured, ends(interval)),
      ],
    });
    return [
      {
        assertion: "The labels printed are those of the file.",
        quantity: `labels of ${reportedValues.last_test_batch.true.length} that are equal`,
        bandReason: "all of them",
        ...exactValue,
        conditions: [
          exactly(`a last batch of ${samples}`, labelsEqual, {
            low: reportedValues.last_test_batch.true.length,
            high: reportedValues.last_test_batch.true.length,
          }),
        ],
      },
      {
        assertion: "As many are correct as in other runs of the program.",
        quantity: "correct of 16",
        ...amongSeeds("the assignment's predictions", correct, seeds.correct),
      },
      {
        assertion: "The loss is one that runs of the program give.",
        quantity: "mean loss of the batch, in nats",
        ...amongSeeds("the assignment's loss", loss, seeds.loss),
      },
    ];
  },
  sentence: (
    _,
    { samples: { lastBatch: { samples, labelsEqual, predictionsEqual, correct, loss, seeds } } },
  ) =>
    `${labelsEqual} of the ${samples} labels are the file's; the assignment predicts ` +
    `${correct.reported} right with loss ${
      loss.reported.toFixed(4)
    }, this run ${correct.measured} ` +
    `with ${loss.measured.toFixed(4)} (${predictionsEqual} predictions are the same), ` +
    `and ${seeds.count} runs from other seeds predict ` +
    `${exactRange([seeds.correct.low, seeds.correct.high])} with ` +
    `${seeds.loss.low.toFixed(3)} to ${seeds.loss.high.toFixed(3)}.`,
};

const pictureText = ({ label, bars }: ReadPicture): string =>
  `true class ${label}, read ${
    bars.map(({ name, probability }) => `${name}: ${probability}`).join(", ")
  }`;

/** True if pictures are of the class that is predicted. */
const rightly = (pictures: readonly ReadPicture[]) => ({
  quantity: "1 if the true class is the predicted one, otherwise 0",
  bandReason: "equal or not: a second probability, however large, predicts nothing",
  ...exactValue,
  conditions: pictures.map((picture) =>
    exactly(pictureText(picture), Number(picture.label === picture.predicted), { low: 1, high: 1 })
  ),
});

const samplesRead: ClaimDefinition<Question3> = {
  id: "Q3.samples-read",
  statement:
    "Of three pictures the network gives the true class 0.7 (0.25 to another), the second " +
    'is "partially" classified with 0.45, 0.4 and 0.15, and the third gets 0.85 (0.1 to another).',
  source: "Question 3, the three pictures and their bars",
  analytic:
    "The predicted class is the most probable one; a picture is classified correctly if that is " +
    "its true class, and is not otherwise, whatever the second probability",
  rule: ruleOfParts,
  parts: ({ pictures }) => [
    {
      assertion: "The bars read are probabilities, the largest of the class that is predicted.",
      quantity: "sum of the probabilities read; 2 where another class has the largest",
      bandReason: "probabilities sum to 1; what is read by eye may leave out a tenth",
      ...exactValue,
      conditions: pictures.map((picture) => {
        const sum = picture.bars.reduce((total, { probability }) => total + probability, 0);
        return exactly(
          pictureText(picture),
          picture.bars[0].name === picture.predicted ? Number(sum.toFixed(10)) : 2,
          { low: 0.9, high: 1 },
        );
      }),
    },
    {
      assertion: "The pictures called classified are: their true class is the predicted one.",
      ...rightly(pictures.filter(({ partial }) => !partial)),
    },
    {
      assertion: "So is the one called partially classified.",
      ...rightly(pictures.filter(({ partial }) => partial)),
    },
  ],
  sentence([, whole, partially], { samples: { second }, pictures }) {
    const right = [whole, partially].flatMap(estimates).filter((value) => value === 1).length;
    return `${right} of ${pictures.length} pictures have their true class predicted. ` +
      `This run misclassifies ${second.misclassified} test images; in ${second.trueSecond} of them ` +
      `the true class comes second, in ${second.asShown} with at least the probability of the ` +
      `picture called partially classified.`;
  },
};

const sample: ClaimDefinition<Question3> = {
  id: "Q3.sample",
  statement: "Three random samples of the test set are shown.",
  source: "Question 3, the drawing of the three pictures",
  analytic: "An index below the number of batches, ⌈10000/64⌉ = 157, reaches the first 157 images",
  rule: ruleOfParts,
  parts: ({ samples: { reach } }) => [
    {
      assertion: "They are samples of the test set: every index drawn is one of its.",
      quantity: "indices that can be drawn, over the samples of the test set",
      bandReason: "no more than there are",
      ...exactValue,
      conditions: [
        exactly(`indices below ${reach.bound}`, reach.bound / reach.samples, { low: 0, high: 1 }),
      ],
    },
    {
      assertion: "They are random ones: every image of the test set can be drawn.",
      quantity: "images that can be drawn, over the samples of the test set",
      bandReason: "all of them",
      ...exactValue,
      conditions: [
        exactly(
          `indices below ${reach.bound}; there are ${reach.batches} batches`,
          Math.min(reach.bound, reach.samples) / reach.samples,
          { low: 1, high: 1 },
        ),
      ],
    },
  ],
  sentence: (_, { samples: { reach } }) =>
    `The index is drawn below ${reach.bound}, where the test set has ${reach.batches} batches and ` +
    `${reach.samples} images: ${
      numberText(100 * Math.min(1, reach.bound / reach.samples))
    } % of them ` +
    `can appear, ${exactRange(reach.classCounts)} of each class.`,
};

/** A relative difference of two means that no reader would notice in the assignment's values. */
const littleDifference = 0.01;

const lossMean: ClaimDefinition<Question3> = {
  id: "Q3.loss-mean",
  statement: "The losses, which are means of batch means, are the mean losses of the samples.",
  source: "Question 3, the loops that sum the batches' losses",
  implied: true,
  analytic: "A sample of a last batch of r counts b/r times as much as another one: 64/32 in " +
    "training, 64/16 in the test",
  rule: ruleOfParts,
  parts: ({ history, evaluation }) => [
    {
      assertion: "The two means differ by little.",
      quantity: "mean of batch means over mean over samples",
      bandReason: `1 ± ${100 * littleDifference} %: less than the test losses of two seeds differ`,
      ...exactValue,
      conditions: [
        ...history.epochs.map(({ epoch, trainLoss, trainLossOverSamples }) =>
          [`train loss, epoch ${epoch}`, trainLoss / trainLossOverSamples] as const
        ),
        ...evaluation.epochs.map(({ epoch, lossOfBatches, loss }) =>
          [`test loss, epoch ${epoch}`, lossOfBatches / loss] as const
        ),
      ].map(([name, ratio]) =>
        exactly(name, ratio, { low: 1 - littleDifference, high: 1 + littleDifference })
      ),
    },
    {
      assertion: "Every sample counts the same.",
      quantity: "weight of a sample of the last batch, over that of another",
      bandReason: "the same is 1",
      ...exactValue,
      conditions: ([["training set", history], ["test set", evaluation]] as const).map((
        [name, { samples, batchSize }],
      ) => {
        const last = samples % batchSize || batchSize;
        return exactly(
          `${name}: last batch of ${last}`,
          batchSize / last,
          { low: 1, high: 1 },
        );
      }),
    },
  ],
  sentence([ratios, weights], { history, evaluation }) {
    const train = history.epochs[history.epochs.length - 1];
    const test = evaluation.epochs[evaluation.epochs.length - 1];
    return `A sample of the last batch counts ${
      weights.conditions.map(({ condition, estimate }) =>
        `${numberText(estimate)} times (${condition.split(":")[0]})`
      ).join(" and ")
    } as much as another; over all epochs the ratio of the two means is ` +
      `${range(estimates(ratios).map((ratio) => ratio - 1))} from 1, and at the end they are ` +
      `${train.trainLoss.toFixed(5)} and ${train.trainLossOverSamples.toFixed(5)} in training, ` +
      `${test.lossOfBatches.toFixed(5)} and ${test.loss.toFixed(5)} in the test.`;
  },
};

export const batchClaims = [loader, batch, samplesRead, sample, lossMean];
