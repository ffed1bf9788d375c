/** Names the metrics of a file that no item uses, with the name that was probably meant. */
import type { Expectation, Expected } from "../../../schemas/run/expected.ts";
import { curveMetrics } from "../../../schemas/run/metric_name.ts";
import { nearest } from "../../terminal/nearest.ts";
import { count } from "../../terminal/numbers.ts";
import type { NamedMetrics } from "../metrics_file.ts";

/** Cap on the names that are listed; a suggestion compares each with all that are expected. */
const most = 5;

/** A note; none if every metric is used. Suggestions name what visible items use alone. */
export function unknownMetrics({ values, unusable }: NamedMetrics, expected: Expected): string[] {
  const known = new Set(namesIn(expected, expected.items));
  const has = (name: string) => values.has(name) || unusable.has(name);
  const lacking = namesIn(expected, expected.items.filter((item) => item.visibility === "visible"))
    .filter((name) => !has(name));
  const unknown = [...values.keys(), ...unusable.keys()].filter((name) => !known.has(name));
  if (unknown.length === 0) return [];
  const listed = unknown.slice(0, most).map((name) => {
    const near = nearest(name.slice(0, longest), lacking);
    const why = unusable.get(name);
    return `"${name.slice(0, longest)}"` + (why === undefined ? "" : `, ${why}`) +
      (near === undefined ? "" : ` (did you mean "${near}"?)`);
  });
  const more = unknown.length - listed.length;
  return [
    `No item uses ${count(unknown.length, "metric")} of the file: ${listed.join("; ")}` +
    (more > 0 ? `; and ${more} more.` : "."),
  ];
}

/** True if a file has a number, or something in place of one that an item uses. */
export const hasMetrics = (named: NamedMetrics, expected: Expected): boolean =>
  named.values.size > 0 || isUsed(named, expected);

/** True if an item uses a name of the file. */
export function isUsed({ values, unusable }: NamedMetrics, expected: Expected): boolean {
  const known = new Set(namesIn(expected, expected.items));
  return [...values.keys(), ...unusable.keys()].some((name) => known.has(name));
}

/** Longest name that is listed, in characters. */
const longest = 200;

/** Names of metrics that items, the seeds and the leaderboard use. */
const namesIn = (
  { leaderboard, replicates }: Expected,
  items: Expected["items"],
): string[] => [
  ...new Set([
    ...items.flatMap(({ target, expected }) => [
      ...(target.kind === "metric" ? [target.name] : []),
      ...(target.kind === "curve" ? curveMetrics(target) : []),
      ...othersIn(expected),
    ]),
    ...leaderboard.map(({ metric }) => metric),
    ...(replicates?.statedBy.metric === undefined ? [] : [replicates.statedBy.metric]),
  ]),
];

function othersIn(expected: Expectation): string[] {
  if (expected.kind === "relation") return [expected.metric];
  if (expected.kind !== "by") return [];
  const all = [...expected.cases.map((one) => one.expected), expected.otherwise];
  return [expected.metric, ...all.flatMap(othersIn)];
}
