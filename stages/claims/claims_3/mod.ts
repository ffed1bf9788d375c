/**
 * Lists the claims of question 3, on FashionMNIST, and the control of their method. The
 * assignment's seed is not known, so its values are compared with the spread of runs of the same
 * program.
 */
import type { ClaimDefinition } from "../../../pipeline/claims/claim.ts";
import { batchClaims } from "./first_batch.ts";
import { curveClaims } from "./curves.ts";
import type { Question3 } from "./measured_3.ts";
import { init } from "./start.ts";
import { predictionClaims } from "./predictions_claims.ts";

export { controls } from "./controls_3.ts";
export { longerTrainings } from "./measured_3.ts";
export type { Question3 };

export const question3: ClaimDefinition<Question3>[] = [
  ...curveClaims,
  ...batchClaims,
  init,
  ...predictionClaims,
];
