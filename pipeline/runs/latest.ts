/**
 * Keeps the order of the runs here, and which of them is `latest`.
 *
 * The order is recorded in `artifacts/runs.txt`, one event a line, and does not follow from names: an id
 * begins with the time of a clock that may be wrong, and an imported run keeps the id of its maker.
 *
 * ```
 * begun ID      a run began here
 * latest ID     a command completed this run, or found it up to date and showed it
 * imported ID   the run was made elsewhere and came by import or pull
 * ```
 *
 * A run without a line is older than the file and counts as made here. `artifacts/latest/` shows the
 * run that is `latest`.
 */
import { join } from "node:path";
import type { Notice } from "../engine/event.ts";
import { eventLogFile } from "./event_log.ts";
import { appendLine } from "../store/append_line.ts";
import { linkOrCopy } from "../store/link.ts";
import { lockNow, shareStore } from "../store/lock.ts";
import { readManifest, type RunDirectory, runDirectory, runsPath } from "./read_manifest.ts";
import { checksumOf } from "../store/sealed.ts";
import { digestOf } from "../store/stat_cache.ts";
import type { Store } from "../store/store.ts";
import { checksumsFile } from "./checksums.ts";
import { exists, ifThere } from "../store/existence.ts";
import { readPlainText } from "../store/plain_file.ts";
import { entriesIn } from "../store/files_under.ts";

type RunEvent = "begun" | "latest" | "imported";

export const latestPath = (artifacts: string): string => join(artifacts, "latest");

/**
 * Directory in which the next `latest` is made: in the file system of `latest`, so that it can be
 * renamed. The store may lie in another one.
 */
export const nextPath = (artifacts: string): string => join(artifacts, ".next");

export const orderPath = (artifacts: string): string => join(artifacts, "runs.txt");

const readEvents = (artifacts: string): string =>
  ifThere(() => readPlainText(orderPath(artifacts))) ?? "";

/** Records an event; it is on the disk when this returns. */
export function recordEvent(artifacts: string, event: RunEvent, run: string): void {
  const text = `${event} ${run}`;
  appendLine(orderPath(artifacts), `${text} ${checksumOf(text)}`, { isSynced: true });
}

/** The event and the run of a line; undefined if the line is damaged or was cut off. */
function parseEvent(line: string): { event: RunEvent; run: string } | undefined {
  const [, text, event, run, checksum] =
    /^((begun|latest|imported) ([A-Za-z0-9-]+)) ([0-9a-f]{8})$/.exec(line) ?? [];
  return text !== undefined && checksumOf(text) === checksum
    ? { event: event as RunEvent, run }
    : undefined;
}

/** Throws where a line of the order is damaged. */
export function checkOrder(artifacts: string): void {
  const text = readEvents(artifacts);
  const lines = text.replace(/\n$/, "").split("\n");
  const at = lines.findIndex((line) => parseEvent(line) === undefined);
  if (text === "" || at < 0) return;
  throw new Error(
    `expected an event, a run and their checksum in line ${at + 1}, found ` +
      JSON.stringify(lines[at].slice(0, 80)),
  );
}

/** For each event, and for any, the ids of its runs, the last one first. Damaged lines are passed over. */
function readOrder(artifacts: string): Record<RunEvent | "any", string[]> {
  const order: Record<RunEvent | "any", Set<string>> = {
    begun: new Set(),
    latest: new Set(),
    imported: new Set(),
    any: new Set(),
  };
  for (const line of readEvents(artifacts).split("\n").reverse()) {
    const parsed = parseEvent(line);
    if (parsed === undefined) continue;
    order[parsed.event].add(parsed.run);
    order.any.add(parsed.run);
  }
  return {
    begun: [...order.begun],
    latest: [...order.latest],
    imported: [...order.imported],
    any: [...order.any],
  };
}

const directoriesIn = (path: string): string[] =>
  entriesIn(path).filter((entry) => entry.isDirectory).map(({ name }) => name);

interface Ids {
  /** Runs made here, the one that began last first; then those older than the order, by name. */
  own: string[];
  /** Runs made elsewhere, the one that came last first. */
  imported: string[];
  /** Runs made here that were `latest`, the last one first. */
  shown: string[];
  /** Runs of `own` that are older than the order. */
  old: string[];
  /** Runs of `own`, the one that began or was shown last first. */
  recent: string[];
}

function readIds(artifacts: string): Ids {
  const { begun, latest, imported, any } = readOrder(artifacts);
  const here = new Set(directoriesIn(runsPath(artifacts)));
  const among = (ids: readonly string[]) => ids.filter((id) => here.has(id));
  const others = new Set(imported);
  const recorded = new Set([...begun, ...imported]);
  const old = [...here].filter((id) => !recorded.has(id)).sort().reverse();
  const own = [...among(begun).filter((id) => !others.has(id)), ...old];
  const shown = among(latest).filter((id) => !others.has(id));
  const mine = new Set(own);
  const recent = [...new Set([...any, ...old])].filter((id) => mine.has(id));
  return { own, imported: among(imported), shown, old, recent };
}

/** Ids of the runs: those made here, the newest first, then those made elsewhere. */
export function runIds(artifacts: string): string[] {
  const { own, imported } = readIds(artifacts);
  return [...own, ...imported];
}

/** The same, of those made here the one first that a command began or showed last. */
export function recentRunIds(artifacts: string): string[] {
  const { recent, imported } = readIds(artifacts);
  return [...recent, ...imported];
}

/** All runs in the order of `runIds`, each opened when the iteration reaches it. */
export function* runsOf(artifacts: string): Generator<RunDirectory> {
  for (const id of runIds(artifacts)) yield runDirectory(artifacts, id);
}

/** The run that began last of those made here, however it ended; undefined if none was made here. */
export const lastRun = (artifacts: string): string | undefined => readIds(artifacts).own[0];

/**
 * The complete runs made here: first `latest`, then those that were `latest` before it, the most recent
 * first. Reads manifests of runs only that are older than the recorded order.
 */
export function* completeRuns(artifacts: string): Generator<string> {
  const { shown, old } = readIds(artifacts);
  yield* shown;
  for (const id of old) {
    if (shown.includes(id)) continue;
    if (runDirectory(artifacts, id).manifest?.status === "complete") yield id;
  }
}

/** The run that `latest` names, if there is one. */
export const latestRun = (artifacts: string): string | undefined =>
  completeRuns(artifacts).next().value ?? undefined;

/** Puts `next`, which shows the run, in the place of the old `latest`. */
export function replaceLatest(artifacts: string, store: Store, run: string, next: string): void {
  using _held = lockNow({ root: store.caches }, "latest");
  const latest = latestPath(artifacts);
  const old = `${next}.old`;
  ifThere(() => Deno.renameSync(latest, old));
  Deno.renameSync(next, latest);
  recordEvent(artifacts, "latest", run);
  ifThere(() => Deno.removeSync(old, { recursive: true }));
}

/**
 * Makes a complete run `latest`, and writes nothing if it is. Returns false where `gc` has removed the run
 * meanwhile.
 */
export async function makeLatest(
  artifacts: string,
  store: Store,
  run: string,
  onNotice: (notice: Notice) => void,
): Promise<boolean> {
  const digest = (path: string) => digestOf(store.table, join(path, "manifest.json"));
  const isShown = digest(latestPath(artifacts)) === digest(join(runsPath(artifacts), run));
  if (isShown && latestRun(artifacts) === run) return true;
  try {
    // So that gc does not remove the run meanwhile.
    using _held = await shareStore(store, onNotice);
    if (!exists(join(runsPath(artifacts), run))) return false;
    const next = linkRun(artifacts, run);
    replaceLatest(artifacts, store, run, next);
  } catch (error) {
    // The run is found and shown all the same, as in a store that can only be read.
    onNotice({ reason: "not-latest", run, message: (error as Error).message });
  }
  return true;
}

/** Files that `latest` does not show, because they change after the run. */
const notShown = [eventLogFile, checksumsFile];

/** Links the files of a run into a directory of their own. Gives its path. */
function linkRun(artifacts: string, run: string): string {
  const directory = join(runsPath(artifacts), run);
  const next = join(nextPath(artifacts), `${run}.${crypto.randomUUID()}`);
  const own = [...Deno.readDirSync(directory)]
    .filter(({ isFile, name }) => isFile && !notShown.includes(name)).map(({ name }) => name);
  const outputs = readManifest(directory).jobs.flatMap((job) => Object.values(job.outputs));
  for (const file of [...outputs.map(({ file }) => file), ...own]) {
    linkOrCopy(join(directory, file), join(next, file));
  }
  return next;
}
