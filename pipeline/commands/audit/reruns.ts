/**
 * Runs an audit: the first run, one with everything changed, and only if that changes an artifact, runs
 * with one condition each of the jobs that gave other bytes.
 */
import { join } from "node:path";
import type {
  Audit,
  ConditionName,
  ConditionResult,
  Finding,
} from "../../../schemas/run/audit_report.ts";
import {
  artifactName,
  type Changed,
  changedIn,
  type Rerun,
} from "../../diff/audit/compare_reruns.ts";
import { likelySource } from "../../diff/audit/likely_source.ts";
import { badgeOf } from "../../diff/audit/audit_text.ts";
import { Failed } from "../../engine/failed.ts";
import { readEventLog } from "../../runs/event_log.ts";
import { runsPath } from "../../runs/read_manifest.ts";
import { filesIn, sourceFrom } from "../../runs/run_source.ts";
import type { Console } from "../../terminal/progress.ts";
import { count, listed } from "../../terminal/numbers.ts";
import { cloneStore } from "./copy_project.ts";
import { clockLibrary, clockShift, type Condition, withClock } from "./audit_conditions.ts";
import { type Launch, type Program, start } from "./launch.ts";
import { exists } from "../../store/existence.ts";
import { entriesIn } from "../../store/files_under.ts";

interface Plan {
  program: Program;
  /** The first run, but for its artifacts. */
  launch: Omit<Launch, "artifacts">;
  conditions: readonly Condition[];
  /** Backends that are tried besides, each in a run of its own. */
  backends: readonly string[];
  scratch: string;
  experiment: string;
  only?: string;
  view: Console;
  signal: AbortSignal;
}

export async function audit(plan: Plan): Promise<Audit> {
  const started = new Date();
  const run = runner(plan);
  const first = await run("the first run", (launch) => launch);
  if ("problem" in first) throw notRun(first.problem);
  const { manifest } = first.source;
  if (manifest.status !== "complete") {
    const failed = manifest.jobs.find(({ status }) => status === "failed");
    throw notRun(failed?.error?.split("\n")[0] ?? `it ended as ${manifest.status}`);
  }
  const found = await foundByConditions(plan, first, run);
  const byBackends = await foundByBackends(plan, first, run);
  const artifacts = manifest.jobs.reduce((n, { outputs }) => n + Object.keys(outputs).length, 0);
  const findings = [...found.findings, ...byBackends.findings];
  const conditions = [...found.conditions, ...byBackends.conditions];
  const isClean = findings.every(({ declared }) => declared) &&
    conditions.every(({ state }) => state !== "failed");
  const report: Omit<Audit, "badge"> = {
    version: 1,
    experiment: plan.experiment,
    only: plan.only ?? null,
    started: started.toISOString(),
    seconds: (Date.now() - started.getTime()) / 1000,
    runs: run.count(),
    first: first.seconds,
    workers: plan.launch.workers,
    environment: manifest.environment,
    jobs: manifest.jobs.length,
    artifacts,
    conditions,
    findings,
    verdict: isClean ? "clean" : "differs",
  };
  return { ...report, badge: badgeOf(report) };
}

const notRun = (problem: string): Failed =>
  new Failed({
    reason: "usage",
    message: `The first run of the audit is not complete, so there is nothing to compare with: ` +
      problem,
  });

type Change = (launch: Launch) => Launch;
type Run = ReturnType<typeof runner>;

/** A run that was recorded. `artifacts` is where it lies now. */
interface Recorded extends Rerun {
  artifacts: string;
  /** Wall time, in seconds. */
  seconds: number;
}

/** A run that was recorded, or why none was. */
type Ended = Recorded | { problem: string };

/**
 * Gives the function that runs once. All runs have their artifacts in the same place while they go on,
 * but where the condition is another one. With `from` a run has the stages' code of that one already, and
 * with `force` also its results: these jobs alone run.
 */
function runner({ program, launch, scratch, view, signal }: Plan) {
  let runs = 0;
  const run = async (
    what: string,
    change: Change,
    from?: Recorded,
    force?: Iterable<string>,
  ): Promise<Ended> => {
    const name = `run ${++runs}`;
    const own = {
      ...change({ ...launch, artifacts: join(scratch, "current", "artifacts") }),
      force: [...force ?? []],
    };
    Deno.mkdirSync(own.artifacts, { recursive: true });
    if (from !== undefined) {
      cloneStore(
        from.artifacts,
        own.artifacts,
        force === undefined ? ["code"] : ["code", "results"],
      );
    }
    view.show({ type: "started", job: name, about: what });
    const [begin, time] = [performance.now(), Date.now()];
    const following = setInterval(() => showProgress(view, name, own.artifacts), followInterval);
    const { printed } = await start(program, own, signal).finally(() => clearInterval(following));
    signal.throwIfAborted();
    const seconds = (performance.now() - begin) / 1000;
    const artifacts = join(scratch, name);
    Deno.renameSync(own.artifacts, artifacts);
    const directory = recordIn(artifacts);
    if (directory === undefined) {
      const last = printed.split("\n").slice(-6).join("\n");
      const message = last === "" ? "it ended without a record" : last;
      view.say(`${name} has no result: ${message}`);
      return { problem: message };
    }
    view.show({ type: "success", reason: "ran", job: name, seconds });
    const source = sourceFrom(filesIn(directory), {
      name: what,
      form: "directory",
      place: directory,
      artifacts,
    });
    const shift = own.within.includes(`FAKETIME=${clockShift.text}`) ? clockShift.milliseconds : 0;
    const { HOME, USER } = own.env;
    const traces = {
      from: time + shift,
      to: Date.now() + shift,
      places: [own.artifacts, own.root],
      user: HOME === undefined ? [] : [HOME, USER],
    };
    return { source, traces, artifacts, seconds };
  };
  return Object.assign(run, { count: () => runs });
}

/** In ms. */
const followInterval = 1000;

/** Shows how many jobs of a run have ended. */
function showProgress(view: Console, name: string, artifacts: string): void {
  const [directory] = directoriesIn(artifacts);
  if (directory === undefined) return;
  const lines = readEventLog(directory, 0).lines.map(({ line }) => line);
  const [opened] = lines;
  if (opened?.type !== "opened") return;
  const total = opened.jobs.length;
  const done = lines.filter(({ type }) => type === "success" || type === "failure").length;
  view.show({ type: "progress", job: name, done, total, unit: total === 1 ? "job" : "jobs" });
}

function directoriesIn(artifacts: string): string[] {
  const runs = runsPath(artifacts);
  return entriesIn(runs).filter(({ isDirectory }) => isDirectory).map(({ name }) =>
    join(runs, name)
  );
}

/** The directory of the run that has a manifest. */
const recordIn = (artifacts: string): string | undefined =>
  directoriesIn(artifacts).find((path) => exists(join(path, "manifest.json")));

/** All changes at once. */
const together = (conditions: readonly Condition[]): Change => (launch) =>
  conditions.reduce((changed, { change }) => change!(changed), launch);

const isTried = ({ change }: Condition): boolean => change !== undefined;

/** A condition that changed artifacts, or several that do it only together. */
interface Effect {
  names: readonly ConditionName[];
  found: readonly Changed[];
}

async function foundByConditions(
  { conditions }: Plan,
  first: Recorded,
  run: Run,
): Promise<Pick<Audit, "conditions" | "findings">> {
  const { failed, whole, tried } = await allAtOnce(conditions.filter(isTried), first, run);
  const differing = whole === undefined ? [] : await changedIn(first, whole);
  const { effects, byChance } = await explained(differing, tried, first, run);
  const standing = await underStandingClock(byChance, run, first);
  const clocks = clocksRead(first);
  return {
    conditions: conditions.map(({ name, about, note = null, change }) => {
      if (change === undefined) return { name, about, state: "not-tried", note };
      const problem = failed.get(name);
      if (problem !== undefined) return { name, about, state: "failed", note: problem };
      const has = effects.some(({ names, found }) => found.length > 0 && names.includes(name));
      return { name, about, state: has ? "differs" : "kept", note };
    }),
    findings: differing.map((one) => findingOf(one, effects, { standing, clocks })),
  };
}

/**
 * The run with all conditions changed. Where none begins, the conditions that let no run begin are
 * found, and the others tried without them.
 */
async function allAtOnce(conditions: readonly Condition[], first: Recorded, run: Run) {
  const failed = new Map<ConditionName, string>();
  const tryAll = async (tried: readonly Condition[]) => {
    if (tried.length === 0) return undefined;
    const names = tried.map(({ name }) => name).filter((name) => name !== "again");
    const what = names.length === 0 ? "the same again" : `with another ${listed(names)}`;
    return await run(what, together(tried));
  };
  const whole = await tryAll(conditions);
  if (whole === undefined || !("problem" in whole)) return { failed, whole, tried: conditions };
  for (const { name, about, change } of conditions) {
    const alone = await run(about, change!, first, []);
    if ("problem" in alone) failed.set(name, alone.problem);
  }
  const tried = conditions.filter(({ name }) => !failed.has(name));
  const rest = failed.size === 0 ? whole : await tryAll(tried);
  if (rest !== undefined && "problem" in rest) throw notRun(rest.problem);
  return { failed, whole: rest, tried };
}

/** Conditions under which jobs stand otherwise to each other, so that all of them run again. */
const betweenJobs: readonly ConditionName[] = ["again", "workers", "order"];

/** Finds the condition that changes each artifact. */
async function explained(
  differing: readonly Changed[],
  tried: readonly Condition[],
  first: Recorded,
  run: Run,
): Promise<{ effects: Effect[]; byChance: readonly Changed[] }> {
  if (differing.length === 0) return { effects: [], byChance: [] };
  const changedAfter = async (what: string, change: Change) => {
    const ended = await run(what, change, first);
    return "problem" in ended ? [] : await changedIn(first, ended);
  };
  const conditions = tried.filter(({ name }) => name !== "again");
  // Conditions tell something of an artifact only if it has the same bytes without any.
  const byChance = conditions.length === 0
    ? differing
    : await changedAfter("the same again", (launch) => launch);
  const effects: Effect[] = [{ names: ["again"], found: byChance }];
  const steady = (found: readonly Changed[]) => {
    const others = namesOf(byChance);
    return found.filter((one) => !others.has(artifactName(one)));
  };
  const left = steady(differing);
  const jobs = new Set(left.filter(isRoot).map(({ job }) => job));
  if (jobs.size === 0) return { effects, byChance };
  if (conditions.length === 1) {
    return { effects: [...effects, { names: [conditions[0].name], found: left }], byChance };
  }
  const these = `${count(jobs.size, "job")} that gave other bytes`;
  const isBetween = ({ name }: Condition) => betweenJobs.includes(name);
  // The run that it is compared with has as few jobs beside it.
  const unchanged = conditions.every(isBetween)
    ? undefined
    : await run(`${these}, as before`, (launch) => launch, first, jobs);
  /** Runs under some conditions: these jobs alone where that is enough to see what they change. */
  const changedUnder = async (some: readonly Condition[]) => {
    const what = `with another ${listed(some.map(({ name }) => name))}`;
    if (some.some(isBetween)) return steady(await changedAfter(what, together(some)));
    const ended = await run(`${these}, ${what}`, together(some), first, jobs);
    return steady(await changedBetween(unchanged, ended));
  };
  for (const one of conditions) {
    effects.push({ names: [one.name], found: await changedUnder([one]) });
  }
  const known = new Set(effects.flatMap(({ found }) => [...namesOf(found)]));
  const open = namesOf(left.filter((one) => isRoot(one) && !known.has(artifactName(one))));
  if (open.size === 0) return { effects, byChance };
  const around = conditions.filter((one) => !isBetween(one));
  const least = await leastConditions(open, around, changedUnder) ??
    await leastConditions(open, conditions, changedUnder);
  return { effects: least === undefined ? effects : [...effects, least], byChance };
}

const isRoot = ({ follows }: Changed): boolean => follows.length === 0;

const namesOf = (list: readonly Changed[]): Set<string> => new Set(list.map(artifactName));

const changedBetween = async (a: Ended | undefined, b: Ended): Promise<Changed[]> =>
  a === undefined || "problem" in a || "problem" in b ? [] : await changedIn(a, b);

/** Leaves out one condition after the other for as long as the rest still changes an artifact. */
async function leastConditions(
  wanted: ReadonlySet<string>,
  conditions: readonly Condition[],
  changedUnder: (some: readonly Condition[]) => Promise<Changed[]>,
): Promise<Effect | undefined> {
  const under = async (some: readonly Condition[]): Promise<Effect> => ({
    names: some.map(({ name }) => name),
    found: (await changedUnder(some)).filter((one) => wanted.has(artifactName(one))),
  });
  if (conditions.length < 2) return undefined;
  let least = await under(conditions);
  if (least.found.length === 0) return undefined;
  for (const { name } of conditions) {
    if (least.names.length === 1) break;
    const names = least.names.filter((other) => other !== name);
    const fewer = await under(conditions.filter((one) => names.includes(one.name)));
    if (fewer.found.length > 0) least = fewer;
  }
  return least;
}

/** The artifacts that two runs under a clock that stands still give alike; undefined if not tried. */
async function underStandingClock(
  byChance: readonly Changed[],
  run: Run,
  first: Recorded,
): Promise<ReadonlySet<string> | undefined> {
  const library = byChance.length === 0 ? undefined : await clockLibrary();
  if (library === undefined) return undefined;
  const still = (launch: Launch) => withClock(launch, library, "2030-01-01 12:00:00");
  const jobs = new Set(byChance.filter(isRoot).map(({ job }) => job));
  const what = "under a clock that stands still";
  const x = await run(what, still, first, jobs);
  const y = await run(`${what}, again`, still, first, jobs);
  if ("problem" in x || "problem" in y) return undefined;
  const moved = namesOf(await changedIn(x, y));
  return new Set([...namesOf(byChance)].filter((name) => !moved.has(name)));
}

/** Job → the clocks that its stage was reported to read. */
function clocksRead(
  { source, artifacts }: Recorded,
): Map<string, string[]> {
  const directory = join(runsPath(artifacts), source.manifest.run);
  const clocks = new Map<string, string[]>();
  for (const { line } of readEventLog(directory, 0).lines) {
    if (line.type !== "notice") continue;
    const [, job, clock] = /^(.*?): it reads the clock \((.*?)\)/.exec(line.message) ?? [];
    if (job !== undefined) clocks.set(job, [...clocks.get(job) ?? [], clock]);
  }
  return clocks;
}

function findingOf(
  differing: Changed,
  effects: readonly Effect[],
  { standing, clocks }: {
    standing?: ReadonlySet<string>;
    clocks: ReadonlyMap<string, string[]>;
  },
): Finding {
  const name = artifactName(differing);
  const isIt = (one: Changed) => artifactName(one) === name;
  const those = effects.filter(({ found }) => found.some(isIt));
  const [{ names = [], found = [] } = {}] = those;
  const together = names.length > 1;
  const { evidence, ...changed } = found.find(isIt) ?? differing;
  const changedBy = together
    ? [...names]
    : those.flatMap(({ names: [one, ...more] }) => more.length === 0 ? [one] : []);
  const source = likelySource({
    changedBy,
    together,
    follows: changed.follows,
    evidence,
    clocks: clocks.get(changed.job) ?? [],
    keptByStandingClock: standing?.has(name),
  });
  return { ...changed, changedBy, together, source };
}

async function foundByBackends(
  { backends }: Plan,
  first: Recorded,
  run: Run,
): Promise<Pick<Audit, "conditions" | "findings">> {
  const conditions: ConditionResult[] = [];
  const findings: Finding[] = [];
  for (const backend of backends) {
    const about = `the backend: ${backend}`;
    const ended = await run(about, (launch) => ({ ...launch, backend }));
    const name = "backend";
    if ("problem" in ended) {
      conditions.push({ name, about, state: "failed", note: ended.problem });
      continue;
    }
    const changed = await changedIn(first, ended);
    conditions.push({ name, about, state: changed.length > 0 ? "differs" : "kept", note: null });
    findings.push(
      ...changed.map((one) =>
        findingOf(one, [{ names: [name], found: changed }], { clocks: new Map() })
      ),
    );
  }
  return { conditions, findings };
}
