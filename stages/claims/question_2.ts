/**
 * The claims of question 2, on the scale of initialisation, and the controls of how they are measured.
 * Each group is in a file of its own under `question_2/`.
 */
import type { ClaimDefinition } from "../../pipeline/claims/claim.ts";
import { backwardClaims } from "./question_2/backward.ts";
import type { Question2 } from "./question_2/conditions.ts";
import { fansClaims } from "./question_2/fans.ts";
import { forwardClaims } from "./question_2/forward.ts";
import { reluClaims } from "./question_2/relu.ts";

export { controls } from "./question_2/controls.ts";
export type { Question2 };

export const question2: ClaimDefinition<Question2>[] = [
  ...forwardClaims,
  ...reluClaims,
  ...backwardClaims,
  ...fansClaims,
];
