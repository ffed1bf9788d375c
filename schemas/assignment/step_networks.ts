/**
 * Step networks and their measurements: parameter tables, exactness, approximation errors, cost by
 * dimension, distances between points.
 */
import { z } from "zod";

/**
 * A neuron: sign · σ(w·x + b) in a hidden layer, where σ(u) is 1 for u > 0 and 0 otherwise, also at
 * 0; w·x + b as the output.
 */
export const Neuron = z.strictObject({
  /** Indices into the layer before (or the inputs) of the connections that there are, from 0. */
  from: z.array(z.int().nonnegative()),
  /** Weights of those connections, in the same order; all others weigh 0. */
  weights: z.array(z.number()),
  bias: z.number(),
  /** Sign of a hidden neuron's output: 1, except where a text puts a minus before σ. */
  sign: z.union([z.literal(1), z.literal(-1)]),
}).refine(({ from, weights }) => from.length === weights.length, {
  error: "expected as many weights as connections",
});
export type Neuron = z.infer<typeof Neuron>;

export const StepNetwork = z.strictObject({
  /** Number of inputs of the network. */
  inputs: z.int().positive(),
  /** Hidden layers from input to output. */
  hidden: z.array(z.array(Neuron).min(1)).min(1),
  /** Sums without activation. */
  output: Neuron,
});
export type StepNetwork = z.infer<typeof StepNetwork>;

/** The parameter table of each network that is drawn or measured by name. */
export const Networks = z.array(z.strictObject({
  name: z.string(),
  about: z.string(),
  network: StepNetwork,
}));
export type Networks = z.infer<typeof Networks>;

/** Distance of a network from its target function, on one region. */
export const Deviation = z.strictObject({
  construction: z.enum(["box", "exact-box", "both-signs", "sign-in-text-alone", "three-levels"]),
  /** Numbers of the construction: "h = 1, δ = 0.5". */
  setting: z.string(),
  /** "0 < x < δ". */
  region: z.string(),
  /** Points at which it was evaluated. */
  points: z.int().positive(),
  /** max |network - function| over these points, divided by the largest |level| of the function. */
  deviation: z.number().nonnegative(),
});
export type Deviation = z.infer<typeof Deviation>;
export const Exactness = z.array(Deviation);
export type Exactness = z.infer<typeof Exactness>;

/** A function of one input on [-B, B] and its approximation by N boxes, for N = 1, 2, 4, … */
export const Approximation = z.strictObject({
  function: z.string(),
  formula: z.string(),
  character: z.enum(["smooth", "steep", "oscillating", "kinked"]),
  /** A Lipschitz constant on [-B, B], by formula. */
  lipschitz: z.number().positive(),
  rows: z.array(z.strictObject({
    boxes: z.int().positive(),
    /** sup |f - network| over (-B, B]. */
    sup: z.number().nonnegative(),
    /** max |f - network| at the borders between two boxes; null for one box, which has none. */
    atBorders: z.number().nonnegative().nullable(),
    /** √∫(f - network)² over [-B, B]. */
    l2: z.number().nonnegative(),
    /** L·B/N, which theory says sup does not exceed. */
    bound: z.number().positive(),
    /** Hidden neurons with two for each box, and with one for each edge. */
    neurons: z.strictObject({ asDrawn: z.int(), sharedEdges: z.int() }),
    /** max |network with shared edges - network as drawn|: rounding alone. */
    sharedEdgesResidue: z.number().nonnegative(),
  })),
  /** For contrast: atBorders of boxes that are open on both sides, in place of the assignment's. */
  openBoxes: z.strictObject({ boxes: z.int(), atBorders: z.number().nonnegative() }),
  /** f(-B), and what the network gives there. */
  leftEnd: z.strictObject({ wanted: z.number(), network: z.number() }),
  /** p in sup ~ N^-p, fitted over the larger half of the N; and its standard error. */
  order: z.strictObject({
    fitted: z.number(),
    standardError: z.number().nonnegative(),
    /** The N that were fitted. */
    from: z.int(),
    to: z.int(),
    /** Least and largest log₂(sup(N) / sup(2N)) among them. */
    local: z.strictObject({ low: z.number(), high: z.number() }),
  }),
});
export type Approximation = z.infer<typeof Approximation>;
export const Errors = z.strictObject({
  halfWidth: z.number().positive(),
  functions: z.array(Approximation),
});
export type Errors = z.infer<typeof Errors>;

/** Functions of one input on [-B, B] and networks of a few boxes for each, sampled to be drawn. */
export const Samples = z.strictObject({
  halfWidth: z.number().positive(),
  functions: z.array(z.strictObject({
    function: z.string(),
    formula: z.string(),
    points: z.array(z.strictObject({ x: z.number(), y: z.number() })),
    networks: z.array(z.strictObject({
      boxes: z.int().positive(),
      /** One more than there are boxes, from -B to B. */
      edges: z.array(z.number()),
      /** Values of the network between two edges. */
      values: z.array(z.number()),
    })),
  })),
});
export type Samples = z.infer<typeof Samples>;

/** A network that is constant on each cell of a grid. */
const CellNetwork = z.strictObject({
  dimension: z.int().positive(),
  cellsPerAxis: z.int().positive(),
  /** Hidden neurons by layer: edges, then one AND for each cell. */
  layers: z.strictObject({ edges: z.int().positive(), cells: z.int().positive() }),
});

export const Dimensions = z.strictObject({
  halfWidth: z.number().positive(),
  /** Lipschitz constant of every measured function, in the max norm. */
  lipschitz: z.number().positive(),
  /** Distance of networks with one and with two hidden layers from the indicator of a cell. */
  cells: z.array(z.strictObject({
    dimension: z.int().positive(),
    points: z.int().positive(),
    /** max |network - indicator| of the AND over edges. */
    twoLayers: z.number().nonnegative(),
    /** The same of the best sum of step neurons of single coordinates. */
    oneLayer: z.number().nonnegative(),
    /** No sum of functions of single coordinates deviates less; from a functional that is 0 on them. */
    oneLayerAtLeast: z.number().nonnegative(),
  })),
  errors: z.array(CellNetwork.extend({
    function: z.string(),
    /** max |f - network| over the corners of the cells, just inside, and their midpoints. */
    sup: z.number().nonnegative(),
    /** L·B/N. */
    bound: z.number().positive(),
  })),
  /** The least N at which every function's measured error is no more than what is wanted. */
  needed: z.array(CellNetwork.extend({
    error: z.number().positive(),
    neurons: z.int().positive(),
  })),
  /** Growth with the dimension d of the number of hidden neurons that an error needs. */
  growth: z.array(z.strictObject({
    error: z.number().positive(),
    /** Slope of ln(neurons) against d, as a factor for each further input; standard error of the slope. */
    factor: z.number().positive(),
    slopeStandardError: z.number().nonnegative(),
    /** Residual sums of squares of ln(neurons) about a line in d, and about a line in ln d. */
    exponential: z.number().nonnegative(),
    power: z.number().nonnegative(),
  })),
});
export type Dimensions = z.infer<typeof Dimensions>;

/** Nearest neighbours among points uniform on the unit cube; Euclidean distances. */
export const Distances = z.strictObject({
  seed: z.int().nonnegative(),
  /** Independent sets of points behind each mean. */
  sets: z.int(),
  /** Two-sided confidence of each interval. */
  confidence: z.number().min(0).max(1),
  rows: z.array(z.strictObject({
    points: z.int(),
    dimension: z.int().positive(),
    mean: z.number().positive(),
    /** Standard error of the mean over sets. */
    standardError: z.number().positive(),
    interval: z.strictObject({ low: z.number(), high: z.number() }),
    /** Γ(1 + 1/d) / (m V_d)^(1/d), without the cube's border. */
    predicted: z.number().positive(),
  })),
  /** Mean in d + 1 dimensions less the mean in d, by Welch's t. */
  steps: z.array(z.strictObject({
    points: z.int(),
    /** d, the lower of the two. */
    dimension: z.int().positive(),
    difference: z.number(),
    standardError: z.number().positive(),
    interval: z.strictObject({ low: z.number(), high: z.number() }),
    /** Two-sided, of no difference. */
    p: z.number().min(0).max(1),
    /** Probability that the interval lies above 0 if the difference is the predicted one. */
    power: z.number().min(0).max(1),
  })),
});
export type Distances = z.infer<typeof Distances>;

const MeanOverSets = z.strictObject({ mean: z.number(), standardError: z.number().nonnegative() });

/** A difference of two means, by Welch's t. */
const StepBetween = z.strictObject({
  difference: z.number(),
  standardError: z.number().nonnegative(),
  interval: z.strictObject({ low: z.number(), high: z.number() }),
  /** Two-sided, of no difference. */
  p: z.number().min(0).max(1),
});

/** Distances between points uniform on the unit cube, by dimension. */
export const Contrasts = z.strictObject({
  seed: z.int().nonnegative(),
  points: z.int().min(2),
  sets: z.int(),
  /** Two-sided confidence of each interval. */
  confidence: z.number().min(0).max(1),
  rows: z.array(z.strictObject({
    dimension: z.int().positive(),
    /** Mean Euclidean distance of two points. */
    distance: MeanOverSets,
    /** Mean over points of (farthest - nearest) / farthest, of the distances to the others. */
    contrast: MeanOverSets,
  })),
  /** Differences of the higher dimension from the lower. */
  steps: z.array(z.strictObject({
    from: z.int().positive(),
    to: z.int().positive(),
    distance: StepBetween,
    contrast: StepBetween,
  })),
});
export type Contrasts = z.infer<typeof Contrasts>;
