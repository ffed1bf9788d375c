/**
 * The record of a run on disk, `artifacts/runs/<id>/`: its outputs under readable names (hard links
 * into the store, so no byte is copied), `manifest.json`, `metrics.json`, the ledger of claims as
 * `claims.json` and `claims.md`, and `summary.txt`; and `artifacts/latest/`, the same links for the
 * newest run.
 */
import { dirname, join } from "node:path";
import { Metrics } from "../schemas/metrics.ts";
import type { Environment, Manifest, ManifestJob } from "../schemas/manifest.ts";
import type { Experiment } from "../schemas/experiment.ts";
import type { Ledger } from "../schemas/claims.ts";
import type { AnyArtifactType, ArtifactType } from "./format/type.ts";
import { findings, ledger, metrics } from "./format/metrics.ts";
import { canonicalJson } from "./format/json.ts";
import { Failed, type Notice } from "./event.ts";
import { isSettled, ledgerMarkdown, mergeLedgers } from "./ledger.ts";
import { runsPath } from "./manifest.ts";
import type { Outcome } from "./run.ts";
import { noteWritten } from "./stat_table.ts";
import { identityOf, noteComplete } from "./identity.ts";
import { blobPath, readBlob, type Store } from "./store.ts";
import { makeDirectory, syncDirectory, writeWhole } from "./whole_file.ts";
import { type JobFindings, summaryText } from "./summary.ts";
import { wordThrown } from "./thrown.ts";

export interface Recording {
  readonly id: string;
  readonly directory: string;
  /** Becomes `latest` when the run ends. */
  readonly next: string;
  readonly latest: string;
  readonly store: Store;
  readonly started: Date;
  readonly onNotice: (notice: Notice) => void;
  /** Whether an output is a copy, as it could not be linked. */
  copies: boolean;
}

/**
 * Where the next `latest` is made: in the file system of `latest`, which the store may not lie in, so
 * that it can be renamed.
 */
export const nextPath = (artifacts: string): string => join(artifacts, ".next");

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
    const next = join(nextPath(artifacts), id);
    const latest = join(artifacts, "latest");
    return { id, directory, next, latest, store, started, onNotice, copies: false };
  }
}

/**
 * Goes on with the recording of a run that another process began, from nothing: all that it had linked or
 * written is linked or written again. Only the directory `slurm/` stays.
 */
export function resumeRecording(
  artifacts: string,
  { id, started }: { id: string; started: Date },
  store: Store,
  onNotice: (notice: Notice) => void,
): Recording {
  const directory = join(runsPath(artifacts), id);
  const next = join(nextPath(artifacts), id);
  ignoringAbsence(() => Deno.removeSync(next, { recursive: true }));
  for (const { name } of Deno.readDirSync(directory)) {
    if (name !== "slurm") Deno.removeSync(join(directory, name), { recursive: true });
  }
  const latest = join(artifacts, "latest");
  return { id, directory, next, latest, store, started, onNotice, copies: false };
}

/** Where an output lies within the run's directory; its name may have the extension already. */
const fileOf = (job: string, output: string, type: AnyArtifactType): string =>
  output.endsWith(type.extension) ? `${job}/${output}` : `${job}/${output}${type.extension}`;

/**
 * Shows a file under another path: by a hard link, or by a copy where none can be made, as between two
 * file systems, which is told once a run.
 */
function show(recording: Recording, file: string, path: string): void {
  Deno.mkdirSync(dirname(path), { recursive: true });
  try {
    Deno.linkSync(file, path);
  } catch (error) {
    // A copy onto what is there would go through a link into the store.
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    Deno.copyFileSync(file, path);
    if (!recording.copies) {
      recording.onNotice({ reason: "copied", path, message: (error as Error).message });
    }
    recording.copies = true;
  }
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

const manifestJob = (
  { job, status, from, keyed, action, error, ran }: Outcome,
): ManifestJob => ({
  name: job.name,
  stage: job.stage.name,
  parameters: job.parameters as ManifestJob["parameters"],
  status,
  from,
  key: keyed?.key,
  lines: keyed?.lines ?? [],
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
  seconds: action?.seconds,
  slurm: ran?.slurm,
  error,
});

/** Under which name a job's metrics appear: its own without the part before the first "/". */
export const subjectOf = (job: string): string =>
  job.slice(job.indexOf("/") + 1).replaceAll("/", ".");

/** Reads the outputs of one kind from all jobs that have it, as the engine's own type of that kind. */
const outputsOfKind = <T>(
  outcomes: readonly Outcome[],
  { kind, decode }: ArtifactType<string, T>,
  store: Store,
): { job: string; value: T }[] =>
  outcomes.flatMap(({ job, action }) =>
    action === undefined ? [] : Object.entries<AnyArtifactType>(job.stage.outputs)
      .filter(([, type]) => type.kind === kind)
      .map(([output]) => {
        const bytes = readBlob(store, action.outputs[output].sha256);
        try {
          return { job: job.name, value: decode(bytes) };
        } catch (error) {
          const problem = wordThrown(error);
          throw new Failed({ reason: "unreadable-output", job: job.name, output, problem });
        }
      })
  );

/** All metrics of a run in one flat object, sorted by name. */
export const gatherMetrics = (outcomes: readonly Outcome[], store: Store): Metrics =>
  mergeMetrics(outputsOfKind(outcomes, metrics, store));

/** The metrics that jobs gave, in one flat object, sorted by name; each is checked to be metrics. */
export function mergeMetrics(given: readonly { job: string; value: unknown }[]): Metrics {
  const from = new Map<string, string>();
  const gathered: Metrics = {};
  for (const { job, value } of given) {
    for (const [metric, figure] of Object.entries(Metrics.parse(value))) {
      const name = `${subjectOf(job)}.${metric}`;
      const other = from.get(name);
      if (other !== undefined) {
        throw new Failed({ reason: "duplicate-metric", name, jobs: [other, job] });
      }
      from.set(name, job);
      gathered[name] = figure;
    }
  }
  return Object.fromEntries(Object.entries(gathered).sort(([a], [b]) => a < b ? -1 : 1));
}

export const gatherFindings = (outcomes: readonly Outcome[], store: Store): JobFindings[] =>
  outputsOfKind(outcomes, findings, store)
    .map(({ job, value }) => ({ subject: subjectOf(job), findings: value }));

/** All claims that the run's jobs judged, and the controls of how. */
export const gatherLedger = (outcomes: readonly Outcome[], store: Store): Ledger =>
  mergeLedgers(
    outputsOfKind(outcomes, ledger, store).map(({ job, value }) => ({ job, ledger: value })),
  );

export interface Recorded {
  manifest: Manifest;
  metrics: Metrics;
  ledger: Ledger;
  summary: string;
  /** Whether every finding agrees with what was expected, and every claim is decided. */
  agrees: boolean;
}

/** Writes the run's files and makes it the newest. */
export function finishRecording(
  recording: Recording,
  experiment: Experiment,
  outcomes: readonly Outcome[],
  environment: Environment,
): Recorded {
  const { store } = recording;
  const metrics = gatherMetrics(outcomes, store);
  const findings = gatherFindings(outcomes, store);
  const ledger = gatherLedger(outcomes, store);
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
    started: recording.started.toISOString(),
    // Not below 0 where the clock was set back meanwhile.
    seconds: Math.max(0, Date.now() - recording.started.getTime()) / 1000,
    environment,
    jobs: outcomes.map(manifestJob),
  };
  const summary = summaryText(manifest, findings, ledger);
  const files = {
    "metrics.json": JSON.stringify(metrics, null, 2) + "\n",
    "claims.json": canonicalJson(ledger) + "\n",
    "claims.md": ledgerMarkdown(recording.id, ledger),
    "summary.txt": summary,
    // Last: a run with a manifest has everything else.
    "manifest.json": canonicalJson(manifest) + "\n",
  };
  for (const [name, text] of Object.entries(files)) {
    const path = join(recording.directory, name);
    const bytes = new TextEncoder().encode(text);
    writeWhole(path, bytes, { scratch: recording.directory, mode: 0o644 });
    show(recording, path, join(recording.next, name));
  }
  replaceLatest(recording);
  const agrees = isSettled(ledger) &&
    findings.every((one) => one.findings.every((finding) => finding.agrees));
  if (manifest.status === "complete") {
    noteComplete(store, manifest.identity, { run: manifest.run, agrees });
  }
  return { manifest, metrics, ledger, summary, agrees };
}

/** Puts the new `latest` in the place of the old one; other runs may be doing the same. */
function replaceLatest({ next, latest }: Recording): void {
  const attempts = 10;
  const old = (attempt: number) => `${next}.old-${attempt}`;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    ignoringAbsence(() => Deno.renameSync(latest, old(attempt)));
    try {
      Deno.renameSync(next, latest);
      break;
    } catch (error) {
      // Another run's has come between.
      if (attempt === attempts) throw error;
    }
  }
  for (let attempt = 1; attempt <= attempts; attempt++) {
    ignoringAbsence(() => Deno.removeSync(old(attempt), { recursive: true }));
  }
}

function ignoringAbsence(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
