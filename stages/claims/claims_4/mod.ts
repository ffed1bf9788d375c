/**
 * Lists the claims of question 4, on MNIST by hand-written backpropagation, and the controls of
 * their method. Nearly all of it is exact: trainings give the same bytes on every machine of one
 * architecture. What another order of summation changes is measured too.
 */
import type { ClaimDefinition } from "../../../pipeline/claims/claim.ts";
import { gradientClaims } from "./gradients.ts";
import type { Question4 } from "./measured_4.ts";
import { resultClaims } from "./results.ts";
import { sigmoidClaims } from "./sigmoid.ts";
import { speedClaims } from "./speed.ts";
import { untrainedClaims } from "./untrained.ts";

export { controls } from "./controls_4.ts";
export type { Question4 };

export const question4: ClaimDefinition<Question4>[] = [
  ...resultClaims,
  ...gradientClaims,
  ...untrainedClaims,
  ...sigmoidClaims,
  ...speedClaims,
];
