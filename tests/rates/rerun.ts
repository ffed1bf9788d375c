/**
 * The theory's measurements once more from another seed, by the code that `reproduce` runs: design,
 * draws, intervals and tests, verdicts. What is kept is each verdict, and each test of a hypothesis that
 * is known to be true.
 */
import type { Claim, Control } from "../../schemas/run/judged_claims.ts";
import type { Verdict } from "../../schemas/run/claim_verdict.ts";
import type { Estimate } from "../../schemas/assignment/theory.ts";
import { judge, judgeControl } from "../../pipeline/claims/claim.ts";
import { type Question1, question1 } from "../../stages/claims/claims_1.ts";
import { controls, type Question2, question2 } from "../../stages/claims/claims_2/mod.ts";
import { measureAssumptions } from "../../stages/init_check/theory/assumptions.ts";
import { measureContrasts } from "../../stages/expressivity/contrast.ts";
import { measureDistances } from "../../stages/expressivity/distances.ts";
import { activationTheory } from "../../stages/init_check/theory/algebra.ts";
import * as analytic from "../../stages/init_check/theory/analytic.ts";
import { designOf, type Settings } from "../../stages/init_check/theory/design.ts";
import { distributions } from "../../pipeline/claims/distributions.ts";
import {
  measureDepth,
  measureLayers,
  type Options,
} from "../../stages/init_check/theory/measure.ts";
import { isPredictedByLaw } from "../../stages/init_check/theory/relative_variance.ts";
import type { TestFamily } from "../../schemas/assignment/verdict_rates.ts";

/** The quick experiment without fans of 4096, which cost as much as everything else together. */
export const cheap = {
  epsilon: 0.18,
  depth: 10,
  largestFan: 512,
  distances: { dimensions: 3, points: [32, 128], sets: 24 },
};

/** Sample sizes of what the derivations assume, as the stage has them. */
export const assumed = { samples: 2 ** 19, sums: 160_000, layers: 2048 };

/** Distances between points in ever more dimensions. */
const spread = { dimensions: [1, 2, 4, 8], points: 32, sets: 40 };

/** A test of a hypothesis that is true. */
export interface TrueTest {
  test: string;
  kind: TestFamily["kind"];
  /** The stream of its cell: which condition it is. */
  condition: number;
  p: number;
  /** True if the interval missed the true value. */
  missed: boolean;
  power: number;
}

export interface Rerun {
  seed: number;
  verdicts: Record<string, Verdict>;
  misbehaved: string[];
  tests: TrueTest[];
  /** Conditions of claims and controls that rest on chance, and the level of each. */
  conditions: number;
  level: number;
}

/** Measurements by their seed. They depend on no other setting, so each is made once. */
const assumptions = new Map<number, ReturnType<typeof measureAssumptions>>();

function assumptionsOf(seed: number): ReturnType<typeof measureAssumptions> {
  const measured = assumptions.get(seed) ?? measureAssumptions({ seed, ...assumed });
  assumptions.set(seed, measured);
  return measured;
}

/** Measures question 2 as the stages `init-check-*` do. */
export async function measureQuestion2(
  settings: Settings,
  options: Options = {},
): Promise<Question2> {
  const r = await distributions();
  const design = designOf(r, settings);
  return {
    forward: await measureLayers(design, "forward", options),
    backward: await measureLayers(design, "backward", options),
    depth: await measureDepth(design, options),
    activations: activationTheory(r, options.theory ?? analytic),
    assumptions: await assumptionsOf(settings.seed),
  };
}

/** Every estimate of question 2's design of which the prediction is true, with its test of that. */
function trueTests({ forward, backward, depth }: Question2): TrueTest[] {
  const catoni = "bounds beside Catoni's intervals";
  const of = (
    test: string,
    kind: TestFamily["kind"],
    { stream }: { stream: number },
    estimate: Estimate | null | undefined,
  ): TrueTest[] => {
    if (estimate == null) return [];
    const { p, power, prediction, interval: { low, high } } = estimate;
    const missed = prediction < low || prediction > high;
    return [{ test, kind, condition: stream, p, missed, power }];
  };
  const layers = [...forward.rows, ...backward.rows].flatMap((row) => {
    const { cell, conditional, mean, unconditional, weights } = row;
    return [
      ...(cell.weights.law === "gaussian"
        ? of("χ² of products given the signals' norms", "exact", cell, conditional)
        : of(catoni, "bound", cell, conditional)),
      ...of("z of the products' mean", "exact", cell, mean),
      ...(isPredictedByLaw(cell) ? of(catoni, "bound", cell, unconditional) : []),
      ...of("z of uniform weights' squares", "asymptotic", cell, weights?.secondMoment),
    ];
  });
  const relu = forward.relu.flatMap(({ cell, mean, secondMoment, variance }) =>
    [mean, secondMoment, variance].flatMap((one) => of(catoni, "bound", cell, one))
  );
  const networks = depth.rows.flatMap(({ cell, factor, endToEnd, varianceAtEnd, logGrowth }) => [
    ...(cell.activation === "linear"
      ? of("χ² of linear layers' factors", "exact", cell, factor)
      : of(catoni, "bound", cell, factor)),
    ...of(catoni, "bound", cell, endToEnd),
    ...of(catoni, "bound", cell, varianceAtEnd),
    ...of("z of the growth's mean logarithm", "asymptotic", cell, logGrowth?.mean),
    ...of(catoni, "bound", cell, logGrowth?.variance),
  ]);
  return [...layers, ...relu, ...networks];
}

/** Conditions of parts whose confidence is not complete. */
const chancy = (claims: readonly Claim[], judged: readonly Control[]): number =>
  [...claims.flatMap(({ parts }) => parts), ...judged.map(({ part }) => part)]
    .filter(({ confidence }) => confidence < 1)
    .reduce((sum, { conditions }) => sum + conditions.length, 0);

/** The claims of question 1 that rest on chance. */
async function judgeDistances(seed: number, settings: typeof cheap.distances): Promise<Claim[]> {
  const distances = await measureDistances({ ...settings, seed });
  const contrasts = await measureContrasts({ ...spread, seed });
  return question1.filter(({ id }) => ["Q1.distance", "Q1.spread"].includes(id))
    .map((claim) => judge(claim, { distances, contrasts } as Question1));
}

/** Reruns everything from a seed. Tests hand in options that break it. */
export async function rerun(
  seed: number,
  { distances, ...settings }: typeof cheap,
  options: Options = {},
): Promise<Rerun> {
  const measured = await measureQuestion2({ seed, ...settings }, options);
  const claims = question2.map((claim) => judge(claim, measured));
  const judged = controls.map((control) => judgeControl(control, measured));
  const ofDistances = await judgeDistances(seed, distances);
  return {
    seed,
    verdicts: Object.fromEntries(
      [...claims, ...ofDistances].map(({ id, verdict }) => [id, verdict]),
    ),
    misbehaved: judged.filter(({ behaved }) => !behaved).map(({ id }) => id),
    tests: trueTests(measured),
    conditions: chancy(claims, judged),
    level: measured.forward.level,
  };
}
