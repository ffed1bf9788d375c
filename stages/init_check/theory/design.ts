/**
 * Designs question 2's measurements: every condition with its sample size and its stream of random
 * numbers. A seed and the equivalence margin alone decide them, before the first draw.
 */
import type {
  Law,
  LayerCell,
  NetworkCell,
  ReluCell,
  RuleName,
  TheoryDesign,
} from "../../../schemas/assignment/theory.ts";
import type { Distributions } from "../../../pipeline/claims/distributions.ts";
import { heGain, varianceRuleGain } from "./analytic.ts";
import { catoniIsNarrow } from "./catoni.ts";
import { level, perLayerOf, smallest } from "./error_rates.ts";
import { chiSquareIsNarrow } from "./exact_intervals.ts";
import { driftMargin, logFactor, predictedGrowth, varianceFactor } from "./log_growth.ts";
import {
  ofFactor,
  ofGrowth,
  ofProducts,
  ofRelu,
  ofReluMeanByLaw,
  ofVarianceAtEnd,
  outputLength,
} from "./relative_variance.ts";
import { normalLaws } from "../weight_laws.ts";

/** Variance of a weight by rule; frameworks know those of `weight_laws.ts`. */
export const variances: Record<RuleName, (nIn: number, nOut: number) => number> = {
  lecun: normalLaws.lecun.variance,
  /** Question 2d: what keeps the gradient. */
  backward: (_nIn, nOut) => 1 / nOut,
  glorot: normalLaws.glorot.variance,
  he: normalLaws.he.variance,
  /** Question 2c: what gives Var(ReLU(a)) = v². */
  variance: (nIn) => varianceRuleGain() / nIn,
};

/** Fans of the full grid. */
export const fans = [1, 8, 64, 512, 4096];

/** Fans at which each rule is measured: equal, and a factor 4 or more apart. */
const rulesFans = [[32, 32], [128, 32], [32, 128], [256, 8], [8, 256]] as const;

/** In an order that gives the longest signals with the fewest products the quickest law. */
const lawOrder: Law[] = ["rademacher", "uniform", "student-t5", "gaussian"];

/** Means and variances of g_out; with each mean that is not 0 the variance rule is off by 2 or more. */
const gradients = [
  { mean: 0, variance: 1 },
  { mean: 1, variance: 1 },
  { mean: -1, variance: 0.25 },
  { mean: 1, variance: 0.04 },
];

/** Products w·g of one weight: Var(w), and the law of g. */
export const products = [
  { weightVariance: 1, mean: 0, variance: 1 },
  { weightVariance: 0.25, mean: 1, variance: 1 },
  { weightVariance: 2, mean: -1, variance: 4 },
];

/** Correlation of weights and of inputs in controls, and their number. */
const dependence = { correlation: 0.5, nIn: 16 };

/** n σ² off 1, for linear networks. */
const gainsOffOne = [0.25, 0.5, 0.9, 1.1, 2, 4];
const gainsEndToEnd = [0.9, 1.1];

/** n_in σ² that the assignment prints in question 2c. */
export const printedGain = 0.308;

/** n σ² at equal widths. */
const gains: { rule: NetworkCell["rule"]; gain: number }[] = [
  { rule: "lecun", gain: 1 },
  { rule: "he", gain: heGain() },
  { rule: "variance", gain: varianceRuleGain() },
  { rule: "printed", gain: printedGain },
  { rule: "printed-inverse", gain: 1 / printedGain },
];

/** Layers of networks by the variance rule, whose growth is soon seen. */
const shortDepth = 10;

/** A cell's layers without the sample size and the stream. */
type Planned<Cell> = Omit<Cell, "stream" | "draws" | "networks">;

const plainWeights = (variance: number): LayerCell["weights"] => ({
  law: "gaussian",
  variance,
  mean: 0,
  correlation: 0,
});
const plainSignal = (law: Law, variance: number, mean = 0): LayerCell["signal"] => ({
  law,
  variance,
  mean,
  correlation: 0,
});

/** Every pair of fans, with laws and variances going round so that each meets each. */
function sizesCells(
  direction: LayerCell["direction"],
  largestFan: number,
): Planned<LayerCell>[] {
  const weightVariances = [0.25, 1, 4];
  const inputVariances = [1, 4, 0.25, 2];
  const sizes = fans.filter((fan) => fan <= largestFan);
  const cells = sizes.flatMap((summed, i) =>
    sizes.flatMap((products, j): Planned<LayerCell>[] => {
      const [nIn, nOut] = direction === "forward" ? [summed, products] : [products, summed];
      const rule = (["lecun", "backward", "glorot", null, "he", null] as const)[(i + 2 * j) % 6];
      const gradient = gradients[(i + 2 * j) % gradients.length];
      const lawsHere = i === 0 && j === 0 ? lawOrder : [lawOrder[(i + j) % lawOrder.length]];
      return lawsHere.map((law, k) => ({
        purpose: "sizes",
        direction,
        nIn,
        nOut,
        rule,
        weights: plainWeights(
          rule === null ? weightVariances[(i + j + k) % 3] : variances[rule](nIn, nOut),
        ),
        signal: direction === "forward"
          ? plainSignal(law, inputVariances[(2 * i + j + k) % inputVariances.length])
          : plainSignal(law, gradient.variance, gradient.mean),
        // Elsewhere the signal's own fluctuation, not that of W, would set the sample size.
        unconditional: summed === products ? summed === 1 : products * 8 <= summed,
      }));
    })
  );
  return cells;
}

/** The rules at equal and unequal fans. */
function ruleCells(direction: LayerCell["direction"]): Planned<LayerCell>[] {
  const cell = (
    rule: RuleName,
    [nIn, nOut]: readonly [number, number],
    signal: LayerCell["signal"],
    unconditional: boolean,
  ): Planned<LayerCell> => ({
    purpose: "rule",
    direction,
    nIn,
    nOut,
    rule,
    weights: plainWeights(variances[rule](nIn, nOut)),
    signal,
    unconditional,
  });
  const common = (["lecun", "backward", "glorot"] as const).flatMap((rule) =>
    rulesFans.map((pair) => cell(rule, pair, plainSignal("gaussian", 1), false))
  );
  if (direction === "forward") return common;
  return [
    ...common,
    ...gradients.flatMap(({ mean, variance }) =>
      ([[32, 32], [8, 256]] as const).map((pair) =>
        cell("backward", pair, plainSignal("gaussian", variance, mean), true)
      )
    ),
  ];
}

/** Returns controls, which must hold or fail whatever the claims do, and sums with cross terms. */
function controlCells(): Planned<LayerCell>[] {
  const { correlation, nIn } = dependence;
  const base = {
    direction: "forward" as const,
    nIn,
    nOut: 1,
    rule: "lecun" as const,
    weights: plainWeights(1 / nIn),
    signal: plainSignal("gaussian", 1),
    unconditional: true,
  };
  const inputs = { ...base.signal, correlation };
  /** The mean of each weight is as large as its deviation. */
  const withMean = { ...base.weights, mean: Math.sqrt(1 / nIn) };
  return [
    ...([[64, 64], [256, 32]] as const).map(([nIn, nOut]): Planned<LayerCell> => ({
      ...base,
      purpose: "uniform-weights",
      nIn,
      nOut,
      rule: null,
      weights: { ...plainWeights(1 / (3 * nIn)), law: "uniform" },
      unconditional: false,
    })),
    { ...base, purpose: "correlated-inputs", signal: inputs },
    { ...base, purpose: "mean-inputs", signal: plainSignal("gaussian", 1, 1) },
    { ...base, purpose: "mean-weights", weights: withMean },
    { ...base, purpose: "mean-weights-correlated-inputs", weights: withMean, signal: inputs },
    {
      ...base,
      purpose: "correlated-both",
      weights: { ...base.weights, correlation },
      signal: inputs,
    },
  ];
}

const productCells = (): Planned<LayerCell>[] =>
  products.map(({ weightVariance, mean, variance }) => ({
    purpose: "product",
    direction: "backward",
    nIn: 1,
    nOut: 1,
    rule: null,
    weights: plainWeights(weightVariance),
    signal: plainSignal("gaussian", variance, mean),
    unconditional: true,
  }));

const reluCells = (): Planned<ReluCell>[] => [
  ...([["lecun", 64], ["he", 64], ["variance", 64], ["he", 256]] as const).map((
    [rule, nIn],
    i,
  ): Planned<ReluCell> => ({
    against: "normal",
    nIn,
    nOut: 64,
    rule,
    signal: { law: lawOrder[i], variance: [1, 4, 1, 0.25][i] },
  })),
  ...lawOrder.flatMap((law) =>
    [1, 8, 64].map((nIn): Planned<ReluCell> => ({
      against: "law",
      nIn,
      nOut: 1,
      rule: "lecun",
      signal: { law, variance: 1 },
    }))
  ),
];

function networkCells(depth: number): Planned<NetworkCell>[] {
  const [lecun, he, variance] = gains;
  const off = (gain: number) => ({ rule: "off-one" as const, gain });
  const linear = { activation: "linear" as const, depth };
  const relu = { activation: "relu" as const, depth };
  const layerFactor = "layer-factor" as const;
  const endToEnd = "end-to-end" as const;
  const widths = [32, 64, 256];
  return [
    ...(["linear", "relu", "tanh", "sigmoid"] as const).flatMap((activation) =>
      gains.map((rule) => ({
        purpose: "curves" as const,
        activation,
        ...rule,
        width: 128,
        depth,
      }))
    ),
    ...gainsOffOne.map((g) => ({ purpose: layerFactor, ...linear, ...off(g), width: 64 })),
    ...widths.flatMap((width) => [
      { purpose: layerFactor, ...linear, ...lecun, width },
      { purpose: layerFactor, ...relu, ...lecun, width },
      { purpose: layerFactor, ...relu, ...he, width },
      { purpose: layerFactor, ...relu, ...variance, width },
    ]),
    ...gainsEndToEnd.map((g) => ({ purpose: endToEnd, ...linear, ...off(g), width: 64 })),
    { purpose: endToEnd, ...linear, ...lecun, width: 64 },
    { purpose: endToEnd, ...relu, ...he, width: 128 },
    { purpose: endToEnd, ...relu, ...variance, width: 64, depth: shortDepth },
    ...[16, 32].map((width) => ({ purpose: "log-growth" as const, ...linear, ...lecun, width })),
    { purpose: "log-growth", ...relu, ...he, width: 48 },
  ];
}

/** Relative variance of the squared deviation of the logarithm of the growth. */
export const ofLogVariance = (r: Distributions, cell: Planned<NetworkCell>): number =>
  2 + logFactor(r, cell).excessKurtosis / cell.depth;

/** Settings that determine a design. */
export interface Settings extends Pick<TheoryDesign, "seed" | "epsilon" | "depth"> {
  /** Largest fan of the grid over all sizes; larger ones cost as much as everything else together. */
  largestFan?: number;
}

/**
 * The design for a seed, ε and a depth. Draws are as many as make every interval narrower than its margin; see
 * `error_rates.ts`.
 */
export function designOf(
  r: Distributions,
  { seed, epsilon, depth, largestFan = fans[fans.length - 1] }: Settings,
): TheoryDesign {
  const factor = 1 + epsilon;
  const perLayer = perLayerOf(epsilon);
  let stream = 0;
  const freedom = smallest((n) => chiSquareIsNarrow(r, n, factor, level));
  const catoni = (c: number, within = factor) =>
    smallest((n) => catoniIsNarrow({ values: n, relativeVariance: c, level }, within));

  const layerDraws = (cell: Planned<LayerCell>): number => {
    const sized = { ...cell, stream, draws: 1 };
    const outputs = outputLength(sized);
    const exact = cell.weights.law === "gaussian" ? freedom / outputs : catoni(2 / outputs);
    return Math.ceil(Math.max(exact, cell.unconditional ? catoni(ofProducts(sized)) : 0));
  };
  const reluDraws = (cell: Planned<ReluCell>): number => {
    const wanted = cell.against === "law"
      ? [ofReluMeanByLaw({ ...cell, stream, draws: 1 })]
      : Object.values(ofRelu(cell.nOut));
    return Math.max(...wanted.map((c) => catoni(c)));
  };
  const networksOf = (cell: Planned<NetworkCell>): number => {
    const sized = { ...cell, stream, networks: 2 };
    switch (cell.purpose) {
      // Not judged: enough for a mean and a deviation of logarithms.
      case "curves":
        return Math.ceil(1.6 / epsilon);
      case "layer-factor": {
        const layers = cell.activation === "linear"
          ? freedom / cell.width
          : catoni(ofFactor(sized));
        return Math.max(2, Math.ceil(layers / cell.depth));
      }
      case "end-to-end": {
        const within = perLayer ** cell.depth;
        const growth = catoni(ofGrowth(sized), within);
        return cell.activation === "linear"
          ? growth
          : Math.max(growth, catoni(ofVarianceAtEnd(sized), within));
      }
      case "log-growth": {
        const narrow = driftMargin(predictedGrowth(r, cell)) / 2;
        return Math.max(
          catoni(ofLogVariance(r, cell), varianceFactor),
          Math.ceil((r.qnorm(level / 2, 0, 1, false) / narrow) ** 2),
        );
      }
    }
  };
  const layers = [
    ...sizesCells("forward", largestFan),
    ...ruleCells("forward"),
    ...controlCells(),
    ...sizesCells("backward", largestFan),
    ...ruleCells("backward"),
    ...productCells(),
  ];
  return {
    seed,
    epsilon,
    depth,
    perLayer,
    level,
    layers: layers.map((cell) => ({ stream: stream++, ...cell, draws: layerDraws(cell) })),
    relu: reluCells().map((cell) => ({ stream: stream++, ...cell, draws: reluDraws(cell) })),
    networks: networkCells(depth).map((cell) => ({
      stream: stream++,
      ...cell,
      networks: networksOf(cell),
    })),
  };
}

/** Weights that a cell draws, for progress and for what a run costs. */
export const drawsOfLayer = (cell: LayerCell): number => cell.draws * cell.nIn * cell.nOut;
export const drawsOfNetwork = (cell: NetworkCell): number =>
  cell.networks * cell.depth * cell.width ** 2;
