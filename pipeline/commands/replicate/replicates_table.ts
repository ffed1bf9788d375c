/** Lays out the expected metrics of replicates as a table, and the words of where they come from. */
import type { Expected, Item } from "../../../schemas/run/expected.ts";
import { count, precise } from "../../terminal/numbers.ts";
import { fittedTable } from "../../terminal/text_table.ts";
import { outputColumns, wrapped } from "../../terminal/wrapped.ts";

/** Rows of a table that shows the main metrics alone. */
const mostRows = 10;

/** A row for each item, or for each main metric alone; of a curve its last point. */
export function replicatesTable({ items: all }: Expected, main?: readonly string[]): string[] {
  const ofMain = all.filter(({ target }) => "name" in target && main?.includes(target.name ?? ""));
  const items = main === undefined ? all : (ofMain.length > 0 ? ofMain : all).slice(0, mostRows);
  const left = all.length - items.length;
  const rows = items.map(({ id, expected, source }) => {
    if (source.from !== "replicates") return [];
    const ranges = expected.kind === "band"
      ? expected.ranges
      : expected.kind === "range"
      ? [expected.range]
      : [];
    const { low, high } = ranges[ranges.length - 1];
    const { mean, standardDeviation } = source.spread[source.spread.length - 1];
    return [
      id,
      `${ranges.length}`,
      precise(mean, standardDeviation),
      precise(standardDeviation),
      `${precise(low!, standardDeviation)} to ${precise(high!, standardDeviation)}`,
    ];
  });
  const [{ source }] = all;
  const head = ["Metric", "Points", "Mean (last)", "Deviation", "Prediction interval"];
  const columns = outputColumns();
  const words = source.from === "replicates" ? ["", ...sourceWords(source)] : [];
  return [
    ...fittedTable([head, ...rows], columns, [1, 2, 3]),
    ...left === 0 ? [] : [`and ${count(left, "more metric")} (--verbose)`],
    ...words.flatMap((text) => wrapped(text, columns)),
  ];
}

function sourceWords(
  { count, what, level, falseFail, caution }: Extract<Item["source"], { from: "replicates" }>,
): string[] {
  return [
    `${count} replicates, ${what}: a new run lies inside all intervals at once with probability ` +
    `${precise(level)}.`,
    ...(falseFail === null ? [] : [
      `Of the replicates, each judged by the others, ${falseFail.failed} of ${falseFail.of} lie ` +
      `outside (exact 95 % interval of that share: ${precise(falseFail.interval.low, 0.01)} to ` +
      `${precise(falseFail.interval.high, 0.01)}).`,
    ]),
    ...(caution === undefined ? [] : [caution]),
  ];
}
