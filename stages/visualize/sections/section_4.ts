/** Writes question 4's section. */
import type { Section } from "../../../schemas/run/report_section.ts";
import type { Evaluation } from "../../../schemas/assignment/training.ts";
import { digits } from "../../normalize/classes.ts";
import { confusions } from "../charts/confusion.ts";
import { listed } from "../../../pipeline/terminal/numbers.ts";
import { count, counted, fixed, last, percent, probabilityText } from "../charts/chart_numbers.ts";
import { confidenceOf, type Prediction } from "../charts/predictions.ts";
import { type Reported, reportedResults } from "../../compare/reported.ts";
import { chart, claims, formula, overview, table, tell, text } from "./blocks.ts";

/** The charts of the section. */
export const charts = [overview, "test-loss", "test-accuracy", "confusion", "misread"] as const;

interface Measured {
  described: Evaluation;
  listed: Evaluation;
  /** Evaluation of the described training, on pixels of 0 to 255. */
  raw: Evaluation;
  wrong: Prediction[];
}

export function tellQuestion4({ described, listed: asListed, raw, wrong }: Measured): Section {
  const report: Reported = reportedResults["as-described"];
  const row = (name: string, cells: string[]) => [name, ...cells];
  const cellsOf = ({ epochs }: Evaluation) =>
    epochs.map(({ correct, loss }) => `${count(correct)} / ${fixed(loss, 3)}`);
  return tell<typeof charts[number]>("question-4", "Question 4: MNIST from scratch", [
    text(
      "Forward, backward and update were written out by hand, without automatic differentiation, for " +
        "a network of sigmoids with a softmax at its end, one image at a time in the order of the " +
        "file, in float64. Epoch 0 is before training.",
    ),
    formula(
      "\\delta_L = p - e_y, \\qquad \\delta_l = (W_{l+1}\\,\\delta_{l+1}) \\odot y_l \\odot (1 - y_l), " +
        "\\qquad W_l \\leftarrow W_l - \\eta\\,y_{l-1}\\,\\delta_l^\\mathsf{T}",
    ),
    text(aboutReported(described, asListed, report)),
    chart("test-loss"),
    chart("test-accuracy"),
    table(
      `Correct of ${count(described.samples)} / test loss in nats`,
      ["Network", ...described.epochs.map(({ epoch }) => `epoch ${epoch}#`)],
      [
        row(
          "the assignment",
          described.epochs.map(({ epoch }) => {
            const found = report.epochs.find((one) => one.epoch === epoch);
            return found?.correct.kind === "exact" && found.loss?.kind === "rounded"
              ? `${count(found.correct.value)} / ${fixed(found.loss.value, found.loss.digits)}`
              : "not reported";
          }),
        ),
        row("784-32-32-10, as described", cellsOf(described)),
        ...(asListed.epochs.length === described.epochs.length
          ? [row("784-32-10, as the listing has it", cellsOf(asListed))]
          : []),
        ...(raw.epochs.length === described.epochs.length
          ? [row("as described, pixels of 0 to 255", cellsOf(raw))]
          : []),
      ],
    ),
    claims(
      "Q4.initial",
      "Q4.chance",
      "Q4.uniform-loss",
      "Q4.epochs",
      "Q4.listing",
      "Q4.backprop",
      "Q4.delta",
      "Q4.course",
    ),
    text(aboutRawPixels(described, raw)),
    claims(
      "Q4.scale",
      "Q4.scale-reason",
      "Q4.slow",
      "Q4.clip",
      "Q4.stable",
      "Q4.unit-std",
      "Q4.comment",
    ),
    text(aboutErrors(described, wrong)),
    chart("confusion"),
    chart("misread"),
  ], {
    title: "Question 4: MNIST by hand",
    sentence: inShort(described, report),
    chart: overview,
  });
}

function inShort(described: Evaluation, report: Reported): string {
  const { of, agree } = agreement(described, report);
  const { epoch, correct } = last(described.epochs);
  return `After ${counted(epoch, "epoch")} ${count(correct)} of ${
    count(described.samples)
  } are correct. Of the assignment’s ${counted(of, "value")} ${agree} ${
    agree === 1 ? "is" : "are"
  } reproduced.`;
}

/** Counts the reported values, correct counts and losses, that the network reproduces. */
export function agreement({ epochs }: Evaluation, report: Reported): { of: number; agree: number } {
  const checks = epochs.flatMap(({ epoch, correct, loss }) => {
    const expected = report.epochs.find((one) => one.epoch === epoch);
    if (expected?.correct.kind !== "exact") return [];
    return [
      correct === expected.correct.value,
      ...(expected.loss?.kind === "rounded"
        ? [Number(loss.toFixed(expected.loss.digits)) === expected.loss.value]
        : []),
    ];
  });
  return { of: checks.length, agree: checks.filter((one) => one).length };
}

/** Says of which network the printed values are, by whether each reproduces all of them. */
function networkOfReport(described: boolean, listed: boolean): string {
  if (described && listed) return "So the printed values do not tell the two networks apart.";
  if (!described && !listed) return "So the printed values are those of neither network.";
  const [one, other] = described ? ["described", "listed"] : ["listed", "described"];
  return `So the printed values are those of the network as ${one}, not of the one ${other}.`;
}

function aboutReported(described: Evaluation, asListed: Evaluation, report: Reported): string {
  const [own, other] = [agreement(described, report), agreement(asListed, report)];
  const initial = described.epochs[0];
  const verdict = networkOfReport(own.agree === own.of, other.agree === other.of);
  return "The assignment describes 784-32-32-10, while the listing’s `layer_sizes` has three entries, " +
    `784-32-10. Both were trained from the assignment’s seed. Of the assignment’s ${own.of} values the ` +
    `first reproduces ${own.agree}, the second ${other.agree} of ${other.of}. ${verdict} Before training ${
      count(initial.correct)
    } images are predicted correctly with a loss of ${
      fixed(initial.loss, 3)
    }; a guess among ten classes has ` +
    `$\\ln 10 = ${fixed(Math.LN10, 3)}$, so random weights are ${
      initial.loss > Math.LN10 ? "worse than" : "no worse than"
    } guessing.`;
}

function aboutRawPixels(described: Evaluation, raw: Evaluation): string {
  const [scaled, unscaled] = [last(described.epochs), last(raw.epochs)];
  const share = (evaluation: Evaluation, correct: number) =>
    percent(correct / evaluation.samples, 1);
  return `With raw pixels of 0 to 255 the same network ends at ${
    share(raw, unscaled.correct)
  } instead of ${
    share(described, scaled.correct)
  }. Its course is chaotic in the last bit: another ` +
    "order of summation gives other counts, so its counts are compared with a range. By epoch " +
    `${listed(raw.epochs.map(({ correct }) => count(correct)))} were correct.`;
}

/** "723 digits are misclassified", after the last epoch. */
export function misclassified({ samples, epochs }: Pick<Evaluation, "samples" | "epochs">): string {
  const wrong = samples - last(epochs).correct;
  return `${counted(wrong, "digit")} ${wrong === 1 ? "is" : "are"} misclassified`;
}

function aboutErrors({ samples, epochs }: Evaluation, wrong: readonly Prediction[]): string {
  const end = last(epochs);
  const pairs = confusions(end.confusion).slice(0, 3);
  if (pairs.length === 0) return "No digit of the test set is misclassified.";
  return `After epoch ${end.epoch}, ${misclassified({ samples, epochs })}. Most often ${
    listed(
      pairs.map(({ label, predicted, count }) =>
        `${digits[label]} is predicted as ${digits[predicted]} (${count})`
      ),
    )
  }.` +
    (wrong.length === 0
      ? ""
      : ` The most confident error, image ${wrong[0].index}, predicts a ${
        digits[wrong[0].label]
      } as ${digits[wrong[0].predicted]} with probability ${
        probabilityText(confidenceOf(wrong[0]), 4)
      }.`);
}
