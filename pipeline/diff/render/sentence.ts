/** Words a comparison in one sentence. */
import type { Cause, Growth, MetricComparison } from "../../../schemas/run/comparison.ts";
import type { Comparison } from "../../../schemas/run/comparison.ts";
import { parseLabel } from "../../engine/key.ts";
import { compact, count, listed } from "../../terminal/numbers.ts";
import { boundsWords, relativeDistance } from "../tolerance_bounds.ts";
import { curvePointOf } from "../curve_difference.ts";
import { isKnown, isWorse, order } from "../agreement.ts";

/** Kinds of key lines, in words for people. */
const kinds: Record<string, string> = {
  code: "code",
  package: "code",
  param: "parameters",
  until: "parameters",
  input: "data",
  env: "machine",
};

/** In ULP below a million, otherwise as a difference: far apart, ULP say nothing. */
export const distanceWords = (
  { ulp, absolute }: { ulp: number | null; absolute: number | null },
): string =>
  ulp !== null && ulp > 0 && ulp < 1e6
    ? `${ulp} ULP`
    : absolute === null
    ? "an infinite distance"
    : `±${compact(absolute)}`;

function causeWords({ job, kind, lines, words }: Cause): string {
  if (kind === "only-in-one" || kind === "damaged") return words;
  if (kind !== "changed") return `${job}: ${words}`;
  const changed = new Set(lines.map(({ label }) => kinds[parseLabel(label).kind]));
  const same = ["code", "parameters", "data"].filter((kind) => !changed.has(kind));
  return `${same.length === 0 ? "" : `same ${listed(same)}; `}${words} at ${job}`;
}

function divergenceWords({ job, unit, from, first, rows }: Growth): string | undefined {
  if (first === null) return undefined;
  const when = from === "tensors"
    ? `${unit} ${first.step}`
    : `${first.step} of ${count(rows.length, unit)}`;
  const tensor = first.tensor === "" ? "" : ` (${first.tensor})`;
  const last = rows[rows.length - 1];
  const end = last.step === first.step ? "" : ` and by ${distanceWords(last)} at the end`;
  return `${job} diverges after ${when} by ${distanceWords(first)}${tensor}${end}`;
}

/** The metric to name: one with a spread before others, a curve's own value before its points. */
function headline(metrics: readonly MetricComparison[]): MetricComparison | undefined {
  const apart = metrics.filter(({ a, b, agreement }) =>
    a !== null && b !== null && isKnown(agreement) && isWorse(agreement, "equal")
  );
  const rank = (metric: MetricComparison) => [
    metric.spread === null ? 1 : 0,
    curvePointOf(metric.name) === undefined ? 0 : 1,
    isKnown(metric.agreement) ? -order.indexOf(metric.agreement) : 1,
    -relativeDistance(metric.a!, metric.b!),
  ];
  return apart.toSorted((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    const at = x.findIndex((value, i) => value !== y[i]);
    return at < 0 ? 0 : x[at] - y[at];
  })[0];
}

function metricWords(metric: MetricComparison): string {
  const { name, a, b, absolute, agreement, bounds, spread } = metric;
  if (absolute === null) return `${name} is ${a} in A and ${b} in B`;
  const how = {
    identical: "",
    equal: "",
    within: `within its tolerance (${boundsWords(bounds)})`,
    consistent: "within the replicates' spread",
    different: spread === null
      ? `beyond its tolerance (${boundsWords(bounds)})`
      : "beyond the replicates' spread",
    missing: "",
    unknown: "",
  }[agreement];
  return `${name} differs by ${compact(absolute)}, ${how}`;
}

/** Ends with a full stop. */
export function sentenceOf(
  { causes, growth, outputs, metrics }: Pick<
    Comparison,
    "causes" | "growth" | "outputs" | "metrics"
  >,
): string {
  const apart = outputs.filter(({ agreement }) => agreement !== "identical");
  if (causes.length === 0 && apart.length === 0) {
    return `The same bytes in ${
      outputs.length === 1 ? "the one output" : `all ${count(outputs.length, "output")}`
    }.`;
  }
  const metric = headline(metrics);
  const parts = [
    causes.length === 0 ? `${count(apart.length, "output")} of ${outputs.length} differ` : "",
    ...causes.slice(0, 1).map(causeWords),
    causes.length > 1 ? `${count(causes.length - 1, "other cause")} further on` : "",
    ...growth.slice(0, 1).map(divergenceWords),
    metric === undefined
      ? metrics.length > 0 && metrics.every(({ agreement }) => agreement === "identical")
        ? "every metric is the same"
        : undefined
      : metricWords(metric),
  ].filter((part) => part !== undefined && part !== "");
  const text = parts.join("; ");
  // The name of a job stays as it is.
  return `${/^[^ ]*\//.test(text) ? text : `${text[0].toUpperCase()}${text.slice(1)}`}.`;
}
