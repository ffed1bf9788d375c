/**
 * Recomputes what is graded: runs its jobs from the run's own inputs, in a store of their own, and compares
 * the outputs with the run's. A job that works in steps, as a training does, may take as long as the run
 * did, so it is recomputed only with `--recompute-all`.
 */
import { join } from "node:path";
import type { Action } from "../../schemas/run/action.ts";
import type { ManifestJob } from "../../schemas/run/manifest.ts";
import type { Recomputed, TrustProblem } from "../../schemas/run/graded.ts";
import type { Item } from "../../schemas/run/expected.ts";
import { exact, type Tolerance } from "../../schemas/run/tolerance.ts";
import { outputWords } from "../diff/render/describe.ts";
import { agreesAt, isKnown } from "../diff/agreement.ts";
import { compareOutput } from "../diff/output.ts";
import { contentInMemory } from "../store/content_pieces.ts";
import type { Job } from "../engine/dag.ts";
import type { Notice } from "../engine/event.ts";
import { type Executor, silent, workerThreads } from "../engine/executor/executor.ts";
import { changesBetween, keyLines, keyOf, labelOf, parseLines, recordText } from "../engine/key.ts";
import { prepare, type Prepared, type Project } from "../engine/project/project.ts";
import type { RunSource } from "../runs/run_source.ts";
import { openStore, putBlob, readAction, readBlob, type Store } from "../store/store.ts";
import { type Evidence, find } from "./evidence.ts";

/** The jobs that gave what the items grade; an item with a known hash needs no computing. */
export function gradedJobs(items: readonly Item[], evidence: Evidence): Set<string> {
  const found = items.filter(({ expected }) => expected.kind !== "hash")
    .flatMap(({ target, expected }) => [
      find(evidence, target),
      ...(expected.kind === "by" ? [evidence.metric(expected.metric)] : []),
    ]);
  return new Set(found.flatMap((one) => "missing" in one ? [] : [...one.jobs]));
}

/** Integrity errors of the jobs that gave other results than claimed. */
export const problemsOf = (recomputed: readonly Recomputed[]): TrustProblem[] =>
  recomputed.filter(({ outcome }) => outcome === "differs")
    .map(({ job, message }) => ({ where: job, message: message!, jobs: [job] }));

interface RecomputeOptions {
  names: ReadonlySet<string>;
  /** Also jobs that work in steps. */
  steps: boolean;
  onStart(job: string, about: string): void;
  onNotice(notice: Notice): void;
  signal: AbortSignal;
}

/** Recomputes the named jobs in the run's order, and reports the outcome of each. */
export async function recompute(
  project: Project,
  source: RunSource,
  options: RecomputeOptions,
): Promise<Recomputed[]> {
  const dag = new Map(project.dag.map((job) => [job.name, job]));
  const wanted = source.manifest.jobs.filter(({ name }) => options.names.has(name));
  const known = wanted.flatMap(({ name }) => dag.get(name) ?? [])
    .filter(({ data }) => data === undefined);
  const { experiment } = source.manifest;
  const prepared = await prepare(project, { experiment, jobs: known }, {
    notice: options.onNotice,
    say() {},
  });
  const scratch = join(prepared.store.root, "tmp", `recompute-${crypto.randomUUID()}`);
  Deno.mkdirSync(scratch, { recursive: true });
  const store = openStore(scratch);
  const executor = workerThreads(1, {
    storeRoot: scratch,
    codeRoot: prepared.store.root,
    root: project.root,
    stages: prepared.stages,
    settings: {},
  });
  try {
    const results: Recomputed[] = [];
    for (const claimed of wanted) {
      const job = dag.get(claimed.name);
      results.push(await again(claimed, job, { source, prepared, store, executor, options }));
    }
    return results;
  } finally {
    await executor.close();
    await Deno.remove(scratch, { recursive: true });
  }
}

interface Means {
  source: RunSource;
  prepared: Prepared;
  store: Store;
  executor: Executor;
  options: RecomputeOptions;
}

/** Tolerance between machines or codes that differ, for outputs that declare none. */
const elsewhere: Tolerance = { kind: "close", relative: 1e-3, absolute: 1e-4 };

const notRecomputed = (job: string, message: string, differs: string[]): Recomputed => ({
  job,
  outcome: "not-recomputed",
  differs,
  message,
});

async function again(
  claimed: ManifestJob,
  job: Job | undefined,
  means: Means,
): Promise<Recomputed> {
  const { name } = claimed;
  const { source, prepared, store, executor, options } = means;
  let differs: string[] = [];
  const not = (message: string) => notRecomputed(name, message, differs);
  if (job === undefined) return not("this repository's DAG has no such job");
  if (job.data !== undefined) return not("it is the run's own data, which no code gives");
  const { stage } = job;
  if (stage.steps !== undefined && !options.steps) {
    return not("it works in steps, and is run again only by --recompute-all");
  }
  const parameters = stage.parameters.safeParse(claimed.parameters);
  if (!parameters.success) return not("its parameters are none of the stage's");
  let inputs: Record<string, string>;
  try {
    inputs = copyInputs(job, source, store);
  } catch (error) {
    return not((error as Error).message);
  }
  const code = prepared.codes.get(stage.name)!;
  const lines = keyLines(stage, parameters.data, inputs, code, prepared.machine);
  differs = changesBetween(parseLines(claimed.lines), lines)
    .filter(({ kind }) => kind !== "input").map(labelOf);
  const key = keyOf(lines);
  putBlob(store, new TextEncoder().encode(recordText(lines)));
  options.onStart(name, stage.about);
  try {
    const task = { job: name, stage: stage.name, key, force: false, again: false };
    await executor.execute(task, silent, options.signal);
  } catch (error) {
    options.signal.throwIfAborted();
    return not(`it failed: ${(error as Error).message}`);
  }
  const { outputs } = readAction(store, key, () => {})!;
  return await outcomeOf(claimed, outputs, differs, means);
}

/** Copies a job's inputs from the run into the store: input → SHA-256. Throws if one is missing. */
function copyInputs({ inputs }: Job, source: RunSource, store: Store): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([input, from]) => {
      const bytes = source.read(from.job, from.output);
      if (bytes === undefined) throw new Error(`its input ${input}, of ${from.job}, is missing`);
      return [input, putBlob(store, bytes).sha256];
    }),
  );
}

/** Compares the recomputed outputs of a job with the claimed ones. */
async function outcomeOf(
  claimed: ManifestJob,
  recomputed: Action["outputs"],
  differs: string[],
  { source, store }: Means,
): Promise<Recomputed> {
  const { name } = claimed;
  const not = (message: string) => notRecomputed(name, message, differs);
  const changed = Object.entries(recomputed)
    .filter(([output, { sha256 }]) => claimed.outputs[output]?.sha256 !== sha256);
  const unclaimed = changed.find(([output]) => claimed.outputs[output] === undefined);
  if (unclaimed !== undefined) return not(`the run has no ${unclaimed[0]} of it`);
  if (changed.length === 0) return { job: name, outcome: "same-bytes", differs, message: null };
  const unknown: string[] = [];
  for (const [output, own] of changed) {
    const theirs = claimed.outputs[output];
    const content = contentInMemory(readBlob(store, own.sha256));
    const compared = await compareOutput(
      { declared: theirs, inspect: () => source.inspect(name, output) },
      { declared: { ...theirs, ...own }, inspect: () => ({ state: "whole", content }) },
      toleranceOf(theirs.tolerance, differs),
      { rehash: false, pictures: false },
    );
    if (!isKnown(compared.agreement) && differs.length > 0) unknown.push(output);
    else if (!agreesAt(compared.agreement, "within")) {
      const message = `recomputed from its own inputs, ${output} differs (claimed → recomputed): ` +
        outputWords(compared);
      return { job: name, outcome: "differs", differs, message };
    }
  }
  if (unknown.length > 0) return not(`the run lacks ${unknown.join(", ")} of it`);
  return { job: name, outcome: "within-tolerance", differs, message: null };
}

/** Exact on the same machine with the same code, as its key lines say. */
function toleranceOf(declared: Tolerance, differs: readonly string[]): Tolerance {
  if (differs.length === 0) return exact;
  return declared.kind === "exact" ? elsewhere : declared;
}
