/**
 * Lists the claims of question 2, on the scale of initialisation, and the controls of their
 * method.
 */
import type { ClaimDefinition } from "../../../pipeline/claims/claim.ts";
import { attributionClaim, densityClaim, independentClaim } from "./assumed.ts";
import { backwardClaims } from "./backward.ts";
import type { Question2 } from "./measured_2.ts";
import { fansClaims } from "./fans.ts";
import { forwardClaims } from "./forward.ts";
import { reluClaims } from "./relu_claims.ts";

export { controls } from "./controls_2.ts";
export type { Question2 };

export const question2: ClaimDefinition<Question2>[] = [
  ...forwardClaims,
  densityClaim,
  ...reluClaims,
  independentClaim,
  ...backwardClaims,
  ...fansClaims,
  attributionClaim,
];
