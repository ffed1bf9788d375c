/**
 * Loads the distributions that intervals and tests need, under R's names, only when one is needed.
 *
 * Most are those of lib-r-math.js. Its t, beta and binomial rest on an incomplete beta function that
 * is off by up to 1e-3, and 0 in tails below 1e-8 for 149 degrees of freedom or more. Ours replace them.
 */
import { pbeta, pbinom, pt, qbeta, qt } from "./incomplete_beta.ts";

/** The distributions; `tests/pipeline/claims/distributions_test.ts` compares each with tables. */
export async function distributions() {
  // A package of it looks for settings in the storage of browsers. Deno has that in a file of its own, which
  // a full disk or a directory that may not be written to would make an error.
  const storage = { getItem: () => null };
  Object.defineProperty(globalThis, "localStorage", { value: storage, configurable: true });
  const r = await import("lib-r-math.js");
  const { dbinom, pchisq, pnorm, qchisq, qnorm } = r;
  const { digamma, gamma, lgamma, pentagamma, tetragamma, trigamma } = r;
  return {
    ...{ dbinom, pbeta, pbinom, pchisq, pnorm, pt, qbeta, qchisq, qnorm, qt },
    ...{ digamma, gamma, lgamma, pentagamma, tetragamma, trigamma },
  };
}
export type Distributions = Awaited<ReturnType<typeof distributions>>;
