/** Claims 2e, on both directions at once and Glorot's rule. */
import { ruleOfParts } from "../rule_of_parts.ts";
import { estimates, numberText, range } from "../../../pipeline/claims/claim_numbers.ts";
import type { Estimate, LayerRow } from "../../../schemas/assignment/theory.ts";
import { type ClaimDefinition, exactly } from "../../../pipeline/claims/claim.ts";
import { layerText, networkText } from "./condition_words.ts";
import { ofCells, type Question2, wanted, wantedCells } from "./measured_2.ts";
import {
  about,
  asOne,
  atLeast,
  catoni,
  equivalence,
  exactness,
  gainOf,
  layerConditions,
  measured,
  over,
  reluConditions,
  roundingReason,
} from "./conditions.ts";

const chiSquare = "exact χ² given the signals' norms";

/** Layers drawn by a rule, measured in the direction that the other rule is for. */
const against = ({ forward, backward }: Question2, is: (row: LayerRow) => boolean): LayerRow[] =>
  wanted(
    [
      ...ofCells(backward.rows, { purpose: "rule", rule: "lecun" }),
      ...ofCells(forward.rows, { purpose: "rule", rule: "backward" }),
    ],
    "rules against their direction",
    is,
  );

const areEqual = ({ cell: { nIn, nOut } }: LayerRow): boolean => nIn === nOut;

const directed = (row: LayerRow): string => `${row.cell.direction}, ${layerText(row)}`;

/** A factor or its inverse, whichever is above 1. */
function folded({ estimate, standardError, interval, ...rest }: Estimate): Estimate {
  if (estimate >= 1) return { estimate, standardError, interval, ...rest };
  return {
    estimate: 1 / estimate,
    standardError: standardError / estimate ** 2,
    interval: { low: 1 / interval.high, high: 1 / interval.low },
    ...rest,
  };
}

const scaled = (estimate: Estimate, scale: number): Estimate => ({
  ...estimate,
  estimate: estimate.estimate * scale,
  standardError: estimate.standardError * scale,
  interval: { low: estimate.interval.low * scale, high: estimate.interval.high * scale },
});

/** The least factor that counts as a conflict; fans here differ by 4 or more. */
const conflicting = 2;

const conflict: ClaimDefinition<Question2> = {
  id: "Q2e.conflict",
  statement: "The forward rule 1/n_in and the backward rule 1/n_out conflict unless n_in = n_out.",
  source: "Question 2e, the two conditions",
  analytic:
    "With σ² = 1/n_in the gradient's second moment is multiplied by n_out/n_in, with σ² = 1/n_out " +
    "the activation's by n_in/n_out",
  rule: ruleOfParts,
  parts: (all) => [
    {
      assertion: "For n_in = n_out each rule keeps the second moment in the other direction too.",
      quantity: "factor of the second moment",
      ...equivalence(all.forward),
      test: chiSquare,
      conditions: over(
        against(all, areEqual),
        ({ conditional }) => conditional,
        (row, estimate) => measured(directed(row), estimate, about(all.forward), gainOf(row)),
      ),
    },
    {
      assertion: "For n_in ≠ n_out neither rule keeps it in the other direction.",
      quantity: "factor of the second moment, or its inverse, whichever is above 1",
      ...equivalence(all.forward),
      bandReason: `a factor ${conflicting} or more: the fans measured differ by 4 or more`,
      test: chiSquare,
      conditions: over(
        against(all, (row) => !areEqual(row)),
        ({ conditional }) => conditional,
        (row, estimate) =>
          measured(directed(row), folded(scaled(estimate, gainOf(row))), atLeast(conflicting)),
      ),
    },
  ],
  sentence([equal, unequal], all) {
    const ratios = against(all, (row) => !areEqual(row)).map(({ cell: { nIn, nOut } }) =>
      Math.max(nIn, nOut) / Math.min(nIn, nOut)
    );
    return `In the direction it is not made for, either rule multiplies the second moment by ` +
      `${range(estimates(equal))} for equal fans and by a factor of ${
        range(estimates(unequal))
      }, ` +
      `up or down, for fans that differ by ${range(ratios)}.`;
  },
};

const glorot: ClaimDefinition<Question2> = {
  id: "Q2e.glorot",
  statement: "The compromise is σ² = 2/(n_in + n_out), one over the mean of the two fans.",
  source: "Question 2e, Glorot's rule",
  analytic: "2/(n_in + n_out) is the harmonic mean of 1/n_in and 1/n_out; forward factor " +
    "2n_in/(n_in + n_out), backward 2n_out/(n_in + n_out) (Glorot and Bengio 2010, equation 12)",
  rule: ruleOfParts,
  parts({ forward, backward, activations: { algebra: { rules } } }) {
    const factors = (rows: readonly LayerRow[], direction: "forward" | "backward") => ({
      assertion: `${direction === "forward" ? "Forward" : "Backward"}, it multiplies the second ` +
        `moment by 2${direction === "forward" ? "n_in" : "n_out"}/(n_in + n_out).`,
      quantity: "factor of the second moment over that",
      ...equivalence(forward),
      test: chiSquare,
      conditions: layerConditions(
        wantedCells(rows, { purpose: "rule", rule: "glorot" }),
        "conditional",
        about(forward),
        (row) => {
          const { nIn, nOut } = row.cell;
          const claimed = 2 * (direction === "forward" ? nIn : nOut) / (nIn + nOut);
          return gainOf(row) / claimed;
        },
      ),
    });
    return [
      {
        assertion: "It is the harmonic mean of the two rules' variances.",
        quantity: "2/(1/σ²_forward + 1/σ²_backward) over Glorot's σ²",
        ...exactness(roundingReason),
        conditions: rules.map(({ nIn, nOut, harmonicMean, glorot }) =>
          exactly(`n_in ${nIn}, n_out ${nOut}`, harmonicMean / glorot, asOne)
        ),
      },
      {
        assertion: "The closed forms of both factors are n_in σ² and n_out σ².",
        quantity: "closed form over n σ²",
        ...exactness(roundingReason),
        conditions: rules.flatMap(({ nIn, nOut, glorot, glorotForward, glorotBackward }) => [
          exactly(`forward, n_in ${nIn}, n_out ${nOut}`, glorotForward / (nIn * glorot), asOne),
          exactly(`backward, n_in ${nIn}, n_out ${nOut}`, glorotBackward / (nOut * glorot), asOne),
        ]),
      },
      factors(forward.rows, "forward"),
      factors(backward.rows, "backward"),
    ];
  },
  sentence([, , forward, backward]) {
    return `Glorot's rule is the harmonic mean of the two at all fans; measured over predicted ` +
      `factors are ${range(estimates(forward))} forward and ${
        range(estimates(backward))
      } backward.`;
  },
};

const halves: ClaimDefinition<Question2> = {
  id: "Q2e.halves",
  statement: "With ReLU the variance halves.",
  source: "Question 2e, why ReLU needs another rule",
  analytic: "E[y²] = s²/2, but Var(y) = s²(π - 1)/(2π) = 0.341 s²",
  rule: ruleOfParts,
  parts(all) {
    const { forward, activations: { algebra: { relu } } } = all;
    const variance = wanted(relu, "the ReLU's variance", (row) => row.moment === "variance")[0];
    const rows = wantedCells(forward.relu, { against: "normal" });
    return [
      {
        assertion: "The variance after the ReLU is half of that before.",
        quantity: "Var(y)/Var(a) by quadrature",
        ...exactness(roundingReason, "double exponential quadrature"),
        conditions: [
          exactly("N(0, s²), any s", variance.quadrature, { low: 0.5 - 1e-12, high: 0.5 + 1e-12 }),
        ],
      },
      {
        assertion: "It is so in layers drawn.",
        quantity: "Var(y)/Var(a)",
        ...equivalence(forward),
        test: catoni("independent draws of W and x"),
        conditions: reluConditions(rows, "variance", about(forward, 0.5), variance.closedForm),
      },
    ];
  },
  sentence([exact, drawn], { forward }) {
    const seconds = forward.relu.flatMap(({ secondMoment }) => secondMoment?.estimate ?? [])
      .map((ratio) => ratio / 2);
    return `The variance falls to ${
      numberText(estimates(exact)[0])
    } of what it was, in layers drawn ` +
      `to ${range(estimates(drawn))}; the second moment falls to ${range(seconds)}.`;
  },
};

const two: ClaimDefinition<Question2> = {
  id: "Q2e.two",
  statement: "The 2 in Glorot's rule accounts for ReLU.",
  source: "Question 2e, the reading of the 2",
  analytic:
    "2/(n_in + n_out) is 1/n at equal fans: the 2 averages two fans. With ReLU the second " +
    "moment is then multiplied by 1/2; He's rule is 2/n.",
  rule: ruleOfParts,
  parts({ forward, depth, activations: { algebra: { rules } } }) {
    const square = wanted(rules, "equal fans", ({ nIn, nOut }) => nIn === nOut);
    return [
      {
        assertion: "With ReLU, Glorot's rule keeps the second moment at square layers.",
        quantity: "factor of the second moment in a layer, all layers together",
        ...equivalence(depth),
        test: catoni("all layers, whose factors are independent"),
        conditions: wantedCells(depth.rows, {
          activation: "relu",
          rule: "lecun",
          purpose: "layer-factor",
        }).map((row) => measured(networkText(row), row.factor, about(depth), row.predictedFactor)),
      },
      {
        assertion: "Without ReLU, the 2 doubles the second moment at square layers.",
        quantity: "factor of the second moment",
        ...equivalence(forward),
        test: chiSquare,
        conditions: over(
          wanted(
            ofCells(forward.rows, { purpose: "rule", rule: "glorot" }),
            "square layers by Glorot's rule",
            areEqual,
          ),
          ({ conditional }) => conditional,
          (row, estimate) => measured(layerText(row), estimate, about(forward, 2), gainOf(row)),
        ),
      },
      {
        assertion: "At square layers Glorot's rule is He's, which does account for ReLU.",
        quantity: "Glorot's σ² over He's",
        ...exactness("a rule is the same or it is not"),
        conditions: square.map(({ nIn, glorot, he }) =>
          exactly(`n_in = n_out = ${nIn}`, glorot / he, { low: 1, high: 1 })
        ),
      },
    ];
  },
  sentence([withRelu, without, overHe]) {
    return `At square layers Glorot's rule multiplies the second moment by ` +
      `${range(estimates(withRelu))} with ReLU and by ${
        range(estimates(without))
      } without; it is ` +
      `${range(estimates(overHe))} times He's. Its 2 comes from the mean of two fans.`;
  },
};

export const fansClaims = [conflict, glorot, halves, two];
