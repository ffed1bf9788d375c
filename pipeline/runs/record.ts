/**
 * Records a run in `artifacts/runs/<id>/`: its outputs under readable names (hard links into the store,
 * so no byte is copied), `manifest.json`, `metrics.json`, the claims table as `claims.json` and
 * `claims.md`, and `summary.txt`. A complete run becomes `artifacts/latest/`, by the same links.
 */
import { join, relative } from "node:path";
import type { Manifest, ManifestJob } from "../../schemas/run/manifest.ts";
import type { Selection } from "../engine/project/selection.ts";
import type { AnyArtifactType } from "../formats/artifact_type.ts";
import { canonicalJson } from "../formats/json.ts";
import type { Notice } from "../engine/event.ts";
import { filesUnder } from "../store/files_under.ts";
import { lineTexts } from "../engine/key.ts";
import { logsDirectory } from "../engine/executor/job_logs.ts";
import { linkOrCopy } from "../store/link.ts";
import { runsPath } from "./read_manifest.ts";
import type { Outcome } from "../engine/obtain.ts";
import { writeChecksums } from "./checksums.ts";
import { gather, type Gathered, gatheredFiles } from "./gathered.ts";
import { hashFile, sha256Of } from "../store/sha256.ts";
import { noteWritten } from "../store/stat_cache.ts";
import { identityOf } from "./identity.ts";
import { registerRun } from "./store_users.ts";
import { nextPath, recordEvent, replaceLatest } from "./latest.ts";
import { ifThere } from "../store/existence.ts";
import { blobPath, readBlob, type Store } from "../store/store.ts";
import { makeDirectory, syncDirectory, writeWhole } from "../store/atomic_write.ts";

export interface Recording {
  readonly id: string;
  readonly directory: string;
  readonly artifacts: string;
  /** Becomes `latest` when the run is complete. */
  readonly next: string;
  readonly store: Store;
  readonly started: Date;
  readonly onNotice: (notice: Notice) => void;
  /** True once an output was copied because it could not be linked. */
  copies: boolean;
}

/** Makes the directory of a new run. Its id is the time in UTC and the experiment's name. */
export function startRecording(
  artifacts: string,
  experiment: string,
  store: Store,
  onNotice: (notice: Notice) => void,
): Recording {
  const started = new Date();
  const time = started.toISOString().replace(/[-:]/g, "").replace(/\.\d+/, "");
  makeDirectory(runsPath(artifacts));
  for (let attempt = 1;; attempt++) {
    const id = `${time}-${experiment}${attempt === 1 ? "" : `-${attempt}`}`;
    const directory = join(runsPath(artifacts), id);
    try {
      Deno.mkdirSync(directory);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) continue;
      throw error;
    }
    syncDirectory(runsPath(artifacts));
    recordEvent(artifacts, "begun", id);
    const next = emptyNext(artifacts, id);
    return { id, directory, artifacts, next, store, started, onNotice, copies: false };
  }
}

/** The directory in which a run's `latest` is made, without what a run has left there that a power failure ended. */
function emptyNext(artifacts: string, id: string): string {
  const next = join(nextPath(artifacts), id);
  ifThere(() => Deno.removeSync(next, { recursive: true }));
  return next;
}

/**
 * Continues the recording of a run that another process began: links and writes everything again. Only
 * the directory `slurm/` stays.
 */
export function resumeRecording(
  artifacts: string,
  { id, started }: { id: string; started: Date },
  store: Store,
  onNotice: (notice: Notice) => void,
): Recording {
  const directory = join(runsPath(artifacts), id);
  const next = emptyNext(artifacts, id);
  for (const { name } of Deno.readDirSync(directory)) {
    if (name !== "slurm") Deno.removeSync(join(directory, name), { recursive: true });
  }
  return { id, directory, artifacts, next, store, started, onNotice, copies: false };
}

/** Path of an output within the run's directory; its name may have the extension already. */
const fileOf = (job: string, output: string, type: AnyArtifactType): string =>
  output.endsWith(type.extension) ? `${job}/${output}` : `${job}/${output}${type.extension}`;

/**
 * Shows a file under another path: by a hard link, or by a copy where none can be made, as between two
 * file systems. A copy is reported once a run.
 */
function show(recording: Recording, file: string, path: string): void {
  const message = linkOrCopy(file, path);
  if (message === undefined) return;
  if (!recording.copies) recording.onNotice({ reason: "copied", path, message });
  recording.copies = true;
}

/** Links the outputs of a job that has ended. */
export function recordOutcome(recording: Recording, { job, action }: Outcome): void {
  if (action === undefined) return;
  for (const [name, type] of Object.entries<AnyArtifactType>(job.stage.outputs)) {
    const { sha256 } = action.outputs[name];
    const blob = blobPath(recording.store, sha256);
    const file = fileOf(job.name, name, type);
    show(recording, blob, join(recording.directory, file));
    show(recording, blob, join(recording.next, file));
    noteWritten(recording.store.table, blob, sha256);
  }
}

/** The manifest's entry of a job. */
export const manifestJob = (
  { job, status, from, keyed, action, error, ran, why }: Outcome,
): ManifestJob => ({
  name: job.name,
  stage: job.stage.name,
  parameters: job.parameters as ManifestJob["parameters"],
  status,
  from,
  key: keyed?.key,
  lines: lineTexts(keyed?.lines ?? []),
  inputs: Object.fromEntries(
    Object.entries(job.inputs)
      .map(([name, from]) => [name, { ...from, sha256: keyed?.inputs[name] }]),
  ),
  outputs: Object.fromEntries(
    action === undefined ? [] : Object.entries<AnyArtifactType>(job.stage.outputs)
      .map(([name, type]) => [name, {
        ...action.outputs[name],
        type: type.kind,
        mediaType: type.mediaType,
        tolerance: type.tolerance,
        file: fileOf(job.name, name, type),
      }]),
  ),
  started: action &&
    new Date(Date.parse(action.finished) - action.seconds * 1000).toISOString(),
  reads: action?.reads,
  seconds: action?.seconds,
  slurm: ran?.slurm,
  error,
  why,
});

export interface Recorded {
  manifest: Manifest;
  gathered: Gathered;
}

/** Writes the run's files, with what its results were made with; a complete run becomes `latest`. */
export function finishRecording(
  recording: Recording,
  { experiment, deviation }: Pick<Selection, "experiment" | "deviation">,
  outcomes: readonly Outcome[],
  made: Pick<Manifest, "environment" | "sources" | "integrity">,
): Recorded {
  const { store } = recording;
  const statuses = new Set(outcomes.map(({ status }) => status));
  const manifest: Manifest = {
    version: 1,
    run: recording.id,
    identity: identityOf(outcomes.map(({ job, keyed }) => ({ name: job.name, key: keyed?.key }))),
    status: statuses.has("interrupted")
      ? "interrupted"
      : statuses.has("failed")
      ? "failed"
      : "complete",
    experiment,
    deviation,
    started: recording.started.toISOString(),
    // Not below 0 where the clock was set back meanwhile.
    seconds: Math.max(0, Date.now() - recording.started.getTime()) / 1000,
    ...made,
    jobs: outcomes.map(manifestJob),
  };
  const gathered = gather(manifest.jobs, (sha256) => readBlob(store, sha256));
  const files = gatheredFiles(manifest, gathered);
  registerRun(recording.artifacts, store, manifest);
  const own = Object.entries({ ...files, "manifest.json": canonicalJson(manifest) + "\n" })
    .map(([file, text]): [string, Uint8Array] => [file, new TextEncoder().encode(text)]);
  const logs = [...filesUnder(join(recording.directory, logsDirectory))]
    .map((path): [string, string] => [
      relative(recording.directory, path).replaceAll("\\", "/"),
      hashFile(path),
    ]);
  writeChecksums(
    recording.directory,
    new Map([...logs, ...own.map(([file, bytes]): [string, string] => [file, sha256Of(bytes)])]),
  );
  // The manifest last: a run with a manifest has everything else.
  for (const [file, bytes] of own) {
    const path = join(recording.directory, file);
    writeWhole(path, bytes, { scratch: recording.directory, mode: 0o644 });
    show(recording, path, join(recording.next, file));
  }
  const { artifacts, id, next } = recording;
  if (manifest.status === "complete") {
    replaceLatest(artifacts, store, id, next);
  } else Deno.removeSync(next, { recursive: true });
  return { manifest, gathered };
}
