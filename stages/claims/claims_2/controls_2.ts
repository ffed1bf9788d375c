/**
 * Defines the controls of question 2's method. Negative controls must fail, which shows that the
 * method detects errors. Positive ones must hold, which shows that it raises no false alarm.
 */
import { numberText } from "../../../pipeline/claims/claim_numbers.ts";
import type { LayerRow, LayerTheory, NetworkRow } from "../../../schemas/assignment/theory.ts";
import type { Control } from "../../../schemas/run/judged_claims.ts";
import { holm } from "../../init_check/theory/holm.ts";
import { isPredictedByLaw } from "../../init_check/theory/relative_variance.ts";
import { driftMargin, varianceFactor } from "../../init_check/theory/log_growth.ts";
import type { ControlDefinition } from "../../../pipeline/claims/claim.ts";
import { exactly } from "../../../pipeline/claims/claim.ts";
import { layerText, networkText, reluText } from "./condition_words.ts";
import { type Question2, wanted, wantedCells } from "./measured_2.ts";
import { about, aboutOne, aboutZero, catoni, equivalence, measured, over } from "./conditions.ts";
import { networkEstimates } from "../../init_check/theory/network_estimates.ts";

const catoniTest = catoni("independent draws of W and x");

/** The unconditional second moment of the cells of one purpose, predicted as n_in σ² v². */
const prediction = (purpose: LayerRow["cell"]["purpose"]) => ({ forward }: Question2) => ({
  assertion: "The second moment is n_in σ² v².",
  quantity: "mean of a² over n_in σ² v²",
  ...equivalence(forward),
  test: catoniTest,
  conditions: over(
    wantedCells(forward.rows, { purpose }),
    ({ unconditional }) => unconditional,
    (row, estimate) => measured(layerText(row), estimate, about(forward)),
  ),
});

/** A control of the prediction on the rows of one purpose, which names it. */
const ofPrediction = (
  kind: Control["kind"],
  purpose: LayerRow["cell"]["purpose"],
  statement: string,
): ControlDefinition<Question2> => ({
  id: `Q2-control.${purpose}`,
  statement,
  kind,
  part: prediction(purpose),
});

const wrongFactor: ControlDefinition<Question2> = {
  id: "Q2-control.wrong-factor",
  statement: "A prediction that is three times the equivalence margin too large is detected.",
  kind: "negative",
  part: ({ forward }) => ({
    assertion: `The variance given the inputs is ${numberText(1 + 3 * forward.epsilon)} σ²‖x‖².`,
    quantity: "mean of a² over that",
    ...equivalence(forward),
    test: "exact χ² given the inputs' norms",
    conditions: over(
      wantedCells(forward.rows, { purpose: "sizes" }),
      ({ conditional }) => conditional,
      (row, estimate) =>
        measured(layerText(row), estimate, about(forward), 1 / (1 + 3 * forward.epsilon)),
    ),
  }),
};

const meanInputs = ofPrediction(
  "negative",
  "mean-inputs",
  "Inputs with a mean, predicted from their variance alone, are detected.",
);

const meanWeights = ofPrediction(
  "negative",
  "mean-weights",
  "Weights with a mean, predicted from their variance alone, are detected.",
);

const correlatedBoth = ofPrediction(
  "negative",
  "correlated-both",
  "Weights and inputs that are both correlated are found out; with ρ = 0.5 and n_in = 16 " +
    "the second moment is 1 + (n_in - 1)ρ² = 4.75 times the prediction.",
);

const correlatedInputs = ofPrediction(
  "positive",
  "correlated-inputs",
  "Correlated inputs change nothing where weights are independent with mean 0.",
);

const uniformWeights: ControlDefinition<Question2> = {
  id: "Q2-control.uniform-weights",
  statement:
    "Weights uniform on ±1/√n_in have variance 1/(3 n_in), keep to their bound, and give " +
    "the variance that follows.",
  kind: "positive",
  part({ forward }) {
    const rows = wantedCells(forward.rows, { purpose: "uniform-weights" });
    return {
      assertion: "Mean square of the weights, largest weight, and variance of a are as predicted.",
      quantity: "each over its prediction",
      ...equivalence(forward),
      test: "z with variance 0.8/n; the bound; Catoni's interval",
      conditions: rows.flatMap((row) => [
        ...(row.weights === null ? [] : [
          measured(
            `mean of w², ${layerText(row)}`,
            row.weights.secondMoment,
            about(forward),
          ),
          exactly(`largest |w|, ${layerText(row)}`, row.weights.largest, { low: null, high: 1 }),
        ]),
        ...over(
          [row],
          ({ conditional }) => conditional,
          (_, estimate) => measured(`a², ${layerText(row)}`, estimate, about(forward)),
        ),
      ]),
    };
  },
};

const quadrature: ControlDefinition<Question2> = {
  id: "Q2-control.relu-by-law",
  statement:
    "The ReLU's mean over each law of inputs, from whole matrices, is the one computed by " +
    "quadrature.",
  kind: "positive",
  part: ({ forward }) => ({
    assertion: "The ReLU's mean is E‖x‖ σ/√(2π).",
    quantity: "measured over computed mean",
    ...equivalence(forward),
    test: catoniTest,
    conditions: wantedCells(forward.relu, { against: "law" }).map((row) =>
      measured(reluText(row), row.mean, about(forward))
    ),
  }),
};

const logGrowthRows = ({ depth }: Question2): NetworkRow[] =>
  wanted(depth.rows, "logarithms of the growth", ({ logGrowth }) => logGrowth !== null);

const spread: ControlDefinition<Question2> = {
  id: "Q2-control.spread",
  statement:
    "Networks of finite width differ as predicted: the logarithm of the growth has variance " +
    "about cL/n with c = 2 for linear networks and 5 for ReLU (Hanin and Nica 2018).",
  kind: "positive",
  part: (all) => ({
    assertion: "The variance over networks of the logarithm of the growth is the predicted one.",
    quantity: "measured over predicted variance",
    ...equivalence(all.depth),
    bandReason: `a factor ${varianceFactor}: linear and ReLU networks differ by 2.5`,
    test: catoni("networks"),
    conditions: over(
      logGrowthRows(all),
      ({ logGrowth }) => logGrowth?.variance ?? null,
      (row, estimate) => measured(networkText(row), estimate, aboutOne(varianceFactor)),
    ),
  }),
};

const drift: ControlDefinition<Question2> = {
  id: "Q2-control.drift",
  statement:
    "The typical network falls behind the mean as predicted: the logarithm of the growth " +
    "has mean about -cL/(2n).",
  kind: "positive",
  part: (all) => ({
    assertion: "The mean over networks of the logarithm of the growth is the predicted one.",
    quantity: "difference from the predicted mean, in deviations between networks",
    ...equivalence(all.depth),
    bandReason: "half of the predicted drift: growth without any would be found out",
    test: "z; a sum over layers and networks of independent terms with known mean and variance",
    conditions: logGrowthRows(all).flatMap((row) => {
      if (row.logGrowth === null) return [];
      const band = aboutZero(driftMargin(row.logGrowth));
      return [measured(networkText(row), row.logGrowth.mean, band)];
    }),
  }),
};

/** The least adjusted p-value that is no sign of a difference. */
const leastWithout = 1e-4;

/** The estimates of an artifact whose prediction is true: the inputs' mean is in none of them. */
const ofLayers = ({ rows, relu }: LayerTheory) => [
  ...rows.flatMap((row) => [
    row.conditional,
    row.mean,
    row.weights?.secondMoment,
    isPredictedByLaw(row.cell) ? row.unconditional : null,
  ]),
  ...relu.flatMap(({ mean, secondMoment, variance }) => [mean, secondMoment, variance]),
];

const noDifference: ControlDefinition<Question2> = {
  id: "Q2-control.no-difference",
  statement:
    "Of all tests of hypotheses that are true none finds a difference, by Holm's correction.",
  kind: "positive",
  part({ forward, backward, depth }) {
    const ps = [
      ...ofLayers(forward),
      ...ofLayers(backward),
      ...depth.rows.flatMap(networkEstimates),
    ]
      .filter((estimate) => estimate != null).map(({ p }) => p);
    return {
      assertion:
        `The least of their p-values, adjusted over all of them, is ${leastWithout} or more.`,
      quantity: "least adjusted p-value",
      bandReason: "by Holm it is less by chance in one of 10,000 runs",
      test: "exact χ² and z, and bounds beside Catoni's intervals, adjusted by Holm",
      confidence: 1 - leastWithout,
      conditions: [
        exactly(`${ps.length} tests of layers and networks`, Math.min(...holm(ps)), {
          low: leastWithout,
          high: 1,
        }),
      ],
    };
  },
};

export const controls = [
  wrongFactor,
  meanInputs,
  meanWeights,
  correlatedBoth,
  correlatedInputs,
  uniformWeights,
  quadrature,
  spread,
  drift,
  noDifference,
];
