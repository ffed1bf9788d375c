/**
 * Computes what is graded again, and all that it derives from: from the grader's own data, code and
 * parameters, in a store of its own, within limits. Of the submission it takes the seeds and the order
 * of backends alone. Then compares each output with the submitted one.
 *
 * A result that a run here computed under the same key is taken from it. Results in the store may also
 * have come by import, so the store alone proves nothing.
 */
import { openPackages } from "../engine/code/package_content.ts";
import { join } from "node:path";
import type { Json } from "../../schemas/public/project_settings.ts";
import type { Experiment } from "../../schemas/run/experiment.ts";
import type { ManifestJob } from "../../schemas/run/manifest.ts";
import type { Recomputed, TrustProblem } from "../../schemas/run/graded.ts";
import type { Item } from "../../schemas/run/expected.ts";
import { Resources } from "../../schemas/run/job_resources.ts";
import { exact, type Tolerance } from "../../schemas/run/tolerance.ts";
import { outputWords } from "../diff/render/describe.ts";
import { agreesAt, isKnown } from "../diff/agreement.ts";
import { compareOutput } from "../diff/output.ts";
import { contentInMemory } from "../store/content_pieces.ts";
import type { Event, Notice } from "../engine/event.ts";
import { workerThreads } from "../engine/executor/executor.ts";
import { Failed } from "../engine/failed.ts";
import { changesBetween, labelOf, parseLines, recordText } from "../engine/key.ts";
import type { Outcome, RemoteCache } from "../engine/obtain.ts";
import { lookUp } from "../engine/plan.ts";
import { withPartOf } from "../engine/project/parameter_parts.ts";
import { prepare, type Prepared, type Project } from "../engine/project/project.ts";
import { select, type Selection } from "../engine/project/selection.ts";
import { run } from "../engine/scheduler.ts";
import { completeRuns } from "../runs/latest.ts";
import { runDirectory } from "../runs/read_manifest.ts";
import type { RunSource } from "../runs/run_source.ts";
import { linkOrCopy } from "../store/link.ts";
import {
  blobPath,
  hasBlob,
  openStore,
  placeBlob,
  putRecord,
  readBlob,
  scratchRoot,
  type Store,
  writeAction,
} from "../store/store.ts";
import { makeDirectory } from "../store/atomic_write.ts";
import { type Evidence, evidenceJobs } from "./evidence.ts";
import { bounded } from "./job_limits.ts";
import { behind, type Rubric } from "./rubric.ts";
import { isVerified } from "./trust_level.ts";

/** The jobs that gave what the items grade, or decide how; an item with a known hash needs none. */
export const gradedJobs = (items: readonly Item[], evidence: Evidence): Set<string> =>
  new Set(
    items.filter(({ expected }) => expected.kind !== "hash")
      .flatMap((item) => evidenceJobs(evidence, item)),
  );

/** Integrity errors of the jobs that gave other results than submitted. */
export const problemsOf = (recomputed: readonly Recomputed[]): TrustProblem[] =>
  recomputed.filter(({ outcome }) => outcome === "differs")
    .map(({ job, message }) => ({ where: job, message: message!, jobs: [job] }));

interface RecomputeOptions {
  /** The jobs that the grade rests on; all that they derive from is computed too. */
  names: ReadonlySet<string>;
  /** Jobs whose entry in the manifest cannot be relied on, so that their seeds are not taken. */
  distrusted: ReadonlySet<string>;
  onStart(job: string, about: string): void;
  onEnd(job: string): void;
  onNotice(notice: Notice): void;
  signal: AbortSignal;
}

/** The results, until it is disposed of. */
interface Recomputation extends AsyncDisposable {
  results: Recomputed[];
  /** The bytes of an output that agrees with the submitted one, as computed here. */
  read(job: string, output: string): Uint8Array<ArrayBuffer> | undefined;
}

export async function recompute(
  project: Project,
  source: RunSource,
  rubric: Rubric,
  options: RecomputeOptions,
): Promise<Recomputation> {
  const names = [...options.names].filter((name) => rubric.jobs.has(name));
  const needed = behind(rubric, names);
  const wanted = [...rubric.jobs.keys()].filter((name) => needed.has(name));
  const nothing = (message: string): Recomputation => ({
    results: wanted.map((job) => notRecomputed(job, message, [])),
    read: () => undefined,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
  if (wanted.length === 0 || rubric.experiment === undefined) {
    return nothing("this project has no such experiment");
  }
  const experiment = { ...rubric.experiment, jobs: names };
  const own = seeded(experiment, source, rubric, options.distrusted);
  const found = await selected(project, own, options.onNotice);
  if (typeof found === "string") return nothing(found);
  const { selection, prepared } = found;
  const { caches } = prepared.store;
  const scratch = join(caches, "tmp", `recompute-${crypto.randomUUID()}`);
  makeDirectory(scratch);
  const remove = () => Deno.remove(scratch, { recursive: true });
  const store = openStore(scratch);
  const threads = workerThreads(1, {
    storeRoot: scratch,
    codeRoot: caches,
    root: project.root,
    stages: prepared.stages,
    settings: {},
  }, openPackages(project.root, caches, options.onNotice));
  const executor = bounded(threads, resourcesOf(selection));
  try {
    const outcomes = await run(selection.jobs, { ...prepared, store }, executor, {
      signal: options.signal,
      remote: computedHere(project, prepared, store),
      onEvent: (event) => forward(event, options),
    });
    options.signal.throwIfAborted();
    const results = await verified(outcomes, source, store);
    return { results, read: reader(results, outcomes, store), [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  } finally {
    await executor.close();
  }
}

/** The jobs of an experiment, and what their keys depend on; a text says why there are none. */
async function selected(
  project: Project,
  experiment: Experiment,
  onNotice: (notice: Notice) => void,
): Promise<{ selection: Selection; prepared: Prepared } | string> {
  try {
    const selection = select(project.dag, experiment);
    const prepared = await prepare(project, selection, { notice: onNotice, doing() {} });
    return { selection, prepared };
  } catch (error) {
    if (error instanceof Failed) return error.message;
    throw error;
  }
}

/** The resources of each selected job, by its name. */
function resourcesOf({ jobs }: Selection): (job: string) => Resources {
  const resources = new Map(jobs.map((job) => [job.name, job.resources ?? Resources.parse({})]));
  return (job) => resources.get(job)!;
}

/** The results of jobs in the order of the run. One that derives from an unverified job is not verified. */
async function verified(
  outcomes: readonly Outcome[],
  source: RunSource,
  store: Store,
): Promise<Recomputed[]> {
  const claimed = new Map(source.manifest.jobs.map((job) => [job.name, job]));
  /** Jobs that ran by other code or on another machine, or derive from such. */
  const elsewhere = new Set<string>();
  const found = new Map<string, Recomputed>();
  for (const outcome of outcomes) {
    const { name, inputs } = outcome.job;
    const own = await compared(outcome, claimed.get(name), { source, store, elsewhere });
    const open = Object.values(inputs).find(({ job }) => !isVerified(found.get(job)!));
    const result = isVerified(own) && open !== undefined
      ? notRecomputed(name, `it derives from ${open.job}, which is not verified`, own.differs)
      : own;
    found.set(name, result);
  }
  return [...found.values()];
}

/** The grader's experiment with the seeds, and the order of backends, that the run has. */
function seeded(
  experiment: Experiment,
  { manifest }: RunSource,
  { jobs }: Rubric,
  distrusted: ReadonlySet<string>,
): Experiment {
  const parameters = { ...experiment.parameters };
  for (const { name, parameters: own } of manifest.jobs) {
    if (distrusted.has(name)) continue;
    const { parameters: demanded = {}, seeds = [] } = jobs.get(name) ?? {};
    for (const seed of seeds) {
      const { parameter } = seed;
      const { [parameter]: chosen } = withPartOf({ ...demanded, ...parameters[name] }, seed, own);
      parameters[name] = { ...parameters[name], [parameter]: chosen as Json };
    }
  }
  const { backends: accepted } = experiment;
  const preferred = manifest.experiment.backends.filter((one) => accepted.includes(one));
  return { ...experiment, parameters, backends: [...new Set([...preferred, ...accepted])] };
}

function forward(event: Event, { onStart, onEnd, onNotice }: RecomputeOptions): void {
  if (event.type === "started") onStart(event.job, event.about);
  if (event.type === "success") onEnd(event.job);
  if (event.type === "failure" && "job" in event.failure) onEnd(event.failure.job);
  if (event.type === "notice") onNotice(event.notice);
}

/** Gives the results of this project's store that complete runs made here computed themselves. */
function computedHere(project: Project, context: Prepared, to: Store): RemoteCache {
  let known: Map<string, ManifestJob["outputs"]> | undefined;
  const outputsOf = (key: string) => {
    known ??= new Map(
      [...completeRuns(project.artifacts)].flatMap((id) => {
        const { manifest } = runDirectory(project.artifacts, id);
        return (manifest?.jobs ?? []).flatMap(({ status, key, outputs }) =>
          status === "ran" && key !== undefined ? [[key, outputs] as const] : []
        );
      }),
    );
    return known.get(key);
  };
  return {
    fetch(keyed) {
      const own = outputsOf(keyed.key);
      const action = own && lookUp(keyed, context, () => {});
      const isOwn = action !== undefined &&
        Object.entries(action.outputs).every(([name, { sha256 }]) =>
          own![name]?.sha256 === sha256 && hasBlob(context.store, sha256)
        );
      if (!isOwn) return Promise.resolve(false);
      for (const { sha256 } of Object.values(action.outputs)) {
        if (!hasBlob(to, sha256)) copyBlob(context.store, to, sha256);
      }
      putRecord(to, recordText(keyed.lines));
      writeAction(to, action);
      return Promise.resolve(true);
    },
    store() {},
    settled: () => Promise.resolve(),
  };
}

function copyBlob(from: Store, to: Store, sha256: string): void {
  const file = join(scratchRoot(to), crypto.randomUUID());
  linkOrCopy(blobPath(from, sha256), file);
  placeBlob(to, file, sha256);
}

function reader(
  results: readonly Recomputed[],
  outcomes: readonly Outcome[],
  store: Store,
): Recomputation["read"] {
  const agreeing = new Map(
    outcomes.flatMap(({ job, action }, i) =>
      isVerified(results[i]) ? [[job.name, action!.outputs] as const] : []
    ),
  );
  return (job, output) => {
    const outputs = agreeing.get(job);
    return outputs !== undefined && Object.hasOwn(outputs, output)
      ? readBlob(store, outputs[output].sha256)
      : undefined;
  };
}

/** Tolerance between machines or codes that differ, for outputs that declare none. */
const otherwise: Tolerance = { kind: "close", relative: 1e-3, absolute: 1e-4 };

const notRecomputed = (job: string, message: string, differs: string[]): Recomputed => ({
  job,
  outcome: "not-recomputed",
  differs,
  message,
});

/** Compares the outputs of a job with the submitted ones. */
async function compared(
  { job, keyed, action, error, status }: Outcome,
  claimed: ManifestJob | undefined,
  { source, store, elsewhere }: { source: RunSource; store: Store; elsewhere: Set<string> },
): Promise<Recomputed> {
  const { name, stage } = job;
  if (claimed === undefined) return notRecomputed(name, "the run has no such job", []);
  const differs = keyed === undefined ? [] : changesBetween(parseLines(claimed.lines), keyed.lines)
    .filter(({ kind }) => kind !== "input").map(labelOf);
  const inherits = Object.values(job.inputs).some((input) => elsewhere.has(input.job));
  if (differs.length > 0 || inherits) elsewhere.add(name);
  const not = (message: string) => notRecomputed(name, message, differs);
  if (action === undefined) return not(error ?? `it is ${status}`);
  const lacking = Object.keys(action.outputs)
    .find((output) => !Object.hasOwn(claimed.outputs, output));
  if (lacking !== undefined) return not(`the run has no ${lacking} of it`);
  const changed = Object.entries(action.outputs)
    .filter(([output, { sha256 }]) => claimed.outputs[output].sha256 !== sha256);
  if (changed.length === 0) return { job: name, outcome: "same-bytes", differs, message: null };
  const unknown: string[] = [];
  for (const [output, own] of changed) {
    const theirs = claimed.outputs[output];
    const content = contentInMemory(readBlob(store, own.sha256));
    const compared = await compareOutput(
      { declared: theirs, inspect: () => source.inspect(name, output) },
      { declared: { ...theirs, ...own }, inspect: () => ({ state: "whole", content }) },
      toleranceOf(stage.outputs[output].tolerance, elsewhere.has(name)),
      { rehash: false, pictures: false },
    );
    if (!isKnown(compared.agreement)) unknown.push(output);
    else if (!agreesAt(compared.agreement, "within")) {
      const message = `computed here, ${output} differs (submitted → computed here): ` +
        outputWords(compared);
      return { job: name, outcome: "differs", differs, message };
    }
  }
  if (unknown.length > 0) {
    return not(
      `computed here, ${unknown.join(", ")} has another hash, and the run lacks the bytes`,
    );
  }
  return { job: name, outcome: "within-tolerance", differs, message: null };
}

/** Exact where the same code ran on the same machine, as key lines say. */
function toleranceOf(declared: Tolerance, isElsewhere: boolean): Tolerance {
  if (!isElsewhere) return exact;
  return declared.kind === "exact" ? otherwise : declared;
}
