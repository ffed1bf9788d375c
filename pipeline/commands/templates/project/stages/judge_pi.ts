/** `judge-pi`: π from the needles, and Lazzarini's claim judged by how the series scatter. */
import { defineStage, estimated, ledger, ledgerOf, metrics, section, type ValueOf } from "fanin";
import { type Throws, throws } from "./throws.ts";

/** Estimates, one of each series. */
const estimates = ({ length, needles, crossings }: Throws): number[] =>
  crossings.map((crossed) => 2 * length * needles / crossed);

/** Series whose six decimals are those of π. */
const close = (of: Throws) => estimates(of).filter((pi) => Math.abs(pi - Math.PI) < 5e-7).length;

/** With an interval of 95 %. */
function shareOfClose(of: Throws) {
  const sampleSize = of.crossings.length;
  const estimate = close(of) / sampleSize;
  const standardError = Math.sqrt(estimate * (1 - estimate) / sampleSize);
  const measured = { estimate, standardError, reach: 1.96, sampleSize };
  return estimated("all series", measured, { low: 0.5, high: 1 });
}

const judge = (of: Throws) =>
  ledgerOf<Throws>(
    [{
      id: "needle.six-decimals",
      statement: "3408 needles give π to six decimals.",
      source: "Lazzarini, 1901",
      analytic: "such an estimate has a standard deviation of 0.05",
      rule: "confirmed if most series come so close, refuted if most do not",
      parts: () => [{
        assertion: "most series come within 5e-7 of π",
        quantity: "share of series",
        bandReason: "most are more than half",
        test: "normal interval for a share",
        confidence: 0.95,
        conditions: [shareOfClose(of)],
      }],
      sentence: () => `${close(of)} of ${of.crossings.length} series come so close.`,
    }],
    [],
    of,
  );

/** For the report. */
const told = (pi: number): ValueOf<typeof section> => ({
  id: "needle",
  title: "Buffon's needle",
  blocks: [
    { kind: "text", markdown: `All needles together give $\\pi \\approx ${pi.toFixed(4)}$.` },
    { kind: "claims", ids: ["needle.six-decimals"] },
  ],
});

export const judgePi = defineStage({
  name: "judge-pi",
  module: import.meta.url,
  about: "estimates π and judges a claim about it",
  inputs: { throws },
  outputs: { metrics, claims: ledger, section },
  run({ inputs: { throws } }) {
    // Each series has as many needles, so the whole is the harmonic mean.
    const pi = throws.crossings.length / estimates(throws).reduce((sum, one) => sum + 1 / one, 0);
    return { metrics: { pi }, claims: judge(throws), section: told(pi) };
  },
});
