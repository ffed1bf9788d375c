/** Claims on question 3's curves: the rows, the last accuracy, the gap, and how long to train. */
import type { Curves } from "../../../schemas/assignment/pytorch_parity.ts";
import type { LongerTraining } from "../../../schemas/assignment/longer_training.ts";
import { type ClaimDefinition, exactly } from "../../../pipeline/claims/claim.ts";
import { exactRange, numberText, range } from "../../../pipeline/claims/claim_numbers.ts";
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

/** The least p-value that is no sign of a difference. */
const significance = 0.05;

const curve: ClaimDefinition<Question3> = {
  id: "Q3.curve",
  statement: "Training for 25 epochs gives the 25 rows of train loss, test loss and test accuracy.",
  source: "Question 3, the table of epochs",
  implied: false,
  analytic: "None: the assignment's seed is not known, so its rows are one draw from all seeds'",
  rule: ruleOfParts,
  parts({ curves }) {
    const margin = {
      bandReason: "prediction band: the whole of a new run of the same program lies in it with " +
        `probability ${curves.level} or more`,
      test: curves.band,
      confidence: curves.level,
    };
    const rows = (of: "reported" | "measured") =>
      curves.curves.flatMap(({ quantity, epochs }) =>
        epochs.map((row) => exactly(`${names[quantity]}, epoch ${row.epoch}`, row[of], row.band))
      );
    return [
      {
        assertion: "The assignment's rows lie in the prediction band of the program.",
        quantity: "loss in nats, or accuracy",
        ...margin,
        conditions: rows("reported"),
      },
      {
        assertion: "So do the rows of this run.",
        quantity: "loss in nats, or accuracy",
        ...margin,
        conditions: rows("measured"),
      },
      {
        assertion: "On average over all epochs the assignment's curves are those of the program.",
        quantity: "p-value of the mean distance from the replicates' mean",
        bandReason: `below ${significance} the curve would be another program's`,
        test: "t test of a run's mean over the epochs, two-sided; and of its mean from any " +
          "epoch on, corrected by Bonferroni for the choice",
        confidence: 1 - significance,
        conditions: curves.curves.flatMap(({ quantity, offset: { overall, persistent } }) => {
          const condition = ({ p }: typeof overall, when: string) => ({
            ...exactly(`${names[quantity]}, ${when}`, p, { low: significance, high: 1 }),
            p,
          });
          return [
            condition(overall, "all epochs"),
            condition(persistent, `from epoch ${persistent.from} on`),
          ];
        }),
      },
    ];
  },
  sentence([reported, own], { curves }) {
    const outside = ({ conditions }: typeof reported) =>
      conditions.filter(({ position }) => position !== "inside").length;
    const { overall, persistent } = curveOf(curves, "train-loss").offset;
    return `Of ${reported.conditions.length} values ${outside(reported)} of the assignment's and ` +
      `${outside(own)} of this run's lie outside the prediction band; the assignment's train ` +
      `loss is ${numberText(overall.mean)} from the replicates' mean over all epochs ` +
      `(p ${numberText(overall.p)}), and ${
        numberText(persistent.mean)
      } from epoch ${persistent.from} on ` +
      `(p ${numberText(persistent.p)}, corrected for the choice of the epoch).`;
  },
};

const lastEpoch = reportedValues.epochs - 1;

const accuracy: ClaimDefinition<Question3> = {
  id: "Q3.accuracy",
  statement: "The test accuracy after 25 epochs is 0.8613.",
  source: "Question 3, the last row",
  implied: false,
  analytic: "None: one draw from all seeds'",
  rule: ruleOfParts,
  parts({ curves }) {
    const row = curveOf(curves, "test-accuracy").epochs.find(({ epoch }) => epoch === lastEpoch);
    const { epochs } = curveOf(curves, "test-accuracy");
    const { prediction, measured } = row ?? epochs[epochs.length - 1];
    const common = {
      quantity: "test accuracy",
      bandReason: `the ${100 * curves.level} % prediction interval from runs of the same program`,
      test: "t prediction interval from the replicates",
      confidence: curves.level,
    };
    return [
      {
        assertion: "The assignment's accuracy is one that the program gives.",
        ...common,
        conditions: [
          exactly(`after epoch ${lastEpoch}`, reportedValues.final_test_accuracy, prediction),
        ],
      },
      {
        assertion: "So is this run's.",
        ...common,
        conditions: [
          exactly(`after epoch ${(row ?? epochs[epochs.length - 1]).epoch}`, measured, prediction),
        ],
      },
    ];
  },
  sentence([{ conditions: [reported] }, { conditions: [own] }]) {
    const { low, high } = reported.band as { low: number; high: number };
    return `The assignment's accuracy is ${reported.estimate}, this run's ${own.estimate}, and the ` +
      `replicates predict ${low.toFixed(4)} to ${high.toFixed(4)}.`;
  },
};

const gap: ClaimDefinition<Question3> = {
  id: "Q3.gap",
  statement: "At the end the test loss lies above the train loss.",
  source: "Question 3, the two curves of losses",
  implied: false,
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
        test: `exact of the two runs; ${100 * level} % prediction interval from ` +
          `${replicates.count} replicates`,
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
  implied: false,
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
