/** Finds what a grade expects of single metrics, to show it beside what a run found. */
import type { Item } from "../../schemas/run/expected.ts";
import type { ItemResult } from "../../schemas/run/graded.ts";
import { rangesOf } from "./interval.ts";
import { rangeText } from "./wording.ts";

interface MetricExpectation {
  /** In words: "0.847 to 0.876". */
  expected: string;
  passed: boolean;
}

/**
 * Returns what is expected of a metric, by itself or as a point of a curve: by the first item that it does
 * not pass, else by the first at all. Hidden items say nothing.
 */
export function expectationOf(
  metric: string,
  items: readonly Item[],
  results: readonly ItemResult[],
): MetricExpectation | undefined {
  const byId = new Map(results.map((result) => [result.id, result]));
  const found = items.flatMap((item) => {
    const result = byId.get(item.id);
    if (result === undefined || item.visibility !== "visible") return [];
    return [expectationIn(item, result, metric)].filter((one) => one !== undefined);
  });
  return found.find(({ passed }) => !passed) ?? found[0];
}

function expectationIn(
  { target, expected }: Item,
  { expected: words, status, outside }: ItemResult,
  metric: string,
): MetricExpectation | undefined {
  if (target.kind === "metric" && target.name === metric) {
    return { expected: words, passed: status === "passed" };
  }
  if (target.kind !== "curve" || expected.kind !== "band" && expected.kind !== "values") return;
  const point = pointOf(target, metric);
  if (point === undefined) return undefined;
  const isOutside = outside.some((one) => one.metric === metric);
  return { expected: rangeText(rangesOf(expected)[point]), passed: !isOutside };
}

/** The place of a metric in a curve, from 0 on. */
function pointOf(
  { name, from, to }: Extract<Item["target"], { kind: "curve" }>,
  metric: string,
): number | undefined {
  const [before, after] = name.split("*");
  const number = metric.slice(before.length, metric.length - after.length);
  const isPoint = /^\d+$/.test(number) && name.replace("*", number) === metric;
  return isPoint && Number(number) >= from && Number(number) <= to
    ? Number(number) - from
    : undefined;
}
