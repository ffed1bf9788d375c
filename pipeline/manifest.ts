/** Manifests on disk: finding the runs there are, reading one, choosing one by what a user typed. */
import { join } from "node:path";
import { z } from "zod";
import { Manifest } from "../schemas/manifest.ts";
import { Failed } from "./event.ts";

export interface RunDirectory {
  id: string;
  path: string;
  /** Absent where the run was cut off before it wrote one. */
  manifest?: Manifest;
  /** Why there is none. */
  problem?: string;
}

export const runsPath = (artifacts: string): string => join(artifacts, "runs");

export function readManifest(directory: string): Manifest {
  const path = join(directory, "manifest.json");
  const mend = "Expected the manifest of a run, as fanin writes it.";
  let value: unknown;
  try {
    value = JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    throw new Failed({
      reason: "invalid-file",
      path,
      problems: (error as Error).message,
      mend,
    });
  }
  const result = Manifest.safeParse(value);
  if (result.success) return result.data;
  throw new Failed({
    reason: "invalid-file",
    path,
    problems: z.prettifyError(result.error),
    mend,
  });
}

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
    return { id, path, manifest: readManifest(path) };
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    return { id, path, problem: "it was cut off before its manifest was written" };
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

/**
 * The key lines that a job of a name had in the newest run that has it, this experiment's runs first.
 * Reads manifests only as far as it must.
 */
export function previousLines(
  artifacts: string,
  experiment: string,
): (job: string) => readonly string[] | undefined {
  const ids = runIds(artifacts);
  const own = (id: string) => new RegExp(`-${experiment}(-\\d+)?$`).test(id);
  const order = [...ids.filter(own), ...ids.filter((id) => !own(id))];
  const opened = new Map<string, Map<string, readonly string[]>>();
  const linesIn = (id: string) => {
    let lines = opened.get(id);
    if (lines === undefined) {
      const jobs = openRun(artifacts, id).manifest?.jobs ?? [];
      lines = new Map(
        jobs.filter((job) => job.key !== undefined).map((job) => [job.name, job.lines]),
      );
      opened.set(id, lines);
    }
    return lines;
  };
  return (job) => {
    for (const id of order) {
      const lines = linesIn(id).get(job);
      if (lines !== undefined) return lines;
    }
  };
}
