/** Manifests on disk: finding the runs there are, reading one, choosing one by what a user typed. */
import { join } from "node:path";
import type { z } from "zod";
import { type JobStatus, Manifest } from "../schemas/manifest.ts";
import { Failed } from "./event.ts";
import { parseJson } from "./format/json.ts";
import { problemsIn } from "./format/type.ts";

export interface RunDirectory {
  id: string;
  path: string;
  /** Unfinished: it was cut off before its manifest was written. */
  state: "recorded" | "unfinished" | "unreadable";
  manifest?: Manifest;
  /** What is wrong with an unreadable manifest. */
  problem?: string;
}

export const runsPath = (artifacts: string): string => join(artifacts, "runs");

const invalidManifest = (path: string, problems: string) =>
  new Failed({
    reason: "invalid-file",
    path,
    problems,
    mend: "Expected the manifest of a run, as this version of fanin writes it.",
  });

/** Throws a failure that names the file and what is wrong with it. */
export function readManifest(directory: string): Manifest {
  const path = join(directory, "manifest.json");
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    throw invalidManifest(path, (error as Error).message);
  }
  return parseManifest(text, path);
}

/** Parses a manifest; `path` says in a failure where it comes from. */
export function parseManifest(text: string, path: string): Manifest {
  let result: z.ZodSafeParseResult<Manifest>;
  try {
    result = Manifest.safeParse(parseJson(text));
  } catch (error) {
    // No JSON, or nested too deep.
    throw invalidManifest(path, (error as Error).message);
  }
  if (result.success) return result.data;
  throw invalidManifest(path, problemsIn(result.error));
}

/** The files of a run's outputs, in its directory. */
export const outputFiles = (directory: string, { jobs }: Manifest): string[] =>
  jobs.flatMap(({ outputs }) => Object.values(outputs).map(({ file }) => join(directory, file)));

/** Names of the run directories, newest first: an id begins with the time. */
export function runIds(artifacts: string): string[] {
  try {
    return [...Deno.readDirSync(runsPath(artifacts))]
      .filter((entry) => entry.isDirectory).map((entry) => entry.name).sort().reverse();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

export function openRun(artifacts: string, id: string): RunDirectory {
  const path = join(runsPath(artifacts), id);
  try {
    Deno.statSync(join(path, "manifest.json"));
  } catch {
    return { id, path, state: "unfinished" };
  }
  try {
    return { id, path, state: "recorded", manifest: readManifest(path) };
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    return { id, path, state: "unreadable", problem: error.message };
  }
}

/** All runs, newest first, each opened as it is asked for. */
export function* runsOf(artifacts: string): Generator<RunDirectory> {
  for (const id of runIds(artifacts)) yield openRun(artifacts, id);
}

/** The run that a user names: an id, or `latest`. */
export function findRun(artifacts: string, name: string): RunDirectory {
  const ids = runIds(artifacts);
  const id = name === "latest" ? ids[0] : name;
  if (id !== undefined && ids.includes(id)) return openRun(artifacts, id);
  throw new Failed({ reason: "unknown-name", what: "run", name, known: ["latest", ...ids] });
}

/** What an earlier run says of a job. */
export interface EarlierJob {
  run: string;
  status: JobStatus;
  lines: readonly string[];
}

/**
 * What the newest run that has a job of a name says of it, this experiment's runs first. Reads
 * manifests only as far as it must.
 */
export function earlierJobs(
  artifacts: string,
  experiment: string,
): (job: string) => EarlierJob | undefined {
  const ids = runIds(artifacts);
  const own = (id: string) => new RegExp(`-${experiment}(-\\d+)?$`).test(id);
  const order = [...ids.filter(own), ...ids.filter((id) => !own(id))];
  const opened = new Map<string, Map<string, EarlierJob>>();
  const jobsIn = (run: string) => {
    let jobs = opened.get(run);
    if (jobs === undefined) {
      const recorded = openRun(artifacts, run).manifest?.jobs ?? [];
      jobs = new Map(
        recorded.filter((job) => job.key !== undefined)
          .map(({ name, status, lines }) => [name, { run, status, lines }]),
      );
      opened.set(run, jobs);
    }
    return jobs;
  };
  return (job) => {
    for (const id of order) {
      const earlier = jobsIn(id).get(job);
      if (earlier !== undefined) return earlier;
    }
  };
}
