/** Writes a comparison as Markdown (GitHub's), for an issue or a pull request. */
import { compact, percent } from "../../terminal/numbers.ts";
import type { Comparison } from "../../../schemas/run/comparison.ts";
import { toleranceWords } from "../tolerance_bounds.ts";
import { claimCells, metricCells, outputWords, verdictLine, verdictWords } from "./describe.ts";
import { escapeMarkdown, markdownTable } from "../../terminal/markdown_table.ts";
import { distanceWords } from "./sentence.ts";
import { runWords, spaced, spreadWords } from "./diff_terminal.ts";

/** Rows that are listed before the rest is counted. */
const most = { rows: 100, steps: 12 };

/** Ends with a line break. */
export function markdownText(comparison: Comparison): string {
  const { a, b, sentence, causes, growth, outputs, metrics, claims, spreadLevel, notes } =
    comparison;
  const safe = escapeMarkdown;
  const parts = [`**${safe(sentence)}**`, `- A: ${safe(runWords(a))}\n- B: ${safe(runWords(b))}`];
  if (causes.length > 0) {
    const list = causes.map(({ job, words }, i) => `${i + 1}. ${safe(job)}: ${safe(words)}`);
    parts.push("First divergences, in the order of the data:", list.join("\n"));
  }
  for (const { job, unit, from, rows } of growth) {
    parts.push(`Divergence of ${safe(job)} by ${safe(unit)}, from its ${from}:`);
    parts.push(table(
      [unit, "furthest", "distance", "absolute", "elements that differ"],
      spaced(rows, most.steps).map((row) => [
        String(row.step),
        row.tensor,
        row.absolute === 0 ? "none" : distanceWords(row),
        row.absolute === null ? "infinite" : compact(row.absolute),
        `${percent(row.share)}`,
      ]),
      [0, 2, 3, 4],
    ));
  }
  const apart = outputs.filter(({ agreement }) => agreement !== "identical");
  if (apart.length > 0) {
    parts.push(table(
      ["output", "verdict", "tolerance", "difference"],
      apart.map((one) => [
        `${one.job} ${one.output}`,
        verdictWords(one.agreement, one.counts),
        toleranceWords(one.tolerance),
        outputWords(one),
      ]),
    ));
  }
  const differing = metrics.filter(({ agreement }) => agreement !== "identical");
  if (differing.length > 0) {
    const heads = ["metric", "verdict", "A", "B", "difference", "tolerance"];
    parts.push(table(heads, differing.map(metricCells), [2, 3, 4]));
  }
  if (claims.length > 0) parts.push(table(["claim", "A", "B"], claims.map(claimCells)));
  if (spreadLevel !== null) parts.push(safe(spreadWords(spreadLevel)));
  if (notes.length > 0) parts.push(notes.map((note) => `- ${safe(note)}`).join("\n"));
  parts.push(safe(verdictLine(comparison)));
  return parts.join("\n\n") + "\n";
}

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
