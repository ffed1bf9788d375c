/**
 * Writes a comparison as Markdown (GitHub's), fit for a comment on a pull request: the verdict, the causes
 * and the most telling metrics are in sight, everything else unfolds.
 */
import { count } from "../../terminal/numbers.ts";
import type { Comparison } from "../../../schemas/run/comparison.ts";
import { claimCells, countWords, metricCells, outputCells } from "./describe.ts";
import { escapeMarkdown, markdownTable } from "../../terminal/markdown_table.ts";
import { causesInOrder, sameWords, tellingMetrics } from "./sentence.ts";
import { divergenceWords, stepCells } from "./divergence_words.ts";
import { runWords, spaced, spreadWords } from "./diff_terminal.ts";

/** Rows that are listed before the rest is counted. */
const most = { rows: 100, steps: 12, metrics: 3, causes: 10 };

const titles: Record<Comparison["verdict"], string> = {
  agree: "The runs agree",
  differ: "The runs differ",
  undecided: "It is not known whether the runs agree",
};

/** Ends with a line break. */
export function markdownText(comparison: Comparison): string {
  const { a, b, verdict, level, causes, same, divergences, outputs, metrics, claims, notes } =
    comparison;
  const { spreadLevel, sentence, patch } = comparison;
  const safe = escapeMarkdown;
  const listedCauses = causesInOrder(causes);
  const isChanged = causes.some(({ kind }) => kind === "changed");
  const rest = listedCauses.length - most.causes;
  const points = [
    ...listedCauses.slice(0, most.causes),
    ...(rest > 0 ? [`and ${count(rest, "more cause")}`] : []),
    ...(isChanged && same.length > 0 ? [sameWords(same)] : []),
    ...divergences.flatMap((one) => divergenceWords(one) ?? []),
  ];
  const parts = [
    `**${titles[verdict]} at the level “${level}”.**`,
    points.length === 0 ? safe(sentence) : points.map((point) => `- ${safe(point)}`).join("\n"),
  ];
  const telling = tellingMetrics(metrics, most.metrics);
  if (telling.length > 0) parts.push(metricTable(telling));
  if (claims.length > 0) parts.push(table(["claim", "A", "B"], claims.map(claimCells)));
  if (notes.length > 0) parts.push(notes.map((note) => `- ${safe(note)}`).join("\n"));
  const counts = countWords(comparison);
  if (counts !== "") parts.push(safe(counts));

  const details: string[] = [`- A: ${safe(runWords(a))}\n- B: ${safe(runWords(b))}`];
  for (const { job, unit, from, first, rows } of divergences) {
    if (first === null) continue;
    details.push(`Divergence of ${safe(job)} by ${safe(unit)}, from its ${from}:`);
    details.push(table(
      [unit, "furthest", "distance", "absolute", "elements that differ"],
      spaced(rows, most.steps).map((row) => [String(row.step), ...stepCells(row)]),
      [0, 2, 3, 4],
    ));
  }
  const apart = outputs.filter(({ agreement }) => agreement !== "identical");
  if (apart.length > 0) {
    details.push(table(
      ["output", "verdict", "tolerance", "difference"],
      apart.map(outputCells),
    ));
  }
  const differing = metrics.filter(({ agreement }) => agreement !== "identical");
  if (differing.length > telling.length) details.push(metricTable(differing));
  if (spreadLevel !== null) details.push(safe(spreadWords(spreadLevel)));
  parts.push(folded("Runs, outputs and metrics", details.join("\n\n")));
  if (patch !== null && patch !== "") parts.push(folded("Changed source files", fenced(patch)));
  return parts.join("\n\n") + "\n";
}

/** A part that a reader unfolds. */
const folded = (title: string, body: string): string =>
  `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;

/** A block of code, fenced by more backticks than any line of it has. */
function fenced(patch: string): string {
  const longest = Math.max(2, ...(patch.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  return `${fence}diff\n${patch.trimEnd()}\n${fence}`;
}

const metricTable = (metrics: Comparison["metrics"]): string =>
  table(
    ["metric", "verdict", "A", "B", "difference", "tolerance"],
    metrics.map(metricCells),
    [2, 3, 4],
  );

/** A table of plain texts; rows beyond the most are counted in a last one. */
function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const rest = rows.length - most.rows;
  const more = rest > 0 ? [[`and ${rest} more`, ...heads.slice(1).map(() => "")]] : [];
  const shown = [heads, ...rows.slice(0, most.rows), ...more];
  return markdownTable(shown.map((row) => row.map(escapeMarkdown)), right).join("\n");
}
