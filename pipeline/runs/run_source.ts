/**
 * Reads a run: its manifest, metrics, claims and the bytes of its outputs. Trusts nothing in it: parses
 * and bounds files, keeps paths within the run, hashes bytes before it returns them. `open_run.ts` finds
 * the run of a name.
 */
import { basename, dirname, join } from "node:path";
import type { z } from "zod";
import { Ledger } from "../../schemas/run/judged_claims.ts";
import type { Manifest, ManifestJob, ManifestOutput } from "../../schemas/run/manifest.ts";
import { Metrics } from "../../schemas/run/metric_values.ts";
import { Failed } from "../engine/failed.ts";
import { checkedJson, invalidFile } from "../formats/read_json.ts";
import { checkpointLines, keyOf, parseLines } from "../engine/key.ts";
import { parseManifest } from "./read_manifest.ts";
import { merge, readArtifacts } from "./gathered.ts";
import { checkRecorded } from "./checksums.ts";
import {
  type Content,
  contentInMemory,
  contentOfFile,
  hashContent,
  wholeOf,
} from "../store/content_pieces.ts";
import { largest } from "./largest_files.ts";
import { shownPath } from "../terminal/user_path.ts";
import { isAbsence } from "../store/existence.ts";
import { isWithin } from "../store/path_within.ts";
import { sha256Of } from "../store/sha256.ts";
import { blobPath, hasBlob, readAction, type Store, storeOf } from "../store/store.ts";

/** The files of a run: in a directory, or in an archive or a remote store that holds the same tree. */
export interface RunFiles extends Partial<Disposable> {
  /**
   * The content of a file, by its path within the run, or undefined where there is none. Throws a
   * `Failed` for one of more than `limit` bytes, or that is no plain file of this run.
   */
  read(path: string, limit: number): Uint8Array<ArrayBuffer> | undefined;
  /** The same of an output of any size, to be read piece by piece; without it outputs are read whole. */
  open?(path: string): Content | undefined;
}

/** The content of an output as it lies there. */
export type Inspected =
  | { state: "absent" }
  | { state: "whole"; content: Content }
  /** `found` is the SHA-256 that it has in place of the manifest's. */
  | { state: "damaged"; content: Content; found: string };

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
  /** True if bytes with the manifest's hash are there; throws where they have another. */
  isThere(job: string, output: string): boolean;
  /** Bytes with the manifest's hash, undefined where they are not there; throws where they have another. */
  read(job: string, output: string): Uint8Array<ArrayBuffer> | undefined;
  /** The state that a job left after `step` steps, if the store has it. */
  checkpoint(job: string, step: number): Content | undefined;
}

/** The failure of a file that is there and that the system refuses to read: others' files, links in a circle. */
const unreadable = (path: string, error: unknown): Failed =>
  invalidFile(path, (error as Error).message, "Expected a file that can be read.");

function readWhole(path: string, limit: number): Uint8Array<ArrayBuffer> {
  const { size } = Deno.statSync(path);
  if (size > limit) throw new Failed({ reason: "too-large", path, size, limit });
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** The files of a run's directory. A link that leads out of it is refused. */
export function filesIn(directory: string): RunFiles {
  /** The path of a file of the run; undefined if it is not there. */
  const find = (path: string): string | undefined => {
    const full = join(directory, path);
    try {
      const { isFile } = Deno.statSync(full);
      if (isFile && isWithin(Deno.realPathSync(directory), Deno.realPathSync(full))) return full;
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw unreadable(full, error);
    }
    throw new Failed({ reason: "not-in-run", path: full });
  };
  return {
    read(path, limit) {
      const found = find(path);
      return found === undefined ? undefined : readWhole(found, limit);
    },
    open(path) {
      const found = find(path);
      if (found === undefined) return undefined;
      try {
        Deno.openSync(found).close();
      } catch (error) {
        throw unreadable(found, error);
      }
      return contentOfFile(found);
    },
  };
}

/**
 * The files of a run here, or of the reference: those that the run wrote itself have the hashes that it
 * recorded, or reading throws a `Failed`. A run that lies elsewhere has only its manifest to go by.
 * `repaired` has the content of files that could not be written there.
 */
export function recordedFilesIn(
  directory: string,
  repaired: ReadonlyMap<string, Uint8Array<ArrayBuffer>> = new Map(),
): RunFiles {
  const files = filesIn(directory);
  return {
    ...files,
    read(path, limit) {
      const unwritten = repaired.get(path);
      if (unwritten !== undefined) return unwritten.slice();
      const bytes = files.read(path, limit);
      if (bytes !== undefined && !path.includes("/")) checkRecorded(directory, path, bytes);
      return bytes;
    },
  };
}

/** A manifest that may lie beside the rest of its run, or alone. */
export function manifestAlone(path: string): RunFiles {
  const files = filesIn(dirname(path));
  return {
    ...files,
    read: (name, limit) => files.read(name === "manifest.json" ? basename(path) : name, limit),
  };
}

/** A manifest without the rest of its run. `path` is that of a regular file. */
export const manifestOnly = (path: string): RunFiles => ({
  read: (name, limit) => name === "manifest.json" ? readWhole(path, limit) : undefined,
});

/** Place of a run, and what its files lack. */
interface Origin {
  name: string;
  form: SourceForm;
  /** The place of the files, for messages. */
  place: string;
  artifacts: string;
  /** A run that has those of its outputs that it does not hold because they are the same. */
  beside?: RunSource;
}

/**
 * A run from its files. Throws a `Failed` where there is no manifest or one that does not have the expected
 * form.
 */
export function sourceFrom(files: RunFiles, origin: Origin): RunSource {
  const { name, form, artifacts } = origin;
  const manifest = manifestIn(files, origin);
  const parsed = <T>(file: string, limit: number, schema: z.ZodType<T>): T | undefined => {
    const content = files.read(file, limit);
    const hint = "Expected the file as this version of fanin writes it.";
    return content && checkedJson(textOf(content), schema, { name: `${name}/${file}`, hint });
  };
  let openedStore: Store | undefined;
  const store = () => openedStore ??= storeOf(artifacts);
  const jobs = new Map(manifest.jobs.map((job) => [job.name, job]));
  const inspect = inspectorOf(files, origin, jobs, store);
  const { isThere, read } = checkedOutputs(name, jobs, inspect);
  /** The metrics and claims of a manifest alone, where its artifacts are available. */
  const gathered = () => {
    if (form !== "manifest") return undefined;
    const artifacts = readArtifacts(manifest.jobs, read);
    const isWhole = artifacts.metrics.unusable.length + artifacts.ledgers.unusable.length === 0;
    if (!isWhole) return undefined;
    const { metrics, ledger } = merge(artifacts);
    return { metrics, claims: artifacts.ledgers.values.length === 0 ? undefined : ledger };
  };
  return {
    name,
    form,
    manifest,
    metrics: () => parsed("metrics.json", largest.metrics, Metrics) ?? gathered()?.metrics,
    claims: () => parsed("claims.json", largest.claims, Ledger) ?? gathered()?.claims,
    inspect: (job, output) => inspect(job, output, hashContent),
    isThere,
    read,
    checkpoint(job, step) {
      const lines = parseLines(jobs.get(job)?.lines ?? []);
      const key = keyOf(checkpointLines(lines, step));
      const state = readAction(store(), key, () => {})?.outputs.state;
      return state !== undefined && hasBlob(store(), state.sha256)
        ? contentOfFile(blobPath(store(), state.sha256))
        : undefined;
    },
    [Symbol.dispose]: () => files[Symbol.dispose]?.(),
  };
}

/** Finds and reads outputs, and throws a `Failed` where one is not what the manifest of the run says. */
function checkedOutputs(
  run: string,
  jobs: ReadonlyMap<string, ManifestJob>,
  inspect: ReturnType<typeof inspectorOf>,
): Pick<RunSource, "isThere" | "read"> {
  const isWhole = (job: string, output: string, hash: (content: Content) => string): boolean => {
    const hashes = new Map<Content, string>();
    const inspected = inspect(job, output, (content) => {
      const sha256 = hash(content);
      hashes.set(content, sha256);
      return sha256;
    });
    if (inspected.state === "absent") return false;
    const { file, sha256: expected } = declared(jobs, job, output);
    const found = hashes.get(inspected.content) ?? hash(inspected.content);
    if (found === expected) return true;
    throw new Failed({ reason: "damaged-output", run, file, expected, found });
  };
  // Those found whole: a grade looks whether they are damaged, then whether they are there.
  const whole = new Set<ManifestOutput>();
  return {
    isThere(job, output) {
      const one = declared(jobs, job, output);
      if (!whole.has(one) && isWhole(job, output, hashContent)) whole.add(one);
      return whole.has(one);
    },
    read(job, output) {
      // A large one is taken into memory only when it is known to be what the manifest says.
      const isLarge = declared(jobs, job, output).size > largest.output;
      if (isLarge && !isWhole(job, output, hashContent)) return undefined;
      // In memory when they are hashed, because somebody may write to the file in between.
      let bytes: Uint8Array<ArrayBuffer> | undefined;
      const hash = (content: Content) => sha256Of(bytes = wholeOf(content));
      return isWhole(job, output, hash) ? bytes : undefined;
    },
  };
}

function manifestIn(files: RunFiles, { name, form, place }: Origin): Manifest {
  const bytes = files.read("manifest.json", largest.manifest);
  if (bytes === undefined) {
    const problems = `${shownPath(place)} has no manifest.json.`;
    const hint = form === "reference"
      ? `"deno task reference --update --yes" makes the reference of a finished run.`
      : "A run has one as soon as it has ended; one that was cut off has none.";
    throw invalidFile(`The run ${name}`, problems, hint);
  }
  return parseManifest(textOf(bytes), form === "manifest" ? place : `${name}/manifest.json`);
}

/**
 * Finds outputs of a run: among its files, which it hashes by `hash`, in the store, or in the run beside
 * it.
 */
function inspectorOf(
  files: RunFiles,
  { form, beside }: Origin,
  jobs: ReadonlyMap<string, ManifestJob>,
  store: () => Store,
): (job: string, output: string, hash: (content: Content) => string) => Inspected {
  const opened = (file: string): Content | undefined => {
    if (files.open !== undefined) return files.open(file);
    const bytes = files.read(file, largest.output);
    return bytes && contentInMemory(bytes);
  };
  // An export holds equal bytes once, under the path of their first output.
  const isExport = form === "directory" || form === "archive";
  let ofHash: Map<string, { file: string }[]> | undefined;
  const keptOnce = (sha256: string): Content | undefined => {
    ofHash ??= Map.groupBy(
      [...jobs.values()].flatMap(({ outputs }) => Object.values(outputs)),
      (output) => output.sha256,
    );
    for (const file of new Set(ofHash.get(sha256)?.map(({ file }) => file))) {
      const content = opened(file);
      if (content !== undefined) return content;
    }
  };
  return (job, output, hash) => {
    const { file, sha256, size } = declared(jobs, job, output);
    const content = opened(file) ?? (isExport ? keptOnce(sha256) : undefined);
    if (content !== undefined && content.size !== size && content.size > largest.output) {
      throw new Failed({ reason: "too-large", path: file, size: content.size, limit: size });
    }
    const found = content && hash(content);
    if (content !== undefined && found === sha256) return { state: "whole", content };
    // A file beside a manifest alone may be of another run.
    if (content !== undefined && form !== "manifest") {
      return { state: "damaged", content, found: found! };
    }
    // The reference does not hold large artifacts, an export may leave out any, a manifest alone has none, and
    // a run's own file may be lost: the store may have the bytes.
    if (hasBlob(store(), sha256)) {
      return { state: "whole", content: contentOfFile(blobPath(store(), sha256)) };
    }
    return hasOutput(beside, job, output, sha256)
      ? beside.inspect(job, output)
      : { state: "absent" };
  };
}

const hasOutput = (
  run: RunSource | undefined,
  job: string,
  output: string,
  sha256: string,
): run is RunSource =>
  run?.manifest.jobs.find(({ name }) => name === job)?.outputs[output]?.sha256 === sha256;

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
