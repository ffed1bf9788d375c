/**
 * Plans what would run, and why: walks the jobs in order, makes each key as far as its inputs are known, and
 * looks it up. Reads the store and changes nothing in it.
 */
import type { Action } from "../../schemas/run/action.ts";
import type { JobStatus, Sources } from "../../schemas/run/manifest.ts";
import type { Job } from "./dag.ts";
import type { Notice } from "./event.ts";
import { type Change, changesBetween, type KeyLine, withoutInputs } from "./key.ts";
import {
  type Context,
  inputsFrom,
  keyed,
  type KeyedJob,
  linesOf,
  type Results,
} from "./keyed_job.ts";
import { contentOutput } from "./own_data/own_data.ts";
import { changedReads, readChange } from "./sandbox/discovered_inputs.ts";
import { readAction } from "../store/store.ts";
import { findResult } from "../store/stored_result.ts";

/** The stored result of a job, if there is one that its stage can have given. */
export function lookUp(
  { job, key, content }: KeyedJob,
  { store, root }: Pick<Context, "store" | "root">,
  onNotice: (notice: Notice) => void,
): Action | undefined {
  const unusable = (problem: string) =>
    onNotice({ reason: "action-unusable", job: job.name, problem });
  const action = findResult(store, job.stage, key, unusable);
  if (action === undefined) return undefined;
  if (content !== undefined && action.outputs[contentOutput].sha256 !== content.sha256) {
    unusable("names other bytes than the file has");
    return undefined;
  }
  const [changed] = changedReads(action.reads, { table: store.table, root });
  if (changed === undefined) return action;
  unusable(`is of another ${changed.read.path}, a file that it read`);
  return undefined;
}

export type PlannedJob =
  & { job: Job }
  & (
    | { state: "cached"; keyed: KeyedJob; action: Action }
    /** Not in the store here, but among `elsewhere`. */
    | { state: "remote"; keyed: KeyedJob; action: Action }
    /** Without a key where an input does not exist yet; `again` where its stored result is of no use. */
    | { state: "run"; keyed?: KeyedJob; why: Why; again?: boolean }
    /** Runs only if these jobs give other bytes than before. */
    | { state: "waits"; for: string[] }
  );

export type Why =
  | { reason: "forced" }
  | { reason: "first" }
  /** `sources`: those that the earlier run recorded of its code. */
  | { reason: "changed"; changes: Change[]; sources?: Sources }
  /** It failed or was interrupted in that run. */
  | { reason: "unfinished"; run: string; status: JobStatus }
  | { reason: "lost" };

/** A job in an earlier run. */
export interface EarlierJob {
  run: string;
  status: JobStatus;
  lines: readonly KeyLine[];
  /** Time that it took. */
  seconds?: number;
  /** The files behind the code of that run's stages, if it recorded them. */
  sources?: Sources;
}

/** The reason why a job runs without a result under its key, from an earlier run of it. */
function whyNot(earlier: EarlierJob | undefined, lines: readonly KeyLine[]): Why {
  if (earlier === undefined) return { reason: "first" };
  const changes = changesBetween(earlier.lines, lines);
  const { run, status, sources } = earlier;
  if (changes.length > 0) return { reason: "changed", changes, sources };
  const unfinished = status === "failed" || status === "interrupted";
  return unfinished ? { reason: "unfinished", run, status } : { reason: "lost" };
}

/** Plans the jobs, which must come in order. Without `earlier` each that runs has the reason of a first run. */
export function plan(
  jobs: readonly Job[],
  context: Context,
  { force, earlier = () => undefined, onNotice = () => {}, elsewhere }: {
    /** Names of the jobs that run even if their results are stored. */
    force?: ReadonlySet<string>;
    /** Gives what an earlier run did with a job. */
    earlier?: (job: string) => EarlierJob | undefined;
    onNotice?: (notice: Notice) => void;
    /** Key → a result that lies elsewhere. */
    elsewhere?: ReadonlyMap<string, Action>;
  } = {},
): PlannedJob[] {
  const actions = new Map<string, Pick<Action, "outputs">>();
  return jobs.map((job): PlannedJob => {
    const known = keyed(job, actions, context);
    if (force?.has(job.name) && job.data === undefined) {
      return { job, state: "run", keyed: known, why: { reason: "forced" } };
    }
    if (known === undefined) return planWaiting(job, actions, context, earlier(job.name));
    let again = false;
    const action = lookUp(known, context, (notice) => {
      again = true;
      onNotice(notice);
    });
    if (action !== undefined) {
      actions.set(job.name, action);
      return { job, state: "cached", keyed: known, action };
    }
    const far = elsewhere?.get(known.key);
    if (far !== undefined && job.data === undefined) {
      actions.set(job.name, far);
      return { job, state: "remote", keyed: known, action: far };
    }
    const { content } = known;
    if (content !== undefined) actions.set(job.name, { outputs: { [contentOutput]: content } });
    const why = whyAgain(known, again, earlier, context);
    return { job, state: "run", keyed: known, why, again };
  });
}

/**
 * The reason why a job runs that nobody forces. `again`: its stored result is of no use, as where a file
 * that it read has changed.
 */
export function whyAgain(
  { job, key, lines }: KeyedJob,
  again: boolean,
  earlier: (job: string) => EarlierJob | undefined,
  { store, root }: Pick<Context, "store" | "root">,
): Why {
  const stored = again ? readAction(store, key, () => {}) : undefined;
  const changes = changedReads(stored?.reads, { root, table: store.table })
    .map(({ read: { path, sha256 }, now }) => readChange(path, sha256, now));
  return changes.length > 0 ? { reason: "changed", changes } : whyNot(earlier(job.name), lines);
}

/** A job of which an input is not known yet: it runs for certain if anything else differs already. */
function planWaiting(
  job: Job,
  actions: Results,
  context: Context,
  earlier: EarlierJob | undefined,
): PlannedJob {
  const inputs = Object.entries(job.inputs);
  const missing = inputs.filter(([, from]) => !actions.has(from.job));
  const unknown = missing.map(([name]) => name);
  const lines = linesOf(job, inputsFrom(job, actions), context);
  const why = whyNot(
    earlier && { ...earlier, lines: withoutInputs(earlier.lines, unknown) },
    lines,
  );
  if (why.reason !== "lost") return { job, state: "run", why };
  return { job, state: "waits", for: [...new Set(missing.map(([, from]) => from.job))] };
}
