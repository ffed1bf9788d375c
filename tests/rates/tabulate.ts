/** Tabulates whole runs claim by claim: how often a verdict is not the expected one. */
import type { ChanceGroup } from "../../schemas/assignment/chance.ts";
import type { Verdict } from "../../schemas/run/claim_verdict.ts";
import type { Claim } from "../../schemas/run/judged_claims.ts";
import { rateOf } from "../../pipeline/claims/rate.ts";

/** The claims of a run from a seed. */
export interface SeededRun {
  seed: number;
  claims: readonly Pick<Claim, "id" | "verdict" | "parts">[];
}

/** Everything that decides a part's outcome, as text. */
const measuredOf = ({ conditions }: Claim["parts"][number]): string =>
  JSON.stringify(conditions.map(({ interval, band }) => [interval, band]));

/** The confidences of the parts that differ between runs; none if all runs measure the same. */
function varyingConfidences(found: readonly Pick<Claim, "parts">[]): number[] {
  const most = Math.max(...found.map(({ parts }) => parts.length));
  return Array.from({ length: most }, (_, i) => found.map(({ parts }) => parts[i]))
    .filter((parts) => new Set(parts.map((part) => part && measuredOf(part))).size > 1)
    .flatMap((parts) => parts.filter((part) => part !== undefined))
    .map(({ confidence }) => confidence);
}

/**
 * Counts the turned verdicts of runs.
 * @throws Error if a run lacks a claim of the others, or no verdict is expected of one
 */
export async function tabulate(
  runs: readonly SeededRun[],
  expectations: ReadonlyMap<string, Verdict>,
): Promise<Pick<ChanceGroup, "seeds" | "anyTurned" | "claims">> {
  const rate = (turned: number) => rateOf(turned, runs.length);
  const claims = await Promise.all(runs[0].claims.map(async ({ id }) => {
    const expected = expectations.get(id);
    if (expected === undefined) throw new Error(`no verdict is expected of the claim ${id}`);
    const found = runs.map(({ seed, claims }) => {
      const claim = claims.find((one) => one.id === id);
      if (claim === undefined) throw new Error(`the run from seed ${seed} has no claim ${id}`);
      return { seed, ...claim };
    });
    const confidences = varyingConfidences(found);
    const turns = found.filter(({ verdict }) => verdict !== expected)
      .map(({ seed, verdict }) => ({ seed, verdict }));
    return {
      id,
      expected,
      varies: confidences.length > 0,
      level: confidences.length > 0 ? Math.min(...confidences) : null,
      turned: await rate(turns.length),
      turns,
    };
  }));
  const turnedSeeds = new Set(claims.flatMap(({ turns }) => turns.map(({ seed }) => seed)));
  return {
    seeds: runs.map(({ seed }) => seed),
    anyTurned: await rate(turnedSeeds.size),
    claims,
  };
}
