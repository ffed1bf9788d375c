/** What a reader of a comparison should know besides its verdicts: what was not compared, or does not count. */
import type { MetricComparison, OutputComparison } from "../../schemas/comparison.ts";
import type { RunSource } from "../run_source.ts";

/** An output that both manifests name, and whose bytes one run does not have. */
export const isUnread = (one: OutputComparison | MetricComparison): boolean =>
  "output" in one && one.a !== null && one.b !== null;

export function withoutEffect(words: readonly string[]): string[] {
  if (words.length === 0) return [];
  const rest = words.length > 4 ? ` and ${words.length - 4} more` : "";
  return [`Other, without effect on any byte: ${words.slice(0, 4).join(", ")}${rest}.`];
}

export function notesOf(
  a: RunSource,
  b: RunSource,
  outputs: readonly OutputComparison[],
  metrics: readonly MetricComparison[],
  following: number,
): string[] {
  const notes: string[] = [];
  for (const [side, source] of [["A", a], ["B", b]] as const) {
    if (source.form === "manifest") {
      notes.push(`${side} is a manifest alone: its hashes were compared, not its bytes.`);
    }
    if (source.metrics() === undefined) notes.push(`${side} has no metrics.json.`);
  }
  const unread = outputs.filter((one) => one.rung === "missing" && isUnread(one)).length;
  if (unread > 0) {
    notes.push(
      `${unread} outputs have other bytes by their hashes, and those of one run are not at hand: ` +
        `how far they lie apart cannot be told.`,
    );
  }
  const uncounted = [...outputs, ...metrics].filter(({ counts }) => !counts).length;
  if (following > 0) {
    notes.push(
      `${following} follow from inputs that agree within tolerance, and do not count.`,
    );
  }
  const passed = uncounted - following;
  if (passed > 0) {
    notes.push(
      `${passed} differ beyond tolerance and do not count at this level: figures with a spread decide ` +
        `for the jobs that they come from.`,
    );
  }
  return notes;
}
