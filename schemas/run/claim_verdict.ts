/** The verdict on a claim, as the rule of `pipeline/claims/verdict.ts` computes it. */
import { z } from "zod";

/** The verdicts that a claim may get. */
export const Verdict = z.enum(["confirmed", "refuted", "qualified", "undecided"]);
/** The verdict on a claim. */
export type Verdict = z.infer<typeof Verdict>;
