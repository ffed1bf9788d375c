/**
 * Imports a run that comes from an archive or a remote store: gathers, checks and hashes everything beside
 * the store, then puts it in place. A run that is not whole leaves store and runs as they were. A process
 * that is killed leaves at most whole blobs that nothing names yet, which `gc` removes.
 *
 * Memory: the manifest, metrics and claims, within the limits of `contents.ts`; of artifacts, what
 * `gather` takes.
 */
import { join } from "node:path";
import type { Action } from "../../schemas/run/action.ts";
import type { Manifest } from "../../schemas/run/manifest.ts";
import type { Notice } from "../engine/event.ts";
import { Failed } from "../engine/failed.ts";
import { parseLines, recordText } from "../engine/key.ts";
import { equalBytes } from "../store/content_pieces.ts";
import { shareStore } from "../store/lock.ts";
import { parseManifest, runsPath } from "../runs/read_manifest.ts";
import { readPlain } from "../store/plain_file.ts";
import { noteWritten, settle } from "../store/stat_cache.ts";
import { saveStatTable } from "../store/save_stat_table.ts";
import { nextPath, recordEvent } from "../runs/latest.ts";
import { makeDirectory } from "../store/atomic_write.ts";
import { ifThere } from "../store/existence.ts";
import { cachesPath } from "../store/store_place.ts";
import { makeDirectoryIn } from "../store/group_rights.ts";
import { blobPath, scratchRoot, type Store, storeOf } from "../store/store.ts";
import { escaped } from "../terminal/escape.ts";
import { readArtifacts } from "../runs/gathered.ts";
import { repairLinks } from "../runs/repair_links.ts";
import { sourceFrom } from "../runs/run_source.ts";
import { gatheredProblems, manifestProblems, wordProblem } from "../runs/validate.ts";
import { commit } from "./commit.ts";
import {
  type Artifact,
  artifactsOf,
  endOf,
  outputsOf,
  type RunFile,
  runFiles,
} from "./contents.ts";
import { namingProblem } from "./entry_name.ts";
import { layOutRun, type Unpacked } from "./unpack_archive.ts";

export interface Imported {
  run: string;
  jobs: number;
  artifacts: number;
  /** Size of all artifacts together. */
  bytes: number;
  /** Artifacts that the store did not have. */
  added: number;
  /** False where the very same run was here already. */
  isNew: boolean;
}

/** Hears how far an export, import, push or pull is, and what it finds. */
export interface ExchangeListener {
  onProgress(done: number, total: number): void;
  onNotice(notice: Notice): void;
}

/** The run's own files, as they came. */
interface ReadRun {
  manifest: Manifest;
  files: ReadonlyMap<RunFile, Uint8Array<ArrayBuffer>>;
  /** The failure of a run that is not as it should be. */
  refuse(problem: string): Failed;
}

/** A run to import. */
interface Incoming extends ReadRun {
  /**
   * Brings the artifacts that the store does not have into an empty directory: of the right bytes,
   * read-only and on the disk.
   */
  gather(
    artifacts: readonly Artifact[],
    store: Store,
    directory: string,
    onProgress: (done: number) => void,
  ): Promise<Unpacked>;
}

/** Imports a run. Throws a `Failed` that says what is wrong with it, and then has changed nothing. */
export async function receiveRun(
  artifacts: string,
  { manifest, files, gather, refuse }: Incoming,
  { onProgress, onNotice }: ExchangeListener,
): Promise<Imported> {
  const contents = artifactsOf(manifest);
  const bytes = contents.reduce((sum, { size }) => sum + size, 0);
  const to = join(runsPath(artifacts), manifest.run);
  const isThere = () => isSameRun(to, manifest.run, files.get("manifest.json")!);
  const isNew = !isThere();

  makeDirectory(cachesPath(artifacts));
  const store = storeOf(artifacts);
  using _held = await shareStore(store, onNotice);
  const name = `import-${crypto.randomUUID()}`;
  // Each in the file system of its destination, so that it can be renamed: the store may lie in another.
  const scratch = join(scratchRoot(store), name);
  const from = join(nextPath(artifacts), name);
  makeDirectoryIn(store, scratch);
  try {
    const unpacked = await gather(
      contents,
      store,
      scratch,
      (done) => onProgress(done, bytes),
    );
    const [problem] = gatheredProblems(
      sourceFrom(
        { read: (path) => files.get(path as RunFile) },
        { name: manifest.run, form: "archive", place: manifest.run, artifacts },
      ),
      readArtifacts(
        manifest.jobs,
        (_job, _output, { sha256 }) =>
          Deno.readFileSync(unpacked.get(sha256) ?? blobPath(store, sha256)),
      ),
    );
    if (problem !== undefined) throw refuse(wordProblem(problem));
    if (isNew) layOutRun(from, manifest, files, unpacked, store, onNotice);
    const keyed = new Map(
      manifest.jobs.flatMap((job) => job.key === undefined ? [] : [[job.key, job]]),
    );
    if (isNew) recordEvent(artifacts, "imported", manifest.run);
    // Loaded here, so that the imports that load at once stay few levels deep.
    const { registerRun } = await import("../runs/store_users.ts");
    registerRun(artifacts, store, manifest);
    const isPlaced = commit(store, {
      unpacked,
      records: new Map([...keyed].map(([key, { lines }]) => [key, recordText(parseLines(lines))])),
      actions: actionsOf(manifest),
      run: isNew ? { from, to, isThere } : undefined,
      onOther: ({ key }) => onNotice({ reason: "own-result-kept", job: keyed.get(key)!.name }),
    });
    repairLinks(artifacts, store);
    for (const { sha256 } of contents) noteWritten(store.table, blobPath(store, sha256), sha256);
    settle(store.table);
    saveStatTable(store.table);
    return {
      run: manifest.run,
      jobs: manifest.jobs.length,
      artifacts: contents.length,
      bytes,
      added: unpacked.size,
      isNew: isPlaced,
    };
  } finally {
    Deno.removeSync(scratch, { recursive: true });
    ifThere(() => Deno.removeSync(from, { recursive: true }));
  }
}

/**
 * Reads a run's own files, each whole and of a bounded size, and checks that the manifest fits itself.
 * `place` is where they are, for messages.
 */
export function readRun(
  place: string,
  read: (file: RunFile, limit: number) => Uint8Array<ArrayBuffer> | undefined,
  refuse: (problem: string) => Failed,
): ReadRun {
  const files = new Map<RunFile, Uint8Array<ArrayBuffer>>();
  for (const { path, limit, optional, mediaType } of runFiles) {
    const bytes = read(path, limit);
    if (bytes === undefined) {
      if (optional) continue;
      throw refuse(`it has no ${path}`);
    }
    files.set(path, bytes);
    // The text is printed as it is one day.
    const isText = mediaType.startsWith("text/");
    const text = new TextDecoder().decode(bytes);
    if (isText && text.split(/[\n\t]/).some((piece) => escaped(piece) !== piece)) {
      throw refuse(`${path} has characters that a terminal would act on`);
    }
  }
  const text = new TextDecoder().decode(files.get("manifest.json"));
  const manifest = parseManifest(text, `${place}: manifest.json`);
  const [problem] = manifestProblems(manifest);
  if (problem !== undefined) throw refuse(wordProblem(problem));
  // They become names of files here, beside those of the run itself.
  const names = [...runFiles, ...outputsOf(manifest).map(({ file: path }) => ({ path }))];
  const clash = namingProblem(names.map(({ path }) => path));
  if (clash !== undefined) throw refuse(`by its manifest, ${clash}`);
  return { manifest, files, refuse };
}

/** True if the run is here already; another one in its place is refused. */
function isSameRun(directory: string, run: string, manifest: Uint8Array): boolean {
  if (ifThere(() => Deno.lstatSync(directory)) === undefined) return false;
  let here: Uint8Array | undefined;
  try {
    here = readPlain(join(directory, "manifest.json"));
  } catch { /* Cut off before it was written: another run, then. */ }
  if (here === undefined || !equalBytes(here, manifest)) {
    throw new Failed({ reason: "run-exists", run });
  }
  return true;
}

/** The stored results of the jobs, as if they had run here. */
export const actionsOf = ({ jobs }: Manifest): Action[] =>
  jobs.flatMap(({ key, stage, outputs, reads, started, seconds }) =>
    key === undefined || started === undefined || seconds === undefined ? [] : [{
      version: 1,
      key,
      stage,
      outputs: Object.fromEntries(
        Object.entries(outputs).map(([name, { sha256, size }]) => [name, { sha256, size }]),
      ),
      ...(reads !== undefined && { reads }),
      finished: endOf(started, seconds),
      seconds,
    }]
  );
