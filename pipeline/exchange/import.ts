/**
 * Imports an exported run: everything is unpacked beside the store, checked and hashed first; only
 * then is it put in place. So an import that fails leaves store and runs as they were, and one that is
 * killed leaves at most whole blobs that nothing names yet, which `gc` removes.
 *
 * Memory: the archive's list, the manifest, metrics and claims, within the limits of `open_archive.ts`
 * and `contents.ts`; of artifacts, pieces.
 */
import { join } from "node:path";
import type { Action } from "../../schemas/action.ts";
import type { Manifest } from "../../schemas/manifest.ts";
import { Failed, type Notice } from "../event.ts";
import { recordText } from "../key.ts";
import { lock, storeLock } from "../lock.ts";
import { parseManifest, runsPath } from "../manifest.ts";
import { noteWritten, saveStatTable, settle } from "../stat_table.ts";
import { blobPath, openStore } from "../store.ts";
import { harmless } from "../terminal.ts";
import { badArchive } from "./archive.ts";
import { gatheredProblem } from "./check_gathered.ts";
import { manifestProblem } from "./check_manifest.ts";
import { commit } from "./commit.ts";
import {
  type Artifact,
  artifactsOf,
  descriptions,
  endOf,
  outputsOf,
  type RunFile,
  runFiles,
} from "./contents.ts";
import { namingProblem } from "./entry_name.ts";
import { type Archive, openArchive } from "./open_archive.ts";
import { layOutRun, unpackArtifacts } from "./unpack.ts";

export interface Imported {
  run: string;
  jobs: number;
  artifacts: number;
  /** Of all artifacts. */
  bytes: number;
  /** Artifacts that the store did not have. */
  added: number;
  /** False where the very same run was here already. */
  isNew: boolean;
}

export interface ImportListener {
  onProgress(done: number, total: number): void;
  onNotice(notice: Notice): void;
}

/** Imports the archive at `path`. Throws a `Failed` that says what is wrong with it. */
export async function importRun(
  artifacts: string,
  path: string,
  { onProgress, onNotice }: ImportListener,
): Promise<Imported> {
  using archive = await openArchive(path);
  const files = readRunFiles(archive);
  const manifest = readManifest(archive, files);
  const contents = artifactsOf(manifest);
  checkEntries(archive, manifest, contents);
  const bytes = contents.reduce((sum, { size }) => sum + size, 0);
  const to = join(runsPath(artifacts), manifest.run);
  const isNew = !isSameRun(to, manifest.run, files.get("manifest.json")!);

  Deno.mkdirSync(join(artifacts, "store"), { recursive: true });
  const store = openStore(join(artifacts, "store"));
  using _held = await lock(store, storeLock, false, () => {
    onNotice({ reason: "store-being-cleaned" });
  });
  const scratch = join(store.root, "tmp", `import-${crypto.randomUUID()}`);
  Deno.mkdirSync(join(scratch, "blobs"), { recursive: true });
  try {
    const unpacked = await unpackArtifacts(
      archive,
      contents,
      store,
      join(scratch, "blobs"),
      (done) => onProgress(done, bytes),
    );
    const problem = gatheredProblem(
      manifest,
      files,
      (sha256) => Deno.readFileSync(unpacked.get(sha256) ?? blobPath(store, sha256)),
    );
    if (problem !== undefined) throw badArchive(path, problem);
    const from = join(scratch, "run");
    if (isNew) layOutRun(from, manifest, files, unpacked, store, onNotice);
    const keyed = new Map(
      manifest.jobs.flatMap((job) => job.key === undefined ? [] : [[job.key, job]]),
    );
    commit(store, {
      unpacked,
      records: new Map([...keyed].map(([key, { lines }]) => [key, recordText(lines)])),
      actions: actionsOf(manifest),
      run: isNew ? { from, to } : undefined,
      onOther: ({ key }) => onNotice({ reason: "own-result-kept", job: keyed.get(key)!.name }),
    });
    for (const { sha256 } of contents) noteWritten(store.table, blobPath(store, sha256), sha256);
    settle(store.table);
    saveStatTable(store.table);
    return {
      run: manifest.run,
      jobs: manifest.jobs.length,
      artifacts: contents.length,
      bytes,
      added: unpacked.size,
      isNew,
    };
  } finally {
    Deno.removeSync(scratch, { recursive: true });
  }
}

/** The run's own files, each whole and of a bounded size. */
function readRunFiles(archive: Archive): Map<RunFile, Uint8Array<ArrayBuffer>> {
  const files = new Map<RunFile, Uint8Array<ArrayBuffer>>();
  for (const { path, limit, optional, mediaType } of runFiles) {
    const bytes = archive.read(path, limit);
    if (bytes === undefined) {
      if (optional) continue;
      throw badArchive(archive.path, `it has no ${path}`);
    }
    files.set(path, bytes);
    // The text is printed as it is one day.
    const isText = mediaType.startsWith("text/");
    const text = new TextDecoder().decode(bytes);
    if (isText && harmless(text) !== text) {
      throw badArchive(archive.path, `${path} has characters that a terminal would act on`);
    }
  }
  return files;
}

function readManifest(archive: Archive, files: ReadonlyMap<RunFile, Uint8Array>): Manifest {
  const text = new TextDecoder().decode(files.get("manifest.json"));
  const manifest = parseManifest(text, `${archive.path}: manifest.json`);
  const problem = manifestProblem(manifest);
  if (problem !== undefined) throw badArchive(archive.path, `its manifest ${problem}`);
  return manifest;
}

/** The archive must have what its manifest names, of the size that it names, and nothing else. */
function checkEntries(archive: Archive, manifest: Manifest, contents: readonly Artifact[]): void {
  const own = runFiles.map(({ path }) => path);
  const clash = namingProblem([...own, ...outputsOf(manifest).map(({ file }) => file)]);
  if (clash !== undefined) throw badArchive(archive.path, `by its manifest, ${clash}`);
  const expected = new Set<string>([...own, ...descriptions]);
  for (const { path, size } of contents) {
    expected.add(path);
    const stated = archive.sizes.get(path);
    if (stated === undefined) throw badArchive(archive.path, `it has no ${path}`);
    if (stated !== size) {
      const problem = `${path} has ${stated} bytes, where its manifest has ${size}`;
      throw badArchive(archive.path, problem);
    }
  }
  for (const path of archive.sizes.keys()) {
    if (expected.has(path)) continue;
    throw badArchive(
      archive.path,
      `its entry ${JSON.stringify(path)} is none that its manifest names`,
    );
  }
}

/** Whether the run is here already; another one in its place is refused. */
function isSameRun(directory: string, run: string, manifest: Uint8Array): boolean {
  try {
    Deno.lstatSync(directory);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  let here: Uint8Array | undefined;
  try {
    here = Deno.readFileSync(join(directory, "manifest.json"));
  } catch { /* Cut off before it was written: another run, then. */ }
  const same = here?.length === manifest.length && manifest.every((byte, i) => here[i] === byte);
  if (!same) throw new Failed({ reason: "run-exists", run });
  return true;
}

/** What the store is told of the jobs: the same as when they had run here. */
const actionsOf = ({ jobs }: Manifest): Action[] =>
  jobs.flatMap(({ key, stage, outputs, started, seconds }) =>
    key === undefined || started === undefined || seconds === undefined ? [] : [{
      version: 1,
      key,
      stage,
      outputs: Object.fromEntries(
        Object.entries(outputs).map(([name, { sha256, size }]) => [name, { sha256, size }]),
      ),
      finished: endOf(started, seconds),
      seconds,
    }]
  );
