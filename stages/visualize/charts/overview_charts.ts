/** Draws the small charts at the head of the report: one for each question, with few words. */
import type { ChartSpec } from "../chart_outputs.ts";
import type { Errors } from "../../../schemas/assignment/step_networks.ts";
import type { DepthTheory } from "../../../schemas/assignment/theory.ts";
import type { DeviceEvaluation, Evaluation } from "../../../schemas/assignment/training.ts";
import { reportedPoints } from "./by_hand.ts";
import { decades, last, rounded, significant } from "./chart_numbers.ts";
import { powerOfTen, series, smallChart } from "./chart_theme.ts";
import { curveOf } from "./moment_by_layer.ts";

/** The name of a question's small chart among its stage's charts. */
export const overview = "overview";

interface Point {
  x: number;
  y: number;
}

interface Line {
  label: string;
  /** Of several lines where they share a label. */
  points: Point[][];
}

interface Axis {
  title: string;
  scale: Record<string, unknown>;
  axis?: Record<string, unknown>;
}

/** Lines told apart by colour and dash; the values of the assignment, where there are any, are rings. */
function lines(
  title: string,
  { x, y, drawn, reported }: { x: Axis; y: Axis; drawn: readonly Line[]; reported?: Line },
): ChartSpec {
  const labels = drawn.map(({ label }) => label);
  const { color, shape, strokeDash } = series("label", labels, {
    reference: reported?.label,
    by: ["strokeDash", "shape"],
  });
  const rowsOf = (all: readonly Line[]) =>
    all.flatMap(({ label, points }) =>
      points.flatMap((part, of) =>
        part.map(({ x, y }) => ({ label, of, x: rounded(x), y: rounded(y) }))
      )
    );
  const legend = { ...color.legend, columns: 2 };
  const ends = drawn.map(({ label, points }) =>
    `${label}: ${points.map((part) => significant(last(part).y)).join(", ")}`
  );
  return smallChart({
    title,
    description: `${title}, at ${x.title} ${drawn[0].points[0].at(-1)?.x}: ${ends.join("; ")}.`,
  }, {
    encoding: {
      x: { field: "x", type: "quantitative", ...x, axis: { grid: false, ...x.axis } },
      y: { field: "y", type: "quantitative", ...y, title: null },
      detail: { field: "of" },
      color: { ...color, legend },
    },
    layer: [
      {
        data: { values: rowsOf(drawn) },
        mark: { type: "line", strokeWidth: 1.5 },
        encoding: { strokeDash: { ...strokeDash, legend } },
      },
      ...(reported === undefined ? [] : [{
        data: { values: rowsOf([reported]) },
        mark: { type: "point", filled: true, size: 160 },
        encoding: { shape: { ...shape, legend } },
      }]),
    ],
  });
}

const logarithmic = (values: readonly number[]) => ({
  scale: { type: "log" },
  axis: { values: decades(values, 5), labelExpr: powerOfTen },
});

export function errorOverview({ functions }: Errors): ChartSpec {
  const curves = (of: "sup" | "bound") =>
    functions.map(({ rows }) => rows.map((row) => ({ x: row.boxes, y: row[of] })));
  const all = functions.flatMap(({ rows }) => rows);
  return lines("Largest error by the number of boxes", {
    x: { title: "Boxes N", ...logarithmic(all.map(({ boxes }) => boxes)) },
    y: { title: "Error", ...logarithmic(all.flatMap(({ sup, bound }) => [sup, bound])) },
    drawn: [
      { label: "error", points: curves("sup") },
      { label: "bound L·B/N", points: curves("bound") },
    ],
  });
}

/** Rules whose networks are shown, with their names. */
const shownRules = { he: "He, 2/n", variance: "Var(y) = v²", lecun: "LeCun, 1/n" } as const;

export function momentOverview(theory: DepthTheory): ChartSpec {
  const drawn = Object.entries(shownRules).flatMap(([rule, label]): Line[] => {
    const curve = curveOf(theory, rule as keyof typeof shownRules, "relu");
    if (curve === undefined) return [];
    const points = curve.secondMoment.map(({ layer, logMean }) => ({
      x: layer,
      y: Math.exp(logMean),
    }));
    return [{ label, points: [points] }];
  });
  const values = drawn.flatMap(({ points }) => points.flat().map(({ y }) => y));
  return lines("Second moment through layers of ReLU", {
    x: { title: "Layer", scale: { nice: false }, axis: { tickCount: 5 } },
    y: { title: "Second moment", ...logarithmic(values) },
    drawn,
  });
}

const accuracyAxis = (values: readonly number[]) => ({
  title: "Accuracy",
  scale: { domain: [Math.max(0, Math.floor(10 * Math.min(...values) - 0.2) / 10), 1], nice: false },
  axis: { format: ".0%", tickCount: 5 },
});

const epochsAxis = (title: string, epochs: number) => ({
  title,
  scale: { nice: false },
  axis: { tickCount: Math.min(6, epochs), format: "d" },
});

const accuracyOf = ({ epochs, samples }: Pick<DeviceEvaluation | Evaluation, "samples"> & {
  epochs: readonly { epoch: number; correct: number }[];
}): Point[] => epochs.map(({ epoch, correct }) => ({ x: epoch, y: correct / samples }));

export function trainingOverview(
  evaluation: DeviceEvaluation,
  logistic: DeviceEvaluation,
): ChartSpec {
  const [own, other] = [accuracyOf(evaluation), accuracyOf(logistic)];
  return lines("Test accuracy by epoch, FashionMNIST", {
    x: epochsAxis("Epoch", own.length),
    y: accuracyAxis([...own, ...other].map(({ y }) => y)),
    drawn: [
      { label: "network", points: [own] },
      { label: "logistic regression", points: [other] },
    ],
  });
}

export function byHandOverview(described: Evaluation, listed: Evaluation): ChartSpec {
  const [own, other] = [accuracyOf(described), accuracyOf(listed)];
  return lines("Test accuracy by epoch, MNIST", {
    x: epochsAxis("Epoch", own.length),
    y: accuracyAxis([...own, ...other].map(({ y }) => y)),
    drawn: [
      { label: "as described", points: [own] },
      { label: "as listed", points: [other] },
    ],
    reported: {
      label: "the assignment",
      points: [
        reportedPoints(({ correct }) => correct).map(({ epoch, value }) => ({
          x: epoch,
          y: value / 10_000,
        })),
      ],
    },
  });
}
