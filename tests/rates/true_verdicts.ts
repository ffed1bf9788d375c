/**
 * The verdicts that are right: by theory, and by an independent check of the assignment. Errors are
 * counted against them; nothing that judges a claim reads them.
 */
import type { Verdict } from "../../schemas/run/claim_verdict.ts";

export const trueVerdicts: Record<string, Verdict> = {
  "Q2a.forward": "confirmed",
  "Q2a.terms": "confirmed",
  "Q2b.depth": "confirmed",
  "Q2b.rule": "confirmed",
  "Q2b.name": "qualified",
  "Q2c.density": "confirmed",
  "Q2c.normal": "confirmed",
  "Q2c.mean": "confirmed",
  "Q2c.second": "confirmed",
  "Q2c.var": "confirmed",
  "Q2c.rule-var": "confirmed",
  "Q2c.rule-stable": "refuted",
  "Q2c.number": "refuted",
  "Q2c.he": "confirmed",
  "Q2c.reason": "refuted",
  "Q2d.independent": "confirmed",
  "Q2d.backward": "confirmed",
  "Q2d.identity": "refuted",
  "Q2d.rule": "qualified",
  "Q2e.conflict": "confirmed",
  "Q2e.glorot": "confirmed",
  "Q2e.halves": "refuted",
  "Q2e.two": "refuted",
  "Q2e.attribution": "refuted",
  "Q1.distance": "confirmed",
  "Q1.spread": "confirmed",
};
