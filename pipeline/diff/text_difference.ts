/**
 * Compares text by lines, and by the numbers in it. A text agrees within a tolerance if only numbers
 * differ and each lies within it, as in a drawing whose curve has moved a little.
 */
import type { Detail } from "../../schemas/run/comparison.ts";
import type { KnownAgreement } from "../../schemas/run/agreement_level.ts";
import type { Bounds } from "../../schemas/run/tolerance.ts";
import { exactDistance, exactNumber } from "./exact_integers.ts";
import { cutTo } from "../terminal/phrase.ts";
import { isNear } from "./tolerance_bounds.ts";

type TextDetail = Extract<Detail, { kind: "text" }>;

const numberForm = /[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/g;

/** Compares the numbers of two texts; undefined if anything else differs too. */
export function compareNumbers(
  a: string,
  b: string,
  bounds: Bounds,
): { differing: number; beyond: number; largest: number } | undefined {
  const [words, others] = [a.split(numberForm), b.split(numberForm)];
  if (words.length !== others.length || words.some((word, i) => word !== others[i])) {
    return undefined;
  }
  const [x, y] = [a, b].map((text) => text.match(numberForm) ?? []);
  let [differing, beyond, largest] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const distance = distanceOf(x[i], y[i]);
    if (distance === 0) continue;
    differing++;
    if (!isNear(distance, Number(x[i]), Number(y[i]), bounds)) beyond++;
    largest = Math.max(largest, distance);
  }
  return { differing, beyond, largest };
}

/** The distance of two numbers; infinite if float64 has neither and their texts differ. */
function distanceOf(a: string, b: string): number {
  if (a === b) return 0;
  const [x, y] = [exactNumber(a), exactNumber(b)];
  return Number.isFinite(Number(x)) || Number.isFinite(Number(y)) ? exactDistance(x, y) : Infinity;
}

const shown = (line: string | undefined): string | null =>
  line === undefined ? null : cutTo(line, 201);

export function compareText(
  a: string,
  b: string,
  bounds: Bounds,
): { agreement: KnownAgreement; detail: TextDetail } {
  const [x, y] = [a, b].map((text) => text.split("\n"));
  const lines = Math.max(x.length, y.length);
  let differing = 0;
  let first: number | undefined;
  for (let i = 0; i < lines; i++) {
    if (x[i] === y[i]) continue;
    first ??= i;
    differing++;
  }
  const numbers = compareNumbers(a, b, bounds);
  const at = first ?? 0;
  return {
    agreement: numbers === undefined || numbers.beyond > 0
      ? "different"
      : numbers.differing === 0
      ? "equal"
      : "within",
    detail: {
      kind: "text",
      lines,
      differing,
      first: { line: at + 1, a: shown(x[at]), b: shown(y[at]) },
      numbers: numbers === undefined || !Number.isFinite(numbers.largest)
        ? null
        : { differing: numbers.differing, largest: numbers.largest },
    },
  };
}
