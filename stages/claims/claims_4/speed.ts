/** Claims on the speed of question 4's training: of its arithmetic, and of its learning. */
import type { DeltaOperations } from "../../../schemas/assignment/by_hand_measurements.ts";
import { type ClaimDefinition, exactly } from "../../../pipeline/claims/claim.ts";
import { numberText } from "../../../pipeline/claims/claim_numbers.ts";
import { epochText, type Question4, ruleOfParts } from "./measured_4.ts";

type Row = DeltaOperations["rows"][number];

const wayText: Record<Row["way"], string> = {
  simplified: "p - onehot(y)",
  "chain-rule": "the chain rule",
  "chain-rule-of-the-true-class": "the chain rule without the terms that are 0",
};

/** Rows of the longer ways, each with the operations of the simplified one at the same weights. */
function longerWays({ rows }: DeltaOperations): (Row & { simplified: number })[] {
  return rows.filter(({ way }) => way !== "simplified").map((row) => {
    const simplified = rows.find(({ epoch, way }) => epoch === row.epoch && way === "simplified");
    if (simplified !== undefined) return { ...row, simplified: simplified.operations };
    throw new Error(
      `question 4: expected the simplified delta's operations ${epochText(row.epoch)}`,
    );
  });
}

/** Error that a few roundings leave in entries of at most 1. */
const rounding = 1e-14;

const delta: ClaimDefinition<Question4> = {
  id: "Q4.delta",
  statement: 'The simplified delta of softmax and cross-entropy "speeds things up".',
  source: "Question 4, the backward pass",
  analytic:
    "p - onehot(y) takes K subtractions for K classes; ∂L/∂p through the softmax's Jacobian " +
    "takes 4K² operations, or 3K + 1 if only the true class's terms are taken",
  rule: ruleOfParts,
  parts: ({ operations }) => [
    {
      assertion: "It is the same delta.",
      quantity: "largest difference from p - onehot(y), whose entries are at most 1",
      bandReason: `${rounding}: a few roundings`,
      test: "exact: the difference itself, in float64",
      confidence: 1,
      conditions: longerWays(operations).map(({ epoch, way, largestDifference }) =>
        exactly(
          `${wayText[way]}, ${epochText(epoch)}; ${operations.samples} samples`,
          largestDifference,
          { low: 0, high: rounding },
        )
      ),
    },
    {
      assertion: "It takes fewer operations.",
      quantity: "operations of another way, over those of the simplified delta",
      bandReason: "fewer is above 1",
      test: "exact: counted as they are done",
      confidence: 1,
      conditions: longerWays(operations).map(({ epoch, way, operations, simplified }) =>
        exactly(
          `${wayText[way]}, ${epochText(epoch)}`,
          operations / simplified,
          { low: 1 + Number.EPSILON, high: null },
        )
      ),
    },
  ],
  sentence(_, { operations }) {
    const ways = [
      ...new Map(
        longerWays(operations).map((row) => [
          row.way,
          `${wayText[row.way]} ${row.operations}, ${
            numberText(row.operations / row.simplified)
          } times as many`,
        ]),
      ).values(),
    ];
    return `The simplified delta takes ${
      longerWays(operations)[0].simplified
    } operations a sample; ${ways.join("; ")}.`;
  },
  remarks({ operations }) {
    const shares = longerWays(operations).map((row) =>
      numberText(100 * (row.operations - row.simplified) / operations.step)
    );
    return [
      `A whole training step takes about ${operations.step} operations, of which it saves ${
        [...new Set(shares)].join(" % or ")
      } %.`,
    ];
  },
};

const slow: ClaimDefinition<Question4> = {
  id: "Q4.slow",
  statement: 'Raw pixels "slow learning".',
  source: "Question 4, the remark on the inputs' scale",
  analytic: "None: the first steps are longer with raw pixels, until the units saturate",
  rule: ruleOfParts,
  parts: ({ "raw-gradients": { losses: raw }, "scaled-gradients": { losses: scaled } }) => [{
    assertion: "Through the first epoch the loss is higher with raw pixels.",
    quantity: `mean loss with raw pixels less that with pixels of 0 to 1, in nats`,
    bandReason: "higher is above 0",
    test: "exact: each sample's loss before its update, in float64",
    confidence: 1,
    conditions: raw.means.map((loss, i) =>
      exactly(
        `samples ${i * raw.samples + 1} to ${(i + 1) * raw.samples}`,
        loss - scaled.means[i],
        { low: Number.MIN_VALUE, high: null },
      )
    ),
  }],
  sentence([{ conditions }], { "raw-gradients": { losses: raw }, "scaled-gradients": scaled }) {
    const crossing = conditions.findIndex((_, i) =>
      conditions.slice(i).every(({ position }) => position === "inside")
    );
    const at = (i: number) =>
      `${numberText(raw.means[i])} and ${numberText(scaled.losses.means[i])}`;
    const last = raw.means.length - 1;
    return `The mean losses with raw pixels and with pixels of 0 to 1 are ${
      at(0)
    } over the first ` +
      `${raw.samples} samples and ${at(last)} at the end of the first epoch. ` +
      (crossing < 0
        ? "With raw pixels it is not higher at the end."
        : crossing === 0
        ? "With raw pixels it is higher throughout."
        : `With raw pixels it is higher for good from sample ${crossing * raw.samples + 1} on.`);
  },
};

export const speedClaims = [delta, slow];
