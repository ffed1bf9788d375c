/**
 * Makes the file of expected metrics from runs with many seeds: an item for each metric, each with an id and
 * a title, and the samples behind them.
 */
import { Expected, type ExpectedInput, type Replicates } from "../../schemas/run/expected.ts";
import { type Experiment, longestName, type Replicate } from "../../schemas/run/experiment.ts";
import type { Metrics } from "../../schemas/run/metric_values.ts";
import { Failed } from "../engine/failed.ts";
import { fits } from "../engine/project/wildcard.ts";
import { sha256Of } from "../store/sha256.ts";
import { count } from "../terminal/numbers.ts";
import { type Named, predicted, samplesOf } from "./expected_from_replicates.ts";

/** A file of expected metrics, and what is not in it. */
export interface Made {
  expected: Expected;
  /** Metric → why it has no interval. */
  without: Map<string, string>;
  /** Metric → the one that says the same and is judged. */
  repeats: Map<string, string>;
}

/** A file of expected metrics: an item for each metric of the replicates, curves as one. */
export async function expectedFrom(
  replicas: readonly { seed: number; metrics: Metrics }[],
  { name }: Pick<Experiment, "name">,
  { seeds: parameters, bounds }: Pick<Replicate, "seeds" | "bounds">,
  level: number,
): Promise<Made> {
  const seeds = replicas.map(({ seed }) => seed);
  const metrics = new Map(replicas.map(({ seed, metrics }) => [`seed ${seed}`, metrics]));
  const { samples, without: notMeasured } = samplesOf(metrics);
  const replicates: Replicates = {
    what: `seeds ${seedsText(seeds)} of ${name}`,
    seeds,
    statedBy: { parameters },
    level,
    bounds,
    samples: Object.fromEntries(samples),
  };
  const { items, without: notPredicted, repeats } = await predicted(replicates);
  const without = new Map([...notMeasured, ...notPredicted]);
  const measured = new Set(replicas.flatMap(({ metrics }) => Object.keys(metrics)));
  for (const name of Object.keys(bounds)) {
    const isMeasured = [...measured].some((metric) => fits(name, metric));
    if (!isMeasured) without.set(name, "it has bounds, and no run has such a metric");
  }
  if (items.length === 0) {
    throw new Failed({ reason: "no-interval", problems: linesWithout(without).join("\n") });
  }
  const taken = new Set<string>();
  const expected = Expected.parse(
    {
      version: 1,
      title: `${name}, from replicates`,
      about: aboutText(replicas.length, seedsText(seeds), without),
      experiment: name,
      items: items.map((item) => ({
        ...item,
        id: itemId(item.target, taken),
        title: titleOf(item.target),
      })),
      replicates,
    } satisfies ExpectedInput,
  );
  return { expected, without, repeats };
}

/** Characters of a file's description that name metrics without an interval. */
const longestList = 1500;

function aboutText(runs: number, seeds: string, without: ReadonlyMap<string, string>): string {
  const text =
    `Prediction intervals from ${runs} runs that differ in their seeds alone (${seeds}).`;
  if (without.size === 0) return text;
  const list = [...without].map(([name, why]) => `${name} (${why})`).join("; ");
  return `${text} ${count(without.size, "metric")} without an interval: ` +
    (list.length <= longestList ? `${list}.` : `${list.slice(0, longestList)}…`);
}

/** Most characters of a title. */
const longestTitle = 200;

const titleOf = (target: Named["target"]): string =>
  (target.kind === "curve" ? `${target.name}, ${target.from} to ${target.to}` : target.name)
    .slice(0, longestTitle);

/** A name for an item that none of the others has. */
function itemId({ name, kind }: Named["target"], taken: Set<string>): string {
  const short = name.replace(/[-._/]*(epoch|step)?[-_/]?\*$/, "");
  const id = short === "" || taken.has(short) ? `${name.replace("*", "all")}.${kind}` : short;
  taken.add(id);
  return id;
}

/**
 * Seeds as text that can be part of a file's name: "0-19", "1-5-8" where they do not follow each other,
 * and of a long list their count and a hash.
 */
export function seedsText(seeds: readonly number[]): string {
  const [first, last] = [seeds[0], seeds[seeds.length - 1]];
  if (seeds.length > 1 && last - first === seeds.length - 1) return `${first}-${last}`;
  const all = seeds.join("-");
  return all.length <= longestName ? all : `${seeds.length}-${sha256Of(all).slice(0, 12)}`;
}

/** Metrics of a list that are named; more are counted. */
const mostNamed = 12;

function namedLines(all: ReadonlyMap<string, string>, worded: (by: string) => string): string[] {
  const lines = [...all].slice(0, mostNamed).map(([name, by]) => `  ${name}: ${worded(by)}`);
  const more = all.size - lines.length;
  return [...lines, ...(more > 0 ? [`  and ${more} more`] : [])];
}

/** Lists the metrics without an interval, a line each. */
export const linesWithout = (without: ReadonlyMap<string, string>): string[] => [
  `${count(without.size, "metric")} without an interval:`,
  ...namedLines(without, (why) => why),
];

/** Lists the metrics that say the same as others, a line each. */
export const linesOfRepeats = (repeats: ReadonlyMap<string, string>): string[] => [
  `${count(repeats.size, "metric")} judged with another that says the same:`,
  ...namedLines(repeats, (by) => `as ${by}`),
];
