/**
 * Compares JSON by path: numbers within the bounds of their place, everything else exactly. Arrays
 * whose elements are counted, by epoch say, are matched by that number and compared as curves.
 */
import type { Detail, PlaceComparison } from "../../schemas/run/comparison.ts";
import type { KnownAgreement } from "../../schemas/run/agreement_level.ts";
import { floatTexts } from "../../schemas/run/float_text.ts";
import type { BoundsAt } from "./tolerance_bounds.ts";
import { type Exact, exactDistance } from "./exact_integers.ts";
import { pointerPart } from "../formats/json_pointer.ts";
import { cutTo } from "../terminal/phrase.ts";
import { isNear } from "./tolerance_bounds.ts";
import { gatherCurves, positionOf } from "./curve_difference.ts";
import { agreementOfParts, byInterest } from "./agreement.ts";
import { compareNumbers } from "./text_difference.ts";
import { isPlain } from "../formats/json.ts";

type ValuesDetail = Extract<Detail, { kind: "values" }>;

/** Places that are listed. */
const most = 50;

interface Pair {
  pointer: string;
  a: unknown;
  b: unknown;
  /** For an element of a counted array: its curve's name but for the last part, and its number. */
  curve?: { name: string; at: number };
}

/**
 * Compares two parsed JSON documents. `undefined` stands for what one does not have, and a BigInt for an
 * integer that float64 may round.
 */
export function compareValues(
  a: unknown,
  b: unknown,
  boundsAt: BoundsAt,
): { agreement: KnownAgreement; detail: ValuesDetail } {
  const places: PlaceComparison[] = [];
  const curves = gatherCurves();
  let [values, differing, beyond, missing] = [0, 0, 0, 0];
  // An explicit stack: what is nested deeply must not exhaust the call stack.
  const open: Pair[] = [{ pointer: "", a, b }];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const below = childrenOf(pair);
    if (below !== undefined) {
      for (const child of below.reverse()) open.push(child);
      continue;
    }
    values++;
    const place = compareLeaf(pair, boundsAt);
    if (pair.curve !== undefined && isCurvePoint(pair)) {
      const { name, at } = pair.curve;
      const side = (value: unknown) => isNumber(value) ? Number(value) : null;
      curves.add(name, {
        at,
        a: side(pair.a),
        b: side(pair.b),
        agreement: place?.agreement ?? "identical",
      });
    }
    if (place === undefined) continue;
    differing++;
    if (place.agreement !== "within" && place.agreement !== "equal") beyond++;
    if (place.agreement === "missing") missing++;
    places.push(place);
  }
  const ranked = places.toSorted((one, other) =>
    byInterest(one.agreement, other.agreement) ||
    (other.absolute ?? Infinity) - (one.absolute ?? Infinity) || 0
  );
  return {
    agreement: agreementOfParts(places.map(({ agreement }) => agreement)),
    detail: {
      kind: "values",
      values,
      differing,
      beyond,
      missing,
      places: ranked.slice(0, most),
      curves: curves.differing(),
    },
  };
}

/** True for a number, and for NaN and the infinities as texts, as JSON holds them. */
const isNumber = (value: unknown): boolean =>
  typeof value === "number" || typeof value === "bigint" ||
  floatTexts.some((text) => text === value);

const isCurvePoint = ({ a, b }: Pair): boolean =>
  (isNumber(a) || a === undefined) && (isNumber(b) || b === undefined);

/** Pairs of the members of two objects or two arrays; undefined for anything else. */
function childrenOf({ pointer, a, b, curve }: Pair): Pair[] | undefined {
  const named = (name: string) => curve && { ...curve, name: `${curve.name}/${pointerPart(name)}` };
  if (isPlain(a) && isPlain(b)) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].map((name) => ({
      pointer: `${pointer}/${pointerPart(name)}`,
      a: Object.hasOwn(a, name) ? a[name] : undefined,
      b: Object.hasOwn(b, name) ? b[name] : undefined,
      curve: named(name),
    }));
  }
  if (!Array.isArray(a) || !Array.isArray(b)) return undefined;
  const [numbersA, numbersB] = [byPosition(a), byPosition(b)];
  if (numbersA !== undefined && numbersB !== undefined && sameOrder(numbersA, numbersB)) {
    const numbers = [...new Set([...numbersA.keys(), ...numbersB.keys()])].sort((x, y) => x - y);
    return numbers.map((at) => ({
      pointer: `${pointer}/${numbersA.get(at) ?? numbersB.get(at)}`,
      a: a[numbersA.get(at) ?? -1],
      b: b[numbersB.get(at) ?? -1],
      curve: { name: `${pointer}/*`, at },
    }));
  }
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => ({
    pointer: `${pointer}/${i}`,
    a: a[i],
    b: b[i],
    // Numbers further down are too many for a curve each.
    curve: undefined,
  }));
}

/** Number → index, for an array whose elements each have a number of their own. */
function byPosition(array: readonly unknown[]): Map<number, number> | undefined {
  if (array.length === 0) return undefined;
  const indices = new Map<number, number>();
  for (const [i, element] of array.entries()) {
    const at = positionOf(element);
    if (at === undefined || indices.has(at)) return undefined;
    indices.set(at, i);
  }
  return indices;
}

/** True if shared numbers come in the same order in both; the order of an array is part of it. */
function sameOrder(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): boolean {
  const inB = [...b.keys()].filter((at) => a.has(at));
  return [...a.keys()].filter((at) => b.has(at)).every((at, i) => at === inB[i]);
}

// The types of TypeScript lack it.
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

const shown = (value: unknown): string | null => {
  if (value === undefined) return null;
  const text = JSON.stringify(
    value,
    (_name, value: unknown) => typeof value === "bigint" ? rawJSON(String(value)) : value,
  );
  return cutTo(text, 121);
};

const isExact = (value: unknown): value is Exact =>
  typeof value === "number" || typeof value === "bigint";

/** Undefined where the two are the same. */
function compareLeaf({ pointer, a, b }: Pair, boundsAt: BoundsAt): PlaceComparison | undefined {
  if (a === b && (a !== 0 || Object.is(a, b))) return undefined;
  const place = { pointer, a: shown(a), b: shown(b), absolute: null, bounds: null };
  if (a === undefined || b === undefined) return { ...place, agreement: "missing" };
  if (isExact(a) && isExact(b)) {
    const bounds = boundsAt(pointer);
    const absolute = exactDistance(a, b);
    const agreement = absolute === 0
      ? "equal"
      : isNear(absolute, Number(a), Number(b), bounds)
      ? "within"
      : "different";
    return { ...place, agreement, absolute: Number.isFinite(absolute) ? absolute : null, bounds };
  }
  if (typeof a === "string" && typeof b === "string") {
    // Numbers in a text are text, unless the tolerance names its place.
    const bounds = boundsAt(pointer, true);
    const numbers = compareNumbers(a, b, bounds);
    const within = numbers !== undefined && numbers.differing > 0 && numbers.beyond === 0;
    return { ...place, agreement: within ? "within" : "different" };
  }
  if (Array.isArray(a) && Array.isArray(b) || isPlain(a) && isPlain(b)) return undefined;
  return { ...place, agreement: "different" };
}
