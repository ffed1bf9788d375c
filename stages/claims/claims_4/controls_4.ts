/** Defines the controls of question 4's method. */
import { type ControlDefinition, exactly } from "../../../pipeline/claims/claim.ts";
import { differenceQuantity, differences } from "./gradients.ts";
import { after, epochText, exactCounts, type Question4 } from "./measured_4.ts";

const wrongGradient: ControlDefinition<Question4> = {
  id: "Q4-control.wrong-gradient",
  statement: "A gradient without the factor σ' of the hidden units is found out.",
  kind: "negative",
  part: ({ gradients }) => ({
    assertion: "It is that of central differences.",
    quantity: differenceQuantity,
    bandReason: "the claim's own",
    test: "exact: the difference itself, in float64",
    confidence: 1,
    conditions: differences(gradients, "without-slopes", "central-differences"),
  }),
};

const sameTraining: ControlDefinition<Question4> = {
  id: "Q4-control.same-training",
  statement: "The order of summation as written is the training that is evaluated.",
  kind: "positive",
  part: (measured) => ({
    assertion: "It gets as many right after every epoch.",
    quantity: "difference of correct answers",
    bandReason: "the same bits",
    ...exactCounts,
    conditions: ([["scaled-orders", "described"], ["raw-orders", "raw"]] as const).flatMap((
      [orders, evaluation],
    ) => {
      const asWritten = measured[orders].orders[0];
      return asWritten.epochs.map(({ epoch, correct }) =>
        exactly(
          `${evaluation}, ${epochText(epoch)}`,
          correct - after(measured[evaluation], epoch).correct,
          { low: 0, high: 0 },
        )
      );
    }),
  }),
};

export const controls: ControlDefinition<Question4>[] = [wrongGradient, sameTraining];
