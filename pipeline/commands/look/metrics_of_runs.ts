/** `metrics`: the main metrics of one run or several side by side, or all of them. */
import type { Metrics } from "../../../schemas/run/metric_values.ts";
import { mainMetricNames } from "../../engine/project/project.ts";
import { Failed } from "../../engine/failed.ts";
import { fits } from "../../engine/project/wildcard.ts";
import { mainMetrics } from "../../runs/main_metrics.ts";
import type { RunSource } from "../../runs/run_source.ts";
import { naturalOrder } from "../../terminal/natural_order.ts";
import { count, precise } from "../../terminal/numbers.ts";
import { complain, print, printSentences } from "../../terminal/print.ts";
import { printJson } from "../../terminal/print_json.ts";
import { fittedTable } from "../../terminal/text_table.ts";
import { outputColumns } from "../../terminal/wrapped.ts";
import { defineViewer, type Place, refuseBeside, toggle, values } from "../flags/flags.ts";
import { openNamed } from "../open_named.ts";
import { json, runs } from "../flags/shared_flags.ts";
import { defaultRun } from "./run_operand.ts";

const operands = runs(0, 26, "[RUN …]");

export const command = defineViewer({
  about: "shows main metrics of runs side by side, and how they change",
  operands: { ...operands, about: `${operands.about} Without a name it is latest.` },
  flags: {
    all: toggle("shows every metric, not only the main ones"),
    metric: values("NAME", "shows this metric; * stands for any text; may be repeated"),
    json,
  },
  async look(place, { operands, all, metric, json }) {
    if (all) refuseBeside("--all shows every metric", { metric });
    const names = operands.length === 0 ? [defaultRun] : operands;
    using opened = new DisposableStack();
    const sources: RunSource[] = [];
    for (const name of names) {
      sources.push(opened.use(await openNamed(place.artifacts, name)));
    }
    return await showMetrics(place, sources, { all, patterns: metric, json });
  },
});

/** A metric of several runs: the value of each, undefined in a run without it. */
interface Row {
  name: string;
  values: (number | undefined)[];
  /** The runs' own names for it: those of a curve's last values may differ. */
  names: (string | undefined)[];
}

async function showMetrics(
  place: Place,
  sources: readonly RunSource[],
  { all, patterns, json }: { all: boolean; patterns: readonly string[]; json: boolean },
): Promise<number> {
  const recorded = sources.map((source) => source.metrics());
  const found = recorded.map((metrics = {}) => metrics);
  const unknown = sources.filter((_, i) => recorded[i] === undefined);
  complain(unknown.map(({ name }) => `The metrics of ${name} are not available here.`));
  const every = [...new Set(found.flatMap((metrics) => Object.keys(metrics)))].sort(naturalOrder);
  const named = (names: readonly string[]) => [...new Set(names)].map((name) => rowOf(name, found));
  const rows = patterns.length > 0
    ? named(patterns.flatMap((pattern) => fitting(pattern, every)))
    : all
    ? named(every)
    : await mainRows(place, sources, found);
  if (json) {
    printJson(sources.map(({ manifest: { run } }, i) => ({
      run,
      metrics: recorded[i] === undefined ? null : Object.fromEntries(
        rows.flatMap(({ names, values }) => names[i] === undefined ? [] : [[names[i], values[i]]]),
      ),
    })));
    return 0;
  }
  if (unknown.length === sources.length) return 0;
  if (every.length === 0) {
    printSentences(
      sources.length === 1 ? "The run has no metrics." : "None of the runs has a metric.",
    );
    return 0;
  }
  if (rows.length > 0) print(sources.length === 1 ? alone(rows) : sideBySide(sources, rows));
  else printSentences(`${sources.length === 1 ? "The run has" : "The runs have"} no main metric.`);
  if (all || patterns.length > 0) return 0;
  const shown = new Set(rows.flatMap(({ names }) => names));
  const left = named(every.filter((name) => !shown.has(name)));
  const differing = left.filter(({ values }) =>
    values.some((value) => !Object.is(value, values[0]))
  );
  if (left.length > 0) {
    const words = sources.length === 1 ? "" : `, ${differing.length || "none"} of them different`;
    complain(`${count(left.length, "more metric")}${words}: --all shows them.`);
  }
  return 0;
}

const rowOf = (name: string, found: readonly Metrics[]): Row => ({
  name,
  values: found.map((metrics) => valueIn(metrics, name)),
  names: found.map((metrics) => Object.hasOwn(metrics, name) ? name : undefined),
});

/** The main metrics of any of the runs, in the order of their experiments. */
async function mainRows(
  place: Place,
  sources: readonly RunSource[],
  found: readonly Metrics[],
): Promise<Row[]> {
  const main = await Promise.all(
    sources.map(async ({ manifest }, i) =>
      mainMetrics(await mainMetricNames(place, manifest), found[i])
    ),
  );
  const declared = [...new Set(main.flat().map((metric) => metric.declared))];
  return declared.map((one) => {
    const own = main.map((metrics) => metrics.find((metric) => metric.declared === one));
    const names = own.map((metric) => metric?.name);
    const [name, ...others] = new Set(names.filter((name) => name !== undefined));
    return {
      name: others.length === 0 ? name : one,
      values: own.map((metric) => metric?.value),
      names,
    };
  });
}

function fitting(pattern: string, known: readonly string[]): string[] {
  const found = known.filter((name) => fits(pattern, name));
  if (found.length > 0) return found;
  throw new Failed({ reason: "unknown-name", what: "metric of these runs", name: pattern, known });
}

const valueIn = (metrics: Metrics, name: string): number | undefined =>
  Object.hasOwn(metrics, name) ? metrics[name] : undefined;

const alone = (rows: readonly Row[]): string[] =>
  fittedTable(
    [["Metric", "Value"], ...rows.map(({ name, values: [value] }) => [name, precise(value!)])],
    outputColumns(),
    [1],
  );

/** A column for each run under a letter, and the change from the first where there are two. */
function sideBySide(sources: readonly RunSource[], rows: readonly Row[]): string[] {
  const letters = sources.map((_, i) => String.fromCharCode("A".charCodeAt(0) + i));
  const isPair = sources.length === 2;
  const cells = rows.map(({ name, values }) => {
    const scale = spread(values);
    const texts = values.map((value) => value === undefined ? "–" : precise(value, scale));
    return [name, ...texts, ...(isPair ? [change(values[0], values[1])] : [])];
  });
  return [
    ...sources.map(({ manifest: { run } }, i) => `${letters[i]}: ${run}`),
    "",
    ...fittedTable(
      [["Metric", ...letters, ...(isPair ? ["Change"] : [])], ...cells],
      outputColumns(),
      cells[0].map((_, i) => i).slice(1),
    ),
  ];
}

/** Largest difference between values, so that as many digits are shown as tell them apart. */
function spread(values: readonly (number | undefined)[]): number | undefined {
  const finite = values.filter((value) =>
    value !== undefined && Number.isFinite(value)
  ) as number[];
  const width = Math.max(...finite) - Math.min(...finite);
  return width > 0 ? width : undefined;
}

function change(a: number | undefined, b: number | undefined): string {
  if (a === undefined || b === undefined) return "–";
  if (Object.is(a, b)) return "0";
  const difference = b - a;
  return `${difference > 0 ? "+" : ""}${precise(difference)}`;
}
