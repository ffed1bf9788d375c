/**
 * Finds the tolerance that holds at a place, from the manifest or a file of tolerances, and checks whether
 * two numbers lie within it.
 */
import type { ManifestOutput } from "../../schemas/run/manifest.ts";
import type { Bounds, Tolerance } from "../../schemas/run/tolerance.ts";
import type { Tolerances } from "../../schemas/run/tolerances.ts";
import { fits, wildcard } from "../engine/project/wildcard.ts";
import { compact, count } from "../terminal/numbers.ts";

export const noBounds: Bounds = { absolute: 0, relative: 0 };

/** True for the same value: NaN equals NaN, whatever its payload, and +0 equals -0. */
export const sameValue = (a: number, b: number): boolean =>
  a === b || (Number.isNaN(a) && Number.isNaN(b));

/** |a - b|; infinite where just one is NaN or infinite. */
export const absoluteDistance = (a: number, b: number): number => {
  if (sameValue(a, b)) return 0;
  const distance = Math.abs(a - b);
  return Number.isNaN(distance) ? Infinity : distance;
};

const bothFinite = (a: number, b: number) => Number.isFinite(a) && Number.isFinite(b);

/** |a - b| / max(|a|, |b|), from 0 to 2; infinite where just one is NaN or infinite. */
export function relativeDistance(a: number, b: number): number {
  if (sameValue(a, b)) return 0;
  if (!bothFinite(a, b)) return Infinity;
  const scale = Math.max(Math.abs(a), Math.abs(b));
  const distance = Math.abs(a - b);
  // The difference of two finite numbers may overflow.
  return Number.isFinite(distance) ? distance / scale : Math.abs(a / scale - b / scale);
}

/**
 * True if two values agree within bounds, of which the larger magnitude gives the relative one. Only
 * finite ones can be near each other.
 */
export const isWithin = (a: number, b: number, bounds: Bounds): boolean =>
  sameValue(a, b) || isNear(Math.abs(a - b), a, b, bounds);

/** The same of two values that differ, by their distance: integers may lie closer than their rounded values. */
export function isNear(
  distance: number,
  a: number,
  b: number,
  { absolute, relative }: Bounds,
): boolean {
  const isNear = distance <= absolute + relative * Math.abs(a) ||
    distance <= absolute + relative * Math.abs(b) || isAtBound(distance, a, b, absolute, relative);
  return isNear && bothFinite(a, b);
}

/**
 * True if rounding alone may have taken a distance beyond its bound: 0.8 and 0.7, as they are written, lie
 * within 0.1. float64 rounds both values, their difference and the bound, each by at most 2^-53 of itself; that is
 * less than four epsilons of the larger value. Integers are not rounded. A bound grows by a thousandth at
 * most, so that one near the last digit of the values means what it says.
 */
function isAtBound(
  distance: number,
  a: number,
  b: number,
  absolute: number,
  relative: number,
): boolean {
  const larger = Math.max(Math.abs(a), Math.abs(b));
  const bound = absolute + relative * larger;
  return distance <= bound + Math.min(4 * Number.EPSILON * larger, bound / 1000) &&
    !(Number.isInteger(a) && Number.isInteger(b));
}

/**
 * The bounds at a place, by its JSON Pointer; none where the tolerance is exact. With `named`, only those
 * that the tolerance states for this place.
 */
export type BoundsAt = (pointer: string, named?: boolean) => Bounds;

export function boundsOf(tolerance: Tolerance): BoundsAt {
  if (tolerance.kind === "exact") return () => noBounds;
  const { absolute, relative, at = {} } = tolerance;
  const whole = { absolute, relative };
  const rules = Object.entries(at)
    .map(([pattern, bounds]) => ({ test: wildcard(pattern, "[^/]*", "(/|$)"), bounds }));
  return (pointer, named = false) =>
    rules.findLast(({ test }) => test.test(pointer))?.bounds ?? (named ? noBounds : whole);
}

/** The tolerance of an output: the last entry of the file that fits, otherwise as declared. */
export const toleranceFor = (
  { outputs }: Tolerances,
  job: string,
  output: string,
  declared: ManifestOutput,
): Tolerance =>
  outputs.findLast((entry) => isFor(entry, { job, output, type: declared.type }))?.tolerance ??
    declared.tolerance;

/** The entries of a file that fit none of the compared outputs and metrics, in words. */
export const unusedTolerances = (
  { outputs, metrics }: Tolerances,
  compared: readonly { job: string; output: string; type: string }[],
  named: readonly { name: string }[],
): string[] => [
  ...outputs.filter((entry) => !compared.some((one) => isFor(entry, one)))
    .map(({ job, output, type }) => `outputs ${job} ${output}${type === "*" ? "" : ` (${type})`}`),
  ...metrics.filter((entry) => !named.some(({ name }) => fits(entry.name, name)))
    .map(({ name }) => `metric ${name}`),
];

/** True if an entry is for an output. */
const isFor = (
  entry: Pick<Tolerances["outputs"][number], "job" | "output" | "type">,
  { job, output, type }: { job: string; output: string; type: string },
): boolean => fits(entry.job, job) && fits(entry.output, output) && fits(entry.type, type);

export function toleranceWords(tolerance: Tolerance): string {
  if (tolerance.kind === "exact") return "exact";
  const places = Object.keys(tolerance.at ?? {}).length;
  return boundsWords(tolerance) + (places === 0 ? "" : `, other at ${count(places, "place")}`);
}

export const boundsWords = ({ absolute, relative }: Bounds): string =>
  absolute === 0 && relative === 0 ? "exact" : [
    absolute > 0 ? `±${compact(absolute)}` : "",
    relative > 0 ? `${compact(relative)} relative` : "",
  ]
    .filter((part) => part !== "").join(" + ");
