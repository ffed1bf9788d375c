/**
 * Question 2's design, fixed before any draw, and its measurements. Estimates are relative to the
 * value that theory predicts, unless a field says otherwise.
 */
import { z } from "zod";

const Size = z.int().positive();
const Count = z.int().nonnegative();

/** Laws of a signal's entries, each scaled to its variance; all are symmetric about their mean. */
export const Law = z.enum(["gaussian", "uniform", "rademacher", "student-t5"]);
export type Law = z.infer<typeof Law>;

/** An estimate's distribution, or a bound on its distance from the true value. */
const Distribution = z.discriminatedUnion("kind", [
  /** `freedom` times the estimate, over the true value, is χ². */
  z.strictObject({ kind: z.literal("chi-square"), freedom: z.int().positive() }),
  /** Normal about the true value, with the standard error given. */
  z.strictObject({ kind: z.literal("normal") }),
  /** Catoni's estimator of so many values, of a variance over the squared mean of no more than this. */
  z.strictObject({
    kind: z.literal("catoni"),
    values: z.int().positive(),
    relativeVariance: z.number().positive(),
    /** Error probability of the interval that the estimator is tuned to. */
    level: z.number().positive(),
  }),
]);

/** A value with its uncertainty, and the probability that it would show a true claim. */
export const Estimate = z.strictObject({
  estimate: z.number(),
  standardError: z.number().nonnegative(),
  interval: z.strictObject({ low: z.number(), high: z.number() }),
  /** The true value, by theory. */
  prediction: z.number(),
  /** Two-sided, of no difference from the prediction; beside Catoni's interval an upper bound. */
  p: z.number().min(0).max(1),
  /** Holm's adjustment of `p` over all tests of its artifact; null until that is done. */
  adjustedP: z.number().min(0).max(1).nullable(),
  /**
   * Probability that the interval lies within the design's margin if the prediction is true; beside
   * Catoni's interval a lower bound.
   */
  power: z.number().min(0).max(1),
  distribution: Distribution,
});
export type Estimate = z.infer<typeof Estimate>;

/** The rules that give a weight's variance from the fans. */
export const RuleName = z.enum(["lecun", "backward", "glorot", "he", "variance"]);
export type RuleName = z.infer<typeof RuleName>;

/** Use of a cell; claims and controls select their conditions by it. */
export const Purpose = z.enum([
  "sizes",
  "rule",
  "uniform-weights",
  "product",
  "correlated-inputs",
  "mean-inputs",
  "mean-weights",
  "mean-weights-correlated-inputs",
  "correlated-both",
]);
export type Purpose = z.infer<typeof Purpose>;

/** Matrices drawn and multiplied by a signal: forward a = W x, backward g_in = Wᵀ g_out. */
export const LayerCell = z.strictObject({
  /** Index of the cell's stream of random numbers; no two cells share one. */
  stream: Count,
  purpose: Purpose,
  direction: z.enum(["forward", "backward"]),
  nIn: Size,
  nOut: Size,
  /** Null where the variance is not by a rule. */
  rule: RuleName.nullable(),
  weights: z.strictObject({
    law: z.enum(["gaussian", "uniform"]),
    variance: z.number().positive(),
    mean: z.number(),
    /** Between the weights of one row. */
    correlation: z.number().min(0).max(1),
  }),
  /** x, or g_out. */
  signal: z.strictObject({
    law: Law,
    variance: z.number().positive(),
    mean: z.number(),
    correlation: z.number().min(0).max(1),
  }),
  /** Matrices, each with a signal of its own. */
  draws: Size,
  /** True if the products are compared with the signal's law too, not only with its norm. */
  unconditional: z.boolean(),
});
export type LayerCell = z.infer<typeof LayerCell>;

/** Matrices drawn and multiplied by an input, then ReLU. */
export const ReluCell = z.strictObject({
  stream: Count,
  /** "normal": relative to the input's norm, so that pre-activations are exactly normal. */
  against: z.enum(["normal", "law"]),
  nIn: Size,
  nOut: Size,
  rule: RuleName,
  signal: z.strictObject({ law: Law, variance: z.number().positive() }),
  draws: Size,
});
export type ReluCell = z.infer<typeof ReluCell>;

export const ActivationName = z.enum(["linear", "relu", "tanh", "sigmoid"]);
export type ActivationName = z.infer<typeof ActivationName>;

/** Networks of equal widths, without biases. */
export const NetworkCell = z.strictObject({
  stream: Count,
  /** Quantities wanted. "curves" are layer by layer; the others need homogeneous networks. */
  purpose: z.enum(["curves", "layer-factor", "end-to-end", "log-growth"]),
  activation: ActivationName,
  /** Equal widths make Glorot's rule LeCun's. "printed" is the assignment's 0.308/n. */
  rule: z.enum(["lecun", "he", "variance", "printed", "printed-inverse", "off-one"]),
  /** n σ². */
  gain: z.number().positive(),
  width: Size,
  depth: Size,
  networks: z.int().min(2),
});
export type NetworkCell = z.infer<typeof NetworkCell>;

/** All that is decided before the first draw. */
export const TheoryDesign = z.strictObject({
  seed: Count,
  /** Equivalence margin about a prediction, relative to it. */
  epsilon: z.number().positive(),
  /** Layers of the deep networks. */
  depth: Size,
  /** A factor per layer within which the growth through a deep network is equal to the predicted. */
  perLayer: z.number().min(1),
  /** Probability that an interval does not hold the true value. */
  level: z.number().positive(),
  layers: z.array(LayerCell),
  relu: z.array(ReluCell),
  networks: z.array(NetworkCell),
});
export type TheoryDesign = z.infer<typeof TheoryDesign>;

export const LayerRow = z.strictObject({
  cell: LayerCell,
  /** Second moment of the products given the signals' norms; null where weights are dependent. */
  conditional: Estimate.nullable(),
  conditionalTest: z.string(),
  /** Mean of the products in units of their standard deviation; null where no test is exact. */
  mean: Estimate.nullable(),
  /** Second moment of the products, relative to the one by the signal's law. */
  unconditional: Estimate.nullable(),
  /** Mean of w² over the mean the weights' law gives it, of all weights drawn; uniform weights alone. */
  weights: z.strictObject({
    secondMoment: Estimate,
    /** Largest |w| over the law's bound. */
    largest: z.number(),
  }).nullable(),
});
export type LayerRow = z.infer<typeof LayerRow>;

export const ReluRow = z.strictObject({
  cell: ReluCell,
  mean: Estimate,
  /** Both null where pre-activations are not exactly normal. */
  secondMoment: Estimate.nullable(),
  variance: Estimate.nullable(),
});
export type ReluRow = z.infer<typeof ReluRow>;

export const LayerTheory = z.strictObject({
  direction: z.enum(["forward", "backward"]),
  epsilon: z.number(),
  level: z.number(),
  rows: z.array(LayerRow),
  relu: z.array(ReluRow),
});
export type LayerTheory = z.infer<typeof LayerTheory>;

/** One layer of many networks. Moments are relative to nothing: the input's second moment is 1. */
export const DepthPoint = z.strictObject({
  layer: Count,
  predicted: z.number(),
  /** Mean over networks. */
  measured: z.number(),
  /** Mean and standard deviation over networks of the natural logarithm. */
  logMean: z.number(),
  logDeviation: z.number(),
});
export type DepthPoint = z.infer<typeof DepthPoint>;

export const Curves = z.strictObject({
  cell: NetworkCell,
  /** Mean square of the activations, layer 0 being the input. */
  secondMoment: z.array(DepthPoint),
  /** Variance of the activations over the units of a layer. */
  variance: z.array(DepthPoint),
  /** The gradient's mean square, relative to that at the last layer. */
  gradient: z.array(DepthPoint),
  /** Its variance over the units of a layer. */
  gradientVariance: z.array(DepthPoint),
  /** Theory's moments of the logarithm at layer l, over l; null where networks are not homogeneous. */
  logGrowth: z.strictObject({ mean: z.number(), variance: z.number() }).nullable(),
});
export type Curves = z.infer<typeof Curves>;

export const NetworkRow = z.strictObject({
  cell: NetworkCell,
  /** Factor by which theory multiplies the second moment at each layer. */
  predictedFactor: z.number(),
  /** Measured factor over the predicted one, of all layers. */
  factor: Estimate,
  factorTest: z.string(),
  /** Mean over networks of the growth through all layers, over the predicted one. */
  endToEnd: Estimate.nullable(),
  /** Variance over a layer's units after the last layer, over the input's second moment. */
  varianceAtEnd: Estimate.nullable(),
  /** The logarithm of the growth: measured over predicted variance, and mean in units of deviation. */
  logGrowth: z.strictObject({
    predictedMean: z.number(),
    predictedVariance: z.number(),
    mean: Estimate,
    variance: Estimate,
  }).nullable(),
});
export type NetworkRow = z.infer<typeof NetworkRow>;

export const DepthTheory = z.strictObject({
  epsilon: z.number(),
  perLayer: z.number(),
  level: z.number(),
  rows: z.array(NetworkRow),
  curves: z.array(Curves),
});
export type DepthTheory = z.infer<typeof DepthTheory>;

/** A mean over independent batches of draws, with its t interval. */
export const BatchMean = z.strictObject({
  estimate: z.number(),
  standardError: z.number().nonnegative(),
  interval: z.strictObject({ low: z.number(), high: z.number() }),
  batches: z.int().min(2),
});
export type BatchMean = z.infer<typeof BatchMean>;

/** Dependence of weights and gradients in sums of products Σ W g. */
export const ProductCase = z.enum([
  "independent",
  "weights-with-mean",
  "correlated-gradients",
  "weights-with-mean-correlated-gradients",
  "dependent-factors",
]);
export type ProductCase = z.infer<typeof ProductCase>;

/** A share of ReLUs, over the probability that a normal variable gives it. */
const Share = z.strictObject({
  probability: z.number().min(0).max(1),
  share: z.number().min(0).max(1),
  estimate: z.number(),
  standardError: z.number().nonnegative(),
  interval: z.strictObject({ low: z.number(), high: z.number() }),
});

/** Simulation of what the assignment's derivations assume on their way. */
export const Assumptions = z.strictObject({
  /** Probability that an interval does not hold the true value. */
  level: z.number().positive(),
  /** y = ReLU(a), a in units of its deviation. */
  density: z.strictObject({
    samples: Size,
    atZero: Share,
    /** Intervals (from, to] of y; the last has no end. */
    above: z.array(z.strictObject({ from: z.number(), to: z.number().nullable(), ...Share.shape })),
  }),
  products: z.array(z.strictObject({
    case: ProductCase,
    terms: Size,
    /** (E[W g] - E[W] E[g]) over the deviations of W and g. */
    covariance: BatchMean,
    /** Var(Σ W g) over Σ Var(W g). */
    variance: BatchMean,
  })),
  /** The next pre-activation's second moment over n σ² E[y²] and n σ² Var(y); (E[y])² over E[y²]. */
  nextLayer: z.strictObject({
    overSecondMoment: BatchMean,
    overVariance: BatchMean,
    share: BatchMean,
  }),
});
export type Assumptions = z.infer<typeof Assumptions>;

const Quadrature = z.strictObject({
  value: z.number(),
  /** Difference from the rule of twice the step: far above the error. */
  error: z.number().nonnegative(),
});

/** Moments of f(z), z standard normal. */
const ActivationMoments = z.strictObject({
  name: z.string(),
  formula: z.string(),
  mean: Quadrature,
  secondMoment: Quadrature,
  /** Second moment of the derivative, which multiplies the gradient. */
  derivativeSecondMoment: Quadrature,
  variance: z.number(),
  /** Standard deviation of weights, in units of 1/√n_in, that keeps a second moment of 1. */
  gain: z.number(),
  /** The same for gradients. */
  gradientGain: z.number(),
  /** torch.nn.init.calculate_gain, where it is documented, and which of the two it equals. */
  pytorch: z.strictObject({
    gain: z.number(),
    equals: z.array(z.enum(["gain", "gradientGain"])),
  }).nullable(),
});

/** Distance of ReLUs of sums of n_in products from those of a normal variable, by quadrature. */
const Normality = z.strictObject({
  law: Law,
  nIn: Size,
  /** The ReLU's mean and variance, over those of a normal variable of the same variance. */
  meanRatio: z.number(),
  varianceRatio: z.number(),
  error: z.number().nonnegative(),
});

/** Values that no draw is needed for; the names are those of the assignment's steps. */
export const Algebra = z.strictObject({
  /** Moments of the ReLU of N(0, 1): closed form and quadrature. */
  relu: z.array(z.strictObject({
    moment: z.enum(["mean", "second-moment", "variance"]),
    closedForm: z.number(),
    quadrature: z.number(),
  })),
  /** σ² from Var(ReLU) = v²: the rule's, and the variance that it gives, over v². */
  varianceRule: z.array(z.strictObject({ nIn: Size, gain: z.number(), varianceKept: z.number() })),
  /** (E[y])²/E[y²], and σ² without (E[y])² over σ² with it. */
  reason: z.strictObject({ share: z.number(), change: z.number() }),
  rules: z.array(z.strictObject({
    nIn: Size,
    nOut: Size,
    lecun: z.number(),
    backward: z.number(),
    glorot: z.number(),
    he: z.number(),
    harmonicMean: z.number(),
    /** n_in σ² and n_out σ² under Glorot's rule. */
    glorotForward: z.number(),
    glorotBackward: z.number(),
  })),
  /** Var(WG) of independent W and G, W with mean 0. */
  products: z.array(z.strictObject({
    weightVariance: z.number(),
    mean: z.number(),
    variance: z.number(),
    identity: z.number(),
    exact: z.number(),
  })),
});
export type Algebra = z.infer<typeof Algebra>;

export const ActivationTheory = z.strictObject({
  moments: z.array(ActivationMoments),
  normality: z.array(Normality),
  algebra: Algebra,
  /** Density of the ReLU of N(0, 1) for y > 0, and the probability of y = 0. */
  reluDensity: z.strictObject({
    atZero: z.number(),
    points: z.array(z.strictObject({ y: z.number(), density: z.number() })),
  }),
});
export type ActivationTheory = z.infer<typeof ActivationTheory>;
