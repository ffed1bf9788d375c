/**
 * Lays out what a run found, in at most `mostLines` lines: jobs, main metrics beside what is expected of
 * them, claims, grade, comparison with the reference run, report. Every run that is up to date loads this.
 */
import { cellWidth, padded } from "./cell_width.ts";
import { escaped } from "./escape.ts";
import { count, seconds } from "./numbers.ts";
import type { Screen } from "./screen.ts";
import { plainText, type Span, styled } from "./styled.ts";
import { wrappedLine } from "./wrapped.ts";

/** Something that a run found, under a label: a sentence, or a list of names. */
export interface Note {
  readonly label: string;
  readonly text: readonly Span[];
  /** Names that follow the text; the last ones are left out where there is no room. */
  readonly names?: readonly string[];
  /** Its part of the one line that `--quiet` prints. */
  readonly brief?: string;
}

export interface ShownMetric {
  readonly name: string;
  readonly found: string;
  /** In words; undefined where nothing is expected. */
  readonly expected?: string;
  readonly passed?: boolean;
}

/** Findings of a run that are shown. They are stored with cached outputs, so they are plain data. */
export interface RunSummary {
  readonly experiment: string;
  readonly state: "complete" | "up to date" | "failed" | "interrupted";
  /** Good: all is as expected. Warning: something is not. Bad: a job failed. */
  readonly outcome: "good" | "warning" | "bad";
  /** "64 jobs: 7 ran, 57 cached" */
  readonly jobs: string;
  readonly metrics: readonly ShownMetric[];
  readonly notes: readonly Note[];
}

type Line = readonly Span[];

export const mostLines = 20;

/** Columns of a line of text, also on a wider terminal: longer lines are hard to read. */
const widest = 100;

/** Columns by which everything below the first line is set in. */
const margin = "  ";
/** Columns of the labels; on a narrower terminal than `leastForLabels` they stand before the text. */
const labelWidth = 11;
const leastForLabels = 60;

const marks = { good: "✓", warning: "!", bad: "✗" } as const;

/** "✓ quick complete in 23.9 s; 64 jobs: 7 ran, 57 cached" */
const headOf = (
  { experiment, state, outcome, jobs }: RunSummary,
  { isTerminal }: Pick<Screen, "isTerminal">,
  took: number,
): Span[] => [
  ...isTerminal ? [styled(outcome, marks[outcome]), " "] : [],
  styled("strong", escaped(experiment)),
  ` ${state} in ${seconds(took)}; ${jobs}`,
];

/** `took`: seconds of the run, or of finding that it is up to date. `isWhole`: nothing is left out. */
export function runScreen(
  summary: RunSummary,
  screen: Screen,
  { took, isWhole = false }: { took: number; isWhole?: boolean },
): Line[] {
  const columns = Math.max(20, Math.min(screen.columns, screen.isTerminal ? widest : Infinity));
  const head = wrappedLine(headOf(summary, screen, took), columns, margin.length);
  const { metrics, notes } = summary;
  const names = notes.reduce((most, note) => Math.max(most, note.names?.length ?? 0), 0);
  let lines: Line[] = [];
  for (const [shown, mostNames] of amounts(metrics.length, names)) {
    const table = metricLines(metrics, shown, columns);
    const below = notes.flatMap((note) => noteLines(note, mostNames, columns));
    lines = [head, table, below].filter((part) => part.length > 0)
      .flatMap((part, i) => i === 0 ? part : [[], ...part]);
    if (isWhole || lines.length <= mostLines) return lines;
  }
  return lines;
}

/** Metrics and names that are left out last. */
const few = { metrics: 3, names: 8 };

/** Numbers of metrics and names to show, from all of them on: each next pair takes fewer lines. */
function* amounts(metrics: number, names: number): Generator<[metrics: number, names: number]> {
  const least = Math.min(few.metrics, metrics);
  for (let most = names; most > few.names; most--) yield [metrics, most];
  const some = Math.min(few.names, names);
  for (let shown = metrics; shown > least; shown--) yield [shown, some];
  for (let most = some; most > 2; most--) yield [least, most];
  for (let shown = least; shown >= 0; shown--) yield [shown, Math.min(2, names)];
}

/** One line, for `--quiet`. */
export const quietLine = (summary: RunSummary, screen: Screen, took: number): Line => [
  ...headOf(summary, screen, took),
  ...summary.notes.flatMap(({ brief }) =>
    brief === undefined ? [] : [`; ${brief.replace(/\.$/, "")}`]
  ),
];

function metricLines(metrics: readonly ShownMetric[], shown: number, columns: number): Line[] {
  const left = metrics.length - shown;
  const more = left === 0
    ? []
    : [[margin, styled("faint", `and ${count(left, "more metric")} (-v)`)]];
  if (shown === 0) return more;
  const rows = metrics.slice(0, shown);
  const table = tableLines(rows);
  const isNarrow = table.some((line) => cellWidth(plainText(line)) > columns);
  return [...isNarrow ? rows.flatMap((row) => metricSentence(row, columns)) : table, ...more];
}

const foundSpan = ({ found, passed }: ShownMetric): Span =>
  passed === undefined ? found : styled(passed ? "good" : "bad", found);

const verdictOf = ({ passed }: ShownMetric): Span[] =>
  passed === false ? ["  ", styled("bad", "NOT PASSED")] : [];

function tableLines(rows: readonly ShownMetric[]): Line[] {
  const hasExpected = rows.some(({ expected }) => expected !== undefined);
  const widthOf = (head: string, cells: readonly string[]) =>
    Math.max(...[head, ...cells].map(cellWidth));
  const names = rows.map(({ name }) => escaped(name));
  const first = widthOf("Metric", names);
  const second = widthOf("Found", rows.map(({ found }) => found));
  const head = `${padded("Metric", first)}  ${padded("Found", second, "start")}`;
  return [
    [margin, styled("faint", hasExpected ? `${head}  Expected` : head)],
    ...rows.map((row, i) => [
      `${margin}${padded(names[i], first)}  ${" ".repeat(second - cellWidth(row.found))}`,
      foundSpan(row),
      ...row.expected === undefined ? [] : [`  ${escaped(row.expected)}`],
      ...verdictOf(row),
    ]),
  ];
}

/** A metric on a terminal that is too narrow for the table. */
const metricSentence = (row: ShownMetric, columns: number): Line[] =>
  wrappedLine(
    [
      `${margin}${escaped(row.name)} `,
      foundSpan(row),
      ...row.expected === undefined ? [] : [`, expected ${escaped(row.expected)}`],
      ...verdictOf(row),
    ],
    columns,
    2 * margin.length,
  );

function noteLines({ label, text, names = [] }: Note, most: number, columns: number): Line[] {
  const left = names.length - most;
  const list = names.slice(0, most).map(escaped).join(", ") + (left > 0 ? ` and ${left} more` : "");
  const isNarrow = columns < leastForLabels;
  const head = isNarrow && label !== "" ? `${label}  ` : padded(label, isNarrow ? 2 : labelWidth);
  return wrappedLine(
    [margin, styled("faint", head), ...text, ...list === "" ? [] : [list]],
    columns,
    isNarrow ? 2 * margin.length : margin.length + labelWidth,
  );
}
