/**
 * Resolves what a user calls a run. Every command that takes a run comes here:
 *
 * | name           | run                                                                              |
 * | -------------- | -------------------------------------------------------------------------------- |
 * | `latest`       | the complete run that the last `reproduce` ran, or found up to date and showed    |
 * | `latest~N`     | the complete run that was `latest` N runs before it                               |
 * | `--last`       | the run that began last of those made here, however it ended; `last` for short    |
 * | `reference`    | the committed reference run; `reference/NAME-BACKEND` is that of another          |
 * |                | experiment or backend                                                             |
 * | an id          | that run: made here, imported, or with `--remote` in the remote store             |
 * | a path         | a run's directory, its manifest alone (`.json`), or an exported archive           |
 * | part of an id  | the one run here whose id begins with it, otherwise the one whose id contains it  |
 *
 * A name has the first meaning of this table that fits. A run of one job (`--only`) or with other
 * parameters is `latest` too when it is complete; a failed or interrupted one never is. A run made
 * elsewhere has its id alone.
 */
import { basename, dirname, join } from "node:path";
import { RunId } from "../../schemas/run/manifest.ts";
import { Failed } from "../engine/failed.ts";
import { type RunDirectory, runDirectory, runsPath } from "./read_manifest.ts";
import {
  filesIn,
  manifestAlone,
  recordedFilesIn,
  type RunFiles,
  type RunSource,
  sourceFrom,
} from "./run_source.ts";
import { namesBeside } from "../terminal/needed_path.ts";
import { nearest } from "../terminal/nearest.ts";
import { givenPath, shownPath } from "../terminal/user_path.ts";
import { statOf } from "../store/existence.ts";
import { completeRuns, lastRun, latestRun, runIds } from "./latest.ts";
import { mainReference, referenceNamed, referenceNames, referencePath } from "./reference_run.ts";
import { repairRun } from "./repair.ts";

/** A named run's form and path. */
type LocalPlace =
  | { form: "run"; id: string; path: string }
  | { form: Exclude<RunSource["form"], "run" | "remote">; path: string };
type Place = LocalPlace | { form: "remote"; path: string };

/** Give the files of runs that are in no directory here. */
interface Openers {
  /** Opens the archive at a path. */
  archive?(path: string): Promise<RunFiles>;
  /** A remote store: its URL, and the files of the run that has an id there. */
  remote?: { url: string; files(id: string): Promise<RunFiles> };
}

/**
 * Opens the run of a name, wherever it lies. Throws a `Failed` if there is none. A run here whose own
 * files are damaged is repaired first, in memory where nothing can be written.
 */
export async function openRun(
  artifacts: string,
  name: string,
  openers: Openers = {},
): Promise<RunSource> {
  const place = locate(artifacts, name) ?? remotePlace(name, openers);
  if (place === undefined) throw unknownRun(artifacts, name);
  const { form, path } = place;
  const files = form === "run"
    ? recordedFilesIn(path, repairRun(artifacts, place.id))
    : await filesAt(name, place, openers);
  try {
    const beside = form === "reference" && path !== referencePath(artifacts)
      ? await openRun(artifacts, mainReference)
      : undefined;
    return sourceFrom(files, { name, form, place: path, artifacts, beside });
  } catch (error) {
    files[Symbol.dispose]?.();
    throw error;
  }
}

const remotePlace = (name: string, { remote }: Openers): Place | undefined =>
  remote !== undefined && RunId.safeParse(name).success
    ? { form: "remote", path: remote.url }
    : undefined;

function filesAt(
  name: string,
  { form, path }: Exclude<Place, { form: "run" }>,
  { archive, remote }: Openers,
): RunFiles | Promise<RunFiles> {
  switch (form) {
    case "reference":
      return recordedFilesIn(path);
    case "directory":
      return filesIn(path);
    case "manifest":
      return manifestAlone(path);
    case "remote":
      return remote!.files(name);
    case "archive":
      if (archive !== undefined) return archive(path);
      throw new Failed({
        reason: "usage",
        message: `${name} is a file and no manifest in JSON; expected a run's id, latest, ` +
          `reference, a run's directory or its manifest.json.`,
      });
  }
}

/** The recorded run of a name, for what works on a run of this project alone. */
export function recordedRun(
  artifacts: string,
  name: string,
): RunDirectory & Required<Pick<RunDirectory, "manifest">> {
  const run = runHere(artifacts, name);
  const { id, manifest, problem } = run;
  if (manifest !== undefined) return { ...run, manifest };
  if (problem !== undefined) throw problem;
  const message = `The run ${id} was cut off before it recorded what it did; expected one with a ` +
    `manifest.json.`;
  throw new Failed({ reason: "usage", message });
}

/** The run of a name among those under `artifacts/runs/`, recorded or not. */
export function runHere(artifacts: string, name: string): RunDirectory {
  const place = locate(artifacts, name);
  if (place?.form === "run") return runDirectory(artifacts, place.id);
  if (place === undefined) throw unknownRun(artifacts, name);
  const message =
    `${name} is ${forms[place.form]}; expected a run under ${shownPath(runsPath(artifacts))}, by ` +
    `its id, latest, latest~N or --last. "deno task runs" lists them.`;
  throw new Failed({ reason: "usage", message });
}

const forms: Record<Exclude<RunSource["form"], "run" | "remote">, string> = {
  reference: "the committed reference run",
  directory: "a directory elsewhere",
  manifest: "a manifest",
  archive: "a file",
};

/** True if a name, or a path to an existing file or directory, is that of a run here or of the reference. */
export function isRunHere(artifacts: string, name: string): boolean {
  if (referenceNamed(artifacts, name) !== undefined || isRelative(name)) return true;
  if (runIds(artifacts).includes(name)) return true;
  const path = givenPath(name);
  return statOf(path)?.isDirectory === true && idOfDirectory(artifacts, path) !== undefined;
}

/** Returns a named run's form and path; undefined if nothing here has the name. */
function locate(artifacts: string, name: string): LocalPlace | undefined {
  const reference = referenceNamed(artifacts, name);
  if (reference !== undefined) return { form: "reference", path: reference };
  const run = (id: string): LocalPlace => ({
    form: "run",
    id,
    path: join(runsPath(artifacts), id),
  });
  if (isRelative(name)) return run(relativeRun(artifacts, name));
  if (runIds(artifacts).includes(name)) return run(name);
  const path = givenPath(name);
  const stat = statOf(path);
  if (stat?.isDirectory) {
    const id = idOfDirectory(artifacts, path);
    return id === undefined ? { form: "directory", path } : run(id);
  }
  if (stat?.isFile) return { form: path.endsWith(".json") ? "manifest" : "archive", path };
  const id = abbreviated(artifacts, name);
  return id === undefined ? undefined : run(id);
}

/** The fewest characters of an id that stand for it. */
const shortest = 4;

/**
 * The run whose id a name abbreviates. A name with a whole time and an experiment is an id itself: it must
 * not become that of another run of the same second. Throws a `Failed` where several runs fit.
 */
function abbreviated(artifacts: string, name: string): string | undefined {
  if (name.length < shortest || /^\d{8}T\d{6}Z-./.test(name)) return undefined;
  const ids = runIds(artifacts);
  const beginning = ids.filter((id) => id.startsWith(name));
  const known = beginning.length > 0 ? beginning : ids.filter((id) => id.includes(name));
  if (known.length > 1) throw new Failed({ reason: "ambiguous-run", name, known });
  return known[0];
}

/** True if a name counts from the last run. */
const isRelative = (name: string): boolean => /^(last|latest(~\d{1,9})?)$/.test(name);

function relativeRun(artifacts: string, name: string): string {
  if (name === "last") {
    const id = lastRun(artifacts);
    if (id === undefined) throw noRun(artifacts, "--last", "no run was made here yet");
    return id;
  }
  const back = Number(name.split("~")[1] ?? 0);
  let known = 0;
  for (const id of completeRuns(artifacts)) if (known++ === back) return id;
  const found = known === 0
    ? "no run was completed here yet"
    : `${known} complete ${known === 1 ? "run was" : "runs were"} made here`;
  throw noRun(artifacts, name, found);
}

/** The id of a run whose directory a path leads to. */
function idOfDirectory(artifacts: string, path: string): string | undefined {
  const real = Deno.realPathSync(path);
  const id = basename(real);
  if (!runIds(artifacts).includes(id)) return undefined;
  return dirname(real) === Deno.realPathSync(runsPath(artifacts)) ? id : undefined;
}

const noRun = (artifacts: string, name: string, found: string): Failed =>
  new Failed({ reason: "no-such-run", name, found, known: runIds(artifacts) });

/** A name that is a path is one of a file that is not there, more likely than a run's. */
function unknownRun(artifacts: string, name: string): Failed {
  const isPath = /[/\\]|\.(zip|json)$/.test(name) && !name.startsWith(`${mainReference}/`);
  const near = isPath ? nearest(basename(name), namesBeside(givenPath(name))) : undefined;
  const known = near === undefined
    ? [
      ...(latestRun(artifacts) === undefined ? [] : ["latest"]),
      ...referenceNames(artifacts),
      ...runIds(artifacts),
    ]
    : [join(dirname(name), near)];
  return new Failed({ reason: "unknown-name", what: isPath ? "run or file" : "run", name, known });
}
