/** The measurements that the claims of question 2 are judged by. */
import type {
  ActivationTheory,
  Assumptions,
  DepthTheory,
  LayerTheory,
} from "../../../schemas/assignment/theory.ts";

/** The artifacts of `init-check-layer`, forward and backward, `-depth`, `-activations`, `-assumptions`. */
export interface Question2 {
  forward: LayerTheory;
  backward: LayerTheory;
  depth: DepthTheory;
  activations: ActivationTheory;
  assumptions: Assumptions;
}

/**
 * The rows that are wanted, of which there must be some.
 * @throws Error if there is none
 */
export function wanted<Row>(rows: readonly Row[], what: string, is: (row: Row) => boolean): Row[] {
  const found = rows.filter(is);
  if (found.length > 0) return found;
  throw new Error(
    `question 2: expected measurements of ${what}, found none; do the artifacts come from this ` +
      "version of the stages?",
  );
}
