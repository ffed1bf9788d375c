/**
 * Finds what an item grades: a metric, value, claim or artifact of a run, or the reason why it is missing.
 * Metrics and claims come from the jobs' artifacts, whose bytes are hashed, not from the gathered files.
 */
import { dirname } from "node:path";
import type { Claim } from "../../schemas/run/judged_claims.ts";
import type { Expectation, Item, Target } from "../../schemas/run/expected.ts";
import type { ManifestOutput } from "../../schemas/run/manifest.ts";
import { type Exact, float64OrExact, parseExactJson } from "../diff/exact_integers.ts";
import { Failed } from "../engine/failed.ts";
import { decodeIdx } from "../formats/idx.ts";
import { decodeAnyNpy } from "../formats/npy.ts";
import { decodeSafetensors } from "../formats/safetensors.ts";
import type { Tensor } from "../formats/tensor.ts";
import { shellWord } from "../terminal/shell_word.ts";
import { atPointer } from "../formats/json_pointer.ts";
import { statisticOf } from "./statistic.ts";
import { curveMetrics } from "../../schemas/run/metric_name.ts";

/** An output of a job. */
interface FoundArtifact extends Pick<ManifestOutput, "sha256" | "size" | "mediaType"> {
  file: string;
  /** False if its bytes are missing; throws if they do not have the manifest's hash. */
  isThere(): boolean;
  /** Its bytes, undefined if they are missing; throws likewise. */
  read(): Uint8Array | undefined;
}

export interface Missing {
  missing: string;
  /** It exists, and is not what it should be. */
  untrusted?: boolean;
}

/** A value and the jobs that gave it, or why there is none. */
export type From<T> = { value: T; jobs: readonly string[] } | Missing;

export interface Evidence {
  /** May be NaN or infinite: other programs write such values. */
  metric(name: string): From<Exact>;
  claim(id: string): From<Claim>;
  artifact(job: string, output: string): From<FoundArtifact>;
  /** A parameter of a job, or what is inside it; undefined where none is known. */
  parameter(job: string, path: string): unknown;
}

export type Found =
  | { kind: "number"; value: Exact }
  | { kind: "other"; value: string | boolean }
  | { kind: "curve"; metrics: string[]; values: (Exact | undefined)[] }
  | { kind: "claim"; value: Claim }
  | { kind: "artifact"; value: FoundArtifact };

const isMissing = (found: object): found is Missing => "missing" in found;

/** Finds what an item grades. Never throws: an unreadable value is missing for that reason. */
export function find(evidence: Evidence, target: Target): From<Found> {
  try {
    return findOrThrow(evidence, target);
  } catch (error) {
    return {
      missing: error instanceof Error ? error.message : String(error),
      untrusted: error instanceof Failed && error.failure.reason === "damaged-output",
    };
  }
}

/** The jobs whose outputs an item is judged by: its own, and those of a metric that it depends on. */
export function evidenceJobs(evidence: Evidence, { target, expected }: Item): string[] {
  const found = [find(evidence, target), ...othersOf(evidence, expected)];
  return [...new Set(found.flatMap((one) => isMissing(one) ? [] : one.jobs))];
}

/** The metrics that an expectation depends on: it is compared with them, or they decide which it is. */
export function othersOf(evidence: Evidence, expected: Expectation): From<Exact>[] {
  if (expected.kind === "relation") return [evidence.metric(expected.metric)];
  if (expected.kind !== "by") return [];
  const { metric, cases, otherwise } = expected;
  const all = [...cases.map((one) => one.expected), otherwise];
  return [evidence.metric(metric), ...all.flatMap((one) => othersOf(evidence, one))];
}

function findOrThrow(evidence: Evidence, target: Target): From<Found> {
  switch (target.kind) {
    case "metric": {
      const found = evidence.metric(target.name);
      return isMissing(found) ? found : number(found.value, found.jobs);
    }
    case "curve":
      return curve(evidence, target);
    case "claim": {
      const found = evidence.claim(target.id);
      return isMissing(found)
        ? found
        : { value: { kind: "claim", value: found.value }, jobs: found.jobs };
    }
    case "artifact": {
      const found = evidence.artifact(target.job, target.output);
      return isMissing(found)
        ? found
        : { value: { kind: "artifact", value: found.value }, jobs: found.jobs };
    }
    case "value": {
      const { job, output, pointer } = target;
      const found = bytesOf(evidence, job, output);
      if (isMissing(found)) return found;
      const value = atPointer(parseExactJson(new TextDecoder().decode(found.value)), pointer);
      if (typeof value === "number" || typeof value === "bigint") {
        return number(float64OrExact(value), found.jobs);
      }
      if (typeof value === "string" || typeof value === "boolean") {
        return { value: { kind: "other", value }, jobs: found.jobs };
      }
      const what = value === undefined ? "nothing" : value === null ? "null" : "a whole part of it";
      return { missing: `${job}/${output} has ${what} at "${pointer}"; expected a value` };
    }
    case "tensor": {
      const { job, output, name, statistic } = target;
      const found = bytesOf(evidence, job, output);
      if (isMissing(found)) return found;
      const tensor = tensorIn(found.value, `${job}/${output}`, name);
      return isMissing(tensor) ? tensor : number(statisticOf(tensor, statistic), found.jobs);
    }
  }
}

const number = (value: Exact, jobs: readonly string[]): From<Found> => ({
  value: { kind: "number", value },
  jobs,
});

/** A curve with at least one point; the others may be undefined. */
function curve(evidence: Evidence, target: Extract<Target, { kind: "curve" }>): From<Found> {
  const metrics = curveMetrics(target);
  const found = metrics.map((name) => evidence.metric(name));
  if (found.every(isMissing)) return found[0];
  return {
    value: {
      kind: "curve",
      metrics,
      values: found.map((point) => isMissing(point) ? undefined : point.value),
    },
    jobs: [...new Set(found.flatMap((point) => isMissing(point) ? [] : point.jobs))],
  };
}

/** Reason for the lack of an output's bytes, with the way to them. `file` lies in its job's directory. */
export const leftOut = (file: string): string =>
  `${file} is neither in the submission nor in the store here; if it is data, "deno task reproduce ` +
  `--only ${shellWord(dirname(file))}" makes it here`;

function bytesOf(evidence: Evidence, job: string, output: string): From<Uint8Array> {
  const found = evidence.artifact(job, output);
  if (isMissing(found)) return found;
  const bytes = found.value.read();
  return bytes === undefined
    ? { missing: leftOut(found.value.file) }
    : { value: bytes, jobs: found.jobs };
}

/** `name` is that of one tensor of several; an .npy or .idx file has one without a name. */
function tensorIn(bytes: Uint8Array, artifact: string, name?: string): Tensor | Missing {
  const isNpy = bytes[0] === 0x93;
  // As the length of a header of safetensors these would be 16 MiB or more.
  const isIdx = bytes[0] === 0 && bytes[1] === 0 && bytes[3] > 0;
  if (isNpy || isIdx) {
    return name === undefined
      ? (isNpy ? decodeAnyNpy : decodeIdx)(bytes)
      : { missing: `${artifact} holds one array without a name; expected a tensor "${name}"` };
  }
  const tensors = decodeSafetensors(bytes);
  if (name !== undefined && Object.hasOwn(tensors, name)) return tensors[name];
  const names = Object.keys(tensors);
  return {
    missing: `${artifact} has no tensor "${name ?? ""}"; it has ${names.slice(0, 6).join(", ")}` +
      (names.length > 6 ? ", …" : ""),
  };
}
