/**
 * `replicate`: runs an experiment with many seeds and writes expected metrics from them: intervals that
 * hold all metrics of a new run at once.
 */
import { join } from "node:path";
import type { Experiment } from "../../schemas/run/experiment.ts";
import { Failed } from "../engine/failed.ts";
import { highestLevel, leastCount } from "../claims/prediction.ts";
import {
  expectedFrom,
  linesOfRepeats,
  linesWithout,
  type Made,
  seedsText,
} from "../grade/replicates_file.ts";
import { loadExperiment, type Project } from "../engine/project/project.ts";
import { checkWritable, writeResult } from "../terminal/result_file.ts";
import { count } from "../terminal/numbers.ts";
import { complain, print, printSentences } from "../terminal/print.ts";
import { printJson } from "../terminal/print_json.ts";
import { shownPath } from "../terminal/user_path.ts";
import { defineCommand, result, value } from "./flags/flags.ts";
import { executing, executionOf, experimentOf, selecting } from "./flags/shared_flags.ts";
import { remoteOf, remoting } from "./flags/remote_flags.ts";
import { telling, tellingOf } from "./flags/verbosity_flags.ts";
import type { ObtainOptions } from "./replicate/obtain_replicas.ts";
import { replicatesTable } from "./replicate/replicates_table.ts";
import type { Replica } from "./replicate/run_replicates.ts";

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

interface ReplicateOptions extends ObtainOptions {
  /** Probability that a new run passes all items at once. */
  level: number;
  output?: string;
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
  const { seeds, level } = options;
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
  // Loaded here, so that the imports that load at once stay few levels deep.
  const { replicasOf } = await import("./replicate/obtain_replicas.ts");
  const replicas = await replicasOf(project, experiment, how, name, options);
  if (typeof replicas === "number") return replicas;
  const made = await expectedFrom(replicas, experiment, how, level);
  writeResult(output, JSON.stringify(made.expected, null, 1) + "\n");
  complain(`Written to ${shownPath(output)}.`);
  report(experiment, replicas, made, options);
  return 0;
}

/** Prints what was made of the replicates. */
function report(
  { name, metrics = [] }: Experiment,
  replicas: readonly Replica[],
  { expected, without, repeats }: Made,
  { json, verbosity }: ReplicateOptions,
): void {
  const isWhole = verbosity === "verbose";
  if (isWhole || json) {
    if (without.size > 0) complain(linesWithout(without));
    if (repeats.size > 0) complain(linesOfRepeats(repeats));
  }
  if (json) {
    const [lacking, repeated] = [without, repeats].map((map) => Object.fromEntries(map));
    return printJson({ replicas, expected, without: lacking, repeats: repeated });
  }
  const counts = `${name}: ${count(replicas.length, "replicate")}, ` +
    `${count(expected.items.length, "metric")} with an interval, ${without.size} without`;
  if (verbosity === "quiet") return printSentences(counts);
  printSentences(`${counts}.`);
  print(["", ...replicatesTable(expected, isWhole ? undefined : metrics)]);
}
