/** Writes question 2's section. */
import type { Section } from "../../../schemas/run/report_section.ts";
import type {
  ActivationTheory,
  Curves,
  DepthTheory,
  Estimate,
  LayerTheory,
} from "../../../schemas/assignment/theory.ts";
import { controlsOf } from "../charts/control_chart.ts";
import { listed } from "../../../pipeline/terminal/numbers.ts";
import { count, counted, fixed, last, percent, significant } from "../charts/chart_numbers.ts";
import { curveOf } from "../charts/moment_by_layer.ts";
import { farthest, ratiosOf } from "../charts/one_layer.ts";
import { halfWidth, isInside } from "../charts/ratios.ts";
import { momentOf } from "../charts/relu_density.ts";
import { farthestFromNormal, normalFrom } from "../charts/relu_normality.ts";
import { lawNames } from "../charts/theory_labels.ts";
import { printedGain } from "../../init_check/theory/design.ts";
import { chart, claims, formula, overview, type Piece, table, tell, text } from "./blocks.ts";

/** The charts of the section. */
export const charts = [
  overview,
  "one-layer-forward",
  "one-layer-backward",
  "deep-networks",
  "second-moment-by-layer",
  "gradient-by-layer",
  "relu-density",
  "relu-moments",
  "relu-normality",
  "controls",
] as const;

interface Measured {
  forward: LayerTheory;
  backward: LayerTheory;
  depth: DepthTheory;
  activations: ActivationTheory;
}

type Chart = typeof charts[number];
type Blocks = Piece<Chart>[];

export function tellQuestion2(measured: Measured): Section {
  return tell<Chart>("question-2", "Question 2: the scale of initialisation", [
    text(
      "Weights are independent draws with mean 0 and variance $\\sigma^2$, inputs are independent with " +
        "mean 0 and variance $v^2$. Whole matrices were drawn, multiplied and measured, in sample " +
        "sizes that were fixed before the first draw so that every interval is narrower than the " +
        "equivalence margin of its claim.",
    ),
    ...onLayer(measured),
    ...onDepth(measured),
    ...onRelu(measured),
    ...onRules(measured),
    ...onControls(measured),
  ], {
    title: "Question 2: initial weights",
    sentence: inShort(measured.depth),
    chart: overview,
  });
}

function inShort(theory: DepthTheory): string {
  const { depth } = theory.curves[0].cell;
  const ends = (["he", "variance", "lecun"] as const).flatMap((rule) => {
    const curve = curveOf(theory, rule, "relu");
    const name = { he: "He’s rule", variance: "the rule Var(y) = v²", lecun: "LeCun’s" }[rule];
    return curve === undefined ? [] : [`${significant(typicalEnd(curve), 2)} with ${name}`];
  });
  return `Through ${depth} layers of ReLU a second moment of 1 becomes ${listed(ends)}.`;
}

/** 2a and 2d: one layer forward, and backward. */
const onLayer = ({ forward, backward, activations }: Measured): Blocks => [
  formula(
    "\\operatorname{Var}(a_j) = n_\\mathrm{in}\\,\\sigma^2 v^2, \\qquad " +
      "E[g_\\mathrm{in}^2] = n_\\mathrm{out}\\,\\sigma^2\\,(g^2 + \\mu^2)",
  ),
  text(aboutLayer(forward, "forward")),
  text(aboutLayer(backward, "backward")),
  chart("one-layer-forward"),
  chart("one-layer-backward"),
  claims("Q2a.forward", "Q2a.terms"),
  text(aboutProducts(activations)),
  claims("Q2d.backward", "Q2d.independent", "Q2d.identity", "Q2d.rule"),
];

/** 2b: layer upon layer. */
const onDepth = ({ depth }: Measured): Blocks => [
  text(aboutDepth(depth)),
  formula("v_L^2 = v^2\\,(n\\,\\sigma^2)^L"),
  chart("deep-networks"),
  chart("second-moment-by-layer"),
  chart("gradient-by-layer"),
  claims("Q2b.depth", "Q2b.rule", "Q2b.name"),
];

/** 2c: the ReLU. */
const onRelu = ({ activations, depth }: Measured): Blocks => [
  text(aboutRelu(activations)),
  formula(
    "E[y] = \\frac{s}{\\sqrt{2\\pi}}, \\quad E[y^2] = \\frac{s^2}{2}, \\quad " +
      "\\operatorname{Var}(y) = \\frac{\\pi - 1}{2\\pi}\\,s^2",
  ),
  text(aboutNormality(activations)),
  chart("relu-density"),
  chart("relu-moments"),
  chart("relu-normality"),
  table(
    "Moments of the ReLU of N(0, s²), in units of s or s²",
    ["Moment", "Closed form#", "By quadrature#"],
    activations.algebra.relu.map(({ moment, closedForm, quadrature }) => [
      moment.replace("-", " "),
      closedForm.toFixed(10),
      quadrature.toFixed(10),
    ]),
  ),
  claims("Q2c.normal", "Q2c.density", "Q2c.mean", "Q2c.second", "Q2c.var"),
  text(aboutRules(activations, depth)),
  formula(
    "\\sigma^2 = \\frac{2\\pi}{(\\pi - 1)\\,n_\\mathrm{in}} \\approx " +
      `\\frac{${fixed(activations.algebra.varianceRule[0].gain, 4)}}{n_\\mathrm{in}} ` +
      "\\qquad \\text{against} \\qquad \\sigma^2 = \\frac{2}{n_\\mathrm{in}}",
  ),
  claims("Q2c.rule-var", "Q2c.rule-stable", "Q2c.number", "Q2c.he", "Q2c.reason"),
];

/** 2e: rules for both directions. */
const onRules = ({ activations }: Measured): Blocks => [
  text(
    "Forward asks for $1/n_\\mathrm{in}$, backward for $1/n_\\mathrm{out}$; they agree for square " +
      "layers alone. Glorot’s rule takes one over the mean of the two fans. Its 2 comes from that " +
      "mean and has nothing to do with the ReLU.",
  ),
  formula("\\sigma^2 = \\frac{2}{n_\\mathrm{in} + n_\\mathrm{out}}"),
  table(
    "Variances by rule, and what Glorot’s makes of the second moment in each direction",
    [
      "n_in#",
      "n_out#",
      "1/n_in#",
      "1/n_out#",
      "Glorot#",
      "He#",
      "Glorot forward#",
      "Glorot backward#",
    ],
    activations.algebra.rules.map((row) => [
      row.nIn,
      row.nOut,
      ...[row.lecun, row.backward, row.glorot, row.he].map((value) => significant(value)),
      significant(row.glorotForward),
      significant(row.glorotBackward),
    ]),
  ),
  claims("Q2e.conflict", "Q2e.glorot", "Q2e.halves", "Q2e.two", "Q2e.attribution"),
];

/** Other activations, and the controls. */
const onControls = ({ activations, forward }: Measured): Blocks => [
  text(
    "Other activations have factors of their own. The gain is the standard deviation of weights, in " +
      "units of $1/\\sqrt{n_\\mathrm{in}}$, that keeps a second moment of 1.",
  ),
  table(
    "Activations of a standard normal variable, by quadrature",
    [
      "Activation",
      "Mean#",
      "Second moment#",
      "Variance#",
      "Gain#",
      "Gain for gradients#",
      "PyTorch’s#",
    ],
    activations.moments.map((row) => [
      row.name,
      significant(Math.abs(row.mean.value) < 1e-9 ? 0 : row.mean.value, 4),
      significant(row.secondMoment.value, 4),
      significant(row.variance, 4),
      significant(row.gain, 4),
      significant(row.gradientGain, 4),
      row.pytorch === null ? "none" : significant(row.pytorch.gain, 4),
    ]),
  ),
  text(aboutControls(forward)),
  chart("controls"),
];

function aboutLayer(theory: LayerTheory, direction: "forward" | "backward"): string {
  const ratios = ratiosOf(theory.rows);
  const band = { low: 1 - theory.epsilon, high: 1 + theory.epsilon };
  const outside = ratios.filter(({ interval }) => !isInside(interval, band));
  const draws = theory.rows.reduce((sum, { cell }) => sum + cell.draws, 0);
  const what = direction === "forward"
    ? "the second moment of the pre-activations, given the inputs,"
    : "Backward, $g_\\mathrm{in} = W^\\mathsf{T} g_\\mathrm{out}$ with entries of mean $\\mu$ and " +
      "variance $g^2$; the second moment of $g_\\mathrm{in}$, given $g_\\mathrm{out}$,";
  return `${direction === "forward" ? "Over" : ""}${
    direction === "forward" ? ` ${count(draws)} matrices ${what}` : what
  } is within ${
    percent(farthest(ratios), 1)
  } of the prediction in all ${ratios.length} conditions, ` +
    `which differ in both fans, in the rule and in the law. ${
      outside.length === 0
        ? `All intervals lie within the equivalence margin of ±${halfWidth(theory.epsilon)}.`
        : `${outside.length} of the intervals do not lie within the equivalence margin of ±${
          halfWidth(theory.epsilon)
        }.`
    }`;
}

/** "0.98, interval 0.95 to 1.02". */
const withInterval = ({ estimate, interval }: Estimate): string =>
  `${significant(estimate)} (interval ${significant(interval.low)} to ${
    significant(interval.high)
  })`;

const typicalEnd = (curve: Curves): number => Math.exp(last(curve.secondMoment).logMean);

/** "0.87, by theory of finite width 0.81". */
function typical(curve: Curves): string {
  const { logGrowth, cell } = curve;
  return significant(typicalEnd(curve), 2) +
    (logGrowth === null
      ? ""
      : `, where theory of finite width has ${
        significant(Math.exp(cell.depth * logGrowth.mean), 2)
      }`);
}

function aboutDepth(theory: DepthTheory): string {
  const layers = theory.curves[0].cell.depth;
  const linear = curveOf(theory, "lecun", "linear");
  const he = curveOf(theory, "he", "relu");
  const kept = theory.rows.find(({ cell, endToEnd }) =>
    cell.rule === "lecun" && cell.activation === "linear" && endToEnd !== null
  );
  return `Layer upon layer the factor $n\\sigma^2$ multiplies: through ${layers} layers a second ` +
    "moment vanishes below 1 and explodes above it. " +
    (kept === undefined || kept.endToEnd === null
      ? ""
      : `With $\\sigma^2 = 1/n$ a linear network of ${kept.cell.depth} layers keeps ${
        withInterval(kept.endToEnd)
      } of it in the mean. `) +
    (linear === undefined || he === undefined
      ? ""
      : "A single network is less fortunate than the mean: products of random factors are skewed, and " +
        `the typical one ends at ${typical(linear)} (linear, $1/n$) and ${
          typical(he)
        } (ReLU, $2/n$). `) +
    "Gradients, in the last of these charts, go from the last layer to the first.";
}

function aboutRelu({ algebra, reluDensity }: ActivationTheory): string {
  const [mean, second] = [momentOf(algebra, "mean"), momentOf(algebra, "second-moment")];
  return "A ReLU cuts off the negative half of a normal pre-activation $a \\sim N(0, s^2)$: it is 0 with " +
    `probability ${fixed(reluDensity.atZero, 2)}, its mean is ${
      fixed(mean, 4)
    } $s$, and its squared ` +
    `mean is ${
      percent(mean * mean / second, 1)
    } of its second moment. What is halved is the second ` +
    `moment, not the variance, which falls to ${fixed(momentOf(algebra, "variance"), 3)} $s^2$.`;
}

function aboutNormality(activations: ActivationTheory): string {
  const from = normalFrom(activations);
  const worst = farthestFromNormal(activations);
  return `A sum of $n_\\mathrm{in}$ products is only nearly normal. At $n_\\mathrm{in} = ${worst.nIn}$ ` +
    `with ${lawNames[worst.law]} inputs the mean of the ReLU is ${
      fixed(worst.meanRatio, 2)
    } of a ` +
    `normal’s and its variance ${fixed(worst.varianceRatio, 2)}; ` +
    (from === undefined
      ? "at none of the sizes looked at are all laws within 1 %."
      : `from $n_\\mathrm{in} = ${from}$ on all laws are within 1 %.`);
}

function aboutRules({ algebra }: ActivationTheory, depth: DepthTheory): string {
  const [{ gain }] = algebra.varianceRule;
  const variance = curveOf(depth, "variance", "relu");
  const he = curveOf(depth, "he", "relu");
  const ends = variance === undefined || he === undefined
    ? ""
    : ` Measured through ${variance.cell.depth} layers the typical second moment becomes ${
      significant(typicalEnd(variance))
    } by the first and ${significant(typicalEnd(he), 2)} by the second.`;
  const isPrinted = (value: number) => Math.abs(value / printedGain - 1) < 0.01;
  const printed = isPrinted(gain)
    ? "which is this"
    : isPrinted(1 / gain)
    ? `which is its inverse, ${fixed(1 / gain, 4)}`
    : `which is neither this nor its inverse, ${fixed(1 / gain, 4)}`;
  const { share, change } = algebra.reason;
  return `Asking $\\operatorname{Var}(y) = v^2$ gives $${
    fixed(gain, 4)
  }/n_\\mathrm{in}$; the assignment ` +
    `prints ${printedGain}, ${printed}. But the next layer sees the second moment and not the variance, ` +
    `so that choice multiplies it by $\\pi/(\\pi - 1) = ${fixed(gain / 2, 3)}$ a layer, while ` +
    `$2/n_\\mathrm{in}$ keeps it.${ends} The reason that the assignment gives for the 2, a small ` +
    `$(E[y])^2$, ${share < 0.1 ? "holds" : "does not hold"}: it is ${
      percent(share, 1)
    } of $E[y^2]$, and leaving it out changes $\\sigma^2$ by a factor of ${fixed(change, 2)}.`;
}

function aboutProducts({ algebra }: ActivationTheory): string {
  const wrong = algebra.products.filter(({ identity, exact }) =>
    Math.abs(identity / exact - 1) > 1e-12
  );
  return "On the way the assignment uses $\\operatorname{Var}(WG) = \\operatorname{Var}(W)\\,E[G^2] + " +
    "E[W^2]\\operatorname{Var}(G)$. " +
    (wrong.length === 0
      ? "In all settings looked at it gives the right value."
      : `In ${wrong.length} of ${counted(algebra.products.length, "setting")} it gives too much (${
        listed(
          wrong.map(({ identity, exact }) => `${significant(identity)} for ${significant(exact)}`),
        )
      }); the right one has $E[G]^2$ in place of $E[G^2]$ in its first term and ` +
        "$\\operatorname{Var}(W)\\operatorname{Var}(G)$ besides. The next line drops the wrong term " +
        "without a word, so its result is right.");
}

function aboutControls(forward: LayerTheory): string {
  const { ratios, misbehaved } = controlsOf(forward);
  const negative = ratios.filter(({ group }) => group === ratios[0].group);
  return "A method that confirms must also be able to refute. Assumptions were broken one at a time: " +
    `inputs or weights with a mean, both correlated, predictions that are wrong by a known factor. ` +
    (misbehaved.length === 0
      ? `All ${negative.length} of these were detected, and the ${
        ratios.length - negative.length
      } that must hold held.`
      : `These controls misbehaved: ${listed(misbehaved)}.`);
}
