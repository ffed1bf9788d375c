/**
 * Writes a comparison for a terminal: one screen with the verdict, the causes, where the runs diverge and the
 * most telling metrics. With `all`, tables of everything follow.
 */
import type { Comparison, Divergence, MetricComparison } from "../../../schemas/run/comparison.ts";
import { cellWidth } from "../../terminal/cell_width.ts";
import { count, percent, precise, someOf } from "../../terminal/numbers.ts";
import { fittedTable, stackedTable, textTable } from "../../terminal/text_table.ts";
import { labelled, wrapped } from "../../terminal/wrapped.ts";
import { boundsWords } from "../tolerance_bounds.ts";
import { interest } from "../agreement.ts";
import {
  arrayWords,
  claimCells,
  metricCells,
  outputCells,
  outputWords,
  tensorsOf,
  verdictLine,
  verdictWords,
} from "./describe.ts";
import { causesInOrder, sameWords, tellingMetrics } from "./sentence.ts";
import { divergenceWords, stepCells } from "./divergence_words.ts";

/** Entries of one kind on the first screen. */
const most = { causes: 6, divergences: 3, metrics: 3, claims: 3, notes: 3 };

interface TextOptions {
  /** Also list every output, tensor, metric and claim that is not the same. */
  all: boolean;
  /** Width of the screen. */
  columns?: number;
}

/** Gives its lines. */
export function terminalText(
  comparison: Comparison,
  { all, columns = Infinity }: TextOptions,
): string[] {
  const screen = { indent: 10, columns };
  const facts = factsOf(comparison);
  const lines = [
    ...labelled("", [verdictLine(comparison)], { indent: 0, columns }),
    ...facts.flatMap(([label, words]) => labelled(label, [words], screen)),
    ...screenOf(comparison, all).flatMap(([label, texts]) => labelled(label, texts, screen)),
  ];
  const tables = tablesOf(comparison, columns);
  if (all) lines.push(...tables.flatMap((table) => ["", ...table]));
  else if (tables.length > 0) {
    lines.push(...wrapped("--all lists every output, tensor and metric that differs.", columns));
  }
  if (comparison.patch !== null) {
    const patch = comparison.patch.trimEnd();
    lines.push("", ...(patch === "" ? ["No source file differs."] : patch.split("\n")));
  }
  return lines;
}

/** The first screen under labels; an empty part is left out. */
export function screenOf(comparison: Comparison, all: boolean): [label: string, texts: string[]][] {
  const parts: [string, string[]][] = [
    ["Causes", causeLines(comparison, all ? Infinity : most.causes)],
    ["Diverge", divergenceLines(comparison)],
    ["Metrics", textTable(metricRows(comparison))],
    ["Claims", claimLines(comparison)],
    ["Notes", notesOf(comparison, all ? Infinity : most.notes)],
  ];
  return parts.filter(([, texts]) => texts.length > 0);
}

/** Facts of both runs where they are the same, and of either run otherwise. */
export function factsOf({ a, b }: Comparison): [label: string, words: string][] {
  const facts = ["experiment", "status", "machine", "commit"] as const;
  const shared = facts.filter((fact) => a[fact] === b[fact]);
  const words = (run: Comparison["a"], names: readonly (typeof facts)[number][]) =>
    names.flatMap((name) => run[name] ?? []).join("; ");
  const of = (run: Comparison["a"]) => {
    const name = run.name === run.run ? run.run : `${run.name}: ${run.run}`;
    const own = words(run, facts.filter((fact) => !shared.includes(fact)));
    return own === "" ? name : `${name} (${own})`;
  };
  const both = words(a, shared);
  return [["A", of(a)], ["B", of(b)], ...(both === "" ? [] : [["Both", both] as [string, string]])];
}

function causeLines({ causes, same }: Comparison, most: number): string[] {
  const all = causesInOrder(causes);
  const rest = all.length - most;
  const isChanged = causes.some(({ kind }) => kind === "changed");
  return [
    ...all.slice(0, most),
    ...(rest > 0 ? [`and ${count(rest, "more cause")}`] : []),
    ...(isChanged && same.length > 0 ? [sameWords(same)] : []),
  ];
}

/** Words the divergence of the runs: by step where that is known, otherwise by the first output of each cause. */
function divergenceLines({ causes, divergences, outputs }: Comparison): string[] {
  const bySteps = divergences.flatMap((one) => {
    const words = divergenceWords(one);
    return words === undefined ? [] : [{ job: one.job, words }];
  });
  const hasSteps = new Set(bySteps.map(({ job }) => job));
  const outputsOf = Map.groupBy(outputs, ({ job }) => job);
  const byOutputs = causes.flatMap(({ job, outputs: names }) => {
    const [first] = (outputsOf.get(job) ?? []).filter(({ output }) => names.includes(output))
      .toSorted((x, y) => interest(x.agreement) - interest(y.agreement));
    if (first === undefined || hasSteps.has(job)) return [];
    // A damaged file is described as the cause already.
    if (first.a?.state === "damaged" || first.b?.state === "damaged") return [];
    return [{ job, words: `${job} ${first.output}: ${outputWords(first)}` }];
  });
  // In the order of the causes, which is that of the data.
  const positions = new Map(causes.map(({ job }, i) => [job, i]));
  const position = ({ job }: { job: string }) => positions.get(job) ?? causes.length;
  const found = [...byOutputs, ...bySteps].toSorted((x, y) => position(x) - position(y));
  const rest = found.length - most.divergences;
  return [
    ...found.slice(0, most.divergences).map(({ words }) => words),
    ...(rest > 0 ? [`and ${rest} more`] : []),
  ];
}

/** The most telling metrics: name, both values, how far that is judged to be. */
const metricRows = ({ metrics }: Comparison): string[][] =>
  tellingMetrics(metrics, most.metrics).map((metric) => {
    const { name, a, b, absolute, agreement, bounds, spread } = metric;
    const limit = spread === null || agreement === "within" ? boundsWords(bounds) : "spread";
    const side = agreement === "different" ? "beyond" : "within";
    const [x, y] = [a, b].map((value) => shortValue(value, absolute));
    return [name, `${x} → ${y}`, limit === "exact" ? "" : `${side} ${limit}`];
  });

function claimLines({ claims }: Comparison): string[] {
  const rest = claims.length - most.claims;
  return [
    ...claims.slice(0, most.claims).map(claimCells).map(([id, a, b]) => `${id}: ${a} → ${b}`),
    ...(rest > 0 ? [`and ${count(rest, "more claim")}`] : []),
  ];
}

function notesOf({ notes }: Comparison, most: number): string[] {
  const rest = notes.length - most;
  return rest > 0 ? [...notes.slice(0, most), `and ${count(rest, "more note")}`] : notes;
}

/** Tables of what is not the same; none where everything is. */
function tablesOf(comparison: Comparison, columns: number): string[][] {
  const { causes, divergences, outputs, metrics, claims, spreadLevel } = comparison;
  const alone = new Set(
    causes.flatMap(({ kind, job }) => kind === "only-in-one" ? [job] : []),
  );
  return [
    ...divergences.filter(({ first }) => first !== null).map((one) => stepTable(one, columns)),
    outputTable(outputs, alone, columns),
    metricTable(metrics, columns),
    claims.length === 0
      ? []
      : fittedTable([["Claim", "A", "B"], ...claims.map(claimCells)], columns),
    spreadLevel !== null &&
      metrics.some(({ spread, agreement }) => spread !== null && agreement !== "identical")
      ? wrapped(spreadWords(spreadLevel), columns)
      : [],
  ].filter((table) => table.length > 0);
}

/** The distance after each step from the last one on after which nothing differs. */
function stepTable({ job, unit, from, rows }: Divergence, columns: number): string[] {
  const start = Math.max(0, rows.findIndex(({ share }) => share > 0) - 1);
  return [
    ...wrapped(`Divergence of ${job} by ${unit}, from its ${from}:`, columns),
    ...fittedTable(
      [
        [unit, "Furthest", "Distance", "Absolute", "Elements"],
        ...rows.slice(start).map((row) => {
          const [tensor, distance, absolute, share] = stepCells(row);
          return [String(row.step), tensor, distance, absolute, `${share} differ`];
        }),
      ],
      columns - 2,
      [0, 2, 3, 4],
    ).map((line) => `  ${line}`),
  ];
}

/** Outputs and tensors that are not identical; those of jobs that one run lacks are one line a side. */
function outputTable(
  outputs: Comparison["outputs"],
  alone: ReadonlySet<string>,
  columns: number,
): string[] {
  const apart = outputs.filter(({ agreement }) => agreement !== "identical");
  const inBoth = new Set(
    outputs.filter(({ agreement }) => agreement !== "missing").map(({ job }) => job),
  );
  const isAlone = ({ job }: Comparison["outputs"][number]) => alone.size > 0 && !inBoth.has(job);
  const shared = apart.filter((one) => !isAlone(one));
  const missing = (["a", "b"] as const).flatMap((side) => {
    const jobs = [
      ...new Set(
        apart.filter((one) => isAlone(one) && one[side] !== null)
          .map(({ job }) => job),
      ),
    ];
    const noun = count(jobs.length, "job");
    return jobs.length === 0
      ? []
      : wrapped(`${noun} only in ${side.toUpperCase()}: ${someOf(jobs, Infinity)}.`, columns);
  });
  if (shared.length === 0) return missing;
  return [
    ...fittedTable([
      ["Output", "Verdict", "Tolerance", "Difference"],
      ...shared.flatMap((one) => [
        outputCells(one),
        ...tensorsOf(one).map((tensor) => [
          `  ${tensor.name}`,
          verdictWords(tensor.agreement, true),
          "",
          arrayWords(tensor, false),
        ]),
      ]),
    ], columns),
    ...missing,
  ];
}

/** Metrics that are not identical; those that one run lacks are one line a side. */
function metricTable(metrics: Comparison["metrics"], columns: number): string[] {
  const apart = metrics.filter(({ agreement }) => agreement !== "identical");
  const shared = apart.filter(({ agreement }) => agreement !== "missing");
  const missing = (["a", "b"] as const).flatMap((side) => {
    const names = apart.filter((one) => one.agreement === "missing" && one[side] !== null)
      .map(({ name }) => name);
    const noun = count(names.length, "metric");
    return names.length === 0
      ? []
      : wrapped(`${noun} only in ${side.toUpperCase()}: ${someOf(names, 8)}.`, columns);
  });
  if (shared.length === 0) return missing;
  const heads = ["Metric", "Verdict", "A", "B", "Difference", "Tolerance"];
  const right = [2, 3, 4];
  const whole = textTable([heads, ...shared.map(metricCells)], right);
  const isWide = whole.every((line) => cellWidth(line) <= columns);
  // Long names take a line of their own where that takes fewer lines than breaking them.
  const [fitted, stacked] = [fittedTable, stackedTable]
    .map((table) => table([heads, ...shared.map(shortMetricCells)], columns, right));
  const narrow = fitted.length <= stacked.length ? fitted : stacked;
  return [...isWide ? whole : narrow, ...missing];
}

/** Cells with as many digits of the values as their difference needs. */
function shortMetricCells(metric: MetricComparison): string[] {
  const { a, b, absolute } = metric;
  const [name, verdict, , , ...rest] = metricCells(metric);
  return [name, verdict, ...[a, b].map((value) => shortValue(value, absolute)), ...rest];
}

const shortValue = (value: number | null, difference: number | null): string =>
  value === null ? "none" : precise(value, difference ?? undefined);

export const spreadWords = (level: number): string =>
  `Within spread: all metrics of two runs that differ in their seeds alone lie within it at once ` +
  `with probability ${percent(level)} or more, by all pairs of replicates.`;

export function runWords(
  { name, run, experiment, status, machine, commit }: Comparison["a"],
): string {
  const facts = commit === null ? machine : `${machine}, ${commit}`;
  return `${name === run ? run : `${name}: ${run}`} (${experiment}, ${status}; ${facts})`;
}

/** Evenly spaced elements, the first and the last among them. */
export const spaced = <T>(list: readonly T[], most: number): T[] =>
  list.length <= most
    ? [...list]
    : Array.from({ length: most }, (_, i) => list[Math.round(i * (list.length - 1) / (most - 1))]);
