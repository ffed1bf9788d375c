/** Claims on question 3's curves: the rows, the last accuracy, the gap, and how long to train. */
import type { Curves } from "../../../schemas/assignment/pytorch_parity.ts";
import type { LongerTraining } from "../../../schemas/assignment/longer_training.ts";
import { type ClaimDefinition, exactly } from "../../../pipeline/claims/claim.ts";
import { exactRange, numberText, range } from "../../../pipeline/claims/claim_numbers.ts";
import { listed } from "../../../pipeline/terminal/numbers.ts";
import { exactValue, type Question3, reportedValues, ruleOfParts } from "./measured_3.ts";

type Curve = Curves["curves"][number];

const names: Record<Curve["quantity"], string> = {
  "train-loss": "train loss",
  "test-loss": "test loss",
  "test-accuracy": "test accuracy",
};

/**
 * The curve of a quantity.
 * @throws Error if it was not compared
 */
function curveOf({ curves }: Curves, quantity: Curve["quantity"]): Curve {
  const curve = curves.find((one) => one.quantity === quantity);
  if (curve !== undefined) return curve;
  throw new Error(`question 3: expected a curve of the ${names[quantity]}, found none`);
}

/**
 * The largest distances from the program described, on average over the epochs, that still count as the
 * same: in nats and in accuracy. Fixed from what a reader would call a difference, about a
 * tenth of the last losses and one picture in a hundred, not from the runs.
 */
const margins: Record<Curve["quantity"], number> = {
  "train-loss": 0.03,
  "test-loss": 0.03,
  "test-accuracy": 0.01,
};

const againstSeeds = ({ seeds: { all, others, own } }: Curves, whose: "band" | "own") =>
  whose === "band"
    ? `against all ${all} of PyTorch's runs`
    : `against ${others} of PyTorch's runs` +
      (others < all ? `, without this run's seed ${own}` : "");

const curve: ClaimDefinition<Question3> = {
  id: "Q3.curve",
  statement: "Training for 25 epochs gives the 25 rows of train loss, test loss and test accuracy.",
  source: "Question 3, the table of epochs",
  analytic: "None: the assignment's seed is not known, so its rows are one draw from all seeds'",
  rule: ruleOfParts,
  parts({ curves }) {
    const rows = (of: "reported" | "measured", by: "band" | "own") => ({
      quantity: "loss in nats, or accuracy",
      bandReason:
        "prediction band: a new run of the same program lies in it at every epoch of all " +
        `three curves with probability ${numberText(curves.level)}`,
      test: `split conformal prediction, ${againstSeeds(curves, by)}`,
      confidence: curves.level,
      conditions: curves.curves.flatMap(({ quantity, epochs }) =>
        epochs.map((row) => exactly(`${names[quantity]}, epoch ${row.epoch}`, row[of], row[by]))
      ),
    });
    return [
      {
        assertion: "The assignment's rows lie in the prediction band of the program.",
        ...rows("reported", "band"),
      },
      { assertion: "So do the rows of this run.", ...rows("measured", "own") },
      {
        assertion: "On average over the epochs the assignment's program is the one described, " +
          "within a margin.",
        quantity: "mean over the epochs less that of PyTorch's runs, in nats or accuracy",
        bandReason:
          "margins fixed beforehand: about a tenth of the last losses, and one picture in " +
          "a hundred",
        test: `t interval of the difference of two programs, ${againstSeeds(curves, "band")}`,
        confidence: 0.95,
        conditions: curves.curves.map(({ quantity, offset: { reported } }) => ({
          condition: names[quantity],
          estimate: reported.mean,
          standardError: reported.standardError,
          interval: { low: reported.low, high: reported.high },
          band: { low: -margins[quantity], high: margins[quantity] },
          p: null,
          power: null,
          sampleSize: null,
        })),
      },
    ];
  },
  sentence([reported, own], { curves }) {
    const outside = ({ conditions }: typeof reported) =>
      conditions.filter(({ position }) => position !== "inside").length;
    const offsets = curves.curves.map(({ quantity, offset: { reported: { mean, low, high } } }) =>
      `${numberText(mean)} (${range([low, high])}) in ${names[quantity]}`
    );
    return `Of ${reported.conditions.length} values ${outside(reported)} of the assignment's and ` +
      `${outside(own)} of this run's lie outside the prediction band, the latter judged ` +
      `${againstSeeds(curves, "own")}. On average over the epochs the assignment lies ` +
      `${listed(offsets)} from the mean of the program's runs.`;
  },
};

const lastEpoch = reportedValues.epochs - 1;

const accuracy: ClaimDefinition<Question3> = {
  id: "Q3.accuracy",
  statement: "The test accuracy after 25 epochs is 0.8613.",
  source: "Question 3, the last row",
  analytic: "None: one draw from all seeds'",
  rule: ruleOfParts,
  parts({ curves }) {
    const { epochs } = curveOf(curves, "test-accuracy");
    const row = epochs.find(({ epoch }) => epoch === lastEpoch) ?? epochs[epochs.length - 1];
    const common = (by: "band" | "own") => ({
      quantity: "test accuracy",
      bandReason: "prediction band of the three curves, at its end",
      test: `split conformal prediction, ${againstSeeds(curves, by)}`,
      confidence: curves.level,
    });
    return [
      {
        assertion: "The assignment's accuracy is one that the program gives.",
        ...common("band"),
        conditions: [
          exactly(`after epoch ${lastEpoch}`, reportedValues.final_test_accuracy, row.band),
        ],
      },
      {
        assertion: "So is this run's.",
        ...common("own"),
        conditions: [exactly(`after epoch ${row.epoch}`, row.measured, row.own)],
      },
    ];
  },
  sentence([{ conditions: [reported] }, { conditions: [own] }]) {
    const { low, high } = reported.band as { low: number; high: number };
    return `The assignment's accuracy is ${reported.estimate}, this run's ${own.estimate}, and ` +
      `PyTorch's runs predict ${low.toFixed(4)} to ${high.toFixed(4)}.`;
  },
};

const gap: ClaimDefinition<Question3> = {
  id: "Q3.gap",
  statement: "At the end the test loss lies above the train loss.",
  source: "Question 3, the two curves of losses",
  analytic:
    "The train loss of an epoch is seen before each update, so it is above that of the same " +
    "weights afterwards: the gap that is shown is too small, if anything",
  rule: ruleOfParts,
  parts({ gap, curves: { level } }) {
    const above = { low: Number.MIN_VALUE, high: null };
    const { replicates } = gap;
    return [
      {
        assertion: "The test loss is above the train loss seen during the last epoch.",
        quantity: "test loss less train loss, in nats",
        bandReason: "above 0",
        test:
          `exact of the two runs; split conformal prediction from ${replicates.count} runs of ` +
          "PyTorch, without this run's seed",
        confidence: level,
        conditions: [
          exactly("the assignment's run", gap.reported, above),
          exactly(`this run, epoch ${gap.epoch}`, gap.during, above),
          {
            condition: "prediction from runs of the program",
            estimate: replicates.mean,
            standardError: replicates.standardDeviation,
            interval: replicates.prediction,
            band: above,
            p: null,
            power: null,
            sampleSize: null,
          },
        ],
      },
      {
        assertion: "It is above the train loss of the same weights, too.",
        quantity: "test loss less train loss after the last epoch, in nats",
        bandReason: "above 0",
        ...exactValue,
        conditions: [exactly("this run", gap.after, above)],
      },
    ];
  },
  sentence: (_, { gap: { reported, during, after, replicates: { prediction } } }) =>
    `Test loss less train loss is ${numberText(reported)} in the assignment and ${
      numberText(during)
    } here, ` +
    `${numberText(after)} with the train set evaluated after the last epoch; the replicates ` +
    `predict ${range([prediction.low, prediction.high])}.`,
};

/** Number of epochs to average, because the last batches of a single epoch vary too much. */
const window = 5;

/** The epoch after which the assignment sees the error rise, and how many it chose to train. */
const claimed = { riseAfter: 20, chosen: reportedValues.epochs };

const meanOver = (
  { epochs }: LongerTraining,
  of: (row: LongerTraining["epochs"][number]) => number,
  from: number,
  to: number,
): number => {
  const rows = epochs.slice(from, to);
  return rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
};

/** The mean over the last epochs less that over those about the epoch where the rise would begin. */
const rise = (
  training: LongerTraining,
  of: (row: LongerTraining["epochs"][number]) => number,
): number => {
  const { length } = training.epochs;
  return meanOver(training, of, length - window, length) -
    meanOver(training, of, claimed.riseAfter, claimed.riseAfter + window);
};

const seedText = ({ seed, epochs }: LongerTraining): string =>
  `seed ${seed}, ${epochs.length} epochs`;

const fifty: ClaimDefinition<Question3> = {
  id: "Q3.fifty",
  statement: "With 50 epochs the error begins to rise after 20, so that 25 are to be chosen.",
  source: "Question 3, the choice of the number of epochs",
  analytic:
    "None. Choosing the number of epochs by the test set makes its error too low a measure " +
    "of the next one's",
  rule: ruleOfParts,
  parts: ({ longer }) => [
    {
      assertion: "The test loss is lowest among the epochs chosen.",
      quantity: "epoch of the lowest test loss, from 0 on",
      bandReason: `the first ${claimed.chosen} epochs`,
      ...exactValue,
      conditions: longer.map((training) =>
        exactly(seedText(training), training.lowestTestLossAt, { low: 0, high: claimed.chosen - 1 })
      ),
    },
    {
      assertion: "The test loss is higher at the end than when it is said to begin to rise.",
      quantity: `mean test loss of the last ${window} epochs less that of the epochs ` +
        `${claimed.riseAfter} to ${claimed.riseAfter + window - 1}, in nats`,
      bandReason: "higher is above 0",
      ...exactValue,
      conditions: longer.map((training) =>
        exactly(
          seedText(training),
          rise(training, ({ testLoss }) => testLoss),
          { low: Number.MIN_VALUE, high: null },
        )
      ),
    },
    {
      assertion: "More test images are wrong at the end than when the error is said to rise.",
      quantity: `wrong answers of 10,000, over the same epochs`,
      bandReason: "more is above 0",
      ...exactValue,
      conditions: longer.map((training) =>
        exactly(
          seedText(training),
          rise(training, ({ testCorrect }) => -testCorrect),
          { low: Number.MIN_VALUE, high: null },
        )
      ),
    },
  ],
  sentence([lowest, loss, wrong], { longer, history }) {
    const own = longer.find(({ seed }) => seed === 0);
    const apart = (own?.epochs ?? []).slice(0, history.epochs.length).map((row, i) =>
      Math.abs(row.trainLoss - history.epochs[i].trainLoss)
    );
    const list = (part: typeof lowest) =>
      part.conditions.map(({ estimate }) => numberText(estimate));
    const lasts = longer.map(({ epochs }) => epochs[epochs.length - 1]);
    return `In ${longer.length} trainings of ${
      exactRange(longer.map(({ epochs }) => epochs.length))
    } epochs the test loss is lowest at epoch ${
      list(lowest).join(" and ")
    }; from epochs 20-24 to ` +
      `the last five it changes by ${list(loss).join(" and ")} and the wrong answers by ` +
      `${list(wrong).join(" and ")}; at the end it is ${
        lasts.map(({ testLoss, testCorrect }) =>
          `${numberText(testLoss)} with ${testCorrect} correct`
        )
          .join(" and ")
      }. In the epochs that both have, this run's train loss is within ${
        numberText(Math.max(0, ...apart))
      } of it. The number of epochs was chosen by the test set.`;
  },
};

export const curveClaims = [curve, accuracy, gap, fifty];
