/**
 * Tests question 1's verdicts: an independent check found the same from the stage's own artifacts, and
 * perturbed premises change them.
 */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import type { Effects } from "../../../pipeline/engine/effects.ts";
import { Claim } from "../../../schemas/run/judged_claims.ts";
import type { Verdict } from "../../../schemas/run/claim_verdict.ts";
import { judge } from "../../../pipeline/claims/claim.ts";
import { type Question1, question1 } from "../../../stages/claims/claims_1.ts";
import { expressivity } from "../../../stages/expressivity/expressivity.ts";
import * as ofBoxes from "../../../stages/expressivity/boxes.ts";
import { cells, oneLayerCell } from "../../../stages/expressivity/cells.ts";
import { measureContrasts, spreadOf } from "../../../stages/expressivity/contrast.ts";
import { measureDimensions } from "../../../stages/expressivity/dimensions.ts";
import { measureDistances } from "../../../stages/expressivity/distances.ts";
import { measureErrors } from "../../../stages/expressivity/errors.ts";
import {
  constructions,
  measureExactness,
  threeLevels,
} from "../../../stages/expressivity/exactness.ts";
import { subjects } from "../../../stages/expressivity/functions.ts";
import { hiddenNeurons } from "../../../stages/expressivity/step_network.ts";

const effects = {
  readPackageFile: (specifier: string) => Deno.readFile(new URL(import.meta.resolve(specifier))),
} as Effects;
const parameters = expressivity.parameters.parse({
  largestN: 1024,
  dimensions: 3,
  errors: [0.45, 0.22],
  nearest: { dimensions: 3, points: [32, 128], sets: 24 },
  contrast: { dimensions: [1, 2, 4, 8], points: 32, sets: 40 },
});
const measured: Question1 = await expressivity.run({ parameters, inputs: {}, effects });

const definitionOf = (id: string) => question1.find((one) => one.id === id)!;
const claim = (id: string, changed: Partial<Question1> = {}) =>
  Claim.parse(judge(definitionOf(id), { ...measured, ...changed }));
const verdict = (id: string, changed: Partial<Question1> = {}) => claim(id, changed).verdict;
const outcomes = (id: string, changed: Partial<Question1> = {}) =>
  claim(id, changed).parts.map(({ outcome }) => outcome);

const found: Record<string, Verdict> = {
  "Q1.box": "qualified",
  "Q1.sign": "refuted",
  "Q1.approx": "confirmed",
  "Q1.three": "confirmed",
  "Q1.dims": "confirmed",
  "Q1.distance": "confirmed",
  "Q1.spread": "confirmed",
};

Deno.test("every claim of question 1 has its verdict, from measurement", () => {
  assertEquals(
    Object.fromEntries(question1.map(({ id }) => [id, verdict(id)])),
    found,
  );
});

Deno.test("the failing parts are those that the verdicts name", () => {
  assertEquals(outcomes("Q1.box"), ["holds", "holds", "fails"]);
});

Deno.test("any seed gives the same verdict on distances, and its power says so", async () => {
  for (let seed = 0; seed < 100; seed++) {
    const distances = await measureDistances({ dimensions: 3, points: [32], sets: 24, seed });
    assertEquals(verdict("Q1.distance", { distances }), "confirmed", `seed ${seed}`);
    const missed = distances.steps.reduce((total, { power }) => total + 1 - power, 0);
    assert(missed < 1e-4, `seed ${seed}: a true claim is missed with probability ${missed}`);
  }
});

Deno.test("the sentences contain the values they are made from", () => {
  assertStringIncludes(claim("Q1.box").sentence, "by 1 at the point x = δ");
  assertStringIncludes(claim("Q1.sign").sentence, "at most 2 with both signs");
  assertStringIncludes(
    claim("Q1.approx").sentence,
    "At small N it need not fall at once: of sin(12x) it is 1, 1.28, 1.41, 1.29 for N = 1, 2, 4, 8",
  );
  const [neurons, leftEnd, open] = claim("Q1.approx").remarks;
  assertStringIncludes(neurons, "2048 hidden neurons as drawn, 2N, or 1025 with");
  assertStringIncludes(leftEnd, "the network gives 0");
  assertStringIncludes(open, "Open boxes give 0 at every border");
  assertStringIncludes(claim("Q1.dims").sentence, "takes 11, 37, 143 hidden neurons");
  for (const id of Object.keys(found)) {
    const { sentence, remarks } = claim(id);
    for (const text of [sentence, ...remarks]) assert(!/undefined|NaN|Infinity/.test(text), text);
  }
});

const exactness = (changed: Partial<typeof constructions>) => ({
  exactness: measureExactness(parameters.boxes, parameters.levels, {
    ...constructions,
    ...changed,
  }),
});

Deno.test("Q1.box: confirmed if the box were exact at δ too, refuted if it were nowhere h", () => {
  assertEquals(verdict("Q1.box", exactness({ box: ofBoxes.exactBox })), "confirmed");
  const wrongSign = exactness({
    box: (h, w) => {
      const network = ofBoxes.box(h, w);
      return { ...network, output: { ...network.output, weights: [h, h] } };
    },
  });
  assertEquals(outcomes("Q1.box", wrongSign), ["holds", "fails", "fails"]);
  const doubled = exactness({ box: (h, w) => ofBoxes.bothSigns(2 * h, w) });
  assertEquals(verdict("Q1.box", doubled), "refuted");
});

Deno.test("Q1.box: an edge that is off by the least amount is found", () => {
  const late = exactness({ box: (h, w) => ofBoxes.box(h, w * (1 + 2 ** -52)) });
  assertEquals(outcomes("Q1.box", late), ["holds", "fails", "fails"]);
});

Deno.test("Q1.sign: confirmed if the text's sign stood alone", () => {
  const alone = exactness({ "both-signs": ofBoxes.signInTextAlone });
  assertEquals(verdict("Q1.sign", alone), "confirmed");
});

Deno.test("Q1.three: refuted or qualified with levels swapped, borders moved or boxes open", () => {
  const swapped = exactness({
    "three-levels": (setting) =>
      threeLevels({
        ...setting,
        levels: [setting.levels[1], setting.levels[0], setting.levels[2]],
      }),
  });
  assertEquals(verdict("Q1.three", swapped), "refuted");
  const moved = exactness({
    "three-levels": (setting) => threeLevels({ ...setting, alpha: setting.alpha / 2 }),
  });
  assertEquals(outcomes("Q1.three", moved), ["fails", "holds"]);
  const open = exactness({
    "three-levels": ({ halfWidth, alpha, beta, levels }) =>
      ofBoxes.openBoxes([-halfWidth, -alpha, beta, halfWidth], levels),
  });
  assertEquals(outcomes("Q1.three", open), ["holds", "fails"]);
});

const errorsOf = (rows: Partial<typeof ofBoxes>) => ({
  errors: {
    halfWidth: 1,
    functions: (["gaussian", "kinked"] as const).map((name) =>
      measureErrors(name, subjects[name], { halfWidth: 1, largestN: 1024 }, {
        boxes: ofBoxes.boxes,
        sharedEdges: ofBoxes.sharedEdges,
        openBoxes: ofBoxes.openBoxes,
        ...rows,
      })
    ),
  },
});

Deno.test("Q1.approx: not confirmed with open boxes, which leave gaps at the borders", () => {
  assertEquals(verdict("Q1.approx", errorsOf({})), "confirmed");
  const open = errorsOf({ boxes: ofBoxes.openBoxes });
  assertEquals(verdict("Q1.approx", open), "refuted");
  const [bounded, borders, order] = claim("Q1.approx", open).parts;
  assertEquals([bounded.outcome, borders.outcome, order.outcome], ["fails", "fails", "fails"]);
});

Deno.test("Q1.approx: not confirmed with heights of the neighbour, or of the wrong sign", () => {
  // The height of the box to the right: the error doubles, its order stays.
  const shifted = errorsOf({
    boxes: (edges, heights) =>
      ofBoxes.boxes(edges, heights.map((last, i) => heights[i + 1] ?? last)),
  });
  assertEquals(outcomes("Q1.approx", shifted), ["fails", "holds", "holds"]);
  const negated = errorsOf({
    boxes: (edges, heights) => ofBoxes.boxes(edges, heights.map((height) => -height)),
  });
  assertEquals(verdict("Q1.approx", negated), "refuted");
});

const neurons = hiddenNeurons;
const dimensionsOf = (changed: Partial<Parameters<typeof measureDimensions>[1]>) => ({
  dimensions: measureDimensions(parameters, { cells, oneLayerCell, neurons, ...changed }),
});

Deno.test("Q1.dims: whether one hidden layer makes a cell is a remark and turns no verdict", () => {
  const found = claim("Q1.dims", dimensionsOf({}));
  const asIfOneWereEnough = claim(
    "Q1.dims",
    dimensionsOf({
      oneLayerCell: (dimension, left, right) => cells(dimension, [left, right], [1]),
    }),
  );
  assertEquals([found.verdict, asIfOneWereEnough.verdict], ["confirmed", "confirmed"]);
  assertStringIncludes(found.remarks[0], "0.25 for d = 2, 0.333 for d = 3");
  assertStringIncludes(asIfOneWereEnough.remarks[0], "0 for d = 2, 0 for d = 3");
});

Deno.test("Q1.dims: cells with a wrong threshold, wrong heights and a cheap count are found", () => {
  // An OR in place of the AND, in the cell alone: approximation by it would not end.
  const or = dimensionsOf({
    cells: (dimension, edges, heights) => {
      const network = cells(dimension, edges, heights);
      if (heights.length > 1 || edges[0] === -1) return network;
      const [first, second] = network.hidden;
      return {
        ...network,
        hidden: [first, second.map((one) => ({ ...one, bias: -1 / 2 }))],
      };
    },
  });
  assertEquals(outcomes("Q1.dims", or)[1], "mixed");
  const tooHigh = dimensionsOf({
    cells: (dimension, edges, heights) =>
      cells(dimension, edges, heights.map((height) => height * 1.1)),
  });
  assert(outcomes("Q1.dims", tooHigh)[0] !== "holds");
  const edgesAlone = dimensionsOf({ neurons: (network) => [neurons(network)[0], 1] });
  assertEquals(outcomes("Q1.dims", edgesAlone)[3], "fails");
});

/** Mean distance to the nearest, of distances that shrink with every coordinate. */
function meanLeastCoordinateDistance(coordinates: Float64Array, dimension: number): number {
  const m = coordinates.length / dimension;
  const coordinate = (i: number, k: number) => coordinates[i * dimension + k];
  let total = 0;
  for (let i = 0; i < m; i++) {
    let nearest = Infinity;
    for (let j = 0; j < m; j++) {
      if (j === i) continue;
      for (let k = 0; k < dimension; k++) {
        nearest = Math.min(nearest, Math.abs(coordinate(i, k) - coordinate(j, k)));
      }
    }
    total += nearest;
  }
  return total / m;
}

/** The same however many coordinates there are. */
const firstCoordinate = (coordinates: Float64Array, dimension: number) =>
  meanLeastCoordinateDistance(coordinates.filter((_, i) => i % dimension === 0), 1);

Deno.test("Q1.distance: refuted by distances that shrink, undecided by ones that stay", async () => {
  const settings = { dimensions: 3, points: [32], sets: 200, seed: 0 };
  const shrinking = await measureDistances(settings, meanLeastCoordinateDistance);
  assertEquals(verdict("Q1.distance", { distances: shrinking }), "refuted");
  const staying = await measureDistances(settings, firstCoordinate);
  assertEquals(verdict("Q1.distance", { distances: staying }), "undecided");
});

Deno.test("Q1.spread: any seed gives its verdict; it is turned by distances that shrink or keep their contrast", async () => {
  const settings = { dimensions: [1, 2, 4, 8], points: 32, sets: 40 };
  for (let seed = 0; seed < 20; seed++) {
    const contrasts = await measureContrasts({ ...settings, seed });
    assertEquals(verdict("Q1.spread", { contrasts }), "confirmed", `seed ${seed}`);
  }
  const measuring = async (spread: typeof spreadOf) => ({
    contrasts: await measureContrasts({ ...settings, seed: 0 }, spread),
  });
  const shrinking = await measuring((coordinates, dimension) => {
    const { distance, contrast } = spreadOf(coordinates, dimension);
    return { distance: distance / dimension, contrast: -contrast };
  });
  assertEquals(verdict("Q1.spread", shrinking), "refuted");
  const rising = await measuring((coordinates, dimension) => {
    const { distance, contrast } = spreadOf(coordinates, dimension);
    return { distance, contrast: 1 - contrast };
  });
  assertEquals(outcomes("Q1.spread", rising), ["holds", "fails"]);
  const alike = await measuring((coordinates, dimension) =>
    spreadOf(coordinates.filter((_, i) => i % dimension === 0), 1)
  );
  assertEquals(verdict("Q1.spread", alike), "undecided");
});

Deno.test("distances and contrast of three points on a line are those worked out by hand", () => {
  // Distances 1, 3 and 2: contrasts 2/3, 1/2 and 1/3.
  const { distance, contrast } = spreadOf(Float64Array.of(0, 1, 3), 1);
  assertEquals(distance, 2);
  assertAlmostEquals(contrast, 1 / 2, 1e-15);
});

Deno.test("intervals of distances that do not grow contain 0 as often as they should", async () => {
  const ps: number[] = [];
  for (let seed = 0; seed < 400; seed++) {
    const { steps } = await measureDistances(
      { dimensions: 2, points: [16], sets: 24, seed },
      firstCoordinate,
    );
    ps.push(steps[0].p);
  }
  // Kolmogorov and Smirnov's distance from uniform p-values at level 1e-4: 2.23/√n.
  ps.sort((a, b) => a - b);
  const n = ps.length;
  const distance = Math.max(...ps.map((p, i) => Math.max(p - i / n, (i + 1) / n - p)));
  assert(distance < 2.23 / Math.sqrt(n), String(distance));
});

Deno.test("measurements that lack a construction are refused, not counted as holding", () => {
  const exactness = measured.exactness.filter(({ construction }) => construction !== "box");
  assertThrows(() => verdict("Q1.box", { exactness }), Error, "expected measurements of box");
});
