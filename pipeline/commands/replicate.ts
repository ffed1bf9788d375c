/**
 * `replicate`: runs an experiment with many seeds and writes expected metrics from them: intervals that
 * hold all metrics of a new run at once.
 */
import { join } from "node:path";
import { openPackages } from "../engine/code/package_content.ts";
import {
  Expected,
  type ExpectedInput,
  type Item,
  type Replicates,
} from "../../schemas/run/expected.ts";
import { type Experiment, longestName, type Replicate } from "../../schemas/run/experiment.ts";
import { type Console, openConsole, type Verbosity } from "../terminal/progress.ts";
import { Failed } from "../engine/failed.ts";
import { highestLevel, leastCount } from "../claims/prediction.ts";
import { predicted, samplesOf } from "../grade/expected_from_replicates.ts";
import { listenForInterruption } from "../terminal/interruption.ts";
import { loadExperiment, type Project } from "../engine/project/project.ts";
import type { RemoteOptions } from "../remote/address.ts";
import {
  announceReplicates,
  type PreparedReplicates,
  prepareReplicates,
  type Replica,
  replicateBySlurm,
  replicateHere,
} from "./run_replicates.ts";
import { sha256Of } from "../store/sha256.ts";
import type { SlurmRun } from "../slurm/slurm_executor.ts";
import type { RemoteCache } from "../engine/obtain.ts";
import { checkWritable, writeResult } from "../terminal/result_file.ts";
import { count, precise } from "../terminal/numbers.ts";
import { fittedTable } from "../terminal/text_table.ts";
import { complain, print, printSentences } from "../terminal/print.ts";
import { printJson } from "../terminal/print_json.ts";
import { shownPath } from "../terminal/user_path.ts";
import { outputColumns, wrapped } from "../terminal/wrapped.ts";
import { onThisMachine } from "./execute.ts";
import { defineCommand, result, value } from "./flags/flags.ts";
import { executing, executionOf, experimentOf, selecting } from "./flags/shared_flags.ts";
import { remoteOf, remoting } from "./flags/remote_flags.ts";
import { telling, tellingOf } from "./flags/verbosity_flags.ts";

export const command = defineCommand({
  about: "runs an experiment with many seeds, and writes expected metrics",
  flags: {
    seeds: value("A-B", "the seeds: 0-19, or 1,5,8"),
    experiment: selecting.experiment,
    ...executing,
    level: value("P", "the probability that a new run passes all items (default 0.95)"),
    output: result(
      "FILE",
      "where to write (default artifacts/replicates/EXPERIMENT-seeds-A-B.json)",
    ),
    ...remoting,
    ...telling,
  },
  run(project, { seeds, level, output, experiment, ...given }) {
    return replicate(project, {
      ...executionOf(given),
      experiment: experimentOf(project, experiment),
      seeds: parseSeeds(seeds),
      level: parseLevel(level ?? "0.95"),
      output,
      remote: remoteOf(given),
      ...tellingOf(given),
    });
  },
});

/** At most so many at once, so that a slip of the finger does not start a million runs. */
const mostSeeds = 1000;

function parseSeeds(text: string | undefined): number[] {
  const seeds = (text ?? "").split(",").flatMap((part) => {
    const [, from, to = from] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part.trim()) ?? [];
    const count = Number(to) - Number(from) + 1;
    return count > 0 && count <= mostSeeds
      ? Array.from({ length: count }, (_, i) => Number(from) + i)
      : [NaN];
  });
  const distinct = new Set(seeds).size === seeds.length;
  const least = leastCount(0);
  if (seeds.length >= least && seeds.length <= mostSeeds && distinct && !seeds.some(Number.isNaN)) {
    return seeds.sort((a, b) => a - b);
  }
  throw new Failed({
    reason: "usage",
    message:
      `--seeds expects ${least} to ${mostSeeds} different numbers, as 0-19 or 1,5,8; found ` +
      `${text === undefined ? "nothing" : `"${text}"`}.`,
  });
}

function parseLevel(text: string): number {
  const level = Number(text);
  if (level > 0 && level < 1) return level;
  const message = `--level expects a probability between 0 and 1, found "${text}".`;
  throw new Failed({ reason: "usage", message });
}

interface ReplicateOptions {
  experiment: string;
  seeds: readonly number[];
  /** Probability that a new run passes all items at once. */
  level: number;
  output?: string;
  /** In place of the one that the experiment names. */
  executor?: Experiment["executor"];
  /** The site's file; by default `cluster.json` of the project, where there is one. */
  cluster?: string;
  /** Jobs that run at once on this machine; by default one for each core. */
  workers?: number;
  remote?: RemoteOptions;
  json: boolean;
  verbosity: Verbosity;
}

/** Refuses a level that no number of replicates as small as this can give. */
function checkCount({ seeds: { length }, level }: ReplicateOptions): void {
  const least = leastCount(level);
  if (length >= least) return;
  const highest = Math.floor(1000 * highestLevel(length)) / 1000;
  throw new Failed({
    reason: "usage",
    message: `A level of ${level} needs at least ${least} seeds, found ${length}. Name more seeds` +
      (length < leastCount(0) ? "." : `, or a lower level: at most --level ${highest}.`),
  });
}

async function replicate(project: Project, options: ReplicateOptions): Promise<number> {
  const { seeds, level, json, verbosity } = options;
  checkCount(options);
  const experiment = await loadExperiment(project, options.experiment);
  const { replicate: how } = experiment;
  if (how === undefined) {
    const message = `The experiment ${experiment.name} does not say what a seed sets; expected a ` +
      `field "replicate" in it: { jobs, seeds: [{ job, parameter }], bounds? }.`;
    throw new Failed({ reason: "usage", message });
  }
  const name = `${experiment.name}-seeds-${seedsText(seeds)}`;
  const { output = join(project.artifacts, "replicates", `${name}.json`) } = options;
  checkWritable(output);
  await project.setUp?.();
  const replicas = await replicasOf(project, experiment, how, name, options);
  if (typeof replicas === "number") return replicas;
  const made = await expectedFrom(replicas, experiment, how, level);
  const { expected, without, repeats } = made;
  writeResult(output, JSON.stringify(expected, null, 1) + "\n");
  complain(`Written to ${shownPath(output)}.`);
  if (verbosity === "verbose" || json) {
    if (without.size > 0) complain(linesWithout(without));
    if (repeats.size > 0) complain(linesOfRepeats(repeats));
  }
  if (json) {
    const [lacking, repeated] = [without, repeats].map((map) => Object.fromEntries(map));
    printJson({ replicas, expected, without: lacking, repeats: repeated });
    return 0;
  }
  const counts = `${experiment.name}: ${count(replicas.length, "replicate")}, ` +
    `${count(expected.items.length, "metric")} with an interval, ${without.size} without`;
  if (verbosity === "quiet") printSentences(counts);
  else {
    const isWhole = verbosity === "verbose";
    printSentences(`${counts}.`);
    print(["", ...asTable(expected, isWhole ? undefined : experiment.metrics ?? [])]);
  }
  return 0;
}

/** The replicates; the exit code if they were interrupted. */
async function replicasOf(
  project: Project,
  experiment: Experiment,
  how: Replicate,
  name: string,
  { seeds, executor = experiment.executor ?? "local", cluster, remote: far, ...options }:
    ReplicateOptions,
): Promise<Replica[] | number> {
  using view = openConsole({ verbosity: options.verbosity });
  using interruption = listenForInterruption();
  const { signal } = interruption;
  let slurm: (SlurmRun & { end(): void }) | undefined;
  try {
    const replicates = await prepareReplicates(project, experiment, how, seeds, view);
    using remote = far &&
      await openRemote(far, replicates, { view, signal, ahead: executor === "slurm" });
    const watcher = { view, signal, remote };
    if (executor === "local") {
      const { prepared } = replicates;
      const packages = openPackages(prepared.root, prepared.store.caches, view.notice);
      const here = onThisMachine(project, prepared, {}, packages, options.workers);
      const { width } = here.executor;
      announceReplicates(project, replicates, { view, width });
      try {
        return await replicateHere(replicates, here.executor, watcher);
      } finally {
        await here.close();
        await remote?.settled();
      }
    }
    const { replicatesBySlurm } = await import("../slurm/slurm_replicates.ts");
    const given = { name, cluster, view, signal, ...options };
    slurm = await replicatesBySlurm(project, replicates, given);
    const width = slurm.executorOf(0).width * seeds.length;
    announceReplicates(project, replicates, { view, width });
    const replicas = await replicateBySlurm(replicates, slurm, watcher);
    await remote?.settled();
    slurm.end();
    return replicas;
  } catch (error) {
    const code = interruption.exitCode();
    if (code === undefined) {
      slurm?.end();
      throw error;
    }
    view.close();
    const { leftRunning } = await import("../slurm/slurm_run.ts");
    const isLeft = slurm !== undefined && await leftRunning(slurm);
    complain(
      isLeft
        ? "Left running. The same command resumes the replicates."
        : "interrupted: what had finished is kept; run again to go on.",
    );
    return code;
  } finally {
    slurm?.[Symbol.dispose]();
  }
}

/** The remote behind the store of all replicates; `ahead` takes all hits from it at once. */
async function openRemote(
  far: RemoteOptions,
  { prepared, selections }: PreparedReplicates,
  { view, signal, ahead }: { view: Console; signal: AbortSignal; ahead: boolean },
): Promise<RemoteCache & Disposable> {
  const [{ openRemoteCache }, { takeAhead }, { plan }] = await Promise.all([
    import("../remote/read_through.ts"),
    import("../remote/plan_remote.ts"),
    import("../engine/plan.ts"),
  ]);
  const { notice: onNotice } = view;
  const remote = openRemoteCache(far, prepared.store, { signal, onNotice });
  if (ahead) {
    await takeAhead(
      remote,
      () => selections.flatMap(({ jobs }) => plan(jobs, prepared, { onNotice })),
    );
  }
  return remote;
}

/**
 * Seeds as text that can be part of a file's name: "0-19", "1-5-8" where they do not follow each other,
 * and of a long list their count and a hash.
 */
function seedsText(seeds: readonly number[]): string {
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
const linesWithout = (without: ReadonlyMap<string, string>): string[] => [
  `${count(without.size, "metric")} without an interval:`,
  ...namedLines(without, (why) => why),
];

/** Lists the metrics that say the same as others, a line each. */
const linesOfRepeats = (repeats: ReadonlyMap<string, string>): string[] => [
  `${count(repeats.size, "metric")} judged with another that says the same:`,
  ...namedLines(repeats, (by) => `as ${by}`),
];

/** A name for an item that none of the others has. */
function itemId({ name, kind }: { name: string; kind: string }, taken: Set<string>): string {
  const short = name.replace(/[-._/]*(epoch|step)?[-_/]?\*$/, "");
  const id = short === "" || taken.has(short) ? `${name.replace("*", "all")}.${kind}` : short;
  taken.add(id);
  return id;
}

interface Made {
  expected: Expected;
  /** Metric → why it has no interval. */
  without: Map<string, string>;
  /** Metric → the one that says the same and is judged. */
  repeats: Map<string, string>;
}

/** A file of expected metrics: an item for each metric of the replicates, curves as one. */
async function expectedFrom(
  replicas: readonly Replica[],
  { name }: Experiment,
  { seeds: parameters, bounds }: Replicate,
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
        id: itemId(item.target as { name: string; kind: string }, taken),
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

const titleOf = (target: Item["target"]): string =>
  (target.kind === "curve"
    ? `${target.name}, ${target.from} to ${target.to}`
    : "name" in target
    ? target.name ?? ""
    : "").slice(0, 200);

/** Rows of a table that shows the main metrics alone. */
const mostRows = 10;

/** A row for each item, or for each main metric alone; of a curve its last point. */
function asTable({ items: all }: Expected, main?: readonly string[]): string[] {
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
