/**
 * Reads a run: its manifest, metrics, claims and the bytes of its outputs. Trusts nothing in it: parses
 * and bounds files, keeps paths within the run, hashes bytes before it returns them. `open_run.ts` finds
 * the run of a name.
 */
import { basename, dirname, join, sep } from "node:path";
import type { z } from "zod";
import { Ledger } from "../../schemas/run/judged_claims.ts";
import type { Manifest, ManifestJob, ManifestOutput } from "../../schemas/run/manifest.ts";
import { Metrics } from "../../schemas/run/metric_values.ts";
import { Failed } from "../engine/failed.ts";
import { checkedJson, invalidFile } from "../formats/read_json.ts";
import { checkpointLines, keyOf, parseLines } from "../engine/key.ts";
import { parseManifest } from "./read_manifest.ts";
import { checkRecorded } from "./checksums.ts";
import { sha256Of } from "../store/sha256.ts";
import { largest } from "./largest_files.ts";
import { hasBlob, openStore, readAction, readBlob, type Store } from "../store/store.ts";

/** The files of a run: in a directory, or in an archive or a remote store that holds the same tree. */
export interface RunFiles extends Partial<Disposable> {
  /**
   * The content of a file, by its path within the run, or undefined where there is none. Throws a
   * `Failed` for one of more than `limit` bytes, or that is no plain file of this run.
   */
  read(path: string, limit: number): Uint8Array<ArrayBuffer> | undefined;
}

/** The bytes of an output as they lie there. */
export type Inspected =
  | { state: "absent" }
  | { state: "whole"; bytes: Uint8Array<ArrayBuffer> }
  /** `found` is the SHA-256 that they have in place of the manifest's. */
  | { state: "damaged"; bytes: Uint8Array<ArrayBuffer>; found: string };

type SourceForm = "run" | "reference" | "directory" | "manifest" | "archive" | "remote";

/** Disposing it releases what its files hold: an open archive, a lock. */
export interface RunSource extends Disposable {
  /** Name as the user gave it. */
  readonly name: string;
  readonly form: SourceForm;
  readonly manifest: Manifest;
  /** Undefined where the run has none; throws a `Failed` where it cannot be used. */
  metrics(): Metrics | undefined;
  claims(): Ledger | undefined;
  inspect(job: string, output: string): Inspected;
  /** Bytes with the manifest's hash, undefined where they are not there; throws where they have another. */
  read(job: string, output: string): Uint8Array<ArrayBuffer> | undefined;
  /** The state that a job left after `step` steps, if the store has it. */
  checkpoint(job: string, step: number): Uint8Array | undefined;
}

const isAbsence = (error: unknown): boolean =>
  error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;

/** The files of a run's directory. A link that leads out of it is refused. */
export function filesIn(directory: string): RunFiles {
  return {
    read(path, limit) {
      const full = join(directory, path);
      let stat: Deno.FileInfo;
      try {
        stat = Deno.statSync(full);
      } catch (error) {
        if (isAbsence(error)) return undefined;
        throw error;
      }
      const within = Deno.realPathSync(full)
        .startsWith(`${Deno.realPathSync(directory)}${sep}`);
      if (!within || !stat.isFile) throw new Failed({ reason: "not-in-run", path: full });
      if (stat.size > limit) {
        throw new Failed({ reason: "too-large", path: full, size: stat.size, limit });
      }
      return Deno.readFileSync(full);
    },
  };
}

/**
 * The files of a run here, or of the reference: those that the run wrote itself have the hashes that it
 * recorded, or reading throws a `Failed`. A run that lies elsewhere has only its manifest to go by.
 */
export function recordedFilesIn(directory: string): RunFiles {
  const files = filesIn(directory);
  return {
    read(path, limit) {
      const bytes = files.read(path, limit);
      if (bytes !== undefined && !path.includes("/")) checkRecorded(directory, path, bytes);
      return bytes;
    },
  };
}

/** A manifest whose run's outputs are elsewhere; metrics and claims may lie beside it. */
export function manifestAlone(path: string): RunFiles {
  const files = filesIn(dirname(path));
  return {
    read(name, limit) {
      if (name === "manifest.json") return files.read(basename(path), limit);
      return name === "metrics.json" || name === "claims.json"
        ? files.read(name, limit)
        : undefined;
    },
  };
}

/**
 * A run from its files. `place` is where they are, for messages. Throws a `Failed` where there is no
 * manifest or one that does not have the expected form.
 */
export function sourceFrom(
  files: RunFiles,
  { name, form, place, artifacts }: {
    name: string;
    form: SourceForm;
    place: string;
    artifacts: string;
  },
): RunSource {
  const bytes = files.read("manifest.json", largest.manifest);
  if (bytes === undefined) {
    const problems = `${place} has no manifest.json.`;
    const hint = form === "reference"
      ? `"deno task reference --update --yes" makes the reference of a finished run.`
      : "A run has one as soon as it has ended; one that was cut off has none.";
    throw invalidFile(`The run ${name}`, problems, hint);
  }
  const manifest = parseManifest(
    textOf(bytes),
    form === "manifest" ? place : `${name}/manifest.json`,
  );
  const jobs = new Map(manifest.jobs.map((job) => [job.name, job]));
  const parsed = <T>(file: string, limit: number, schema: z.ZodType<T>): T | undefined => {
    const content = files.read(file, limit);
    const hint = "Expected the file as this version of fanin writes it.";
    return content && checkedJson(textOf(content), schema, { name: `${name}/${file}`, hint });
  };
  let opened: Store | undefined;
  const store = () => opened ??= openStore(join(artifacts, "store"));
  // Large artifacts of the reference are not committed; the store of its maker has them.
  const stored = (sha256: string) => {
    if (form !== "reference") return undefined;
    return hasBlob(store(), sha256) ? readBlob(store(), sha256) : undefined;
  };
  const inspect = (job: string, output: string): Inspected => {
    const { file, sha256 } = declared(jobs, job, output);
    const bytes = files.read(file, largest.output) ?? stored(sha256);
    if (bytes === undefined) return { state: "absent" };
    const found = sha256Of(bytes);
    return found === sha256 ? { state: "whole", bytes } : { state: "damaged", bytes, found };
  };
  return {
    name,
    form,
    manifest,
    metrics: () => parsed("metrics.json", largest.metrics, Metrics),
    claims: () => parsed("claims.json", largest.claims, Ledger),
    inspect,
    read(job, output) {
      const inspected = inspect(job, output);
      if (inspected.state === "absent") return undefined;
      if (inspected.state === "whole") return inspected.bytes;
      const { file, sha256: expected } = declared(jobs, job, output);
      const { found } = inspected;
      throw new Failed({ reason: "damaged-output", run: name, file, expected, found });
    },
    checkpoint(job, step) {
      const lines = parseLines(jobs.get(job)?.lines ?? []);
      const key = keyOf(checkpointLines(lines, step));
      const state = readAction(store(), key, () => {})?.outputs.state;
      return state !== undefined && hasBlob(store(), state.sha256)
        ? readBlob(store(), state.sha256)
        : undefined;
    },
    [Symbol.dispose]: () => files[Symbol.dispose]?.(),
  };
}

function declared(
  jobs: ReadonlyMap<string, ManifestJob>,
  name: string,
  output: string,
): ManifestOutput {
  const job = jobs.get(name);
  if (job === undefined) {
    throw new Failed({ reason: "unknown-name", what: "job", name, known: [...jobs.keys()] });
  }
  if (Object.hasOwn(job.outputs, output)) return job.outputs[output];
  const known = Object.keys(job.outputs);
  throw new Failed({ reason: "unknown-name", what: `output of ${name}`, name: output, known });
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
