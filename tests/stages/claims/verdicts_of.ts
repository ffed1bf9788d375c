/** Judges claims, and gives their verdicts by their ids. */
import type { Verdict } from "../../../schemas/run/claim_verdict.ts";
import { type ClaimDefinition, judge } from "../../../pipeline/claims/claim.ts";

export const verdictsOf = <M>(
  claims: readonly ClaimDefinition<M>[],
  measurements: M,
): Record<string, Verdict> =>
  Object.fromEntries(claims.map((claim) => [claim.id, judge(claim, measurements).verdict]));
