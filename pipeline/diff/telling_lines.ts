/** Chooses the lines of a cause that say what another does not. */
import type { Line } from "../../schemas/run/comparison.ts";
import { labelOf } from "../engine/key.ts";

const fact = (name: string): string => labelOf({ kind: "env", name });

/** The lines of a cause that are worded: with another backend, what depends on it differs too. */
export function tellingLines<L extends Pick<Line, "label">>(lines: readonly L[]): L[] {
  const follows = lines.some(({ label }) => label === fact("backend"))
    ? [fact("adapter"), fact("driver"), fact("fma")]
    : [];
  return lines.filter(({ label }) => !follows.includes(label));
}
