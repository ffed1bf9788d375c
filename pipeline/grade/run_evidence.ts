/**
 * Reads the evidence of a run: metrics and claims from its jobs' artifacts, outputs from its files. Each
 * file is hashed when it is read. `trust.ts` checks that they are consistent.
 */
import type { Claim } from "../../schemas/run/judged_claims.ts";
import type { Dag } from "../engine/dag.ts";
import { wordFailure } from "../engine/failed.ts";
import { partNamed, valueOfPart } from "../engine/project/parameter_parts.ts";
import type { AnyArtifactType } from "../formats/artifact_type.ts";
import type { RunSource } from "../runs/run_source.ts";
import type { Collision } from "../runs/collisions.ts";
import { type Artifacts, readArtifacts } from "../runs/gathered.ts";
import { metricName, subjectOf } from "../runs/metric_names.ts";
import type { Evidence, From, Missing } from "./evidence.ts";

/** Metrics and claims, from the artifacts of a run. */
interface RunValues extends Artifacts {
  /** Names that two jobs give, so that neither counts: name of a metric, id of a claim → why. */
  shared: { metrics: ReadonlyMap<string, string>; claims: ReadonlyMap<string, string> };
}

/** Reads and hashes every artifact of metrics or claims. Never throws. */
export function valuesOf(source: RunSource): RunValues {
  const artifacts = readArtifacts(source.manifest.jobs, source.read);
  const named = (kind: Collision["kind"]) =>
    new Map(
      artifacts.collisions.filter((one) => one.kind === kind)
        .map((one) => [one.name, wordFailure(one)]),
    );
  return { ...artifacts, shared: { metrics: named("metrics"), claims: named("claims") } };
}

/** Dotted name → value, as in a run's `metrics.json`. */
function namedMetrics(
  { metrics, shared }: RunValues,
): Map<string, { value: number; job: string }> {
  return new Map(
    metrics.values.flatMap(({ job, value }) =>
      Object.entries(value).map(([name, value]) => [metricName(job, name), { value, job }] as const)
    ).filter(([name]) => !shared.metrics.has(name)),
  );
}

/** Id → claim, as in a run's `claims.json`. */
const namedClaims = (
  { ledgers, shared }: RunValues,
): Map<string, { value: Claim; job: string }> =>
  new Map(
    ledgers.values.flatMap(({ job, value }) =>
      value.claims.map((claim) => [claim.id, { value: claim, job }] as const)
    ).filter(([id]) => !shared.claims.has(id)),
  );

/** `dag` says which jobs judge claims, also of a job that failed and so has no outputs. */
export function evidenceOfRun(source: RunSource, values: RunValues, dag: Dag): Evidence {
  const metrics = namedMetrics(values);
  const claims = namedClaims(values);
  const missing = (message: string | undefined): Missing | undefined =>
    message === undefined ? undefined : { missing: message };
  const jobs = new Map(source.manifest.jobs.map((job) => [job.name, job]));
  const judges = new Set([
    ...dag.filter(({ stage }) =>
      Object.values<AnyArtifactType>(stage.outputs).some(({ kind }) => kind === "ledger")
    ).map(({ name }) => name),
    ...values.ledgers.unusable.map(({ job }) => job),
  ]);
  /** Returns why a result of such a job is missing, if the run says so. */
  const why = (concerned: (job: string) => boolean): Missing | undefined => {
    for (const { unusable } of [values.metrics, values.ledgers]) {
      for (const { job, error } of unusable) {
        if (concerned(job)) return { missing: error.message, untrusted: true };
      }
    }
    const job = source.manifest.jobs.find(({ name, error }) =>
      error !== undefined && concerned(name)
    );
    return job && { missing: job.error! };
  };
  const unknown = (what: string, name: string, known: Iterable<string>) => ({
    missing: wordFailure({ reason: "unknown-name", what, name, known: [...known] }),
  });
  const found = <T>(from: { value: T; job: string }): From<T> => ({
    value: from.value,
    jobs: [from.job],
  });
  return {
    metric(name) {
      const metric = metrics.get(name);
      if (metric !== undefined) return found(metric);
      return missing(values.shared.metrics.get(name)) ??
        why((job) => name.startsWith(`${subjectOf(job)}.`)) ??
        unknown("metric", name, metrics.keys());
    },
    claim(id) {
      const claim = claims.get(id);
      if (claim !== undefined) return found(claim);
      return missing(values.shared.claims.get(id)) ??
        why((job) => judges.has(job)) ?? unknown("claim", id, claims.keys());
    },
    artifact(name, output) {
      const job = jobs.get(name);
      if (job === undefined) return unknown("job", name, jobs.keys());
      if (!Object.hasOwn(job.outputs, output)) {
        return why((other) => other === name) ??
          unknown(`output of ${name}`, output, Object.keys(job.outputs));
      }
      const { sha256, size, mediaType, file } = job.outputs[output];
      const isThere = () => source.isThere(name, output);
      const read = () => source.read(name, output);
      return { value: { sha256, size, mediaType, file, isThere, read }, jobs: [name] };
    },
    parameter(job, path) {
      const { parameters = {} } = jobs.get(job) ?? {};
      return valueOfPart(parameters, partNamed(path, Object.keys(parameters)));
    },
  };
}
