/**
 * Claims on the correct counts and losses of question 4's networks, before training and after each
 * epoch.
 */
import type { SummationOrders } from "../../../schemas/assignment/by_hand_measurements.ts";
import type { Condition } from "../../../schemas/run/judged_claims.ts";
import reported from "../../../artifacts/reference/reported-figures.json" with { type: "json" };
import { type ClaimDefinition, exactly, printed } from "../../../pipeline/claims/claim.ts";
import { estimates, exactRange, numberText } from "../../../pipeline/claims/claim_numbers.ts";
import {
  aboutSeventy,
  after,
  countReason,
  epochText,
  exactCounts,
  exactLosses,
  overOrders,
  type Question4,
  roundingReason,
  ruleOfParts,
} from "./measured_4.ts";

const aboutSeventyReason = "about 70 % is 65 to 75 %, nearer to 70 than to 60 or 80";

const fourDecimals = (value: number): number => Number(value.toFixed(4));

const rows = reported.question4_mnist_from_scratch.test_results;

/** Parts of printed counts and losses, by epoch, in every order of summation. */
const printedValues = (orders: SummationOrders, values: typeof rows) => {
  const epochs = values.map((row) => row.after_epoch);
  const of = (epoch: number) => values.find((row) => row.after_epoch === epoch)!;
  return [
    {
      assertion: `The network classifies ${
        values.map(({ correct }) => correct).join(", ")
      } correctly.`,
      quantity: "correct of 10,000",
      bandReason: countReason,
      ...exactCounts,
      conditions: overOrders(
        orders,
        epochs,
        (name, { epoch, correct }) =>
          exactly(name, correct, { low: of(epoch).correct, high: of(epoch).correct }),
      ),
    },
    {
      assertion: `Its loss is ${values.map((row) => row.loss_2dp).join(", ")}.`,
      quantity: "mean loss in nats",
      bandReason: roundingReason,
      ...exactLosses,
      conditions: overOrders(
        orders,
        epochs,
        (name, { epoch, loss }) => exactly(name, loss, printed(of(epoch).loss_2dp, 2)),
      ),
    },
  ];
};

const initial: ClaimDefinition<Question4> = {
  id: "Q4.initial",
  statement: "Before training 1028 of 10,000 are correct, and the loss is 2.36.",
  source: "Question 4, the results",
  analytic: "The weights follow from numpy's default_rng(80085) bit for bit, and so do the results",
  rule: ruleOfParts,
  parts: (measured) => printedValues(measured["scaled-orders"], rows.slice(0, 1)),
  sentence: ([counts, losses]) =>
    `${exactRange(estimates(counts))} of 10,000 are correct before training, loss ` +
    `${
      exactRange(estimates(losses).map(fourDecimals))
    }, in ${counts.conditions.length} orders of summation.`,
};

const uniformLoss: ClaimDefinition<Question4> = {
  id: "Q4.uniform-loss",
  statement: "The loss before training corresponds to uniform probabilities.",
  source: "Question 4, the remark on the first loss",
  analytic: `-ln(1/10) = ${Math.LN10.toFixed(4)}: what equal probabilities lose on any labels`,
  rule: ruleOfParts,
  parts({ described }) {
    const { loss } = after(described, 0);
    const condition = (band: Condition["band"]) => [exactly("before training", loss, band)];
    return [
      {
        assertion: "The loss is near that of uniform probabilities.",
        quantity: "mean loss in nats",
        bandReason: "ln 10 ± 10 %: a trained network's loss is a tenth of it",
        ...exactLosses,
        conditions: condition({ low: 0.9 * Math.LN10, high: 1.1 * Math.LN10 }),
      },
      {
        assertion: "The loss is that of uniform probabilities, in the two decimals printed.",
        quantity: "mean loss in nats",
        bandReason: "what rounds to 2.30",
        ...exactLosses,
        conditions: condition(printed(Number(Math.LN10.toFixed(2)), 2)),
      },
    ];
  },
  sentence([{ conditions: [{ estimate }] }]) {
    const excess = 100 * (estimate / Math.LN10 - 1);
    return `The loss before training is ${estimate.toFixed(3)}, ${
      numberText(Math.abs(excess))
    } % ` +
      `${excess < 0 ? "below" : "above"} the ${Math.LN10.toFixed(3)} of uniform probabilities.`;
  },
};

const epochs: ClaimDefinition<Question4> = {
  id: "Q4.epochs",
  statement: "After epochs 1, 2 and 3, 8671, 9078 and 9277 of 10,000 are correct, with losses of " +
    "0.47, 0.32 and 0.25.",
  source: "Question 4, the results",
  analytic: "In file order nothing but the last bits is left to chance",
  rule: ruleOfParts,
  parts: (measured) => printedValues(measured["scaled-orders"], rows.slice(1)),
  sentence(_, { "scaled-orders": { orders } }) {
    const of = (epoch: number) => {
      const found = orders.map((order) => after(order, epoch));
      return `${exactRange(found.map(({ correct }) => correct))} with ` +
        exactRange(found.map(({ loss }) => fourDecimals(loss)));
    };
    return `Correct answers and losses after epochs 1, 2 and 3: ${
      [1, 2, 3].map(of).join(", ")
    }, in ` +
      `${orders.length} orders of summation.`;
  },
};

const listing: ClaimDefinition<Question4> = {
  id: "Q4.listing",
  statement:
    "The listing, whose layer_sizes has the three entries 784, 32 and 10, is the network " +
    "784-32-32-10 that gives the printed figures.",
  source: "Question 4, the listing and the comment above its layer_sizes",
  analytic: "Three entries make two layers of weights: 784-32-10",
  rule: ruleOfParts,
  parts: ({ listed }) => [
    {
      assertion: "The network as listed gets the printed numbers right.",
      quantity: "correct of 10,000",
      bandReason: countReason,
      ...exactCounts,
      conditions: rows.map(({ after_epoch, correct }) =>
        exactly(epochText(after_epoch), after(listed, after_epoch).correct, {
          low: correct,
          high: correct,
        })
      ),
    },
    {
      assertion: "The network as listed has the printed losses.",
      quantity: "mean loss in nats",
      bandReason: roundingReason,
      ...exactLosses,
      conditions: rows.map(({ after_epoch, loss_2dp }) =>
        exactly(epochText(after_epoch), after(listed, after_epoch).loss, printed(loss_2dp, 2))
      ),
    },
  ],
  sentence: ([counts], { described }) =>
    `The network as listed gets ${estimates(counts).join(", ")} right, the one as described ` +
    `${rows.map((row) => after(described, row.after_epoch).correct).join(", ")}, and printed are ` +
    `${rows.map(({ correct }) => correct).join(", ")}.`,
};

const course: ClaimDefinition<Question4> = {
  id: "Q4.course",
  statement: "About 70 % after 3 epochs is to be expected.",
  source: "Question 4, what the course expects",
  analytic: "None: an expectation",
  rule: ruleOfParts,
  parts({ described }) {
    const accuracy = after(described, 3).correct / described.samples;
    return [
      {
        assertion: "At least 70 % are correct after 3 epochs.",
        quantity: "accuracy on the test set",
        bandReason: "the value itself",
        ...exactCounts,
        conditions: [exactly("after epoch 3", accuracy, { low: 0.7, high: 1 })],
      },
      {
        assertion: "The accuracy after 3 epochs is about 70 %.",
        quantity: "accuracy on the test set",
        bandReason: aboutSeventyReason,
        ...exactCounts,
        conditions: [exactly("after epoch 3", accuracy, aboutSeventy)],
      },
    ];
  },
  sentence: ([{ conditions: [{ estimate }] }]) =>
    `After 3 epochs ${(100 * estimate).toFixed(2)} % are correct, where about 70 % were expected.`,
};

const scale: ClaimDefinition<Question4> = {
  id: "Q4.scale",
  statement: 'Raw pixels of 0 to 255 "cap accuracy at about 70 %".',
  source: "Question 4, the remark on the inputs' scale",
  analytic:
    "None: the training is chaotic in the last bit, so that each order of summation gives " +
    "another run",
  rule: ruleOfParts,
  parts: (measured) => [{
    assertion: "After every epoch about 70 % are correct.",
    quantity: "accuracy on the test set",
    bandReason: aboutSeventyReason,
    ...exactCounts,
    conditions: overOrders(
      measured["raw-orders"],
      [1, 2, 3],
      (name, { correct }) => exactly(name, correct / measured["raw-orders"].samples, aboutSeventy),
    ),
  }],
  sentence([trained], { "raw-orders": { orders, samples } }) {
    const outside = trained.conditions.filter(({ position }) => position !== "inside").length;
    return `With raw pixels ${
      exactRange(estimates(trained).map((share) => Math.round(share * samples)))
    } of ${samples} are correct after an epoch, in ${orders.length} orders of summation: ` +
      `${outside} of ${trained.conditions.length} results are outside of 65 to 75 %.`;
  },
  remarks(measured) {
    const spread = ({ orders }: SummationOrders) => {
      const last = orders.map((order) => after(order, 3).correct);
      return Math.max(...last) - Math.min(...last);
    };
    const before = measured["raw-orders"].orders.map((order) => after(order, 0).correct);
    return [
      `The orders of summation differ by ${
        spread(measured["raw-orders"])
      } correct after the last ` +
      `epoch; with pixels of 0 to 1 they differ by ${spread(measured["scaled-orders"])}. Before ` +
      `training ${exactRange(before)} are correct.`,
    ];
  },
};

export const resultClaims = [initial, uniformLoss, epochs, listing, course, scale];
