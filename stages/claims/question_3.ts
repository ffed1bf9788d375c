/**
 * The claims of question 3, on FashionMNIST, and the control of how they are measured. The document's
 * seed is not known, so its figures are held against what runs of the same program give.
 */
import type { ClaimDefinition } from "../../pipeline/claims/claim.ts";
import { batchClaims } from "./question_3/batches.ts";
import { curveClaims } from "./question_3/curves.ts";
import type { Question3 } from "./question_3/measured.ts";
import { init } from "./question_3/start.ts";

export { controls } from "./question_3/controls.ts";
export { longerTrainings } from "./question_3/measured.ts";
export type { Question3 };

export const question3: ClaimDefinition<Question3>[] = [...curveClaims, ...batchClaims, init];
