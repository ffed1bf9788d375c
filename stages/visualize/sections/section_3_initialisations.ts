/** Writes question 3's section on short trainings under each initialisation rule. */
import type { Section } from "../../../schemas/run/report_section.ts";
import { fixed, significant } from "../charts/chart_numbers.ts";
import { farthestRatio, type Initialisations, ruleLabel } from "../charts/initialisations.ts";
import { chart, claims, formula, table, tell, text } from "./blocks.ts";

/** The charts of the section. */
export const charts = ["first-batch", "short-trainings"] as const;

export function tellQuestion3Initialisations(initialisations: Initialisations): Section {
  return tell<typeof charts[number]>(
    "question-3-initialisations",
    "Question 3: how it begins, and theory",
    [
      text(aboutStart(initialisations)),
      formula(
        "E[a_{l+1}^2] = n_l\\,\\sigma_l^2\\,E[y_l^2] + \\sigma_{b,l}^2, \\qquad " +
          "E[y_l^2] \\approx \\tfrac{1}{2}\\,E[a_l^2]",
      ),
      chart("first-batch"),
      text(aboutTrainings(initialisations)),
      chart("short-trainings"),
      table(
        "The first batch before training, and the train loss after each epoch",
        ["Rule", "Weights", "E[logit²], theory#", "measured#", "Train loss by epoch"],
        initialisations.rows.map((row) => [
          ruleLabel(row),
          row.rule,
          significant(row.logitSecondMoment.predicted, 2),
          significant(row.logitSecondMoment.measured, 2),
          row.diverged === null
            ? row.trainLosses.map((loss) => fixed(loss, 3)).join(", ")
            : `diverged at ${row.diverged}`,
        ]),
      ),
      claims("Q3.init"),
    ],
  );
}

function aboutStart(initialisations: Initialisations): string {
  const ratio = farthestRatio(initialisations);
  return "Here question 2 meets a real network. From the rule of its weights and the mean square of one " +
    "batch’s pixels alone, theory predicts the second moments of the logits and of the gradient at " +
    `the first layer. Over ${initialisations.rows.length} rules the prediction is never off by more than ` +
    `a factor of ${fixed(Math.max(ratio, 1 / ratio), 2)}.`;
}

function aboutTrainings({ rows }: Initialisations): string {
  const [byDefault, he] = ["default", "he"].map((name) => rows.find((row) => row.name === name));
  const stuck = rows.filter(({ trainLosses }) =>
    trainLosses.length > 0 && trainLosses.every((loss) => Math.abs(loss - Math.LN10) < 0.01)
  );
  const diverged = rows.filter(({ diverged }) => diverged !== null);
  const slow = byDefault === undefined || he === undefined || he.trainLosses.length === 0
    ? ""
    : byDefault.trainLosses[0] > he.trainLosses[0]
    ? `The first epoch is slow because of where it starts: the framework’s default has a sixth of the ` +
      `variance of He’s rule, and ends epoch 0 with a train loss of ${
        fixed(byDefault.trainLosses[0], 3)
      } where He’s ends with ${fixed(he.trainLosses[0], 3)}. `
    : `He’s rule does not begin faster than the framework’s default: ${
      fixed(he.trainLosses[0], 3)
    } against ${fixed(byDefault.trainLosses[0], 3)} after epoch 0. `;
  return slow +
    stuck.map((row) =>
      `${ruleLabel(row)}, stays at the loss of guessing among ten classes, $\\ln 10 = ${
        fixed(Math.LN10, 3)
      }$. `
    ).join("") +
    diverged.map((row) => `${ruleLabel(row)}, has a loss that is not finite from ${row.diverged}. `)
      .join("");
}
