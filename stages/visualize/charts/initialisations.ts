/** Draws short trainings under each initialisation rule, and theory's prediction of their start. */
import type { ChartSpec } from "../chart_outputs.ts";
import type { Initialisations } from "../../../schemas/assignment/short_trainings.ts";
import { epochAxis } from "./by_epoch.ts";
import { listed } from "../../../pipeline/terminal/numbers.ts";
import { decades, fixed, rounded, significant } from "./chart_numbers.ts";
import { marks, powerOfTen, series, themed } from "./chart_theme.ts";

export type { Initialisations };
type Row = Initialisations["rows"][number];

const names: Record<string, string> = {
  default: "framework’s default",
  lecun: "LeCun",
  glorot: "Glorot",
  he: "He",
  "he-sixth": "He, a sixth of the variance",
  "he-tenth": "He, a tenth",
  "he-tenfold": "He, tenfold",
};

export const ruleLabel = ({ name }: Pick<Row, "name">): string => names[name] ?? name;

export function shortTrainingsChart({ rows }: Initialisations): ChartSpec {
  const ended = rows.filter(({ trainLosses }) => trainLosses.length > 0);
  const diverged = rows.filter(({ diverged }) => diverged !== null);
  const best = ended.reduce((least, row) =>
    row.trainLosses[0] < least.trainLosses[0] ? row : least
  );
  const byDefault = rows.find(({ name }) => name === "default");
  const epochs = ended.flatMap(({ trainLosses }) => trainLosses.map((_, epoch) => epoch));
  return themed({
    title: byDefault === undefined || byDefault.trainLosses.length === 0
      ? `The first epoch is best from ${ruleLabel(best)}: train loss ${
        fixed(best.trainLosses[0], 3)
      }`
      : `The first epoch’s train loss is ${fixed(byDefault.trainLosses[0], 2)} from the default, ` +
        `${fixed(best.trainLosses[0], 2)} from ${ruleLabel(best)}`,
    subtitle: `The same network, data and order. ` +
      (diverged.length === 0
        ? "Dashed: ln 10, a guess among ten classes"
        : `${listed(diverged.map(ruleLabel))} ${
          diverged.length === 1 ? "diverges and has" : "diverge and have"
        } no point. ` +
          "Dashed: ln 10, a guess among ten"),
    description: rows.map((row) =>
      `${ruleLabel(row)}: ` +
      (row.diverged === null
        ? row.trainLosses.map((loss) => fixed(loss, 3)).join(", ")
        : `diverged at ${row.diverged}`)
    ).join("; ") + ".",
  }, {
    layer: [
      {
        data: { values: [{ loss: rounded(Math.LN10) }] },
        mark: marks.guide,
        encoding: { y: { field: "loss", type: "quantitative" } },
      },
      {
        data: {
          values: ended.flatMap((row) =>
            row.trainLosses.map((loss, epoch) => ({
              rule: ruleLabel(row),
              epoch,
              loss: rounded(loss, 6),
            }))
          ),
        },
        mark: { type: "line", point: { filled: true, size: 70 } },
        encoding: {
          x: epochAxis(epochs, "Epoch (0 is the first one trained)"),
          y: {
            field: "loss",
            type: "quantitative",
            title: "Train loss (nats)",
            scale: { zero: true },
          },
          ...series("rule", ended.map(ruleLabel), { by: ["shape", "strokeDash"] }),
          tooltip: [
            { field: "rule" },
            { field: "epoch", type: "quantitative" },
            { field: "loss", type: "quantitative", format: ".4f" },
          ],
        },
      },
    ],
  });
}

const measured = "measured";
const predicted = "by theory";

/** The ratio of the measured to the predicted value that lies farthest from 1. */
export const farthestRatio = ({ rows }: Pick<Initialisations, "rows">): number =>
  rows.flatMap(({ logitSecondMoment, firstLayerGradient }) =>
    [logitSecondMoment, firstLayerGradient].map(({ measured, predicted }) => measured / predicted)
  ).reduce((most, ratio) => Math.abs(Math.log(ratio)) > Math.abs(Math.log(most)) ? ratio : most);

export function firstBatchMomentsChart({ rows }: Initialisations): ChartSpec {
  const panel = (
    title: string,
    of: "logitSecondMoment" | "firstLayerGradient",
    isFirst: boolean,
  ) => {
    const values = rows.flatMap((row) => [
      { rule: ruleLabel(row), of: predicted, value: rounded(row[of].predicted) },
      { rule: ruleLabel(row), of: measured, value: rounded(row[of].measured) },
    ]);
    return {
      title: { text: title, fontSize: 12, offset: 6 },
      width: 265,
      height: 210,
      data: { values },
      mark: { type: "point", filled: true },
      encoding: {
        y: {
          field: "rule",
          type: "nominal",
          title: null,
          sort: rows.map(ruleLabel),
          axis: { grid: true, labels: isFirst, ticks: isFirst },
        },
        x: {
          field: "value",
          type: "quantitative",
          title: "Mean square",
          scale: { type: "log", padding: 12, nice: false },
          axis: { values: decades(values.map(({ value }) => value), 7), labelExpr: powerOfTen },
        },
        ...series("of", [measured], { reference: predicted, by: ["shape"] }),
        size: { condition: { test: `datum.of == '${predicted}'`, value: 190 }, value: 50 },
        tooltip: [
          { field: "rule" },
          { field: "of", title: "which" },
          { field: "value", type: "quantitative", format: ".3e" },
        ],
      },
    };
  };
  const logits = rows.map(({ logitSecondMoment }) => logitSecondMoment.measured);
  const span = Math.log10(Math.max(...logits) / Math.min(...logits));
  const farthest = farthestRatio({ rows });
  return themed({
    title: `Theory predicts the first batch’s moments within a factor of ${
      fixed(Math.max(farthest, 1 / farthest), 2)
    }, over ${fixed(span, 0)} powers of ten`,
    subtitle: "One batch of FashionMNIST before training. Rings: theory, from the rule and E[x²] " +
      "alone; points: measured. Logarithmic",
    description: rows.map((row) =>
      `${ruleLabel(row)}: logits ${significant(row.logitSecondMoment.measured)} (theory ${
        significant(row.logitSecondMoment.predicted)
      }), first layer's gradient ${significant(row.firstLayerGradient.measured)} (theory ${
        significant(row.firstLayerGradient.predicted)
      })`
    ).join("; ") + ".",
  }, {
    spacing: 28,
    hconcat: [
      panel("Logits", "logitSecondMoment", true),
      panel("Gradient at the first layer", "firstLayerGradient", false),
    ],
  });
}
