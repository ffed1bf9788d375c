/** Names question 2's rules, laws and activations for charts and tables. */
import type {
  ActivationName,
  Law,
  NetworkCell,
  RuleName,
} from "../../../schemas/assignment/theory.ts";
import { varianceRuleGain } from "../../init_check/theory/analytic.ts";
import { printedGain } from "../../init_check/theory/design.ts";
import { fixed } from "./chart_numbers.ts";

export const lawNames: Record<Law, string> = {
  gaussian: "Gaussian",
  uniform: "uniform",
  rademacher: "Rademacher",
  "student-t5": "Student t₅",
};

export const activationNames: Record<ActivationName, string> = {
  linear: "linear",
  relu: "ReLU",
  tanh: "tanh",
  sigmoid: "sigmoid",
};

const varianceRule = `${fixed(varianceRuleGain(), 2)}/n_in`;

/** Returns the label of one layer's rule; null stands for a σ² that follows none. */
export function ruleName(rule: RuleName | null): string {
  switch (rule) {
    case "lecun":
      return "LeCun, 1/n_in";
    case "backward":
      return "1/n_out";
    case "glorot":
      return "Glorot, 2/(n_in + n_out)";
    case "he":
      return "He, 2/n_in";
    case "variance":
      return `Var(y) = v², ${varianceRule}`;
    case null:
      return "σ² by no rule";
  }
}

/** Returns the label of the rule of networks with equal widths. */
export function networkRuleName({ rule, gain }: Pick<NetworkCell, "rule" | "gain">): string {
  switch (rule) {
    case "printed":
      return `${printedGain}/n, as printed`;
    case "printed-inverse":
      return `${fixed(1 / printedGain, 2)}/n, its inverse`;
    case "off-one":
      return `${gain}/n`;
    case "lecun":
      return "LeCun and Glorot, 1/n";
    case "he":
      return "He, 2/n";
    case "variance":
      return `Var(y) = v², ${fixed(gain, 2)}/n`;
  }
}
