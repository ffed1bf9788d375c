/**
 * Executes a selection: runs its jobs, records the run and prints what it found. The commands decide
 * which jobs run, and where.
 */
import { join } from "node:path";
import type { Console } from "../terminal/progress.ts";
import type { Upcoming } from "../terminal/time_left.ts";
import type { Sources } from "../../schemas/run/manifest.ts";
import { whyWords } from "../engine/change_words.ts";
import { sourcesOf, storeSources } from "../engine/code/sources.ts";
import type { KeyedJob } from "../engine/keyed_job.ts";
import { needsOf } from "../engine/order.ts";
import { type Why, whyAgain } from "../engine/plan.ts";
import { earlierJobs } from "../runs/earlier_jobs.ts";
import { sourceReader } from "../runs/source_text.ts";
import type { Selection } from "../engine/project/selection.ts";
import type { JobSettings } from "../engine/effects.ts";
import type { Notice } from "../engine/event.ts";
import { eventLogFile, openEventLog } from "../runs/event_log.ts";
import { type Executor, workerThreads } from "../engine/executor/executor.ts";
import { listenForInterruption } from "../terminal/interruption.ts";
import { openJobLogs } from "../engine/executor/job_logs.ts";
import { shareStore } from "../store/lock.ts";
import { environment as environmentOf } from "../engine/machine/machine.ts";
import { repairLinks } from "../runs/repair_links.ts";
import type { Packages } from "../engine/code/package_content.ts";
import { machineFile, type Prepared, type Project } from "../engine/project/project.ts";
import type { RemoteOptions } from "../remote/address.ts";
import {
  finishRecording,
  type Recorded,
  type Recording,
  recordOutcome,
  startRecording,
} from "../runs/record.ts";
import type { Outcome, RemoteCache } from "../engine/obtain.ts";
import { run } from "../engine/scheduler.ts";
import { registerAll, registrarOf } from "../runs/store_users.ts";
import { recordWriting } from "../runs/checksums.ts";
import { nextPath } from "../runs/latest.ts";
import { saveStatTable } from "../store/save_stat_table.ts";
import { settle } from "../store/stat_cache.ts";
import { sweep, sweepStore } from "../store/store.ts";
import { complain } from "../terminal/print.ts";
import { failureLines } from "../engine/failed.ts";
import { plan } from "../engine/plan.ts";
import { expectedTimes } from "../runs/expected_times.ts";
import { type Asked, exitCodeOn, shownOf, verdictsOn, writeReportOf } from "./finish/finish.ts";
import { printOutput } from "./finish/print_output.ts";

/** An executor, and how its jobs get results from elsewhere. */
interface Where {
  executor: Executor;
  /** Asks whether an interrupted run continues there; only for executors outside this process. */
  goesOn?: () => Promise<boolean>;
  /** Asked for what the store lacks, and brought what was computed. */
  remote?: RemoteOptions;
  close(): Promise<void>;
}

/** In worker threads, by default one for each core. */
export function onThisMachine(
  project: Project,
  { store, stages }: Prepared,
  settings: JobSettings,
  packages: Packages,
  width = navigator.hardwareConcurrency,
): Where {
  const setup = {
    storeRoot: store.root,
    codeRoot: store.caches,
    root: project.root,
    stages,
    settings,
  };
  const executor = workerThreads(width, setup, packages);
  return { executor, close: () => executor.close() };
}

/**
 * Runs the jobs where `where` says; it is called once the run has a directory. Returns the exit code of
 * `reproduce`.
 */
export async function execute(
  project: Project,
  selection: Selection,
  prepared: Prepared,
  asked: Asked,
  view: Console,
  where: (recording: Recording, signal: AbortSignal) => Promise<Where> | Where,
  record: (onNotice: (notice: Notice) => void) => Recording = (onNotice) =>
    startRecording(project.artifacts, selection.experiment.name, prepared.store, onNotice),
): Promise<number> {
  const { store } = prepared;
  using _held = await shareStore(store, view.notice);
  sweepStore(store);
  sweep(nextPath(project.artifacts));
  registerAll(project.artifacts, store);
  using interruption = listenForInterruption();

  // Read now: the tree may be edited while the run goes on.
  const { environment, sources } = await circumstances(project, selection, prepared, view);
  const recording = record(view.notice);
  const logs = openLogs(recording, selection, view);
  let place: Where;
  try {
    place = await where(recording, interruption.signal);
  } catch (error) {
    // Slurm has nothing of the run, unless its record was kept.
    registerAll(project.artifacts, store);
    const code = interruption.exitCode();
    if (code === undefined) throw error;
    return code;
  }
  const begun = { project, selection, prepared, view, sources, recording, ...logs };
  const onNotice = (notice: Notice) => {
    view.notice(notice);
    logs.log.append({ type: "notice", notice });
  };
  try {
    using remote = place.remote &&
      (await import("../remote/read_through.ts"))
        .openRemoteCache(place.remote, store, { signal: interruption.signal, onNotice });
    const { outcomes, stopped } = await runJobs(begun, place, remote, interruption.signal);
    if (outcomes.some(({ status }) => status === "interrupted")) {
      view.close();
      if (await place.goesOn?.()) {
        complain(`Left running. "deno task attach ${recording.id}" resumes it.`);
        return interruption.exitCode() ?? 2;
      }
    }
    // So that the report has the memory of the workers.
    void place.executor.close();
    repairLinks(project.artifacts, store);
    const integrity = integrityOf(prepared);
    const how = { environment, sources, integrity };
    const recorded = finishRecording(recording, selection, outcomes, how);
    const { status } = recorded.manifest;
    if (status === "interrupted") complainOfInterruption(begun, outcomes, stopped);
    // A report can be made again: a signal ends the process at once, also while a page is computed.
    else interruption[Symbol.dispose]();
    const code = await report(project, recorded, outcomes, asked, view, async (hasReport) => {
      await remote?.settled();
      const end = () => logs.log.end({ status, report: hasReport });
      recordWriting(recording.directory, eventLogFile, end);
      settle(store.table);
      saveStatTable(store.table);
    });
    return code ?? interruption.exitCode() ?? 2;
  } finally {
    await place.close();
  }
}

/** The machine, and the sources of the stages, which are stored. */
async function circumstances(
  project: Project,
  { jobs }: Selection,
  prepared: Prepared,
  { notice }: Console,
) {
  const { root } = project;
  const packages = packagesOf(prepared);
  const file = machineFile(project);
  const environment = await environmentOf({ file, root, packages, onNotice: notice });
  const stages = jobs.filter(({ data }) => data === undefined).map(({ stage }) => stage.name);
  const sources = sourcesOf(new Set(stages), prepared.codes);
  storeSources(prepared.store, root, sources);
  return { environment, sources };
}

/** A run that has a directory. */
interface Begun extends ReturnType<typeof openLogs> {
  project: Project;
  selection: Selection;
  prepared: Prepared;
  view: Console;
  sources: Sources;
  recording: Recording;
}

/** Runs the jobs of a run; shows, logs, registers and records each. `stopped` are those cut off. */
async function runJobs(
  { project, selection, prepared, view, sources, recording, log, logs }: Begun,
  { executor, goesOn }: Where,
  remote: RemoteCache | undefined,
  signal: AbortSignal,
) {
  const { store } = prepared;
  const upcoming = upcomingOf(project, selection, prepared);
  view.show({ type: "begun", jobs: upcoming, width: executor.width });
  const times = new Map(upcoming.map(({ job, seconds }) => [job, seconds]));
  const stopped = new Set<string>();
  const register = registrarOf(project.artifacts, store, recording.id);
  const cached: KeyedJob[] = [];
  const outcomes = await run(selection.jobs, prepared, executor, {
    force: selection.force,
    secondsOf: (job) => times.get(job),
    signal,
    remote,
    logs,
    why: reasonsIn(project, selection, prepared, sources),
    onEvent(event) {
      // A job that runs elsewhere may be interrupted: the user is still to be asked.
      if (event.type === "failure" && event.failure.reason === "interrupted") {
        stopped.add(event.failure.job);
        if (goesOn !== undefined) return;
      }
      view.show(event);
      log.append(event);
    },
    onCompute(known) {
      register([...cached, known]);
      cached.length = 0;
    },
    onOutcome(outcome) {
      // A cached result is registered with the next job that begins.
      if (outcome.status === "cached") cached.push(outcome.keyed!);
      recordOutcome(recording, outcome);
    },
  });
  return { outcomes, stopped };
}

function complainOfInterruption(
  { view, recording }: Begun,
  outcomes: readonly Outcome[],
  stopped: ReadonlySet<string>,
): void {
  view.close();
  const left = outcomes.filter(({ job, action }) => action === undefined && !stopped.has(job.name));
  const log = join(recording.directory, eventLogFile);
  const reason = "run-interrupted";
  complain(failureLines({ reason, stopped: stopped.size, left: left.length, log }));
}

/** Words why a job runs, from what an earlier run did with it. */
function reasonsIn(
  project: Project,
  { experiment, force }: Selection,
  prepared: Prepared,
  sources: Sources,
): (known: KeyedJob, again: boolean) => string[] {
  const earlier = earlierJobs(project.artifacts, experiment.name);
  const read = sourceReader(project.root, prepared.store);
  return (known, again) => {
    const { job } = known;
    const isForced = force.has(job.name) && job.data === undefined;
    const why: Why = isForced ? { reason: "forced" } : whyAgain(known, again, earlier, prepared);
    return whyWords(job, why, { sources, read });
  };
}

/** Opens the log of events and the logs of the jobs of a run. */
function openLogs(recording: Recording, { experiment, jobs }: Selection, view: Console) {
  const { id, directory } = recording;
  const onProblem = (message: string) => view.notice({ reason: "no-log", message });
  const opening = {
    run: id,
    experiment: experiment.name,
    about: experiment.about,
    jobs: jobs.map((job) => ({ name: job.name, about: job.stage.about, needs: [...needsOf(job)] })),
  };
  return {
    log: openEventLog(directory, opening, onProblem),
    logs: openJobLogs(directory, onProblem),
  };
}

/** The jobs of a run with the time that each is expected to take. */
const upcomingOf = (
  { artifacts }: Project,
  { experiment, jobs, force }: Selection,
  prepared: Prepared,
): Upcoming[] => {
  const planned = plan(jobs, prepared, { force });
  return expectedTimes(artifacts, experiment.name, planned);
};

/**
 * Writes the report of a recorded run, and prints what it found; then calls `end`. Of an interrupted run
 * only those see more who ask for tables or JSON. Returns the exit code of a complete run, undefined for
 * others.
 */
async function report(
  project: Project,
  { manifest, gathered }: Recorded,
  outcomes: readonly Outcome[],
  asked: Asked,
  view: Console,
  end: (hasReport: boolean) => Promise<void>,
): Promise<number | undefined> {
  const { run, status } = manifest;
  for (const failure of gathered.collisions) view.show({ type: "failure", failure });
  const verdicts = status === "complete" ? await verdictsOn(project, run) : {};
  const written = status === "interrupted"
    ? "none"
    : await writeReportOf(project, run, outcomes, verdicts.reference, view);
  view.close();
  const code = written === "failed" ? 2 : exitCodeOn(gathered, verdicts);
  if (status !== "interrupted" || asked.json || asked.verbosity === "verbose") {
    const found = { manifest, upToDate: false, gathered, verdicts, code };
    await printOutput(await shownOf(project, found, asked), manifest.seconds);
  }
  await end(written === "written");
  return status === "complete" ? code : undefined;
}

/** Name → version of the locked packages that the stages use. */
const packagesOf = ({ codes }: Prepared): Record<string, string> =>
  Object.fromEntries(
    [...codes.values()].flatMap((code) => code.packages).map((
      { name, version },
    ) => [name, version]),
  );

/** `NAME@VERSION` → SHA-512 of the locked packages that the stages use, where it is known. */
const integrityOf = ({ codes }: Prepared): Record<string, string> =>
  Object.fromEntries(
    [...codes.values()].flatMap((code) => code.packages).flatMap((
      { name, version, published },
    ) => published === undefined ? [] : [[`${name}@${version}`, published]]),
  );
