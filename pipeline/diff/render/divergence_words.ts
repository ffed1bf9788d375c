/** Words where two trainings diverge, and how far apart their values are. */
import type { Divergence } from "../../../schemas/run/comparison.ts";
import { compact, count, percent } from "../../terminal/numbers.ts";

/** In ULP below a million, otherwise as a difference: far apart, ULP say nothing. */
const distanceWords = (
  { ulp, absolute }: { ulp: number | null; absolute: number | null },
): string =>
  ulp !== null && ulp > 0 && ulp < 1e6
    ? `${ulp} ULP`
    : absolute === null
    ? "an infinite distance"
    : `±${compact(absolute)}`;

/** Words the first divergence of a training and the distance at its end; undefined where there is none. */
export function divergenceWords({ job, unit, from, first, rows }: Divergence): string | undefined {
  if (first === null) return undefined;
  const when = from === "tensors"
    ? `${unit} ${first.step}`
    : `${first.step} of ${count(rows.length, unit)}`;
  const tensor = first.tensor === "" ? "" : ` (${first.tensor})`;
  const last = rows[rows.length - 1];
  const end = last.step === first.step ? "" : ` and by ${distanceWords(last)} at the end`;
  return `${job} diverges after ${when} by ${distanceWords(first)}${tensor}${end}`;
}

/** Cells of a step: furthest tensor, distance, absolute distance, share of the elements that differ. */
export const stepCells = (row: Divergence["rows"][number]): string[] => [
  row.tensor,
  row.absolute === 0 ? "none" : distanceWords(row),
  row.absolute === null ? "infinite" : compact(row.absolute),
  percent(row.share),
];
