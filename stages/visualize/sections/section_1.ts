/** Writes question 1's section. */
import type { Section } from "../../../schemas/run/report_section.ts";
import type { Values } from "../../../pipeline/engine/stage.ts";
import { settingOf, valueAt } from "../charts/box.ts";
import { keepsToBound } from "../charts/error_by_boxes.ts";
import { listed } from "../../../pipeline/terminal/numbers.ts";
import { between, count, counted, fixed, last, significant } from "../charts/chart_numbers.ts";
import { stepFunctionOf } from "../charts/step_function.ts";
import { boxRegions } from "../../expressivity/exactness.ts";
import type { drawnMeasurements } from "../../expressivity/expressivity_artifacts.ts";
import { chart, claims, formula, overview, type Piece, table, tell, text } from "./blocks.ts";

/** The charts of the section. */
export const charts = [
  overview,
  "box",
  "pair-of-steps",
  "network-box",
  "network-exact-box",
  "three-levels",
  "network-three-levels",
  "approximations",
  "error-by-boxes",
  "network-boxes",
  "network-shared-edges",
  "neurons-by-dimension",
  "network-cells",
  "nearest-neighbours",
] as const;

type Measured = Values<typeof drawnMeasurements>;
type Chart = typeof charts[number];
type Blocks = Piece<Chart>[];

export function tellQuestion1(measured: Measured): Section {
  return tell<Chart>("question-1", "Question 1: what step networks can express", [
    text(
      "A neuron here is a step: $\\sigma(u) = 1$ for $u > 0$, otherwise $0$, of a weighted sum of " +
        "its inputs and a bias. The output neuron sums without an activation. The assignment builds a " +
        "box from two such neurons, rows of boxes from boxes, and from these an approximation of " +
        "any smooth function.",
    ),
    ...onBoxes(measured),
    ...onLevels(),
    ...onErrors(measured),
    ...onDimensions(measured),
  ], {
    title: "Question 1: step networks",
    sentence: inShort(measured.errors),
    chart: overview,
  });
}

function inShort(errors: Measured["errors"]): string {
  const orders = errors.functions.map(({ order }) => order.fitted);
  return `The error of $N$ boxes falls as $N^{-p}$, $p$ = ${
    between(fixed(Math.min(...orders), 2), fixed(Math.max(...orders), 2))
  }, and ${keepsToBound(errors) ? "never exceeds" : "exceeds somewhere"} the bound $LB/N$.`;
}

/** Boxes from two steps. */
const onBoxes = ({ networks, exactness }: Measured): Blocks => [
  formula("y(x) = h\\,\\sigma(x) - h\\,\\sigma(x - \\delta)"),
  chart("pair-of-steps"),
  text(aboutBox(networks, exactness)),
  formula("y(x) = h\\,\\sigma(x) + h\\,\\sigma(\\delta - x) - h"),
  chart("box"),
  text("Both networks, with the table’s weights and biases, and exact at $\\delta$ as well:"),
  chart("network-box"),
  chart("network-exact-box"),
  claims("Q1.box", "Q1.sign"),
];

/** Boxes side by side. */
const onLevels = (): Blocks => [
  text(
    "Boxes side by side make any row of levels. Because each is half-open, $(l, r]$, neighbours " +
      "meet without a gap: at a border the level on the left holds.",
  ),
  chart("three-levels"),
  chart("network-three-levels"),
  claims("Q1.three"),
];

/** Smooth functions by boxes. */
const onErrors = ({ errors, samples }: Measured): Blocks => [
  text(aboutErrors(errors, samples)),
  formula("\\sup_{-B < x \\le B} |f(x) - y(x)| \\le \\frac{L B}{N}"),
  chart("approximations"),
  chart("error-by-boxes"),
  table(
    `Approximation by N boxes on [−${errors.halfWidth}, ${errors.halfWidth}]`,
    [
      "Function",
      "L#",
      "N#",
      "Largest error#",
      "Bound L·B/N#",
      "Neurons as drawn#",
      "With shared edges#",
      "Fitted order#",
    ],
    errors.functions.map(({ formula, lipschitz, rows, order }) => {
      const row = last(rows);
      return [
        formula,
        significant(lipschitz),
        row.boxes,
        significant(row.sup),
        significant(row.bound),
        row.neurons.asDrawn,
        row.neurons.sharedEdges,
        `${fixed(order.fitted, 3)} ± ${significant(order.standardError, 1)}`,
      ];
    }),
  ),
  text(
    "Where two boxes share an edge one neuron is enough: it adds the difference of their heights. " +
      "So $N + 1$ hidden neurons give what the assignment draws with $2N$; measured, the two differ " +
      `by at most ${
        significant(
          Math.max(
            ...errors.functions.flatMap(({ rows }) =>
              rows.map(({ sharedEdgesResidue }) => sharedEdgesResidue)
            ),
          ),
          2,
        )
      }.`,
  ),
  chart("network-boxes"),
  chart("network-shared-edges"),
  claims("Q1.approx"),
];

/** More inputs than one. */
const onDimensions = ({ dimensions, distances }: Measured): Blocks => [
  text(aboutDimensions(dimensions)),
  formula(
    "\\sigma\\Bigl(\\sum_{k=1}^{d} \\bigl[\\sigma(x_k - l_k) - \\sigma(x_k - r_k)\\bigr] - " +
      "d + \\tfrac{1}{2}\\Bigr)",
  ),
  chart("neurons-by-dimension"),
  chart("network-cells"),
  claims("Q1.dims"),
  text(aboutDistances(distances)),
  chart("nearest-neighbours"),
  claims("Q1.distance", "Q1.spread"),
];

function aboutBox(networks: Measured["networks"], exactness: Measured["exactness"]): string {
  const network = (name: string) => networks.find((one) => one.name === name)!.network;
  const box = network("box");
  const { height, delta } = settingOf(box);
  const atDelta = valueAt(box, delta);
  const exact = exactness.filter(({ construction }) => construction === "exact-box");
  const isExact = (rows: Measured["exactness"]) => rows.every(({ deviation }) => deviation === 0);
  const withoutEdge = (name: string) =>
    exactness.filter(({ construction, region }) =>
      construction === name && region !== boxRegions.rightEdge
    );
  const beyond = last(stepFunctionOf(network("both-signs"), -delta, 2 * delta).segments).y;
  return `With $h = ${significant(height)}$ and $\\delta = ${
    significant(delta)
  }$ the two steps add ` +
    `up to a box. ${
      isExact(withoutEdge("box"))
        ? "It is exact in every region that was sampled, to the last bit"
        : "It is not exact in every region that was sampled"
    }${
      atDelta === 0 ? ". " : `, but for one point: at $x = \\delta$ the second neuron sees ` +
        `$\\sigma(0) = 0$, and the network still gives ${significant(atDelta)}. `
    }A second neuron that looks the other way ${
      isExact(exact) ? "makes it exact everywhere" : "does not correct that everywhere"
    }. The text makes the second hidden output $-\\sigma(x - \\delta)$ while the table makes its ` +
    `weight $-h$; ${
      isExact(withoutEdge("both-signs"))
        ? "both signs together give the box too."
        : `both signs together give ${significant(beyond)} beyond $\\delta$` +
          `${isExact(withoutEdge("sign-in-text-alone")) ? "; either one alone gives the box" : ""}.`
    }`;
}

function aboutErrors(errors: Measured["errors"], { functions }: Measured["samples"]): string {
  const orders = errors.functions.map(({ order }) => order.fitted);
  const { boxes } = errors.functions[0].openBoxes;
  const open = Math.max(...errors.functions.map(({ openBoxes }) => openBoxes.atBorders));
  const leftEnd = errors.functions.reduce((most, one) =>
    Math.abs(one.leftEnd.wanted - one.leftEnd.network) >
        Math.abs(most.leftEnd.wanted - most.leftEnd.network)
      ? one
      : most
  );
  return `${counted(functions.length, "function")} on $[-B, B]$ ${
    functions.length === 1 ? "was" : "were"
  } approximated by $N$ boxes as high as ` +
    "the function at their middles. " +
    `${
      keepsToBound(errors)
        ? "The largest error never exceeds $LB/N$, with $L$ a Lipschitz constant"
        : "The largest error exceeds $LB/N$ somewhere"
    }, and falls with a fitted order of ${
      between(fixed(Math.min(...orders), 3), fixed(Math.max(...orders), 3))
    } in $1/N$. Two things deserve a word. The edges hold *because* the boxes are half-open: ` +
    `${boxes} boxes that are open on both sides are 0 at every border and err there by up to ${
      significant(open)
    }. And at the left end, $x = -B$, no box has begun: for ${leftEnd.formula} the network gives ` +
    `${significant(leftEnd.leftEnd.network)} instead of ${significant(leftEnd.leftEnd.wanted)}.`;
}

function aboutDimensions({ cells, needed, growth }: Measured["dimensions"]): string {
  const exact = cells.every(({ twoLayers }) => twoLayers === 0);
  const oneLayer = cells.filter(({ dimension }) => dimension > 1);
  const finest = growth.reduce((least, one) => one.error < least.error ? one : least);
  const costs = needed.filter(({ error }) => error === finest.error);
  return "With $d$ inputs the intervals become cells of a cube. A second hidden layer makes each cell " +
    `an AND over its $2d$ edges, ${
      exact ? "exactly" : "though not exactly"
    }; with one hidden layer ` +
    "over single coordinates the best that can be had is off by " +
    `${
      listed(
        oneLayer.map(({ dimension, oneLayer }) =>
          `${significant(oneLayer)} for $d = ${dimension}$`
        ),
      )
    }. ${
      growth.every(({ exponential, power }) => exponential < power)
        ? "The price grows exponentially rather than as a power of $d$"
        : "The price grows"
    }: an error of ${significant(finest.error)} takes ${
      listed(costs.map(({ neurons, dimension }) =>
        `${count(neurons)} neurons for $d = ${dimension}$`
      ))
    }, a factor of ${fixed(finest.factor, 1)} for each further input.`;
}

function aboutDistances({ rows, steps, sets }: Measured["distances"]): string {
  const growing = steps.filter(({ interval }) => interval.low > 0).length;
  return `Points also drift apart: of ${count(steps.length)} steps from $d$ to $d + 1$ that were ` +
    `measured, over ${sets} sets of points each and for ${
      listed([...new Set(rows.map(({ points }) => count(points)))])
    } points, ${
      growing === steps.length ? "every one shows" : `${growing} show`
    } a mean distance to the nearest neighbour that grows.`;
}
