/** Turns question 4's measurements into the conditions of claims. */
import type {
  DeltaOperations,
  GradientCheck,
  GradientScale,
  SigmoidForms,
  SummationOrders,
  Untrained,
  WeightedInputs,
} from "../../../schemas/assignment/by_hand_measurements.ts";
import { NotMeasured } from "../../../pipeline/claims/not_measured.ts";
import type { Condition } from "../../../schemas/run/judged_claims.ts";
import type {
  BatchMoments,
  InitialisationReport,
} from "../../../schemas/assignment/initialisation.ts";
import type { Evaluation } from "../../../schemas/assignment/training.ts";

export { ruleOfParts } from "../rule_of_parts.ts";

/** Artifacts of question 4's jobs; `scaled` is the network as described on pixels of 0 to 1. */
export interface Question4 {
  described: Evaluation;
  listed: Evaluation;
  raw: Evaluation;
  "scaled-orders": SummationOrders;
  "raw-orders": SummationOrders;
  gradients: GradientCheck;
  "scaled-gradients": GradientScale;
  "raw-gradients": GradientScale;
  moments: BatchMoments;
  "weighted-inputs": WeightedInputs;
  untrained: Untrained;
  operations: DeltaOperations;
  forms: SigmoidForms;
  /** Weights drawn by the listing's rule: of both networks, and of one that grows wider. */
  "described-weights": InitialisationReport;
  "listed-weights": InitialisationReport;
  "widening-weights": InitialisationReport;
}

/** "About 70 %" wherever the assignment says so: 65 to 75 %. */
export const aboutSeventy = { low: 0.65, high: 0.75 };

/**
 * A row of an evaluation.
 * @throws {NotMeasured} if that epoch was not evaluated
 */
export function after<Row extends { epoch: number }>(
  { epochs }: { readonly epochs: readonly Row[] },
  epoch: number,
): Row {
  const row = epochs.find((row) => row.epoch === epoch);
  if (row !== undefined) return row;
  throw new NotMeasured(
    `expected an evaluation after epoch ${epoch}, found those after ` +
      epochs.map((row) => row.epoch).join(", "),
  );
}

export const epochText = (epoch: number): string =>
  epoch === 0 ? "before training" : `after epoch ${epoch}`;

/** One condition for each order of summation and each of the epochs. */
export const overOrders = (
  { orders }: SummationOrders,
  epochs: readonly number[],
  condition: (
    name: string,
    row: { epoch: number; correct: number; loss: number },
  ) => Condition,
): Condition[] =>
  orders.flatMap((order) =>
    epochs.map((epoch) => condition(`${epochText(epoch)}, sums ${order.name}`, after(order, epoch)))
  );

export const exactCounts = { test: "exact counts of 10,000 test images", confidence: 1 };
export const exactLosses = { test: "exact, in float64", confidence: 1 };
export const countReason = "a count: equal or not";
export const roundingReason = "values that round to the printed one";
