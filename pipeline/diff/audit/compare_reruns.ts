/** Compares a run of an audit with the first one: the artifacts with other bytes, each with its signs. */
import type { OutputComparison } from "../../../schemas/run/comparison.ts";
import type { Manifest, ManifestJob } from "../../../schemas/run/manifest.ts";
import type { RunSource } from "../../runs/run_source.ts";
import { parseLabel } from "../../engine/key.ts";
import { findCauses } from "../cause.ts";
import { hasResult } from "../../runs/has_result.ts";
import { compareRuns } from "../compare.ts";
import { type Evidence, evidenceIn, type Traces } from "./bytes_evidence.ts";

export interface Rerun {
  source: RunSource;
  traces: Traces;
}

/** An artifact with other bytes than in the first run. */
export interface Changed {
  job: string;
  output: string;
  /** Jobs that it takes other bytes from. */
  follows: string[];
  /** True if its key says so, or that of each job it follows: other facts of the machine alone. */
  declared: boolean;
  key: string[];
  error: string | null;
  difference: OutputComparison;
  evidence?: Evidence;
}

/** A name for an artifact within an audit. */
export const artifactName = ({ job, output }: { job: string; output: string }): string =>
  `${job} ${output}`;

export async function changedIn(first: Rerun, other: Rerun): Promise<Changed[]> {
  const [a, b] = [first.source.manifest, other.source.manifest];
  const jobs = differingJobs(a, b);
  if (jobs.size === 0) return [];
  const { outputs } = await compareRuns(first.source, other.source, {
    level: "identical",
    rehash: false,
    pictures: false,
    jobs,
  });
  const { causes: found } = findCauses(a, b, outputs, () => undefined);
  const causes = new Map(found.map((cause) => [cause.job, cause]));
  const [inA, inB] = [a, b].map((manifest) => new Map(manifest.jobs.map((job) => [job.name, job])));
  // Jobs come after those that they need.
  const declared = new Set<string>();
  return outputs.filter(({ agreement }) => agreement !== "identical").map((difference) => {
    const { job, output } = difference;
    const follows = followed(inA.get(job), inB.get(job));
    const lines = causes.get(job)?.lines ?? [];
    const isDeclared = lines.every(({ label }) => parseLabel(label).kind === "env") &&
      follows.every((one) => declared.has(one));
    const error = inB.get(job)?.error?.split("\n")[0] ?? null;
    if (isDeclared && error === null && lines.length + follows.length > 0) declared.add(job);
    const [x, y] = [first, other].map(({ source }) => bytesOf(source, difference));
    return {
      job,
      output,
      follows,
      declared: declared.has(job),
      key: lines.map(({ words }) => words),
      error,
      difference,
      ...(x !== undefined && y !== undefined && {
        evidence: evidenceIn(x, y, [first.traces, other.traces]),
      }),
    };
  });
}

/** Jobs with other bytes, or without a result, in one of the runs. */
function differingJobs(a: Manifest, b: Manifest): Set<string> {
  const inB = new Map(b.jobs.map((job) => [job.name, job]));
  const differs = (job: ManifestJob) => {
    const other = inB.get(job.name);
    return other === undefined || hasResult(job) !== hasResult(other) ||
      Object.entries(job.outputs).some(([name, { sha256 }]) =>
        other.outputs[name]?.sha256 !== sha256
      );
  };
  return new Set(a.jobs.filter(differs).map(({ name }) => name));
}

/** The jobs from which a job takes other bytes, or none, in the second run. */
function followed(a: ManifestJob | undefined, b: ManifestJob | undefined): string[] {
  const inputs = Object.entries(a?.inputs ?? {})
    .filter(([name, { sha256 }]) => b?.inputs[name]?.sha256 !== sha256);
  return [...new Set(inputs.map(([, { job }]) => job))];
}

/** Caps an output whose bytes are looked at for signs, in bytes. */
const largestRead = 64 << 20;

function bytesOf(
  source: RunSource,
  { job, output, a, b }: OutputComparison,
): Uint8Array | undefined {
  if (a === null || b === null || Math.max(a.size, b.size) > largestRead) return undefined;
  return source.read(job, output);
}
