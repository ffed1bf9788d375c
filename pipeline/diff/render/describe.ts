/**
 * Words what was found of an output or a metric in one line, for the terminal, Markdown and the page.
 * Names come from files that may be hostile, so the caller escapes each line.
 */
import type {
  ArrayComparison,
  ClaimComparison,
  Comparison,
  Detail,
  MetricComparison,
  OutputComparison,
} from "../../../schemas/run/comparison.ts";
import type { Agreement } from "../../../schemas/run/agreement_level.ts";
import { bytes, compact, count, percent } from "../../terminal/numbers.ts";
import { boundsWords, toleranceWords } from "../tolerance_bounds.ts";
import { agreementWords } from "../agreement.ts";
import { furthest } from "../furthest.ts";

/** `[3, 17]`; nothing for a scalar. */
const indexWords = (index: readonly number[]): string =>
  index.length === 0 ? "" : `[${index.join(", ")}]`;

/** ` at weight[3, 17]`; nothing for an unnamed scalar. */
const placeWords = (name: string, index: readonly number[]): string => {
  const place = `${name}${indexWords(index)}`;
  return place === "" ? "" : ` at ${place}`;
};

/** With `named`, the tensor too. */
export function arrayWords(array: ArrayComparison, named: boolean): string {
  const { problem, note, absolute, relative, ulp, differing, beyond, elements, cosine } = array;
  const name = named ? array.name : "";
  if (problem !== null) return name === "" ? problem : `${name} ${problem}`;
  if (absolute === null) return note === null || name === "" ? note ?? "" : `${name}: ${note}`;
  const { infinite, values } = array;
  const share = (n: number) => elements === 1 ? "" : percent(n / elements);
  const parts = [
    // The distance is infinite if no finite value differs.
    ...(infinite !== null && absolute.value === null ? [] : [
      absolute.value === null
        ? `${values![0]} and ${values![1]}${placeWords(name, absolute.index)}`
        : `±${compact(absolute.value)}` +
          (relative?.value == null ? "" : ` (${compact(relative.value)} relative)`) +
          placeWords(name, absolute.index),
      ...(ulp === null || ulp.value === null ? [] : [`${ulpWords(ulp.value)} ULP`]),
    ]),
    ...(infinite === null ? [] : [
      `${infinite.values[0]} against ${infinite.values[1]}${placeWords(name, infinite.index)}` +
      (infinite.count > 1 ? ` and ${infinite.count - 1} more such` : ""),
    ]),
    ...(elements === 1 ? [] : [`${share(differing)} differ`]),
    ...(elements > 1 && beyond > 0 && beyond < differing
      ? [`${share(beyond)} beyond tolerance`]
      : []),
    ...(cosine === null || elements === 1 ? [] : [`cosine ${cosineWords(cosine)}`]),
    ...(note === null ? [] : [note]),
  ];
  return parts.join(", ");
}

const ulpWords = (value: number): string => value < 1e7 ? String(value) : value.toPrecision(3);

/** A cosine near 1 by its distance from 1. */
const cosineWords = (cosine: number): string =>
  cosine === 1 ? "1" : cosine > 0.999 ? `1 - ${compact(1 - cosine)}` : cosine.toFixed(4);

function detailWords(detail: Detail): string {
  switch (detail.kind) {
    case "arrays": {
      const worst = furthest(detail.arrays);
      const apart = detail.arrays.filter(({ agreement }) => agreement !== "identical").length;
      const missing = detail.arrays.filter(({ agreement }) => agreement === "missing").length;
      const many = detail.arrays.length > 1
        ? `${apart} of ${count(detail.arrays.length, "tensor")}${inOneAlone(missing)}: `
        : "";
      if (worst === undefined) return "no tensor in either";
      const words = arrayWords(worst, true);
      return words === "" ? "the same values, another header" : `${many}${words}`;
    }
    case "values": {
      const [worst] = detail.places;
      if (worst === undefined) return "equal values";
      const isPart = detail.beyond > 0 && detail.beyond < detail.differing;
      const beyond = isPart ? `, ${detail.beyond} beyond tolerance` : "";
      return `${detail.differing} of ${count(detail.values, "value")}${beyond}` +
        `${inOneAlone(detail.missing)}; ` +
        `${worst.pointer || "the whole"}: ${worst.a ?? "nothing"} → ${worst.b ?? "nothing"}`;
    }
    case "text": {
      const { differing, lines, first, numbers } = detail;
      if (differing === 0) return "the same text, behind a byte order mark in one run alone";
      const what = numbers === null
        ? ""
        : `, numbers alone, by ${compact(numbers.largest)} at most`;
      return `${differing} of ${count(lines, "line")}${what}; first line ${first.line}`;
    }
    case "image":
      return `${percent(detail.changed / Math.max(1, detail.pixels))} of pixels changed, ` +
        `by ${percent(detail.largest)} of a channel at most`;
    case "bytes":
      return detail.first === null
        ? `one is the beginning of the other, ${count(detail.differing, "byte")} longer`
        : `${count(detail.differing, "byte")}, first ${detail.first.offset}: ` +
          `${hex(detail.first.a)} → ${hex(detail.first.b)} (${count(detail.first.bits, "bit")})`;
  }
}

const inOneAlone = (missing: number): string => missing > 0 ? `, ${missing} in one run alone` : "";

const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, "0")}`;

export function outputWords(
  { note, detail, a, b }: Pick<OutputComparison, "note" | "detail" | "a" | "b">,
): string {
  const parts = [note ?? "", detail === null ? "" : detailWords(detail)];
  if (detail === null && a !== null && b !== null && a.size !== b.size) {
    parts.push(`${bytes(a.size)} → ${bytes(b.size)}`);
  }
  return parts.filter((part) => part !== "").join("; ");
}

const valueOf = (value: number | null): string => value === null ? "none" : String(value);

/** Cells of an output: name, verdict, tolerance, difference. */
export const outputCells = (one: OutputComparison): string[] => [
  `${one.job} ${one.output}`,
  verdictWords(one.agreement, one.counts),
  toleranceWords(one.tolerance),
  outputWords(one),
];

export function metricCells(metric: MetricComparison): string[] {
  const { name, agreement, a, b, absolute, bounds, spread, counts } = metric;
  const limit = spread === null
    ? boundsWords(bounds)
    : `${boundsWords(bounds)}; spread ±${compact(spread.limit)}`;
  return [
    name,
    verdictWords(agreement, counts),
    valueOf(a),
    valueOf(b),
    absolute !== null ? compact(absolute) : a === null || b === null ? "" : "infinite",
    limit,
  ];
}

export const verdictWords = (agreement: Agreement, counts: boolean): string =>
  `${agreementWords[agreement]}${counts ? "" : " (not counted)"}`;

/** Tensors that get a line of their own: those that are not identical. */
export function tensorsOf({ detail }: OutputComparison): ArrayComparison[] {
  if (detail?.kind !== "arrays" || detail.arrays.length < 2) return [];
  return detail.arrays.filter(({ agreement }) => agreement !== "identical");
}

export const claimCells = ({ id, a, b }: ClaimComparison): string[] => [
  id,
  a ?? "not judged",
  b ?? "not judged",
];

/** Counts of each agreement. */
export function countWords({ outputs, metrics }: Comparison): string {
  const of = (list: readonly { agreement: Agreement }[], noun: string) => {
    const agreements = Map.groupBy(list, ({ agreement }) => agreement);
    const parts = [...agreements].map(([agreement, { length }]) =>
      `${length} ${agreementWords[agreement]}`
    );
    return list.length === 0 ? [] : [`${count(list.length, noun)}: ${parts.join(", ")}.`];
  };
  return [...of(outputs, "output"), ...of(metrics, "metric")].join(" ");
}

/** The verdict, and counts of each agreement. */
export function verdictLine(comparison: Comparison): string {
  const { level, verdict } = comparison;
  const end = {
    agree: `They agree at the level "${level}".`,
    differ: `They differ at the level "${level}".`,
    undecided: `It is not known whether they agree at the level "${level}".`,
  }[verdict];
  return `${end} ${countWords(comparison)}`.trimEnd();
}
