/**
 * Compares text by lines, and by the numbers in it. A text agrees within a tolerance if only numbers
 * differ and each lies within it, as in a drawing whose curve has moved a little.
 */
import type { Detail } from "../../schemas/run/comparison.ts";
import type { KnownAgreement } from "../../schemas/run/agreement_level.ts";
import type { Bounds } from "../../schemas/run/tolerance.ts";
import { absoluteDistance, isWithin } from "./tolerance_bounds.ts";

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
  const [x, y] = [a, b].map((text) => (text.match(numberForm) ?? []).map(Number));
  let [differing, beyond, largest] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    if (x[i] === y[i]) continue;
    differing++;
    if (!isWithin(x[i], y[i], bounds)) beyond++;
    largest = Math.max(largest, absoluteDistance(x[i], y[i]));
  }
  return { differing, beyond, largest };
}

const shown = (line: string | undefined): string | null =>
  line === undefined ? null : line.length > 200 ? `${line.slice(0, 200)}…` : line;

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
