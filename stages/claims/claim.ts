/**
 * How a claim is written down: what it says, and a function from measurements to the parts that are
 * judged. The files beside this one hold the claims of one question each; none of them names a
 * verdict.
 */
import type { Claim, Control, JudgedPart, Part } from "../../schemas/claims.ts";
import { judgePart, verdictOf } from "./verdict.ts";

/** A claim on measurements of type `M`. */
export interface ClaimDefinition<M> extends Omit<Claim, "parts" | "verdict" | "sentence"> {
  parts(measurements: M): Part[];
  /** A sentence made from the figures of the judged parts; must not presuppose the verdict. */
  sentence(parts: readonly JudgedPart[], measurements: M): string;
}

export interface ControlDefinition<M> extends Omit<Control, "part" | "behaved"> {
  part(measurements: M): Part;
}

export function judge<M>(definition: ClaimDefinition<M>, measurements: M): Claim {
  const { parts: partsOf, sentence, ...text } = definition;
  const parts = partsOf(measurements).map(judgePart);
  return { ...text, parts, verdict: verdictOf(parts), sentence: sentence(parts, measurements) };
}

export function judgeControl<M>(definition: ControlDefinition<M>, measurements: M): Control {
  const { part: partOf, ...text } = definition;
  const part = judgePart(partOf(measurements));
  const expected = text.kind === "negative" ? "fails" : "holds";
  return { ...text, part, behaved: part.outcome === expected };
}

/** A condition whose value is exact: a count, an identity, a closed form. */
export const exactly = (
  condition: string,
  estimate: number,
  band: { low: number | null; high: number | null },
): Part["conditions"][number] => ({
  condition,
  estimate,
  standardError: null,
  interval: { low: estimate, high: estimate },
  band,
  p: null,
  power: null,
});
