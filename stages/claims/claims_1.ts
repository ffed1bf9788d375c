/**
 * Defines the claims of question 1, on step networks. Nearly all of it is exact, because networks
 * are evaluated and not sampled. Chance enters only with the distances between random points.
 */
import type { Condition } from "../../schemas/run/judged_claims.ts";
import type { Deviation, Errors, Exactness } from "../../schemas/assignment/step_networks.ts";
import type { Values } from "../../pipeline/engine/stage.ts";
import {
  approximationErrors,
  dimensions,
  distanceContrasts,
  exactness,
  nearestNeighbourDistances,
} from "../expressivity/expressivity_artifacts.ts";
import { boxRegions, levelRegions } from "../expressivity/exactness.ts";
import { type ClaimDefinition, exactly } from "../../pipeline/claims/claim.ts";
import { estimates, numberText, range } from "../../pipeline/claims/claim_numbers.ts";
import { ruleOfParts } from "./rule_of_parts.ts";

/** The artifacts of the stage `expressivity`. */
export const measurements1 = {
  exactness,
  errors: approximationErrors,
  dimensions,
  distances: nearestNeighbourDistances,
  contrasts: distanceContrasts,
};
export type Question1 = Values<typeof measurements1>;

const largest = (values: readonly number[]): number => Math.max(...values);

const nothing = { low: 0, high: 0 };

/** Rounding in f and in the network: errors of about 2^-52 on bounds of 1e-4 or more, with room. */
const rounding = 1e-9;
const upToBound = { low: 0, high: 1 + rounding };
const boundReason =
  `the bound itself, and ${rounding} of it for rounding: values near 1 are good to 2^-52, the least ` +
  "bound lies near 1e-5";

/**
 * The rows of a construction in some regions.
 * @throws Error if nothing was measured there
 */
function rowsOf(
  { exactness }: Question1,
  construction: Deviation["construction"],
  regions: readonly string[],
): Exactness {
  const rows = exactness.filter((row) =>
    row.construction === construction && regions.includes(row.region)
  );
  if (rows.length === 0) {
    throw new Error(
      `question 1: expected measurements of ${construction} where ${regions.join(" or ")}, found ` +
        "none; does the exactness artifact come from this version of the stage?",
    );
  }
  return rows;
}

/** Returns each setting's largest deviation over the regions. */
function deviations(
  measured: Question1,
  construction: Deviation["construction"],
  regions: readonly string[],
): Condition[] {
  const rows = rowsOf(measured, construction, regions);
  return [...new Set(rows.map(({ setting }) => setting))].map((setting) => {
    const ofSetting = rows.filter((row) => row.setting === setting);
    const points = ofSetting.reduce((total, row) => total + row.points, 0);
    return exactly(
      `${setting}; ${points} points`,
      largest(ofSetting.map(({ deviation }) => deviation)),
      nothing,
    );
  });
}

/** A part that asks for no deviation at all. */
const noDeviation = (assertion: string, conditions: Condition[]) => ({
  assertion,
  quantity: "max |network - function| over the points, relative to the largest |level|",
  bandReason: "the claim is an equality, and sums of +h and -h are exact",
  test: "exact arithmetic, at the ends, next to them, between and far away",
  confidence: 1,
  conditions,
});

const box: ClaimDefinition<Question1> = {
  id: "Q1.box",
  statement:
    "Two step neurons with W11 = W12 = 1, B11 = 0, B12 = -δ, W21 = h, W22 = -h and B21 = 0 " +
    "give h on (0, δ) and 0 elsewhere.",
  source: "Question 1, the box and its table of weights and biases",
  analytic:
    "h·σ(x) - h·σ(x - δ) is h where σ(x) = 1 and σ(x - δ) = 0. As σ(0) = 0, that is (0, δ]: " +
    "the edge x = δ belongs to it.",
  rule: ruleOfParts,
  parts: (measured) => [
    noDeviation(
      "The network is h on (0, δ).",
      deviations(measured, "box", [boxRegions.inside]),
    ),
    noDeviation(
      "The network is 0 for x ≤ 0 and for x > δ.",
      deviations(measured, "box", [boxRegions.before, boxRegions.after]),
    ),
    noDeviation(
      "The network is 0 at x = δ.",
      deviations(measured, "box", [boxRegions.rightEdge]),
    ),
  ],
  sentence([inside, outside, edge], measured) {
    const everywhere = deviations(measured, "exact-box", Object.values(boxRegions));
    return `In units of |h|, the network deviates from the box by ${range(estimates(inside))} on ` +
      `(0, δ), by ${range(estimates(outside))} for x ≤ 0 and x > δ, and by ` +
      `${range(estimates(edge))} at the point x = δ; h·σ(x) + h·σ(δ - x) - h deviates by at most ` +
      `${numberText(largest(everywhere.map(({ estimate }) => estimate)))} anywhere.`;
  },
};

/** All but x = δ, where the box of the table itself is disputed. */
const offEdge = [boxRegions.before, boxRegions.inside, boxRegions.after];

const sign: ClaimDefinition<Question1> = {
  id: "Q1.sign",
  statement: "The second hidden neuron gives -σ(x - δ), as the text has it, and W22 = -h, as the " +
    "table has it; together they make the box.",
  source: "Question 1, the text beside the box and its table",
  analytic:
    "The two signs cancel: h·σ(x) + (-h)·(-σ(x - δ)) = h(σ(x) + σ(x - δ)), which is 2h for " +
    "x > δ. With either sign alone it is h·σ(x) - h·σ(x - δ).",
  rule: ruleOfParts,
  parts: (measured) => [
    noDeviation(
      "With both signs the network is h on (0, δ) and 0 for x ≤ 0 and x > δ.",
      deviations(measured, "both-signs", offEdge),
    ),
  ],
  sentence([both], measured) {
    const of = (construction: Deviation["construction"]) =>
      range(deviations(measured, construction, offEdge).map(({ estimate }) => estimate));
    return `In units of |h|, x = δ left out, the network deviates from the box by at most ` +
      `${range(estimates(both))} with both signs, by ${
        of("sign-in-text-alone")
      } with the sign in ` +
      `the text alone and by ${of("box")} with the sign in the table alone.`;
  },
};

/** Conditions that an error, in units of its bound, exceeds the bound of a function for no N. */
const withinBound = (
  functions: Errors["functions"],
  error: (row: Errors["functions"][number]["rows"][number]) => number,
): Condition[] =>
  functions.map(({ formula, rows }) =>
    exactly(
      `${formula}, N = ${range(rows.map(({ boxes }) => boxes))}`,
      largest(rows.map(error)),
      upToBound,
    )
  );

const approx: ClaimDefinition<Question1> = {
  id: "Q1.approx",
  statement:
    "A sum of N boxes approximates any smooth bounded function f on [-B, B], better as N grows.",
  source: "Question 1, approximation by boxes",
  analytic: "With heights f(midpoint), |f(x) - f(midpoint)| ≤ L·B/N on a cell of width 2B/N for " +
    "Lipschitz constant L, so the error is of first order in 1/N. The boxes are half-open, (l, r], " +
    "and tile (-B, B]; -B belongs to none. 2N hidden neurons, N + 1 with one for each edge.",
  rule: ruleOfParts,
  parts: ({ errors: { functions } }) => [
    {
      assertion: "N boxes approximate f on (-B, B] with an error of at most L·B/N.",
      quantity: "sup |f - network| over (-B, B] in units of L·B/N, the largest over N",
      bandReason: boundReason,
      test: "exact supremum: f is monotone and the network constant between the points evaluated",
      confidence: 1,
      conditions: withinBound(functions, ({ sup, bound }) => sup / bound),
    },
    {
      assertion: "It holds at the borders between boxes as well.",
      quantity: "max |f - network| over the inner edges in units of L·B/N, the largest over N",
      bandReason: boundReason,
      test: "exact maximum over all inner edges",
      confidence: 1,
      conditions: withinBound(functions, ({ atBorders, bound }) => (atBorders ?? 0) / bound),
    },
    {
      assertion: "More boxes approximate better, eventually: the error falls as 1/N.",
      quantity:
        "p in sup ~ N^-p: fitted by least squares, and its range over single doublings of N",
      bandReason:
        "first order is p = 1; a tenth is left for cells still as wide as f's own features",
      test: "no chance is involved: the interval spans the orders of all doublings fitted",
      confidence: 1,
      conditions: functions.map(({ formula, order: { fitted, from, to, local } }) => ({
        ...exactly(`${formula}, N = ${from} to ${to}`, fitted, { low: 0.9, high: 1.1 }),
        interval: local,
      })),
    },
  ],
  sentence([bounded, borders, order], { errors: { functions, halfWidth } }) {
    const last = functions.map(({ rows }) => rows[rows.length - 1]);
    return `Over ${functions.length} functions on (-${halfWidth}, ${halfWidth}], in units of L·B/N, ` +
      `the error is at most ${range(estimates(bounded))}, and ${
        range(estimates(borders))
      } at borders between boxes. Eventually it falls with N to the power -p for p = ${
        range(estimates(order))
      }, to ${range(last.map(({ sup }) => sup))} for N = ${last[0].boxes}. ${atSmallN(functions)}`;
  },
  remarks({ errors: { functions } }) {
    const { boxes, neurons } = functions[0].rows[functions[0].rows.length - 1];
    const residue = largest(
      functions.flatMap(({ rows }) => rows.map(({ sharedEdgesResidue }) => sharedEdgesResidue)),
    );
    const ends = functions.map(({ leftEnd: { wanted, network } }) => Math.abs(wanted - network));
    const { openBoxes } = functions[0];
    return [
      `N = ${boxes} boxes take ${neurons.asDrawn} hidden neurons as drawn, 2N, or ` +
      `${neurons.sharedEdges} with shared edges, N + 1, whose outputs differ by at most ` +
      `${numberText(residue)} for any N.`,
      `At x = -B, which belongs to no half-open box, the network gives ${
        range(functions.map(({ leftEnd }) => leftEnd.network))
      } and errs by ${range(ends)}.`,
      `The inner edges hold because the boxes are half-open, (l, r]. Open boxes give 0 at every ` +
      `border: with N = ${openBoxes.boxes} they err there by ${
        range(functions.map(({ openBoxes }) => openBoxes.atBorders))
      }.`,
    ];
  },
};

/** The functions whose error does not fall at every doubling of N, with the errors up to there. */
function atSmallN(functions: Errors["functions"]): string {
  const rising = functions.flatMap(({ formula, rows }) => {
    const end = rows.findLastIndex(({ sup }, i) => i > 0 && sup >= rows[i - 1].sup);
    if (end < 0) return [];
    const shown = rows.slice(0, end + 2);
    return [
      `of ${formula} it is ${shown.map(({ sup }) => numberText(sup)).join(", ")} for N = ${
        shown.map(({ boxes }) => boxes).join(", ")
      }`,
    ];
  });
  return rising.length === 0
    ? "It falls at every doubling of N."
    : `At small N it need not fall at once: ${rising.join("; ")}.`;
}

const three: ClaimDefinition<Question1> = {
  id: "Q1.three",
  statement: "Three boxes give the levels h, u and k on (-B, -α), (-α, β) and (β, B).",
  source: "Question 1, the drawn example of three levels",
  analytic:
    "Boxes on (-B, -α], (-α, β] and (β, B] do not overlap and leave no gap; their sum has " +
    "the level of whichever holds x.",
  rule: ruleOfParts,
  parts: (measured) => [
    noDeviation(
      "The network is h, u and k on the three intervals and 0 beyond -B and B.",
      deviations(measured, "three-levels", [
        levelRegions.first,
        levelRegions.second,
        levelRegions.third,
        levelRegions.outside,
      ]),
    ),
    noDeviation(
      "There is no gap: at -α and β it has the level of the interval on the left.",
      deviations(measured, "three-levels", [levelRegions.borders]),
    ),
  ],
  sentence([levels, borders]) {
    return `Built from three boxes, with ${
      levels.conditions[0].condition
    }: relative to the largest ` +
      `level, the network deviates by ${range(estimates(levels))} on the three intervals and ` +
      `beyond them, and by ${range(estimates(borders))} at the borders -α and β.`;
  },
};

const dims: ClaimDefinition<Question1> = {
  id: "Q1.dims",
  statement: "The construction extends to d inputs, at a cost that grows exponentially.",
  source: "Question 1, more dimensions",
  analytic:
    "The text leaves the construction open. Half-open cells tile the cube; one is σ(Σ_k [σ(x_k - l_k) - σ(x_k - r_k)] - (d - 1/2)), in two hidden " +
    "layers: d(N + 1) edges and N^d cells, with N ≥ L·B/error for Lipschitz constant L in the max " +
    "norm",
  rule: ruleOfParts,
  parts: ({ dimensions: { cells, errors, needed, growth, lipschitz, halfWidth } }) => {
    const dimensions = [...new Set(errors.map(({ dimension }) => dimension))];
    return [
      {
        assertion:
          "Boxes of step neurons extend to d inputs: with a second hidden layer, N cells along " +
          "each axis approximate with an error of at most L·B/N.",
        quantity: "max |f - network| over the cells' corners in units of L·B/N, the largest over N",
        bandReason: boundReason,
        test: "exact maximum: in a cell each function is furthest from its middle at a corner",
        confidence: 1,
        conditions: dimensions.flatMap((d) => {
          const ofD = errors.filter(({ dimension }) => dimension === d);
          return [...new Set(ofD.map((row) => row.function))].map((name) => {
            const rows = ofD.filter((row) => row.function === name);
            return exactly(
              `d = ${d}, ${name}, N = ${range(rows.map(({ cellsPerAxis }) => cellsPerAxis))}`,
              largest(rows.map(({ sup, bound }) => sup / bound)),
              upToBound,
            );
          });
        }),
      },
      {
        ...noDeviation(
          "Two hidden layers give a cell exactly.",
          cells.map(({ dimension, points, twoLayers }) =>
            exactly(`d = ${dimension}; ${points} points`, twoLayers, nothing)
          ),
        ),
        bandReason: "the claim is an equality, and sums of ones are exact",
      },
      {
        assertion: "In every dimension N must grow as 1/error.",
        quantity: "N needed, times error/(L·B)",
        bandReason: "N is L·B/error, rounded up to an integer",
        test: "exact: the least N at which every function's error is met",
        confidence: 1,
        conditions: needed.map(({ error, dimension, cellsPerAxis }) => {
          const relative = error / (lipschitz * halfWidth);
          return exactly(
            `d = ${dimension}, error ${numberText(error)}`,
            cellsPerAxis * relative,
            { low: 1 - rounding, high: 1 + relative + rounding },
          );
        }),
      },
      {
        assertion: "The hidden neurons for a fixed error grow exponentially with d.",
        quantity:
          "share of c·b^d in the residuals of ln(neurons): about c·b^d over both that and c·d^p",
        bandReason: "below 1/2 an exponential fits better than a power of d",
        test: "least squares on counts of neurons",
        confidence: 1,
        conditions: growth.map(({ error, exponential, power }) =>
          exactly(
            `error ${numberText(error)}, d = ${range(dimensions)}`,
            exponential / (exponential + power),
            { low: 0, high: 0.5 },
          )
        ),
      },
    ];
  },
  sentence([error, twoLayers, , exponential], { dimensions: { needed, growth } }) {
    const finest = growth.reduce((a, b) => b.error < a.error ? b : a);
    const cost = needed.filter(({ error }) => error === finest.error)
      .map(({ neurons }) => neurons);
    return `With a second hidden layer, in ${
      range(needed.map((row) => row.dimension))
    } dimensions and units of L·B/N, the error is at most ${
      range(estimates(error))
    }, and a cell is ` +
      `met to within ${range(estimates(twoLayers))}. An error of ${
        numberText(finest.error)
      } takes ${cost.join(", ")} hidden neurons, a factor of ${
        numberText(finest.factor)
      } for each further input; an exponential in d leaves ${
        range(estimates(exponential))
      } of what it and a power of d leave unexplained together.`;
  },
  remarks({ dimensions: { cells } }) {
    const deviations = cells.filter(({ dimension }) => dimension > 1)
      .map(({ dimension, oneLayerAtLeast, oneLayer }) =>
        `${range([oneLayerAtLeast, oneLayer])} for d = ${dimension}`
      );
    return [
      "An exact cell needs the second hidden layer: the best single layer of step neurons of single " +
      `coordinates misses a cell by ${
        deviations.join(", ")
      }; by theory (d - 1)/(2d). With slanted ` +
      "neurons it is no cell either, because the jump across an edge's line is the same all along " +
      "it. To approximate, one layer is enough (Cybenko 1989).",
    ];
  },
};

const distance: ClaimDefinition<Question1> = {
  id: "Q1.distance",
  statement: "In more dimensions points lie further from their neighbours.",
  source: "Question 1, more dimensions",
  analytic:
    "Leaving a coordinate out shortens every distance, so the mean distance to the nearest " +
    "of m uniform points grows with d; far from the cube's border it is Γ(1 + 1/d)/(m V_d)^(1/d), " +
    "V_d the volume of the unit ball.",
  rule: ruleOfParts,
  parts: ({ distances: { confidence, sets, steps } }) => [{
    assertion: "The mean distance to the nearest neighbour grows from d to d + 1 inputs.",
    quantity: "its growth, in sides of the unit cube",
    bandReason: "growth is a difference above 0",
    test: `Welch's t interval from ${sets} independent sets of points each`,
    confidence,
    conditions: steps.map((step) => ({
      condition: `m = ${step.points}, d = ${step.dimension} to ${step.dimension + 1}`,
      estimate: step.difference,
      standardError: step.standardError,
      interval: step.interval,
      band: { low: 0, high: null },
      p: step.p,
      power: step.power,
      sampleSize: sets,
    })),
  }],
  sentence(_parts, { distances: { rows, steps, sets } }) {
    const points = largest(rows.map((row) => row.points));
    const means = rows.filter((row) => row.points === points).map(({ dimension, mean }) =>
      `${numberText(mean)} (d = ${dimension})`
    );
    const growth = steps.map(({ difference, standardError }) => difference / standardError);
    return `Among m = ${points} uniform points the mean distance to the nearest neighbour is ` +
      `${
        means.join(", ")
      }, from ${sets} sets each; over all m measured, a further dimension adds ` +
      `${range(growth)} standard errors.`;
  },
};

const spread: ClaimDefinition<Question1> = {
  id: "Q1.spread",
  statement: 'In high dimension "data points start getting really spread out".',
  source: "Question 1, more dimensions",
  analytic: "A squared distance of uniform points has mean d/6 and a deviation that grows as √d " +
    "only: distances grow, and nearest and farthest come to the same, (max - min)/max → 0 (Beyer et " +
    "al. 1999)",
  rule: ruleOfParts,
  parts({ contrasts: { confidence, points, sets, steps } }) {
    const part = (of: "distance" | "contrast", band: Condition["band"]) => ({
      bandReason: "a difference on its side of 0",
      test: `Welch's t interval from ${sets} independent sets of points each`,
      confidence,
      conditions: steps.map(({ from, to, [of]: { difference, standardError, interval, p } }) => ({
        condition: `m = ${points}, d = ${from} to ${to}`,
        estimate: difference,
        standardError,
        interval,
        band,
        p,
        power: null,
        sampleSize: sets,
      })),
    });
    return [
      {
        assertion: "The mean distance of two points grows with d.",
        quantity: "its growth, in sides of the unit cube",
        ...part("distance", { low: 0, high: null }),
      },
      {
        assertion: "The relative contrast of the distances from a point falls with d.",
        quantity: "change of the mean of (farthest - nearest) / farthest",
        ...part("contrast", { low: null, high: 0 }),
      },
    ];
  },
  sentence(_parts, { contrasts: { rows, points } }) {
    const list = (of: "distance" | "contrast") =>
      rows.map((row) => numberText(row[of].mean)).join(", ");
    return `For d = ${
      rows.map(({ dimension }) => dimension).join(", ")
    } and ${points} uniform points ` +
      `the mean distance of two is ${
        list("distance")
      }, and the relative contrast of the distances ` +
      `from one is ${list("contrast")}.`;
  },
};

export const question1: ClaimDefinition<Question1>[] = [
  box,
  sign,
  approx,
  three,
  dims,
  distance,
  spread,
];
