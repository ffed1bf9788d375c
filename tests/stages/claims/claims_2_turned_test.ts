/**
 * Tests that every claim of question 2 and every control depends on its premises. A premise is perturbed,
 * in a derivation, in the draws or in the measurements, and the verdict changes. Other draws are measured
 * again by the stages' own code.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { assumed, cheap, measureQuestion2 } from "../../rates/rerun.ts";
import { trueVerdicts } from "../../rates/true_verdicts.ts";
import type { Verdict } from "../../../schemas/run/claim_verdict.ts";
import type {
  Algebra,
  Estimate,
  LayerCell,
  LayerTheory,
  NetworkCell,
  ProductCase,
  TheoryDesign,
} from "../../../schemas/assignment/theory.ts";
import { judge, judgeControl } from "../../../pipeline/claims/claim.ts";
import { controls, type Question2, question2 } from "../../../stages/claims/claims_2/mod.ts";
import { activationTheory, algebra } from "../../../stages/init_check/theory/algebra.ts";
import {
  measureAssumptions,
  type Simulated,
} from "../../../stages/init_check/theory/assumptions.ts";
import * as analytic from "../../../stages/init_check/theory/analytic.ts";
import { designOf, printedGain } from "../../../stages/init_check/theory/design.ts";
import { distributions } from "../../../pipeline/claims/distributions.ts";
import {
  measureDepth,
  measureLayers,
  type Options,
} from "../../../stages/init_check/theory/measure.ts";
import { normality } from "../../../stages/init_check/theory/normality.ts";

const r = await distributions();
const { distances: _, ...settings } = cheap;
const design = designOf(r, { seed: 7, ...settings });
const right = await measureQuestion2({ seed: 7, ...settings });

/** Draws and measures again the cells that `changed` gives, and puts their rows in place. */
async function again(
  changed: Partial<Pick<TheoryDesign, "layers" | "relu" | "networks">>,
  options: Options = {},
): Promise<Question2> {
  const { layers = [], relu = [], networks = [] } = changed;
  const part = { ...design, layers, relu, networks };
  const replaced = <Row extends { cell: { stream: number } }>(rows: Row[], by: Row[]): Row[] =>
    rows.map((row) => by.find(({ cell }) => cell.stream === row.cell.stream) ?? row);
  const layer = async (direction: LayerTheory["direction"]) => {
    const before = right[direction];
    const isEmpty = layers.every((cell) => cell.direction !== direction) &&
      (direction === "backward" || relu.length === 0);
    if (isEmpty) return before;
    const found = await measureLayers(part, direction, options);
    return {
      ...before,
      rows: replaced(before.rows, found.rows),
      relu: replaced(before.relu, found.relu),
    };
  };
  return {
    ...right,
    forward: await layer("forward"),
    backward: await layer("backward"),
    depth: networks.length === 0 ? right.depth : {
      ...right.depth,
      rows: replaced(right.depth.rows, (await measureDepth(part, options)).rows),
    },
  };
}

const layersOf = (
  is: (cell: LayerCell) => boolean,
  as: (cell: LayerCell) => LayerCell = (c) => c,
) => design.layers.filter(is).map(as);
const networksOf = (is: (cell: NetworkCell) => boolean, gain: (cell: NetworkCell) => number) =>
  design.networks.filter((cell) => cell.purpose !== "curves" && is(cell))
    .map((cell) => ({ ...cell, gain: gain(cell) }));

/** Weights of another variance than the design says. */
const drawnWith = (variance: number): Options => ({
  kernel: (kernel) => {
    const scale = (values: Float64Array) => {
      for (let j = 0; j < values.length; j++) values[j] *= Math.sqrt(variance);
    };
    return {
      ...kernel,
      products: (x, out, matrix) => (kernel.products(x, out, matrix), scale(out)),
      transposedProducts: (g, out) => (kernel.transposedProducts(g, out), scale(out)),
    };
  },
});

/** Measures cells, and the networks of a rule, with a quarter of the variance that the rule says. */
const withQuarterOf = (
  activation: NetworkCell["activation"],
  rule: NetworkCell["rule"],
  cells: Partial<Pick<TheoryDesign, "layers" | "relu">>,
): Promise<Question2> =>
  again({
    ...cells,
    networks: networksOf(
      (cell) => cell.activation === activation && cell.rule === rule,
      ({ gain }) => gain,
    ),
  }, drawnWith(1 / 4));

const derived = (changed: Partial<analytic.Theory>): Options => ({
  theory: { ...analytic, ...changed },
});
/** Only what is algebra, from another derivation. */
const recomputed = (changed: Partial<analytic.Theory>): Question2 => ({
  ...right,
  activations: activationTheory(r, { ...analytic, ...changed }),
});
const edited = (changed: Partial<Algebra>): Question2 => ({
  ...right,
  activations: {
    ...right.activations,
    algebra: { ...right.activations.algebra, ...changed },
  },
});
const times = (estimate: Estimate, factor: number): Estimate => ({
  ...estimate,
  estimate: estimate.estimate * factor,
  standardError: estimate.standardError * factor,
  interval: { low: estimate.interval.low * factor, high: estimate.interval.high * factor },
});

/** The ReLU's moments by another derivation: closed forms, and layers compared with them. */
const relu = async (changed: Partial<analytic.Theory>): Promise<Question2> => ({
  ...await again({ relu: design.relu }, derived(changed)),
  activations: activationTheory(r, { ...analytic, ...changed }),
});

/** Draws that sums of dependent terms need. */
const dependentDraws = design.layers.find(({ purpose }) => purpose === "correlated-both")!.draws;

/** Simulates what the derivations assume with another activation. */
const assuming = async (simulated: Simulated): Promise<Question2> => ({
  ...right,
  assumptions: await measureAssumptions({ seed: 7, ...assumed }, simulated),
});

const turned: Record<
  string,
  { premise: string; becomes: Verdict; measured(): Question2 | Promise<Question2> }
> = {
  "Q2a.forward": {
    premise: "the derivation has a factor 2 too many",
    becomes: "qualified",
    measured: () =>
      again(
        { layers: layersOf((cell) => cell.purpose === "sizes" && cell.direction === "forward") },
        derived({ forwardVariance: (...all) => 2 * analytic.forwardVariance(...all) }),
      ),
  },
  "Q2a.terms": {
    premise:
      "weights and inputs of every sum are correlated, so that its terms are not independent",
    becomes: "refuted",
    measured: () =>
      again({
        layers: layersOf(
          ({ purpose, direction, nIn }) =>
            direction === "forward" && nIn > 1 && ["sizes", "mean-inputs"].includes(purpose),
          (cell) => ({
            ...cell,
            nOut: 1,
            draws: dependentDraws,
            weights: { ...cell.weights, correlation: 0.9 },
            signal: { ...cell.signal, law: "gaussian", mean: 0, correlation: 0.9 },
          }),
        ),
      }),
  },
  "Q2b.depth": {
    premise: "the derivation multiplies by 2n σ² a layer",
    becomes: "qualified",
    measured: () =>
      again(
        { networks: networksOf(({ rule }) => rule === "off-one", ({ gain }) => gain) },
        derived({ linearFactor: (gain) => 2 * gain }),
      ),
  },
  "Q2b.rule": {
    premise: "weights have a quarter of the variance 1/n_in",
    becomes: "refuted",
    measured: () =>
      withQuarterOf("linear", "lecun", {
        layers: layersOf(({ purpose, rule }) => purpose === "rule" && rule === "lecun"),
      }),
  },
  "Q2b.name": {
    premise: "Glorot's rule is 1/n_in",
    becomes: "confirmed",
    measured: () =>
      edited({ rules: algebra(analytic).rules.map((row) => ({ ...row, glorot: row.lecun })) }),
  },
  "Q2c.density": {
    premise: "the activation doubles what is above 0",
    becomes: "refuted",
    measured: () => assuming({ relu: (a) => Math.max(0, 2 * a) }),
  },
  "Q2c.normal": {
    premise: "every sum is of one term with Student t₅ inputs",
    becomes: "refuted",
    measured: () => ({
      ...right,
      activations: {
        ...right.activations,
        normality: right.activations.normality.map(({ law, nIn }) => ({
          ...normality("student-t5", 1),
          law,
          nIn,
        })),
      },
    }),
  },
  "Q2c.mean": {
    premise: "the derivation gives s/1.5",
    becomes: "refuted",
    measured: () => relu({ reluMean: (s) => s / 1.5 }),
  },
  "Q2c.second": {
    premise: "the derivation gives s²",
    becomes: "refuted",
    measured: () => relu({ reluSecondMoment: (s) => s ** 2 }),
  },
  "Q2c.var": {
    premise: "the derivation gives s²/2",
    becomes: "refuted",
    measured: () => relu({ reluVariance: (s) => s ** 2 / 2 }),
  },
  "Q2c.rule-var": {
    premise: "the rule derived is 2/n_in",
    becomes: "refuted",
    measured: () => recomputed({ varianceRuleGain: () => 2 }),
  },
  "Q2c.rule-stable": {
    premise: "deep networks by that rule are drawn with 2/n_in",
    becomes: "confirmed",
    measured: () =>
      again({
        networks: networksOf(
          ({ activation, rule }) => activation === "relu" && rule === "variance",
          () => 2,
          // The variance after the last layer is smaller than by the rule, and nearer to its margin.
        ).map((cell) => ({ ...cell, networks: 4 * cell.networks })),
      }),
  },
  "Q2c.number": {
    premise: "the rule derived is the printed number",
    becomes: "confirmed",
    measured: () => recomputed({ varianceRuleGain: () => printedGain }),
  },
  "Q2c.he": {
    premise: "weights have a quarter of the variance 2/n_in",
    becomes: "refuted",
    measured: () =>
      withQuarterOf("relu", "he", {
        relu: design.relu.filter(({ against, rule }) => against === "normal" && rule === "he"),
      }),
  },
  "Q2c.reason": {
    premise: "the mean is a twentieth of the second moment",
    becomes: "confirmed",
    measured: () => edited({ reason: { share: 0.05, change: 0.95 } }),
  },
  "Q2d.independent": {
    premise:
      "weights were found to depend on the gradients, and to have a mean beside correlated ones",
    becomes: "refuted",
    measured: () => {
      const { products } = right.assumptions;
      const of = (name: ProductCase) => products.find((row) => row.case === name)!;
      const { covariance } = of("dependent-factors");
      const { variance } = of("weights-with-mean-correlated-gradients");
      const turned = products.map((row) => ({ ...row, covariance, variance }));
      return { ...right, assumptions: { ...right.assumptions, products: turned } };
    },
  },
  "Q2d.backward": {
    premise: "the derivation leaves μ out",
    becomes: "qualified",
    measured: () =>
      again(
        { layers: layersOf((cell) => cell.purpose === "sizes" && cell.direction === "backward") },
        derived({
          backwardVariance: (n, variance, _mean, gradientVariance) =>
            analytic.backwardVariance(n, variance, 0, gradientVariance),
        }),
      ),
  },
  "Q2d.identity": {
    premise: "the identity is Goodman's",
    becomes: "confirmed",
    measured: () => recomputed({ printedProductVariance: analytic.productVariance }),
  },
  "Q2d.rule": {
    premise: "gradients with a mean were found to keep their variance",
    becomes: "confirmed",
    measured: () => ({
      ...right,
      backward: {
        ...right.backward,
        rows: right.backward.rows.map((row) => {
          const { mean, variance } = row.cell.signal;
          return row.unconditional === null ? row : {
            ...row,
            unconditional: times(row.unconditional, variance / (variance + mean ** 2)),
          };
        }),
      },
    }),
  },
  "Q2e.conflict": {
    premise: "weights against a rule's direction are drawn by the other rule",
    becomes: "qualified",
    measured: () =>
      again({
        layers: layersOf(
          ({ purpose, direction, rule }) =>
            purpose === "rule" && rule === (direction === "forward" ? "backward" : "lecun"),
          (cell) => ({
            ...cell,
            weights: {
              ...cell.weights,
              variance: 1 / (cell.direction === "forward" ? cell.nIn : cell.nOut),
            },
          }),
        ),
      }),
  },
  "Q2e.glorot": {
    premise: "weights by Glorot's rule are drawn with twice its variance",
    becomes: "qualified",
    measured: () =>
      again({
        layers: layersOf(
          ({ purpose, rule }) => purpose === "rule" && rule === "glorot",
          (cell) => ({
            ...cell,
            weights: { ...cell.weights, variance: 2 * cell.weights.variance },
          }),
        ),
      }),
  },
  "Q2e.halves": {
    premise: "the variance after the ReLU was found to be a half",
    becomes: "confirmed",
    measured: () =>
      edited({
        relu: right.activations.algebra.relu.map((row) =>
          row.moment === "variance" ? { ...row, closedForm: 0.5, quadrature: 0.5 } : row
        ),
      }),
  },
  "Q2e.two": {
    premise: "Glorot's rule is 4/(n_in + n_out)",
    becomes: "confirmed",
    measured: async () => ({
      ...await again({
        layers: layersOf(
          ({ purpose, rule, nIn, nOut }) => purpose === "rule" && rule === "glorot" && nIn === nOut,
          (cell) => ({
            ...cell,
            weights: { ...cell.weights, variance: 4 / (cell.nIn + cell.nOut) },
          }),
        ),
        networks: networksOf(
          ({ purpose, activation, rule }) =>
            purpose === "layer-factor" && activation === "relu" && rule === "lecun",
          () => 2,
        ),
      }),
      activations: edited({
        rules: algebra(analytic).rules.map((row) => ({ ...row, glorot: 2 * row.glorot })),
      }).activations,
    }),
  },
  "Q2e.attribution": {
    premise: "the activation has a mean of almost 0",
    becomes: "confirmed",
    measured: () => assuming({ relu: (a) => a }),
  },
};

for (const claim of question2) {
  const { premise, becomes, measured } = turned[claim.id];
  Deno.test(`${claim.id} is ${trueVerdicts[claim.id]}, and ${becomes} when ${premise}`, async () => {
    assertEquals(judge(claim, right).verdict, trueVerdicts[claim.id]);
    const { verdict, parts } = judge(claim, await measured());
    assertEquals(verdict, becomes, JSON.stringify(parts, null, 1));
  });
}

/** The control's cells, with other weights and signals. */
const without = (purpose: LayerCell["purpose"], as: (cell: LayerCell) => LayerCell) =>
  again({ layers: layersOf((cell) => cell.purpose === purpose, as) });
const plainWeights = (cell: LayerCell): LayerCell => ({
  ...cell,
  weights: { ...cell.weights, mean: 0, correlation: 0 },
});

const misbehaving: Record<
  string,
  { premise: string; measured(): Question2 | Promise<Question2> }
> = {
  "Q2-control.wrong-factor": {
    premise: "weights have the variance that was to be refused",
    measured: () =>
      again(
        { layers: layersOf(({ purpose }) => purpose === "sizes") },
        drawnWith(1 + 3 * design.epsilon),
      ),
  },
  "Q2-control.mean-inputs": {
    premise: "inputs have no mean",
    measured: () =>
      without("mean-inputs", (cell) => ({ ...cell, signal: { ...cell.signal, mean: 0 } })),
  },
  "Q2-control.mean-weights": {
    premise: "weights have no mean",
    measured: () => without("mean-weights", plainWeights),
  },
  "Q2-control.correlated-both": {
    premise: "weights are independent",
    measured: () => without("correlated-both", plainWeights),
  },
  "Q2-control.correlated-inputs": {
    premise: "weights are correlated",
    measured: () =>
      without("correlated-inputs", (cell) => ({
        ...cell,
        weights: { ...cell.weights, correlation: 0.5 },
      })),
  },
  "Q2-control.uniform-weights": {
    premise: "weights are wider than their bound",
    measured: () => ({
      ...right,
      forward: {
        ...right.forward,
        rows: right.forward.rows.map((row) =>
          row.weights === null ? row : { ...row, weights: { ...row.weights, largest: 1.0001 } }
        ),
      },
    }),
  },
  "Q2-control.relu-by-law": {
    premise: "the mean of the ReLU is derived as s/2",
    measured: () =>
      again({ relu: design.relu.filter(({ against }) => against === "law") }, {
        theory: { ...analytic, reluMean: (s) => s / 2 },
      }),
  },
  "Q2-control.spread": {
    premise: "the logarithm of the growth was found with three times the variance",
    measured: () => growth(3, 1),
  },
  "Q2-control.drift": {
    premise: "the mean logarithm of the growth was found not to drift",
    measured: () => growth(1, 0),
  },
  "Q2-control.no-difference": {
    premise: "weights have 1.1 times their variance",
    measured: () =>
      again(
        { layers: layersOf((cell) => cell.purpose === "sizes" && cell.direction === "forward") },
        drawnWith(1.1),
      ),
  },
};

/** Returns the measurements for another variance, and another share of the drift. */
function growth(variance: number, drift: number): Question2 {
  const rows = right.depth.rows.map((row) => {
    if (row.logGrowth === null) return row;
    const { predictedMean, predictedVariance, mean } = row.logGrowth;
    const shift = (drift - 1) * predictedMean / Math.sqrt(predictedVariance);
    const { low, high } = mean.interval;
    return {
      ...row,
      logGrowth: {
        ...row.logGrowth,
        mean: {
          ...mean,
          estimate: mean.estimate + shift,
          interval: { low: low + shift, high: high + shift },
        },
        variance: times(row.logGrowth.variance, variance),
      },
    };
  });
  return { ...right, depth: { ...right.depth, rows } };
}

for (const control of controls) {
  const { premise, measured } = misbehaving[control.id];
  Deno.test(`${control.id} behaves, and does not when ${premise}`, async () => {
    assertEquals(judgeControl(control, right).behaved, true);
    const { behaved, part } = judgeControl(control, await measured());
    assertEquals(behaved, false, JSON.stringify(part, null, 1));
  });
}

Deno.test("a condition's p-value is that of the value claimed: small where a claim fails, not where it holds", () => {
  for (const claim of question2) {
    for (const { conditions, confidence } of judge(claim, right).parts) {
      for (const { position, p, condition } of conditions) {
        if (p !== null) assertEquals(p < 1 - confidence, position === "outside", condition);
      }
    }
  }
});

Deno.test("sentences have all their values and name no verdict", () => {
  const others = /confirmed|refuted|qualified|undecided|NaN|undefined|Infinity/;
  for (const claim of question2) {
    const { sentence, remarks } = judge(claim, right);
    for (const text of [sentence, ...remarks]) assert(!others.test(text), text);
  }
});

Deno.test("a normal pre-activation is one of many terms, whatever few of them are", () => {
  const claim = question2.find(({ id }) => id === "Q2c.normal")!;
  const few = right.activations.normality.map((row) =>
    row.nIn < 128 ? { ...row, meanRatio: 0.5 } : row
  );
  const { verdict, remarks } = judge(claim, {
    ...right,
    activations: { ...right.activations, normality: few },
  });
  assertEquals(verdict, "confirmed");
  assertMatch(remarks[0], /n_in = 1 .* 0\.5 and/);
});

Deno.test("every claim and every control has its perturbation", () => {
  assertEquals(Object.keys(turned), question2.map(({ id }) => id));
  assertEquals(Object.keys(misbehaving), controls.map(({ id }) => id));
});
