/** Claims 2d, on the gradient's variance through a layer and the rule that keeps it. */
import { ruleOfParts } from "../rule_of_parts.ts";
import { estimates, numberText, range } from "../../../pipeline/claims/claim_numbers.ts";
import type { LayerRow } from "../../../schemas/assignment/theory.ts";
import { type ClaimDefinition, exactly } from "../../../pipeline/claims/claim.ts";
import { layerText, listed, sizesOf } from "./condition_words.ts";
import { ofCells, type Question2, wanted, wantedCells } from "./measured_2.ts";
import {
  about,
  aboutZero,
  asOne,
  catoni,
  equivalence,
  exactness,
  gainOf,
  layerConditions,
  roundingReason,
} from "./conditions.ts";

const catoniTest = catoni("independent draws of W and g");

const backward: ClaimDefinition<Question2> = {
  id: "Q2d.backward",
  statement:
    "Through a layer, g_in = Wᵀ g_out of independent g_out with mean μ and variance g² has " +
    "mean 0 and variance n_out σ² (g² + μ²), which is its second moment.",
  source: "Question 2d, the gradient's variance",
  analytic: "Var(g_in) = E[Var(g_in|g_out)] = σ² E‖g_out‖² = n_out σ² (g² + μ²) (He et al. 2015, " +
    "equation 14)",
  rule: ruleOfParts,
  parts({ backward }) {
    const rows = wantedCells(backward.rows, { purpose: "sizes" });
    return [
      {
        assertion: "Given g_out, g_in has variance σ²‖g_out‖².",
        quantity: "mean of g_in² over σ²‖g_out‖²",
        ...equivalence(backward),
        test: "exact χ² of Σ g_in²/(σ²‖g_out‖²), one g_out for each W, over all draws",
        conditions: layerConditions(rows, "conditional", about(backward)),
      },
      {
        assertion: "Over the law of g_out it has second moment n_out σ² (g² + μ²).",
        quantity: "mean of g_in² over n_out σ² (g² + μ²)",
        ...equivalence(backward),
        test: catoniTest,
        conditions: layerConditions(rows, "unconditional", about(backward)),
      },
      {
        assertion: "It has mean 0.",
        quantity: "mean of g_in in units of its deviation σ‖g_out‖",
        bandReason:
          `±${numberText(backward.epsilon)} deviations: such a mean would make second moment ` +
          `and variance differ by ${numberText(100 * backward.epsilon ** 2)} %`,
        test: "exact z of Σ g_in/(σ‖g_out‖)",
        confidence: 1 - backward.level,
        conditions: layerConditions(rows, "mean", aboutZero(backward.epsilon)),
      },
    ];
  },
  sentence([given, byLaw, mean], { backward }) {
    const cells = ofCells(backward.rows, { purpose: "sizes" }).map(({ cell }) => cell);
    const means = listed(cells.map(({ signal }) => signal.mean).sort((a, b) => a - b));
    return `Over ${sizesOf(cells)} and μ of ${means}, the variance is ` +
      `${range(estimates(given))} times σ²‖g_out‖² given g_out (${given.conditions.length} ` +
      `conditions) and ${range(estimates(byLaw))} times n_out σ² (g² + μ²) over its law ` +
      `(${byLaw.conditions.length}); the mean is ${range(estimates(mean))} deviations.`;
  },
};

const identity: ClaimDefinition<Question2> = {
  id: "Q2d.identity",
  statement: "For independent W and G, Var(WG) = Var(W)E[G²] + E[W²]Var(G).",
  source: "Question 2d, the identity used on the way",
  analytic:
    "Var(WG) = Var(W)Var(G) + Var(W)E[G]² + E[W]²Var(G) (Goodman 1960), which for E[W] = 0 " +
    "is σ²(g² + μ²); the identity has σ²g² more",
  rule: ruleOfParts,
  parts({ activations: { algebra: { products } }, backward }) {
    const rows = wantedCells(backward.rows, { purpose: "product" });
    const productOf = (row: LayerRow) => {
      const { weights, signal } = row.cell;
      const product = products.find(({ weightVariance, mean, variance }) =>
        weightVariance === weights.variance && mean === signal.mean && variance === signal.variance
      );
      if (product !== undefined) return product;
      throw new Error(
        `question 2: expected the identity's value for ${layerText(row)}, found none`,
      );
    };
    return [
      {
        assertion: "The identity gives the variance of the product, W having mean 0.",
        quantity: "the identity's value over the exact one",
        ...exactness(roundingReason),
        conditions: products.map(({ weightVariance, mean, variance, identity, exact }) =>
          exactly(
            `σ² ${weightVariance}, μ ${mean}, g² ${variance}`,
            identity / exact,
            asOne,
          )
        ),
      },
      {
        assertion: "Products drawn have that variance.",
        quantity: "mean of (wg)² over the identity's value",
        ...equivalence(backward),
        test: catoniTest,
        conditions: layerConditions(rows, "unconditional", about(backward), (row) => {
          const { exact, identity } = productOf(row);
          return exact / identity;
        }),
      },
    ];
  },
  sentence([exact, drawn]) {
    return `The identity gives ${
      range(estimates(exact))
    } times the exact variance of the product; ` +
      `products drawn have ${
        range(estimates(drawn))
      } times its value. The assignment's next line ` +
      `leaves out the term in question, so that its result does not depend on it.`;
  },
};

/** Selects gradients by the rule 1/n_out that are measured over the law of g_out. */
const isByRule = ({ cell, unconditional }: LayerRow): boolean =>
  cell.purpose === "rule" && cell.rule === "backward" && unconditional !== null;

/** The second moment over the variance. */
const overVariance = ({ cell: { signal } }: LayerRow): number =>
  (signal.variance + signal.mean ** 2) / signal.variance;

const rule: ClaimDefinition<Question2> = {
  id: "Q2d.rule",
  statement: "The choice σ² = 1/n_out keeps the gradient's variance.",
  source: "Question 2d, the backward rule",
  analytic: "Var(g_in) = n_out σ² (g² + μ²) = g² + μ² for σ² = 1/n_out: the second moment of " +
    "g_out, which is its variance only for μ = 0",
  rule: ruleOfParts,
  parts({ backward }) {
    const rows = wanted(backward.rows, "gradients by the rule 1/n_out", isByRule);
    const part = (assertion: string, is: (row: LayerRow) => boolean) => ({
      assertion,
      quantity: "variance of g_in over g²",
      ...equivalence(backward),
      test: catoniTest,
      conditions: layerConditions(
        wanted(rows, "gradients by the rule 1/n_out", is),
        "unconditional",
        about(backward),
        (row) => gainOf(row) * overVariance(row),
      ),
    });
    return [
      part("It keeps the variance g² for μ = 0.", ({ cell }) => cell.signal.mean === 0),
      part("It keeps the variance g² for μ ≠ 0.", ({ cell }) => cell.signal.mean !== 0),
    ];
  },
  sentence([centred, shifted], { backward }) {
    const seconds = backward.rows.flatMap((row) =>
      isByRule(row) ? [gainOf(row) * (row.unconditional?.estimate ?? NaN)] : []
    );
    return `With σ² = 1/n_out the variance is multiplied by ${range(estimates(centred))} for ` +
      `μ = 0 and by ${range(estimates(shifted))} for others; the second moment g² + μ² by ` +
      `${range(seconds)} for every μ tried.`;
  },
};

export const backwardClaims = [backward, identity, rule];
