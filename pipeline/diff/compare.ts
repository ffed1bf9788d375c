/**
 * Compares two runs output by output and metric by metric, then finds why they differ and at which step
 * they first diverge. Decides whether they agree at a level.
 */
import type { Ledger } from "../../schemas/run/judged_claims.ts";
import type {
  ClaimComparison,
  Comparison,
  Divergence,
  OutputComparison,
} from "../../schemas/run/comparison.ts";
import type { Manifest, ManifestJob, ManifestOutput } from "../../schemas/run/manifest.ts";
import type { Metrics } from "../../schemas/run/metric_values.ts";
import { noTolerances, type Tolerances } from "../../schemas/run/tolerances.ts";
import { commitWords } from "../runs/read_manifest.ts";
import type { RunSource } from "../runs/run_source.ts";
import { toleranceFor, unusedTolerances } from "./tolerance_bounds.ts";
import { findCauses } from "./cause.ts";
import { hasResult } from "../runs/has_result.ts";
import { decideWhatCounts, letFollow, type Relevance } from "./relevance.ts";
import { compareMetrics, type Spreads } from "./metric_difference.ts";
import { divergenceByCheckpoints, divergenceByTensors, stepsOf } from "./divergence.ts";
import { isKnown, type Level, worstOf } from "./agreement.ts";
import { metricOrigins, metricsOf } from "./origins.ts";
import { notesOf } from "./render/notes.ts";
import { patchOf } from "./patch.ts";
import type { ReadSource } from "../engine/code/sources.ts";
import { type Compared, compareOutput, readArrays } from "./output.ts";
import { sentenceOf } from "./render/sentence.ts";
import { type Found, notComparedIn, verdictOf } from "./agreement_verdict.ts";

interface CompareOptions {
  level: Level;
  /** Level at which a job must agree, replacing `level`; undefined: it does not decide. */
  levelOf?: Relevance["levelOf"];
  /** Replaces what the outputs declare. */
  tolerances?: Tolerances;
  /** The largest differences by seeds alone, from replicates; undefined without replicates. */
  spreads?: Spreads;
  /** Read and hash also what the manifests say is the same. */
  rehash: boolean;
  /** Make pictures of what changed in images. */
  pictures: boolean;
  /** Finds the texts of source files, so that changed lines are counted. */
  readSource?: ReadSource;
  /** Show the changed lines of source files. */
  patch?: boolean;
  /** Compare these jobs alone. */
  jobs?: ReadonlySet<string>;
  mayHaveMore?: Relevance["mayHaveMore"];
  mayBeUnknown?: Relevance["mayBeUnknown"];
  onProgress?: (done: number, total: number) => void;
}

/** Compares two runs. Holds the bytes of one output at a time. */
export async function compareRuns(
  a: RunSource,
  b: RunSource,
  options: CompareOptions,
): Promise<Comparison> {
  const { tolerances = noTolerances, spreads, jobs } = options;
  const [manifestA, manifestB] = [a, b].map(({ manifest }) => restricted(manifest, jobs));
  const manifests = [manifestA, manifestB];
  const outputs = await compareOutputs([a, b], manifests, options);
  const origins = metricOrigins([a, b], manifests, tolerances);
  const [metricsA, metricsB] = comparedMetrics([a, b], jobs, origins);
  const known = spreads?.metrics ?? new Map();
  const { metrics, curves } = compareMetrics(metricsA, metricsB, origins, known);

  const { level, levelOf = () => level, mayHaveMore, mayBeUnknown } = options;
  const relevance: Relevance = { levelOf, mayHaveMore, mayBeUnknown };
  decideWhatCounts(manifestB, outputs, metrics, relevance);
  const following = letFollow(manifests, outputs, metrics, relevance);
  const { readSource = () => undefined } = options;
  const { causes, silent, same } = findCauses(manifestA, manifestB, outputs, readSource);
  const divergences = divergencesOf(a, b, manifests, outputs);
  const found: Found = {
    outputs,
    metrics,
    claims: comparedClaims(a.claims(), b.claims(), outputs, options),
    unfinished: withoutResult(manifestA, manifestB),
  };
  const notCompared = notComparedIn(found);
  return {
    version: 1,
    a: runOf(a),
    b: runOf(b),
    level,
    worst: worstOf(
      [...outputs, ...metrics].filter(({ counts }) => counts)
        .map(({ agreement }) => agreement).filter(isKnown),
    ),
    verdict: verdictOf(found, (job) => levelOf(job ?? "") ?? level),
    notCompared,
    sentence: sentenceOf({ causes, same, divergences, outputs, metrics }),
    causes,
    silent,
    same,
    patch: options.patch
      ? patchOf([...causes.flatMap(({ lines }) => lines), ...silent], readSource)
      : null,
    divergences,
    outputs,
    metrics,
    curves,
    claims: [...found.claims.differing],
    spreadLevel: metrics.some(({ spread }) => spread !== null) ? spreads!.level : null,
    notes: notesOf(a, b, {
      unused: unusedTolerances(tolerances, outputs, metrics),
      outputs,
      metrics,
      silent,
      following: following.length,
      notCompared,
    }),
  };
}

/** Compares every output that either run has. */
async function compareOutputs(
  [a, b]: readonly RunSource[],
  [manifestA, manifestB]: readonly Manifest[],
  options: CompareOptions,
): Promise<OutputComparison[]> {
  const pairs = pairsOf(manifestA, manifestB);
  const outputs: OutputComparison[] = [];
  for (const [i, { job, output, x, y }] of pairs.entries()) {
    const declared = (y ?? x)!;
    const tolerance = toleranceFor(options.tolerances ?? noTolerances, job, output, declared);
    const { type, mediaType, file } = declared;
    const place = { job, output, type, mediaType, file, tolerance, counts: true };
    const compared = x === undefined || y === undefined ? onlyInOne(x, y) : await compareOutput(
      { declared: x, inspect: () => a.inspect(job, output) },
      { declared: y, inspect: () => b.inspect(job, output) },
      tolerance,
      options,
    );
    outputs.push({ ...place, ...compared });
    options.onProgress?.(i + 1, pairs.length);
  }
  return outputs;
}

/** An output that one run lacks. */
function onlyInOne(x: ManifestOutput | undefined, y: ManifestOutput | undefined): Compared {
  const sideOf = (output: ManifestOutput | undefined) =>
    output && { sha256: output.sha256, size: output.size, state: "not-read" as const };
  const note = `only in ${x === undefined ? "B" : "A"}`;
  return {
    agreement: "missing",
    a: sideOf(x) ?? null,
    b: sideOf(y) ?? null,
    note,
    detail: null,
  };
}

/** Metrics of both runs; of some jobs alone without those that another job may have given. */
function comparedMetrics(
  sources: readonly RunSource[],
  jobs: ReadonlySet<string> | undefined,
  originOf: ReturnType<typeof metricOrigins>,
): (Metrics | undefined)[] {
  const all = sources.map((source) => metricsOf(source, jobs));
  if (jobs === undefined) return all;
  const inAll = (name: string) =>
    all.every((metrics) => metrics === undefined || Object.hasOwn(metrics, name));
  const isTheirs = ([name]: [string, number]) => originOf(name).job !== null || inAll(name);
  return all.map((metrics) =>
    metrics && Object.fromEntries(Object.entries(metrics).filter(isTheirs))
  );
}

/** Jobs of both runs that ended without outputs in either, so that there is nothing to compare. */
function withoutResult(a: Manifest, b: Manifest): string[] {
  const inB = new Map(b.jobs.map((job) => [job.name, job]));
  return a.jobs.filter((job) => {
    const other = inB.get(job.name);
    return other !== undefined && !hasResult(job) && !hasResult(other);
  }).map(({ name }) => name);
}

/** The comparison of both runs' claims, as far as both are known, and whether it decides. */
function comparedClaims(
  a: Ledger | undefined,
  b: Ledger | undefined,
  outputs: readonly OutputComparison[],
  { jobs, level, levelOf }: CompareOptions,
): Found["claims"] {
  return {
    differing: compareClaims(a, b, jobs !== undefined),
    unknown: (a === undefined) !== (b === undefined) &&
      outputs.some(({ type, agreement }) => type === "ledger" && agreement !== "identical"),
    count: level !== "consistent" && levelOf === undefined,
  };
}

/** Claims whose verdicts differ; of some jobs alone only those that both runs judge. */
function compareClaims(
  a: Ledger | undefined,
  b: Ledger | undefined,
  sharedAlone: boolean,
): ClaimComparison[] {
  if (a === undefined || b === undefined) return [];
  const verdicts = ({ claims }: Ledger) => new Map(claims.map(({ id, verdict }) => [id, verdict]));
  const [x, y] = [verdicts(a), verdicts(b)];
  return [...new Set([...x.keys(), ...y.keys()])]
    .map((id) => ({ id, a: x.get(id) ?? null, b: y.get(id) ?? null }))
    .filter(({ a, b }) => a !== b && !(sharedAlone && (a === null || b === null)));
}

const restricted = (manifest: Manifest, jobs: ReadonlySet<string> | undefined): Manifest =>
  jobs === undefined
    ? manifest
    : { ...manifest, jobs: manifest.jobs.filter(({ name }) => jobs.has(name)) };

/** Every output of either run, in the order of the data. */
function pairsOf(a: Manifest, b: Manifest) {
  const others = new Map(b.jobs.map((job) => [job.name, job]));
  const own = new Set(a.jobs.map(({ name }) => name));
  const jobs: [ManifestJob | undefined, ManifestJob | undefined][] = [
    ...a.jobs.map((job): [ManifestJob, ManifestJob | undefined] => [job, others.get(job.name)]),
    ...b.jobs.filter(({ name }) => !own.has(name))
      .map((job): [undefined, ManifestJob] => [undefined, job]),
  ];
  return jobs.flatMap(([x, y]) => {
    const names = new Set([...Object.keys(x?.outputs ?? {}), ...Object.keys(y?.outputs ?? {})]);
    const outputOf = (job: ManifestJob | undefined, name: string) =>
      job !== undefined && Object.hasOwn(job.outputs, name) ? job.outputs[name] : undefined;
    return [...names].map((output) => ({
      job: (x ?? y)!.name,
      output,
      x: outputOf(x, output),
      y: outputOf(y, output),
    }));
  });
}

/** Divergence by step, in each job that works in steps and whose outputs differ. */
function divergencesOf(
  a: RunSource,
  b: RunSource,
  [manifestA, manifestB]: Manifest[],
  outputs: readonly OutputComparison[],
): Divergence[] {
  const jobsB = new Map(manifestB.jobs.map((job) => [job.name, job]));
  const differingOf = Map.groupBy(
    outputs.filter(({ a, b, agreement }) => a !== null && b !== null && agreement !== "identical"),
    ({ job }) => job,
  );
  return manifestA.jobs.flatMap((job) => {
    const [other, differing] = [jobsB.get(job.name), differingOf.get(job.name)];
    if (other === undefined || differing === undefined) return [];
    const [x, y] = [stepsOf(job), stepsOf(other)];
    if (x !== undefined && y !== undefined) {
      const steps = { ...x, count: Math.min(x.count, y.count) };
      const read = (source: RunSource) => (step: number) => source.checkpoint(job.name, step);
      const divergence = divergenceByCheckpoints(job.name, steps, read(a), read(b));
      if (divergence !== undefined) return [divergence];
    }
    for (const { output, mediaType, detail } of differing) {
      if (detail?.kind !== "arrays" || !mediaType.startsWith("application/vnd.safetensors")) {
        continue;
      }
      const tensorsOf = (source: RunSource, { outputs }: ManifestJob) => {
        const inspected = source.inspect(job.name, output);
        const { mediaType } = outputs[output];
        return inspected.state === "whole" ? readArrays(inspected.content, mediaType) : undefined;
      };
      const [tensorsA, tensorsB] = [tensorsOf(a, job), tensorsOf(b, other)];
      const divergence = tensorsA && tensorsB && divergenceByTensors(job.name, tensorsA, tensorsB);
      if (divergence !== undefined) return [divergence];
    }
    return [];
  });
}

function runOf({ name, form, manifest }: RunSource): Comparison["a"] {
  const { run, status, experiment, environment: machine } = manifest;
  const { deno, os, arch, adapter } = machine;
  const parts = [`Deno ${deno}`, `${os} ${arch}`, adapter === null ? "no adapter" : adapter];
  const commit = commitWords(manifest);
  return {
    name,
    form,
    run,
    experiment: experiment.name,
    status,
    machine: parts.join(", "),
    commit: commit === undefined ? null : `commit ${commit}`,
  };
}
