/** Defines the control of question 3's method. */
import { type ControlDefinition, exactly } from "../../../pipeline/claims/claim.ts";
import type { Question3 } from "./measured_3.ts";

const otherProgram: ControlDefinition<Question3> = {
  id: "Q3-control.other-program",
  statement:
    "Another program, the logistic regression, lies outside the prediction band at the end.",
  kind: "negative",
  part({ curves: { curves, band, level }, "logistic-history": { epochs } }) {
    const rows = curves.find(({ quantity }) => quantity === "train-loss")?.epochs ?? [];
    const last = Math.min(rows.length, epochs.length) - 1;
    return {
      assertion: "Its train loss lies in the prediction band of question 3's program.",
      quantity: "train loss in nats",
      bandReason: "the prediction band that the assignment's rows are judged by",
      test: band,
      confidence: level,
      conditions: [exactly(`epoch ${last}`, epochs[last].trainLoss, rows[last].band)],
    };
  },
};

export const controls = [otherProgram];
