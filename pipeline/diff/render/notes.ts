/** Writes the notes below a comparison: what was not compared, and what does not count. */
import type { Line, MetricComparison, OutputComparison } from "../../../schemas/run/comparison.ts";
import type { RunSource } from "../../runs/run_source.ts";
import { listed, someOf } from "../../terminal/numbers.ts";
import { placesWords } from "./sentence.ts";
import { isKnown } from "../agreement.ts";

/** Names that are listed; more are counted. */
const most = 8;

export function notesOf(
  a: RunSource,
  b: RunSource,
  { outputs, metrics, silent, following, notCompared, unused }: {
    outputs: readonly OutputComparison[];
    metrics: readonly MetricComparison[];
    silent: readonly Line[];
    following: number;
    notCompared: readonly string[];
    /** Entries of the file of tolerances that fit nothing, in words. */
    unused: readonly string[];
  },
): string[] {
  const notes: string[] = [];
  if (silent.length > 0) {
    const changes = silent.map(({ words, jobs }) => `${words} at ${placesWords(jobs)}`);
    notes.push(`Changed where no byte differs: ${someOf(changes, 4)}.`);
  }
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
    const names = someOf(notCompared, most);
    notes.push(`${notCompared.length} not compared: ${names}${reason}.`);
  }
  if (following > 0) {
    notes.push(
      `${following} follow from inputs that agree within tolerance, and do not count.`,
    );
  }
  const passed = [...outputs, ...metrics]
    .filter(({ counts, agreement }) => !counts && agreement === "different").length - following;
  if (unused.length > 0) {
    notes.push(`Tolerances that fit nothing in these runs: ${someOf(unused, most)}.`);
  }
  if (passed > 0) {
    notes.push(
      `${passed} differ beyond tolerance and do not count at this level: metrics with a spread decide ` +
        `for the jobs that they come from.`,
    );
  }
  return notes;
}
