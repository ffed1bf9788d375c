/** Claims 2a and 2b, on the variance of a weighted sum and the rule that keeps it. */
import { ruleOfParts } from "../rule_of_parts.ts";
import { estimates, numberText, range } from "../../../pipeline/claims/claim_numbers.ts";
import type { LayerRow } from "../../../schemas/assignment/theory.ts";
import { laws } from "../../init_check/theory/laws.ts";
import { type ClaimDefinition, exactly } from "../../../pipeline/claims/claim.ts";
import { listed, networkText, sizesOf } from "./condition_words.ts";
import { ofCells, type Question2, wanted, wantedCells } from "./measured_2.ts";
import {
  about,
  aboutZero,
  atLeast,
  atMost,
  catoni,
  equivalence,
  exactness,
  gainOf,
  growthEquivalence,
  keptInDepth,
  layerConditions,
  measured,
  networkConditions,
  over,
  predictedGrowth,
} from "./conditions.ts";

const conditionalTest = "exact χ² of Σ a²/(σ²‖x‖²), one x for each W, over all draws";
const catoniTest = catoni("independent draws of W and x");

const forward: ClaimDefinition<Question2> = {
  id: "Q2a.forward",
  statement: "A weighted sum a_j = Σ_i w_ij x_i of n_in inputs has mean 0 and variance n_in σ² v².",
  source: "Question 2a, the variance of a pre-activation",
  analytic: "Var(a_j) = E[Var(a_j|x)] = σ² E‖x‖² = n_in σ² v² (He et al. 2015, equation 7)",
  rule: ruleOfParts,
  parts({ forward }) {
    const rows = wantedCells(forward.rows, { purpose: "sizes" });
    const margin = about(forward);
    return [
      {
        assertion: "Given its inputs, a_j has variance σ²‖x‖², whatever their law.",
        quantity: "mean of a² over σ²‖x‖²",
        ...equivalence(forward),
        test: conditionalTest,
        conditions: layerConditions(rows, "conditional", margin),
      },
      {
        assertion: "Over its inputs' law, a_j has second moment n_in σ² v².",
        quantity: "mean of a² over n_in σ² v²",
        ...equivalence(forward),
        test: catoniTest,
        conditions: layerConditions(rows, "unconditional", margin),
      },
      {
        assertion: "a_j has mean 0.",
        quantity: "mean of a in units of its deviation σ‖x‖",
        bandReason: `±${numberText(forward.epsilon)} deviations: such a mean would add ` +
          `${numberText(100 * forward.epsilon ** 2)} % to the second moment`,
        test: "exact z of Σ a/(σ‖x‖)",
        confidence: 1 - forward.level,
        conditions: layerConditions(rows, "mean", aboutZero(forward.epsilon)),
      },
    ];
  },
  sentence([given, byLaw, mean], { forward }) {
    const cells = ofCells(forward.rows, { purpose: "sizes" }).map(({ cell }) => cell);
    const inputs = listed(cells.map(({ signal }) => laws[signal.law].text));
    return `Over ${sizesOf(cells)} and inputs of law ${inputs}, the variance is ` +
      `${range(estimates(given))} times σ²‖x‖² given the inputs (${given.conditions.length} ` +
      `conditions) and ${range(estimates(byLaw))} times n_in σ² v² over their law ` +
      `(${byLaw.conditions.length}); the mean is ${range(estimates(mean))} deviations.`;
  },
};

/** E[a²] over the sum of squares n_in E[w²]E[x²], of the cells of some purposes with several inputs. */
function overSquares(
  { forward }: Question2,
  what: string,
  purposes: readonly LayerRow["cell"]["purpose"][],
) {
  const rows = wanted(
    forward.rows,
    what,
    ({ cell }) => cell.nIn > 1 && purposes.includes(cell.purpose),
  );
  /** Estimates are relative to n_in σ² v²; E[w²] and E[x²] have the squares of means besides. */
  return layerConditions(
    rows,
    "unconditional",
    about(forward),
    ({ cell: { weights, signal } }) =>
      1 / ((1 + weights.mean ** 2 / weights.variance) *
        (1 + signal.mean ** 2 / signal.variance)),
  );
}

const terms: ClaimDefinition<Question2> = {
  id: "Q2a.terms",
  statement:
    "The variance of a_j follows by adding n_in equal squares, the terms w_ij x_i being independent.",
  source: "Question 2a, the step from the square of the sum to the sum of squares",
  analytic:
    "E[a²] = Σ_i E[w_i²]E[x_i²] + Σ_{i≠k} E[w_i x_i w_k x_k]. Independent terms of mean 0 " +
    "leave no cross terms; the text does not show it.",
  rule: ruleOfParts,
  parts: (all) => [{
    assertion: "Where the terms are independent, the squares add up to the variance.",
    quantity: "E[a²] over n_in E[w²]E[x²]",
    ...equivalence(all.forward),
    test: catoniTest,
    conditions: overSquares(all, "independent terms", ["sizes", "mean-inputs"]),
  }],
  sentence: ([independent]) =>
    `For independent terms E[a²] is ${
      range(estimates(independent))
    } times the sum of squares, in ` +
    `${independent.conditions.length} conditions: the cross terms vanish.`,
  remarks(all) {
    const ratios = (purpose: LayerRow["cell"]["purpose"]) =>
      range(overSquares(all, purpose, [purpose]).map(({ estimate }) => estimate));
    return [
      `Independent weights of mean 0 are enough: with correlated inputs E[a²] is ` +
      `${ratios("correlated-inputs")} times the sum of squares.`,
      `Without them the squares do not add up: it is ${ratios("correlated-both")} times the sum ` +
      `where weights are correlated too, and ${
        ratios("mean-weights-correlated-inputs")
      } times it ` +
      `where they have a mean.`,
    ];
  },
};

const depth: ClaimDefinition<Question2> = {
  id: "Q2b.depth",
  statement: "With n_in σ² ≠ 1 the variance vanishes or explodes with depth, as v² (n_in σ²)^L.",
  source: "Question 2b, why a rule is needed",
  implied: true,
  analytic:
    "Each linear layer multiplies the second moment by n σ² in the mean, independently of those " +
    "before: v² (n σ²)^L after L layers",
  rule: ruleOfParts,
  parts({ depth }) {
    const factors = wantedCells(depth.rows, { purpose: "layer-factor", rule: "off-one" });
    const growth = wantedCells(depth.rows, { purpose: "end-to-end", rule: "off-one" });
    return [
      {
        assertion: "Every layer multiplies the second moment by n σ².",
        quantity: "factor of a layer over n σ², all layers together",
        ...equivalence(depth),
        test: "exact χ²: factors of layers are independent, n times each is χ² of n degrees",
        conditions: factors.map((row) => measured(networkText(row), row.factor, about(depth))),
      },
      {
        assertion: "Through L layers it is multiplied by (n σ²)^L.",
        quantity: "mean growth over networks, over (n σ²)^L",
        ...growthEquivalence(depth),
        conditions: networkConditions(depth, growth, "endToEnd"),
      },
      {
        assertion: "For n σ² below 1 it vanishes and above 1 it explodes.",
        quantity: "mean growth over networks",
        ...growthEquivalence(depth),
        bandReason: "below 1 it shrinks, above 1 it grows",
        conditions: over(
          growth,
          ({ endToEnd }) => endToEnd,
          (row, estimate) =>
            measured(
              networkText(row),
              estimate,
              row.cell.gain < 1 ? atMost(1) : atLeast(1),
              predictedGrowth(row),
            ),
        ),
      },
    ];
  },
  sentence([factor, growth, total]) {
    return `For n σ² off 1 the factor of a linear layer is ${range(estimates(factor))} times ` +
      `n σ²; the growth through all layers is ${range(estimates(growth))} times (n σ²)^L, in all ` +
      `${
        total.conditions.map(({ condition, estimate }) => `${numberText(estimate)} (${condition})`)
          .join(" and ")
      }.`;
  },
};

const rule: ClaimDefinition<Question2> = {
  id: "Q2b.rule",
  statement: "The choice σ² = 1/n_in keeps the variance.",
  source: "Question 2b, the rule",
  analytic: "Var(a_j) = n_in σ² v² = v² for σ² = 1/n_in (LeCun et al. 1998, §4.6)",
  rule: ruleOfParts,
  parts({ forward, depth }) {
    const single = wantedCells(forward.rows, { purpose: "rule", rule: "lecun" });
    const networks = wantedCells(depth.rows, { activation: "linear", rule: "lecun" });
    return [
      {
        assertion: "One layer keeps it, whatever n_out.",
        quantity: "variance of a over ‖x‖²/n_in",
        ...equivalence(forward),
        test: conditionalTest,
        conditions: layerConditions(single, "conditional", about(forward), gainOf),
      },
      ...keptInDepth(depth, networks, {
        layer: "Every layer of a deep linear network keeps it.",
        network: "So does the network from end to end.",
        test: "exact χ² over all layers",
      }),
    ];
  },
  sentence([layer, factor, growth]) {
    return `With σ² = 1/n_in one layer multiplies the variance by ${range(estimates(layer))}, a ` +
      `layer of a deep linear network by ${range(estimates(factor))}, and the whole network ` +
      `(${growth.conditions[0].condition}) by ${range(estimates(growth))}.`;
  },
};

const name: ClaimDefinition<Question2> = {
  id: "Q2b.name",
  statement: "The rule σ² = 1/n_in is known as Xavier's or Glorot's.",
  source: "Question 2b, the rule's name",
  analytic: "Glorot and Bengio 2010, equation 12: σ² = 2/(n_in + n_out), which is 1/n_in for " +
    "n_in = n_out alone; 1/n_in is LeCun's (LeCun et al. 1998, §4.6)",
  rule: ruleOfParts,
  parts({ activations: { algebra: { rules } } }) {
    const part = (assertion: string, is: (row: typeof rules[number]) => boolean) => ({
      assertion,
      quantity: "(1/n_in) over (2/(n_in + n_out))",
      ...exactness("a rule is the same or it is not"),
      conditions: wanted(rules, "rules by fans", is).map(({ nIn, nOut, lecun, glorot }) =>
        exactly(`n_in ${nIn}, n_out ${nOut}`, lecun / glorot, { low: 1, high: 1 })
      ),
    });
    return [
      part("It is Glorot's rule where n_in = n_out.", ({ nIn, nOut }) => nIn === nOut),
      part("It is Glorot's rule where n_in ≠ n_out.", ({ nIn, nOut }) => nIn !== nOut),
    ];
  },
  sentence([equal, unequal], { activations: { algebra: { rules } } }) {
    return `Over ${sizesOf(rules)}, 1/n_in is ${range(estimates(equal))} times Glorot's ` +
      `2/(n_in + n_out) for equal fans, and ${range(estimates(unequal))} times it for others; ` +
      `1/n_in is LeCun's rule (some frameworks' option "xavier" means it).`;
  },
};

export const forwardClaims = [forward, terms, depth, rule, name];
