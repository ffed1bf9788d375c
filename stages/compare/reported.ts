/**
 * Lists the reported values that question 4's evaluations are graded against. The assignment's
 * come from the file of reported values. The variants' come from an independent check of the
 * assignment.
 */
import reported from "../../artifacts/reference/reported-figures.json" with { type: "json" };

type Exact = { kind: "exact"; value: number };
type Rounded = { kind: "rounded"; value: number; digits: number };
type Within = { kind: "range"; range: { low: number; high: number } };

interface ReportedEpoch {
  epoch: number;
  correct: Exact | Within;
  loss?: Rounded;
}

export interface Reported {
  /** Source of the values, in words. */
  source: string;
  epochs: ReportedEpoch[];
}

const exact = (value: number): Exact => ({ kind: "exact", value });

/** Correct answers out of 10,000 by epoch, 0 being before training. */
const counts = (correct: readonly number[]): ReportedEpoch[] =>
  correct.map((value, epoch) => ({ epoch, correct: exact(value) }));

export const reportedResults = {
  "as-described": {
    source: "the assignment's test results",
    epochs: reported.question4_mnist_from_scratch.test_results.map((row) => ({
      epoch: row.after_epoch,
      correct: exact(row.correct),
      loss: { kind: "rounded", value: row.loss_2dp, digits: 2 },
    })),
  },
  "as-listed": {
    source: "independent check: the listing's 784-32-10 network",
    epochs: counts([999, 9064, 9246, 9324]),
  },
  /** Chaotic in the last bit: five orders of summation gave 5500 to 7500 after each epoch. */
  "raw-pixels": {
    source: "independent check: pixels of 0-255",
    epochs: [
      { epoch: 0, correct: exact(880) },
      ...[1, 2, 3].map((epoch) => ({
        epoch,
        correct: { kind: "range" as const, range: { low: 5500, high: 7500 } },
      })),
    ],
  },
} satisfies Record<string, Reported>;
