/**
 * `reproduce`: runs an experiment as far as its results are not in the store already, records the
 * run and prints its summary. When nothing changed it prints the stored summary and records nothing.
 */
import { join, resolve } from "node:path";
import type { Action } from "../../schemas/action.ts";
import { type Answer, remember } from "../answer.ts";
import { type Console, openConsole } from "../console.ts";
import { type Override, select, type Selection } from "../dag.ts";
import type { Settings } from "../effects.ts";
import { Failed, type Notice } from "../event.ts";
import { type CompleteRun, findComplete, identityOf } from "../identity.ts";
import { runsPath } from "../manifest.ts";
import { plan } from "../plan.ts";
import { loadExperiment, machineFile, prepare, type Prepared, type Project } from "../project.ts";
import { saveStatTable, settle } from "../stat_table.ts";
import { blobPath, storeLock, sweepScratch, tryLock } from "../store.ts";
import { count } from "../table.ts";

export interface ReproduceOptions {
  experiment: string;
  overrides: Override[];
  only?: string;
  force: string[];
  json: boolean;
  settings: Settings;
  /** As given; the answer is remembered under them. */
  arguments: readonly string[];
}

/** What `--json` prints: one object. */
interface Report {
  run: string;
  upToDate: boolean;
  status: string;
  agrees: boolean;
  metrics: unknown;
}

const textOf = (report: Report, summary: string, json: boolean): string =>
  json ? JSON.stringify(report, null, 2) : summary.trimEnd();

/** Gives the exit code: 0; 1 if a figure differs; 2 if a job failed; 130 or 143 if interrupted. */
export async function reproduce(project: Project, options: ReproduceOptions): Promise<number> {
  const experiment = await loadExperiment(project, options.experiment);
  const selection = select(project.dag, experiment, options);
  const names = selection.jobs.map((job) => job.name);
  const unknown = options.force.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new Failed({
      reason: "unknown-name",
      what: "job of this run",
      name: unknown,
      known: names,
    });
  }
  const view = openConsole();
  try {
    const onNotice = (notice: Notice) => view.show({ type: "notice", notice });
    const prepared = await prepare(project, selection, {
      onNotice,
      onBundling: () => view.say("Reading the stages' code, as some of it is new."),
    });
    const force = new Set(options.force);
    const planned = plan(selection.jobs, prepared, { force, before: () => undefined, onNotice });
    if (planned.every((job) => job.state === "cached")) {
      const identity = identityOf(
        planned.map(({ job, keyed }) => ({ name: job.name, key: keyed.key })),
      );
      const complete = findComplete(project.artifacts, prepared.store, identity);
      if (complete !== undefined) {
        const actions = planned.map(({ action }) => action);
        const answer = rememberUpToDate(project, prepared, options, complete, actions);
        console.error(answer.note);
        console.log(answer.out);
        return answer.exitCode;
      }
    }
    return await execute(project, selection, prepared, options, view);
  } finally {
    view.close();
  }
}

async function execute(
  project: Project,
  selection: Selection,
  prepared: Prepared,
  options: ReproduceOptions,
  view: Console,
): Promise<number> {
  const { store } = prepared;
  // Only a run that has work to do pays for loading these.
  const [{ run }, { workerThreads }, { startRecording, recordOutcome, finishRecording }, machine] =
    await Promise.all([
      import("../run.ts"),
      import("../executor.ts"),
      import("../record.ts"),
      import("../machine.ts"),
    ]);
  using held = await tryLock(store, storeLock, false);
  if (held === undefined) throw new Failed({ reason: "store-busy" });
  sweepScratch(store);
  using interruption = listenForInterruption();

  const { experiment } = selection;
  const recording = startRecording(
    project.artifacts,
    experiment.name,
    store,
    (notice) => view.show({ type: "notice", notice }),
  );
  const executor = workerThreads(navigator.hardwareConcurrency, {
    storeRoot: store.root,
    dagModule: project.dagModule,
    settings: options.settings,
  });
  try {
    const outcomes = await run(selection.jobs, prepared, executor, {
      force: new Set(options.force),
      signal: interruption.signal,
      onEvent: (event) => view.show(event),
      onOutcome: (outcome) => recordOutcome(recording, outcome),
    });
    const environment = await machine.environment(machineFile(project), packagesOf(prepared));
    const { manifest: { run: id, status }, metrics, summary, agrees } = finishRecording(
      recording,
      experiment,
      outcomes,
      environment,
    );
    view.close();
    console.log(
      textOf({ run: id, upToDate: false, status, agrees, metrics }, summary, options.json),
    );
    settle(store.table);
    if (status !== "complete") {
      saveStatTable(store.table);
      return interruption.exitCode() ?? 2;
    }
    const actions = outcomes.map(({ action }) => action!);
    return rememberUpToDate(project, prepared, options, { run: id, agrees, summary }, actions)
      .exitCode;
  } finally {
    executor.close();
  }
}

/** Makes, remembers and gives what the same command will answer as long as nothing changes. */
function rememberUpToDate(
  project: Project,
  { store, program }: Prepared,
  options: ReproduceOptions,
  { run, agrees, summary }: CompleteRun,
  actions: readonly Action[],
): Answer {
  const directory = join(runsPath(project.artifacts), run);
  const metrics = options.json
    ? JSON.parse(Deno.readTextFileSync(join(directory, "metrics.json")))
    : undefined;
  const answer: Answer = {
    exitCode: agrees ? 0 : 1,
    out: textOf(
      { run, upToDate: true, status: "complete", agrees, metrics },
      summary,
      options.json,
    ),
    note: `Everything is up to date: ${count(actions.length, "job")}, nothing to run.`,
  };
  const files = [
    ...program,
    ...(options.experiment in project.experiments ? [] : [resolve(options.experiment)]),
    join(directory, "manifest.json"),
    ...actions.flatMap(({ outputs }) =>
      Object.values(outputs).map(({ sha256 }) => blobPath(store, sha256))
    ),
  ];
  remember(store.root, options.arguments, answer, files, store.table);
  saveStatTable(store.table);
  return answer;
}

/** Name → version of the locked packages that the stages use. */
const packagesOf = ({ codes }: Prepared): Record<string, string> =>
  Object.fromEntries(
    [...codes.values()].flatMap((code) => code.packages).map((
      { name, version },
    ) => [name, version]),
  );

interface Interruption extends Disposable {
  signal: AbortSignal;
  /** As shells count: 128 and the signal's number. Undefined where there was none. */
  exitCode(): number | undefined;
}

/** The first signal ends the run in order; a second one ends the process. */
function listenForInterruption(): Interruption {
  const codes: Partial<Record<Deno.Signal, number>> = Deno.build.os === "windows"
    ? { SIGINT: 130 }
    : { SIGINT: 130, SIGTERM: 143 };
  const controller = new AbortController();
  let received: number | undefined;
  const listeners = Object.entries(codes).map(([name, code]) => {
    const listener = () => {
      if (received !== undefined) Deno.exit(code);
      received = code;
      controller.abort(new Error("interrupted"));
    };
    Deno.addSignalListener(name as Deno.Signal, listener);
    return [name as Deno.Signal, listener] as const;
  });
  return {
    signal: controller.signal,
    exitCode: () => received,
    [Symbol.dispose]() {
      for (const [name, listener] of listeners) Deno.removeSignalListener(name, listener);
    },
  };
}
