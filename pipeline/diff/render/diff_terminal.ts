/** Writes a comparison as tables for a terminal. */
import type { Comparison } from "../../../schemas/run/comparison.ts";
import { compact, count, percent } from "../../terminal/numbers.ts";
import { textTable } from "../../terminal/text_table.ts";
import { toleranceWords } from "../tolerance_bounds.ts";
import { lineWords } from "../cause.ts";
import {
  arrayWords,
  claimCells,
  metricCells,
  outputWords,
  tensorsOf,
  verdictLine,
  verdictWords,
} from "./describe.ts";
import { distanceWords } from "./sentence.ts";

/** Rows of one kind that are shown without `--all`. */
const most = { tensors: 6, metrics: 20, steps: 12 };

/** Its lines; with `all`, also identical outputs and every tensor. */
export function terminalText(comparison: Comparison, { all }: { all: boolean }): string[] {
  const { a, b, sentence, causes, growth, outputs, metrics, claims, spreadLevel, notes } =
    comparison;
  const parts: string[] = [
    `A  ${runWords(a)}`,
    `B  ${runWords(b)}`,
    "",
    sentence,
  ];
  const section = (...lines: string[]) => parts.push("", ...lines);
  if (causes.length > 0) {
    section("First divergences, in the order of the data:");
    for (const { job, words, lines } of causes) {
      parts.push(`  ${job}: ${words}`);
      if (lines.length > 1) parts.push(...lines.map((line) => `    ${lineWords(line)}`));
    }
  }
  for (const { job, unit, from, rows } of growth) {
    section(`Divergence of ${job} by ${unit}, from its ${from}:`);
    parts.push(
      ...textTable(
        [
          [unit, "Furthest", "Distance", "Absolute", "Elements"],
          ...spaced(rows, all ? Infinity : most.steps).map((row) => [
            String(row.step),
            row.tensor,
            row.absolute === 0 ? "none" : distanceWords(row),
            row.absolute === null ? "infinite" : compact(row.absolute),
            `${percent(row.share)} differ`,
          ]),
        ],
        [0, 2, 3, 4],
      ).map((line) => `  ${line}`),
    );
  }
  const shown = outputs.filter(({ agreement }) => all || agreement !== "identical");
  if (shown.length > 0) {
    section(...textTable([
      ["Output", "Verdict", "Tolerance", "Difference"],
      ...shown.flatMap((one) => {
        const tensors = tensorsOf(one);
        const listed = all ? tensors : tensors.slice(0, most.tensors);
        return [
          [
            `${one.job} ${one.output}`,
            verdictWords(one.agreement, one.counts),
            toleranceWords(one.tolerance),
            outputWords(one),
          ],
          ...listed.map((tensor) => [
            `  ${tensor.name}`,
            verdictWords(tensor.agreement, true),
            "",
            arrayWords(tensor, false),
          ]),
          ...(listed.length < tensors.length
            ? [[`  and ${tensors.length - listed.length} more`, "", "", ""]]
            : []),
        ];
      }),
    ]));
  }
  const apart = metrics.filter(({ agreement }) => all || agreement !== "identical");
  if (apart.length > 0) {
    const listed = all ? apart : apart.slice(0, most.metrics);
    section(...textTable(
      [
        ["Metric", "Verdict", "A", "B", "Difference", "Tolerance"],
        ...listed.map(metricCells),
      ],
      [2, 3, 4],
    ));
    if (listed.length < apart.length) {
      parts.push(`and ${count(apart.length - listed.length, "more metric")}; --all shows them.`);
    }
  }
  if (claims.length > 0) {
    section(...textTable([["Claim", "A", "B"], ...claims.map(claimCells)]));
  }
  if (spreadLevel !== null) section(spreadWords(spreadLevel));
  if (notes.length > 0) section(...notes);
  section(verdictLine(comparison));
  return parts;
}

export const spreadWords = (level: number): string =>
  `Within spread: all metrics of two runs that differ in their seeds alone lie within it at once ` +
  `with probability ${percent(level)} or more, by all pairs of replicates.`;

export const runWords = ({ name, run, experiment, status, machine }: Comparison["a"]): string =>
  `${name === run ? run : `${name}: ${run}`} (${experiment}, ${status}; ${machine})`;

/** Evenly spaced elements, the first and the last among them. */
export const spaced = <T>(list: readonly T[], most: number): T[] =>
  list.length <= most
    ? [...list]
    : Array.from({ length: most }, (_, i) => list[Math.round(i * (list.length - 1) / (most - 1))]);
