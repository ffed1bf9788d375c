/** Turns question 2's measurements into the conditions and parts of claims. */
import type { Condition, Part } from "../../../schemas/run/judged_claims.ts";
import type {
  BatchMean,
  DepthTheory,
  Estimate,
  LayerRow,
  LayerTheory,
  NetworkRow,
  ReluRow,
} from "../../../schemas/assignment/theory.ts";
import { pOf } from "../../init_check/theory/p_value.ts";
import { numberText } from "../../../pipeline/claims/claim_numbers.ts";
import { layerText, networkText, reluText } from "./condition_words.ts";

/** An equivalence margin with the claimed value; null where every value within would do. */
type ClaimedMargin = Condition["band"] & { claimed: number | null };

const samplesOf = ({ distribution }: Estimate): number | null =>
  distribution.kind === "catoni"
    ? distribution.values
    : distribution.kind === "chi-square"
    ? distribution.freedom
    : null;

/**
 * A measured condition: an estimate, times `scale` if it is relative to something else. Its p-value is
 * that of the claimed value, which need not be the one that theory predicts.
 */
export const measured = (
  condition: string,
  estimate: Estimate,
  { claimed, ...band }: ClaimedMargin,
  scale = 1,
): Condition => ({
  condition,
  estimate: estimate.estimate * scale,
  standardError: estimate.standardError * Math.abs(scale),
  interval: { low: estimate.interval.low * scale, high: estimate.interval.high * scale },
  band,
  p: claimed === null ? null : pOf(estimate, claimed / scale),
  power: estimate.power,
  sampleSize: samplesOf(estimate),
});

/** A condition on a mean over independent batches. */
export const batched = (
  condition: string,
  { estimate, standardError, interval, batches }: BatchMean,
  { claimed: _, ...band }: ClaimedMargin,
): Condition => ({
  condition,
  estimate,
  standardError,
  interval,
  band,
  p: null,
  power: null,
  sampleSize: batches,
});

/** 1 ± ε, or the same about another value. */
export const about = ({ epsilon }: { epsilon: number }, value = 1): ClaimedMargin => ({
  low: value * (1 - epsilon),
  high: value * (1 + epsilon),
  claimed: value,
});

/** No more than so much from 0. */
export const aboutZero = (most: number): ClaimedMargin => ({ low: -most, high: most, claimed: 0 });

/** Between 1/`factor` and `factor`. */
export const aboutOne = (factor: number): ClaimedMargin => ({
  low: 1 / factor,
  high: factor,
  claimed: 1,
});

/** Within a factor `perLayer` a layer. */
const within = ({ perLayer }: DepthTheory, layers: number): ClaimedMargin =>
  aboutOne(perLayer ** layers);

export const atLeast = (low: number): ClaimedMargin => ({ low, high: null, claimed: null });
export const atMost = (high: number): ClaimedMargin => ({ low: null, high, claimed: null });

/** Names the test of a value whose relative variance alone is known. */
export const catoni = (over: string): string =>
  `Catoni's interval over ${over}, valid at every sample size as the relative variance is known; p is ` +
  "an upper bound";

/** Fields that parts of measured conditions about 1 ± ε share. */
export const equivalence = ({ epsilon, level }: LayerTheory | DepthTheory) => ({
  bandReason:
    `±${
      numberText(100 * epsilon)
    } %: of the values that the assignment's rules disagree on, the nearest ` +
    "that are measured differ by 32 % (0.341 and 1/2, of the ReLU's variance)",
  confidence: 1 - level,
});

/** Fields that parts on the growth through many layers share. */
export const growthEquivalence = ({ perLayer, level }: DepthTheory) => ({
  bandReason: `a factor ${
    numberText(perLayer)
  } a layer: the nearest rules of the assignment differ by 1.47 a layer`,
  test: catoni("networks, whose growth is heavy-tailed (log-normal)"),
  confidence: 1 - level,
});

/** Fields that parts of exact conditions share. */
export const exactness = (bandReason: string, test = "exact arithmetic") => ({
  bandReason,
  test,
  confidence: 1,
});

/** For identities between closed forms and quadrature. */
const rounding = 1e-12;
export const asOne: Condition["band"] = { low: 1 - rounding, high: 1 + rounding };
export const roundingReason =
  "an identity; rounding and quadrature leave less than 1e-12, which is allowed for";

/** The factor that theory gives for one layer's second moment: n σ² of the side summed over. */
export const gainOf = ({ cell: { direction, nIn, nOut, weights } }: LayerRow): number =>
  (direction === "forward" ? nIn : nOut) * weights.variance;

/** Conditions from each row that has the estimate. */
export const over = <Row>(
  rows: readonly Row[],
  estimate: (row: Row) => Estimate | null,
  condition: (row: Row, estimate: Estimate) => Condition,
): Part["conditions"] =>
  rows.flatMap((row) => {
    const found = estimate(row);
    return found === null ? [] : [condition(row, found)];
  });

/** Conditions on one estimate of each layer that has it, times `scale` of the row. */
export const layerConditions = (
  rows: readonly LayerRow[],
  of: "conditional" | "unconditional" | "mean",
  margin: ClaimedMargin,
  scale: (row: LayerRow) => number = () => 1,
): Condition[] =>
  over(
    rows,
    (row) => row[of],
    (row, estimate) => measured(layerText(row), estimate, margin, scale(row)),
  );

/** Conditions on one moment of each layer's ReLUs that has it. */
export const reluConditions = (
  rows: readonly ReluRow[],
  of: "mean" | "secondMoment" | "variance",
  margin: ClaimedMargin,
  scale = 1,
): Condition[] =>
  over(rows, (row) => row[of], (row, estimate) => measured(reluText(row), estimate, margin, scale));

/** Conditions on one quantity of each whole network that has it, within a factor a layer. */
export const networkConditions = (
  theory: DepthTheory,
  rows: readonly NetworkRow[],
  of: "endToEnd" | "varianceAtEnd",
  scale: (row: NetworkRow) => number = () => 1,
): Condition[] =>
  over(
    rows,
    (row) => row[of],
    (row, estimate) =>
      measured(networkText(row), estimate, within(theory, row.cell.depth), scale(row)),
  );

/** Returns the factor by which theory predicts that a whole network multiplies a second moment. */
export const predictedGrowth = ({ predictedFactor, cell }: NetworkRow): number =>
  predictedFactor ** cell.depth;

/** Parts of the claim that networks keep the second moment: in every layer, and from end to end. */
export const keptInDepth = (
  theory: DepthTheory,
  rows: readonly NetworkRow[],
  { layer, network, test }: { layer: string; network: string; test: string },
): Part[] => [
  {
    assertion: layer,
    quantity: "factor of the second moment in a layer, all layers together",
    ...equivalence(theory),
    test,
    conditions: over(
      rows,
      ({ cell, factor }) => (cell.purpose === "layer-factor" ? factor : null),
      (row, estimate) => measured(networkText(row), estimate, about(theory), row.predictedFactor),
    ),
  },
  {
    assertion: network,
    quantity: "mean growth over networks",
    ...growthEquivalence(theory),
    conditions: networkConditions(theory, rows, "endToEnd", predictedGrowth),
  },
];
