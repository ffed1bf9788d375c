/**
 * The claims of question 3, on FashionMNIST, and the control of how they are measured. The assignment's
 * seed is not known, so its figures are held against what runs of the same program give.
 */
import type { ClaimDefinition } from "../../../pipeline/claims/claim.ts";
import { batchClaims } from "./first_batch.ts";
import { curveClaims } from "./curves.ts";
import type { Question3 } from "./measured_3.ts";
import { init } from "./start.ts";

export { controls } from "./controls_3.ts";
export { longerTrainings } from "./measured_3.ts";
export type { Question3 };

export const question3: ClaimDefinition<Question3>[] = [...curveClaims, ...batchClaims, init];
