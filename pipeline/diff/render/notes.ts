/** Writes the notes below a comparison: what was not compared, and what does not count. */
import type { MetricComparison, OutputComparison } from "../../../schemas/run/comparison.ts";
import type { RunSource } from "../../runs/run_source.ts";
import { listed, someOf } from "../../terminal/numbers.ts";
import { isKnown } from "../agreement.ts";

/** Names that are listed; more are counted. */
const most = 8;

export function withoutEffect(words: readonly string[]): string[] {
  if (words.length === 0) return [];
  return [`Changed without effect on any byte: ${someOf(words, 4)}.`];
}

export function notesOf(
  a: RunSource,
  b: RunSource,
  outputs: readonly OutputComparison[],
  metrics: readonly MetricComparison[],
  { following, notCompared }: { following: number; notCompared: readonly string[] },
): string[] {
  const notes: string[] = [];
  for (const [side, source] of [["A", a], ["B", b]] as const) {
    if (source.metrics() === undefined) notes.push(`${side} has no metrics.json.`);
  }
  if (notCompared.length > 0) {
    const lacking = (["a", "b"] as const)
      .filter((side) =>
        outputs.some((one) => !isKnown(one.agreement) && one[side]?.state === "absent")
      )
      .map((side) => side.toUpperCase());
    const reason = lacking.length === 0
      ? ""
      : `; those of ${listed(lacking)} are not available, and the hashes differ`;
    notes.push(`${notCompared.length} not compared: ${someOf(notCompared, most)}${reason}.`);
  }
  if (following > 0) {
    notes.push(
      `${following} follow from inputs that agree within tolerance, and do not count.`,
    );
  }
  const passed = [...outputs, ...metrics]
    .filter(({ counts, agreement }) => !counts && agreement === "different").length - following;
  if (passed > 0) {
    notes.push(
      `${passed} differ beyond tolerance and do not count at this level: metrics with a spread decide ` +
        `for the jobs that they come from.`,
    );
  }
  return notes;
}
