/**
 * Exports a run: its record, its artifacts and descriptions of it in standard forms, in one archive.
 * Every byte is hashed on its way; a damaged artifact is not exported. Nothing in the store changes.
 */
import { join } from "node:path";
import type { Manifest } from "../../schemas/run/manifest.ts";
import type { Notice } from "../engine/event.ts";
import { Failed } from "../engine/failed.ts";
import { readManifest, runsPath } from "../runs/read_manifest.ts";
import { largest } from "../runs/largest_files.ts";
import { outputFile } from "../runs/output_file.ts";
import { repairRun } from "../runs/repair.ts";
import { recordedFilesIn } from "../runs/run_source.ts";
import { hashing, sha256Of } from "../store/sha256.ts";
import { type Store, storeOf } from "../store/store.ts";
import { shownPath } from "../terminal/user_path.ts";
import { citationOf } from "./citation.ts";
import {
  type Artifact,
  artifactsOf,
  checksums,
  checksumsOf,
  type descriptions,
  outputsOf,
  pathsOf,
  type RunFile,
  runFiles,
} from "./contents.ts";
import type { Credits } from "./credits.ts";
import { namingProblem } from "./entry_name.ts";
import { openArchive } from "./open_archive.ts";
import { statementOf } from "./provenance.ts";
import type { ExchangeListener } from "./receive_run.ts";
import { readmeOf } from "./readme.ts";
import { crateOf } from "./ro_crate.ts";
import { workflowOf } from "./workflow.ts";
import { type ArchiveFile, inMemory, writeArchive } from "./write_archive.ts";
import { exists } from "../store/existence.ts";

interface Exported {
  /** Files in the archive, and their bytes unpacked. */
  files: number;
  bytes: number;
  /** Artifacts that only have their hashes there. */
  leftOut: { artifacts: number; bytes: number };
}

/** An output of a job. */
interface Output {
  job: string;
  output: string;
  type: string;
}

/**
 * Writes the archive of a run to `output`, or leaves there what was; replaces no other file. The same run
 * with the same credits gives the same bytes. Artifacts are left out of which each output `isLeftOut`.
 */
export async function exportRun(
  artifacts: string,
  run: string,
  output: string,
  credits: Credits,
  { onProgress, onNotice }: ExchangeListener,
  isLeftOut: (output: Output) => boolean = () => false,
): Promise<Exported> {
  const directory = join(runsPath(artifacts), run);
  const manifest = readManifest(directory);
  const contents = contentsOf(manifest, isLeftOut);
  refuseUnfit(manifest, contents);
  const store = storeOf(artifacts);
  const own = describedRun(manifest, contents, ownFiles(artifacts, run), credits);
  const present = contents.filter(({ isLeftOut }) => !isLeftOut);
  const hashes = new Map([...own].map(([path, bytes]) => [path, sha256Of(bytes)]));
  const sums = checksumsOf(hashes, present, () => true);
  await refuseOther(output, sums);
  const files = [
    ...[...own].map(([path, bytes]) => inMemory(path, bytes)),
    inMemory(checksums, encoder.encode(sums)),
    ...present.flatMap((artifact) =>
      pathsOf(artifact).map((path) =>
        stored(store, { run, directory }, { ...artifact, path }, onNotice)
      )
    ),
  ];
  const total = files.reduce((sum, { size }) => sum + size, 0);
  await writeArchive(output, files, { onProgress: (done) => onProgress(done, total) });
  const leftOut = contents.filter(({ isLeftOut }) => isLeftOut);
  return {
    files: files.length,
    bytes: total,
    leftOut: { artifacts: leftOut.length, bytes: leftOut.reduce((sum, { size }) => sum + size, 0) },
  };
}

/** The artifacts of a run; one is left out where each output is that has it. */
function contentsOf(manifest: Manifest, isLeftOut: (output: Output) => boolean): Artifact[] {
  const kept = new Set(
    outputsOf(manifest).filter((output) => !isLeftOut(output)).map(({ sha256 }) => sha256),
  );
  return artifactsOf(manifest).map((artifact): Artifact =>
    kept.has(artifact.sha256) ? artifact : { ...artifact, isLeftOut: true }
  );
}

/** Throws a `Failed` for a run that not every system can unpack, or of which there is nothing to export. */
function refuseUnfit({ run, jobs }: Manifest, contents: readonly Artifact[]): void {
  const clash = namingProblem(contents.flatMap(pathsOf));
  if (clash !== undefined) {
    const message =
      `The run ${run} cannot be unpacked everywhere: ${clash}. Name its job otherwise.`;
    throw new Failed({ reason: "usage", message });
  }
  if (jobs.every(({ status }) => status === "skipped" || status === "interrupted")) {
    const message = `No job of the run ${run} was started, so there is nothing to export.`;
    throw new Failed({ reason: "usage", message });
  }
}

/** The files of the archive that are no artifacts, by their paths: descriptions of the run, and its records. */
function describedRun(
  manifest: Manifest,
  contents: readonly Artifact[],
  records: ReturnType<typeof ownFiles>,
  credits: Credits,
): Map<string, Uint8Array<ArrayBuffer>> {
  const others: Record<Exclude<typeof descriptions[number], "ro-crate-metadata.json">, string> = {
    "README.md": readmeOf(manifest, contents, credits),
    "CITATION.cff": citationOf(manifest, credits),
    "provenance.intoto.json": readable(statementOf(
      manifest,
      contents,
      records.map(({ path, mediaType, bytes }) => ({ path, mediaType, sha256: sha256Of(bytes) })),
    )),
    "workflow.json": readable(workflowOf(manifest)),
  };
  const described = Object.entries(others).map(([path, text]) =>
    [path, encoder.encode(text)] as const
  );
  const recorded = records.map(({ path, bytes }) => [path, bytes] as const);
  const sizes = new Map([...described, ...recorded].map(([path, { length }]) => [path, length]));
  const crate = readable(crateOf(manifest, contents, sizes, credits));
  return new Map<string, Uint8Array<ArrayBuffer>>([
    ["ro-crate-metadata.json", encoder.encode(crate)],
    ...described,
    ...recorded,
  ]);
}

/**
 * Throws a `Failed` for a file that is there already and is not the archive with these checksums, which
 * cover all of its files: with other credits, or without data, an export would replace what it does not hold.
 */
async function refuseOther(path: string, sums: string): Promise<void> {
  if (!exists(path) || await sumsIn(path) === sums) return;
  const message =
    `${shownPath(path)} exists, and is not what this export would write. Name another file ` +
    "with --output, or remove this one.";
  throw new Failed({ reason: "usage", message });
}

/** The checksums in an archive; undefined where there are none, or where the file is no archive. */
async function sumsIn(path: string): Promise<string | undefined> {
  try {
    using archive = await openArchive(path);
    const stated = archive.read(checksums, largest.manifest);
    return stated === undefined ? undefined : new TextDecoder().decode(stated);
  } catch (error) {
    if (error instanceof Failed) return undefined;
    throw error;
  }
}

const encoder = new TextEncoder();
const readable = (value: unknown): string => JSON.stringify(value, null, 2) + "\n";

/** The run's own files that exist; damaged ones are repaired or refused. */
export function ownFiles(
  artifacts: string,
  run: string,
): { path: RunFile; mediaType: string; bytes: Uint8Array<ArrayBuffer> }[] {
  const directory = join(runsPath(artifacts), run);
  const files = recordedFilesIn(directory, repairRun(artifacts, run));
  return runFiles.flatMap(({ path, mediaType, limit, optional }) => {
    const bytes = files.read(path, limit);
    if (bytes !== undefined) return [{ path, mediaType, bytes }];
    if (optional) return [];
    throw new Failed({
      reason: "invalid-file",
      path: join(directory, path),
      problems: "It is not there.",
      hint: `Expected a whole run; "deno task verify" names what is damaged.`,
    });
  });
}

/** An artifact at a path of the run, as a stream that fails if its bytes change meanwhile. */
function stored(
  store: Store,
  run: { run: string; directory: string },
  { path, sha256, size }: Artifact,
  onNotice: (notice: Notice) => void,
): ArchiveFile {
  return {
    path,
    size,
    open() {
      const file = outputFile(store, run, { file: path, sha256 }, onNotice);
      return Deno.openSync(file).readable.pipeThrough(hashing((found) => {
        if (found === sha256) return;
        throw new Failed({ reason: "lost-output", ...run, file: path, expected: sha256, found });
      }));
    },
  };
}
