/**
 * Defines and judges claims: a text, and a function from measurements to the parts that are judged. No
 * claim names its verdict, because the rule of `verdict.ts` computes it.
 */
import type {
  Condition,
  JudgedClaim,
  JudgedControl,
  JudgedPart,
  Ledger,
  Margin,
  Part,
} from "../../schemas/public/judged.ts";
import { decidedBy } from "./sample_size.ts";
import { NotMeasured } from "./not_measured.ts";
import { judgePart, verdictOf } from "./verdict.ts";

/**
 * A claim on measurements of type `M`: its text, the parts that are measured, and a sentence made from
 * the measured values.
 *
 * @example
 * ```ts
 * import type { ClaimDefinition } from "fanin";
 * import { exactly } from "fanin";
 *
 * export const even: ClaimDefinition<{ count: number }> = {
 *   id: "count.even",
 *   statement: "The number of draws is even.",
 *   source: "the design, section 2",
 *   analytic: "count mod 2 = 0",
 *   rule: "The remainder is 0.",
 *   parts: ({ count }) => [{
 *     assertion: "no draw is left over",
 *     quantity: "remainder of the count by 2",
 *     bandReason: "a count is exact",
 *     test: "exact arithmetic",
 *     confidence: 1,
 *     conditions: [exactly("all draws", count % 2, { low: 0, high: 0 })],
 *   }],
 *   sentence: (_, { count }) => `${count} numbers were drawn.`,
 * };
 * ```
 */
export interface ClaimDefinition<M>
  extends Pick<JudgedClaim, "id" | "statement" | "source" | "analytic" | "rule"> {
  /** True if the source implies the claim without saying it; by default it says it. */
  implied?: boolean;
  /** The judged parts; the verdict follows from all of them. */
  parts(measurements: M): Part[];
  /** A sentence made from the judged parts; must not presuppose the verdict. */
  sentence(parts: readonly JudgedPart[], measurements: M): string;
  /** Sentences on what the source does not assert, from measurements; the verdict ignores them. */
  remarks?(measurements: M): string[];
}

/**
 * A control of the method, on measurements of type `M`.
 *
 * @example
 * ```ts
 * import type { ControlDefinition } from "fanin";
 * import { exactly } from "fanin";
 *
 * export const odd: ControlDefinition<{ count: number }> = {
 *   id: "control.odd",
 *   statement: "One draw more is not even.",
 *   kind: "negative",
 *   part: ({ count }) => ({
 *     assertion: "no draw is left over",
 *     quantity: "remainder of the count by 2",
 *     bandReason: "a count is exact",
 *     test: "exact arithmetic",
 *     confidence: 1,
 *     conditions: [exactly("one more", (count + 1) % 2, { low: 0, high: 0 })],
 *   }),
 * };
 * ```
 */
export interface ControlDefinition<M> extends Omit<JudgedControl, "part" | "behaved"> {
  /** The part that must fail for a negative control, and hold for a positive one. */
  part(measurements: M): Part;
}

/** Judges one claim. A value that was not measured leaves it undecided, with the reason. */
export function judge<M>(definition: ClaimDefinition<M>, measurements: M): JudgedClaim {
  const { parts: partsOf, sentence, remarks: _, implied = false, ...rest } = definition;
  const text = { ...rest, implied };
  try {
    const parts = partsOf(measurements).map(judgePart);
    return {
      ...text,
      parts,
      verdict: verdictOf(parts),
      sentence: sentence(parts, measurements),
      remarks: remarksOf(definition, measurements),
      decidedBy: decidedBy(parts),
    };
  } catch (error) {
    if (!(error instanceof NotMeasured)) throw error;
    const { message } = error;
    const parts = [unmeasured(definition.statement, message)];
    return {
      ...text,
      parts,
      verdict: verdictOf(parts),
      sentence: `It was not judged: ${message}.`,
      remarks: [],
      decidedBy: `Not measured: ${message}.`,
    };
  }
}

/** The remarks of a claim; none where one asks for a value that was not measured. */
function remarksOf<M>({ remarks }: ClaimDefinition<M>, measurements: M): string[] {
  try {
    return remarks?.(measurements) ?? [];
  } catch (error) {
    if (error instanceof NotMeasured) return [];
    throw error;
  }
}

/** Judges one control: a negative one must fail, a positive one hold. */
export function judgeControl<M>(definition: ControlDefinition<M>, measurements: M): JudgedControl {
  const { part: partOf, ...text } = definition;
  const part = partOrUnmeasured(() => partOf(measurements), definition.statement);
  const expected = text.kind === "negative" ? "fails" : "holds";
  return { ...text, part, behaved: part.outcome === expected };
}

function partOrUnmeasured(part: () => Part, statement: string): JudgedPart {
  try {
    return judgePart(part());
  } catch (error) {
    if (error instanceof NotMeasured) return unmeasured(statement, error.message);
    throw error;
  }
}

/** The test of a part that was not measured. */
const noTest = "none: it was not measured";

/** A part without a value, which is therefore undecided. */
const unmeasured = (assertion: string, reason: string): JudgedPart =>
  judgePart({
    assertion,
    quantity: "not measured",
    bandReason: "none",
    test: noTest,
    confidence: 1,
    conditions: [exactly(reason, NaN, { low: null, high: null })],
  });

/**
 * Judges claims and controls into one table.
 * @throws Error if a control misbehaves, because no verdict can be trusted then. A control that was not
 * measured is undecided.
 *
 * @example
 * ```ts
 * import { exactly, ledgerOf } from "fanin";
 * import { assertEquals } from "@std/assert";
 *
 * const { claims } = ledgerOf([{
 *   id: "pi.rounded",
 *   statement: "π rounds to 3.14",
 *   source: "a calculator",
 *   analytic: "3.14159…",
 *   rule: "The measured value lies in the margin.",
 *   parts: (pi: number) => [{
 *     assertion: "the value rounds to 3.14",
 *     quantity: "π",
 *     bandReason: "two decimals",
 *     test: "exact arithmetic",
 *     confidence: 1,
 *     conditions: [exactly("measured once", pi, { low: 3.135, high: 3.145 })],
 *   }],
 *   sentence: (_, pi) => `π was measured as ${pi}.`,
 * }], [], 3.14);
 * assertEquals(claims[0].verdict, "confirmed");
 * ```
 */
export function ledgerOf<M>(
  claims: readonly ClaimDefinition<M>[],
  controls: readonly ControlDefinition<M>[],
  measurements: M,
): Ledger {
  const judged = controls.map((control) => judgeControl(control, measurements));
  const misbehaved = judged.filter(({ behaved, part }) => !behaved && part.test !== noTest);
  if (misbehaved.length > 0) {
    throw new Error(
      "expected every control of the method to behave, found " +
        misbehaved.map(({ id, kind, part }) =>
          `${id}, which ${kind === "negative" ? "must fail and" : "must hold and"} came out as ` +
          `"${part.outcome}"`
        ).join("; ") +
        ". No verdict of this run can be trusted: find what changed in its measurements",
    );
  }
  return { claims: claims.map((claim) => judge(claim, measurements)), controls: judged };
}

/**
 * A condition whose value is exact: a count, an identity, a closed form.
 *
 * @example
 * ```ts
 * import { exactly } from "fanin";
 * import { assertEquals } from "@std/assert";
 *
 * const { interval } = exactly("all rows", 12, { low: 12, high: 12 });
 * assertEquals(interval, { low: 12, high: 12 });
 * ```
 */
export const exactly = (
  condition: string,
  estimate: number,
  band: Margin,
): Condition => ({
  condition,
  estimate,
  standardError: null,
  interval: { low: estimate, high: estimate },
  band,
  p: null,
  power: null,
  sampleSize: null,
});

/**
 * A condition measured with chance: its interval is `reach` standard errors to either side.
 *
 * @example
 * ```ts
 * import { estimated } from "fanin";
 * import { assertEquals } from "@std/assert";
 *
 * const mean = { estimate: 5, standardError: 1, reach: 2, sampleSize: 100 };
 * const { interval } = estimated("n_in 64", mean, { low: 0, high: null });
 * assertEquals(interval, { low: 3, high: 7 });
 * ```
 */
export const estimated = (
  condition: string,
  { estimate, standardError, reach, sampleSize }: {
    estimate: number;
    standardError: number;
    /** z multiplier or t quantile: 1.96 for 95 % of a normal distribution. */
    reach: number;
    sampleSize: number;
  },
  band: Margin,
): Condition => ({
  condition,
  estimate,
  standardError,
  interval: { low: estimate - reach * standardError, high: estimate + reach * standardError },
  band,
  p: null,
  power: null,
  sampleSize,
});

/** The values that round to a value printed with so many decimals. */
export const printed = (value: number, decimals: number): Margin => ({
  low: value - 0.5 * 10 ** -decimals,
  high: value + 0.5 * 10 ** -decimals,
});
