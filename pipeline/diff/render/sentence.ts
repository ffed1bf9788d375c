/** Words a comparison in one sentence: all causes in the order of the data, where and how far the runs diverge. */
import type { Cause, Comparison, Line, MetricComparison } from "../../../schemas/run/comparison.ts";
import { labelOf } from "../../engine/key.ts";
import { compact, count, listed } from "../../terminal/numbers.ts";
import { boundsWords, relativeDistance } from "../tolerance_bounds.ts";
import { curvePointOf } from "../curve_difference.ts";
import { isKnown, isWorse, order } from "../agreement.ts";
import { tellingLines } from "../telling_lines.ts";
import { capitalised } from "../../terminal/phrase.ts";
import { divergenceWords } from "./divergence_words.ts";

/** Changes that a sentence names; more are counted. */
const mostChanges = 8;

/** `train/a`, `train/a and 3 more jobs`. */
export const placesWords = ([first, ...rest]: readonly string[]): string =>
  rest.length === 0 ? first : `${first} and ${count(rest.length, "more job")}`;

/** The changes of a cause, each with its place: `parameter seed (0 → 7) at draw/net`. */
function changesOf({ lines }: Cause): string[] {
  const byPlaces = Map.groupBy(tellingLines(lines), ({ jobs }) => placesWords(jobs));
  return [...byPlaces].map(([places, lines]) => {
    const words = listed(lines.map(({ words }) => words));
    return lines.some(isOwnData) ? words : `${words} at ${places}`;
  });
}

/** Own data are a job that is named as they are, so their place says nothing more. */
const isOwnData = ({ label, jobs: [job] }: Line): boolean =>
  ["file", "directory"].some((kind) => label === labelOf({ kind, name: job }));

const otherWords = ({ job, kind, words }: Cause): string =>
  kind === "only-in-one" || kind === "damaged" ? words : `${job}: ${words}`;

/** All causes in the order of the data. */
export const causesInOrder = (causes: readonly Cause[]): string[] =>
  causes.flatMap((cause) => cause.kind === "changed" ? changesOf(cause) : otherWords(cause));

/** `the same code, packages and data`; empty where nothing is known to be the same. */
export const sameWords = (same: Comparison["same"]): string =>
  same.length === 0 ? "" : `the same ${listed(same)}`;

/**
 * The metrics to name: the worst agreement first, then those with a spread, a curve's own value before
 * its points, and the largest relative difference.
 */
export function tellingMetrics(metrics: readonly MetricComparison[], most: number) {
  const apart = metrics.filter(({ a, b, agreement }) =>
    a !== null && b !== null && isKnown(agreement) && isWorse(agreement, "equal")
  );
  const rank = (metric: MetricComparison) => [
    metric.counts ? 0 : 1,
    isKnown(metric.agreement) ? -order.indexOf(metric.agreement) : 1,
    metric.spread === null ? 1 : 0,
    curvePointOf(metric.name) === undefined ? 0 : 1,
    -relativeDistance(metric.a!, metric.b!),
  ];
  return apart.toSorted((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    const at = x.findIndex((value, i) => value !== y[i]);
    return at < 0 ? 0 : x[at] - y[at];
  }).slice(0, most);
}

/** Words the judgement of a metric's difference: `beyond its tolerance (±1e-5)`. */
function judgementWords({ agreement, bounds, spread }: MetricComparison): string {
  switch (agreement) {
    case "within":
      return `within its tolerance (${boundsWords(bounds)})`;
    case "consistent":
      return "within the replicates' spread";
    case "different":
      return spread === null
        ? `beyond its tolerance (${boundsWords(bounds)})`
        : "beyond the replicates' spread";
    default:
      return "";
  }
}

function metricWords(metric: MetricComparison): string {
  const { name, a, b, absolute } = metric;
  return absolute === null
    ? `${name} is ${a} in A and ${b} in B`
    : `${name} differs by ${compact(absolute)}, ${judgementWords(metric)}`;
}

/** Ends with a full stop. */
export function sentenceOf(
  { causes, same, divergences, outputs, metrics }: Pick<
    Comparison,
    "causes" | "same" | "divergences" | "outputs" | "metrics"
  >,
): string {
  const apart = outputs.filter(({ agreement }) => agreement !== "identical");
  if (causes.length === 0 && apart.length === 0) {
    return `The same bytes in ${
      outputs.length === 1 ? "the one output" : `all ${count(outputs.length, "output")}`
    }.`;
  }
  const [metric] = tellingMetrics(metrics, 1);
  const isChange = ({ kind }: Cause) => kind === "changed";
  const changes = causesInOrder(causes.filter(isChange));
  const others = causesInOrder(causes.filter((cause) => !isChange(cause)));
  const isFirst = causes.length > 0 && isChange(causes[0]);
  const rest = changes.length - mostChanges;
  const named = rest > 0 ? [...changes.slice(0, mostChanges), count(rest, "more change")] : changes;
  const parts = [
    causes.length === 0 ? `${count(apart.length, "output")} of ${outputs.length} differ` : "",
    ...(isFirst ? [listed(named), ...others] : [...others, listed(named)]),
    changes.length > 0 ? sameWords(same) : "",
    ...divergences.map(divergenceWords).filter((words) => words !== undefined).slice(0, 2),
    metric !== undefined
      ? metricWords(metric)
      : metrics.length > 0 && metrics.every(({ agreement }) => agreement === "identical")
      ? "every metric is the same"
      : "",
  ].filter((part) => part !== "");
  const text = parts.join("; ");
  // The name of a job stays as it is.
  return `${/^[^ ]*\//.test(text) ? text : capitalised(text)}.`;
}
