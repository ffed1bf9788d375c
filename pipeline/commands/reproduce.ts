/**
 * `reproduce`: runs an experiment as far as its results are not in the store already, records the
 * run and prints its summary. When nothing changed it prints the stored summary and writes nothing.
 */
import { join } from "node:path";
import { type Console, openConsole } from "../console.ts";
import { type Override, select, type Selection } from "../dag.ts";
import type { Settings } from "../effects.ts";
import { Failed, type Notice } from "../event.ts";
import { findComplete, identityOf } from "../identity.ts";
import { runsPath } from "../manifest.ts";
import { type Context, plan } from "../plan.ts";
import { loadExperiment, machineFile, prepare, type Project } from "../project.ts";
import { saveStatTable, settle } from "../stat_table.ts";
import { storeLock, sweepScratch, tryLock } from "../store.ts";

export interface ReproduceOptions {
  experiment: string;
  overrides: Override[];
  only?: string;
  force: string[];
  json: boolean;
  settings: Settings;
}

/** What `--json` prints: one object. */
interface Report {
  run: string;
  upToDate: boolean;
  status: string;
  agrees: boolean;
  metrics: unknown;
}

function print(report: Report, summary: string, json: boolean): void {
  console.log(json ? JSON.stringify(report, null, 2) : summary.trimEnd());
}

/** Gives the exit code: 0; 1 if a figure differs; 2 if a job failed; 130 if interrupted. */
export async function reproduce(project: Project, options: ReproduceOptions): Promise<number> {
  const experiment = await loadExperiment(project, options.experiment);
  const selection = select(project.dag, experiment, options);
  const force = new Set(options.force);
  for (const name of force) {
    if (selection.jobs.some((job) => job.name === name)) continue;
    const known = selection.jobs.map((job) => job.name);
    throw new Failed({ reason: "unknown-name", what: "job of this run", name, known });
  }
  const view = openConsole();
  try {
    const onNotice = (notice: Notice) => view.show({ type: "notice", notice });
    const context = await prepare(project, selection, {
      onNotice,
      onBundling: () => view.say("Reading the stages' code, as some of it is new."),
    });
    const planned = plan(selection.jobs, context, { force, before: () => undefined, onNotice });
    if (planned.every((job) => job.state === "cached")) {
      const identity = identityOf(
        planned.map((job) => ({ name: job.job.name, key: job.keyed.key })),
      );
      const known = findComplete(project.artifacts, context.store, identity);
      if (known !== undefined) {
        saveStatTable(context.store.table);
        view.say(`Everything is up to date: ${planned.length} jobs, nothing to run.`);
        const { run, agrees } = known;
        const metrics = options.json
          ? JSON.parse(
            Deno.readTextFileSync(join(runsPath(project.artifacts), run, "metrics.json")),
          )
          : undefined;
        print(
          { run, upToDate: true, status: "complete", agrees, metrics },
          known.summary,
          options.json,
        );
        return agrees ? 0 : 1;
      }
    }
    return await execute(project, selection, context, force, options, view);
  } finally {
    view.close();
  }
}

async function execute(
  project: Project,
  selection: Selection,
  context: Context,
  force: ReadonlySet<string>,
  options: ReproduceOptions,
  view: Console,
): Promise<number> {
  const { store } = context;
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

  const stop = new AbortController();
  let signalled: Deno.Signal | undefined;
  const onSignal = (name: Deno.Signal) => () => {
    if (signalled !== undefined) Deno.exit(130);
    signalled = name;
    stop.abort(new Error("interrupted"));
  };
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  const listeners = signals.map((name) => [name, onSignal(name)] as const);
  for (const [name, listener] of listeners) Deno.addSignalListener(name, listener);

  const recording = startRecording(
    project.artifacts,
    selection.experiment.name,
    store,
    (notice) => view.show({ type: "notice", notice }),
  );
  const executor = workerThreads(navigator.hardwareConcurrency, {
    storeRoot: store.root,
    dagModule: project.dagModule,
    settings: options.settings,
  });
  try {
    const outcomes = await run(selection.jobs, context, executor, {
      force,
      signal: stop.signal,
      onEvent: (event) => view.show(event),
      onOutcome: (outcome) => recordOutcome(recording, outcome),
    });
    const packages = Object.fromEntries(
      [...context.codes.values()].flatMap((code) => code.packages)
        .map(({ name, version }) => [name, version]),
    );
    const environment = await machine.environment(machineFile(project), packages);
    const recorded = finishRecording(recording, selection.experiment, outcomes, environment);
    settle(store.table);
    saveStatTable(store.table);
    view.close();
    const { manifest: { run: id, status }, metrics, summary, agrees } = recorded;
    print({ run: id, upToDate: false, status, agrees, metrics }, summary, options.json);
    if (signalled !== undefined) return signalled === "SIGTERM" ? 143 : 130;
    if (status !== "complete") return 2;
    return agrees ? 0 : 1;
  } finally {
    executor.close();
    for (const [name, listener] of listeners) Deno.removeSignalListener(name, listener);
  }
}
