/**
 * `reproduce`: runs an experiment as far as its results are not in the store already, records the
 * run and says what it found. When nothing changed it says that again and records nothing.
 */
import type { Backend } from "../../schemas/experiment.ts";
import { sourcesOf } from "../code.ts";
import { type Console, openConsole } from "../console.ts";
import { needsOf, type Override, select, type Selection } from "../dag.ts";
import type { Settings } from "../effects.ts";
import type { Notice } from "../event.ts";
import { findComplete, identityOf } from "../identity.ts";
import { listenForInterruption } from "../interruption.ts";
import { lock, storeLock } from "../lock.ts";
import { plan } from "../plan.ts";
import { loadExperiment, machineFile, prepare, type Prepared, type Project } from "../project.ts";
import { saveStatTable, settle } from "../stat_table.ts";
import { scratchRoot, sweep } from "../store.ts";
import { complain, print } from "../terminal.ts";
import { rememberUpToDate, textOf, verdictsOf, verdictsOn, writeReportOf } from "./conclude.ts";

export interface ReproduceOptions {
  experiment: string;
  overrides: Override[];
  only?: string;
  force: string[];
  /** In place of those that the experiment accepts. */
  backends?: Backend[];
  json: boolean;
  settings: Settings;
  /** As given; the answer is remembered under them. */
  arguments: readonly string[];
}

/**
 * Gives the exit code: 0; 1 if a figure differs, a claim is undecided, an item of the grade does not pass or
 * the reference run is another; 2 if a job failed; 130 or 143 if interrupted.
 */
export async function reproduce(project: Project, options: ReproduceOptions): Promise<number> {
  const experiment = await loadExperiment(project, options.experiment);
  const selection = select(project.dag, experiment, options);
  const view = openConsole();
  try {
    const onNotice = (notice: Notice) => view.show({ type: "notice", notice });
    const prepared = await prepare(project, selection, {
      onNotice,
      onBundling: () => view.say("Reading the stages' code, as some of it is new."),
    });
    const { jobs, force } = selection;
    const planned = plan(jobs, prepared, { force, earlier: () => undefined, onNotice });
    if (planned.every((job) => job.state === "cached")) {
      const identity = identityOf(
        planned.map(({ job, keyed }) => ({ name: job.name, key: keyed.key })),
      );
      const complete = findComplete(project.artifacts, prepared.store, identity);
      if (complete !== undefined) {
        const actions = planned.map(({ action }) => action);
        const known = { ...complete, ...await verdictsOn(project, complete.run, options) };
        const answer = rememberUpToDate(project, prepared, options, known, actions);
        complain(answer.note);
        print(answer.out);
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
  const [{ run }, { workerThreads }, recorder, { mendRuns }, { openEventLog }, machine] =
    await Promise.all([
      import("../run.ts"),
      import("../executor.ts"),
      import("../record.ts"),
      import("../mend.ts"),
      import("../event_log.ts"),
      import("../machine.ts"),
    ]);
  using _held = await lock(
    store,
    storeLock,
    false,
    () => view.show({ type: "notice", notice: { reason: "store-being-cleaned" } }),
  );
  for (const scratch of [scratchRoot(store), recorder.nextPath(project.artifacts)]) {
    sweep(scratch);
  }
  using interruption = listenForInterruption();

  // Asked for now: the tree may be edited while the run goes on.
  const environment = await machine.environment(machineFile(project), packagesOf(prepared));
  const { experiment } = selection;
  const recording = recorder.startRecording(
    project.artifacts,
    experiment.name,
    store,
    (notice) => view.show({ type: "notice", notice }),
  );
  const log = openEventLog(recording.directory, {
    run: recording.id,
    experiment: experiment.name,
    about: experiment.about,
    jobs: selection.jobs.map((job) => ({
      name: job.name,
      about: job.stage.about,
      needs: [...needsOf(job)],
    })),
  }, (message) => view.show({ type: "notice", notice: { reason: "no-log", message } }));
  const executor = workerThreads(navigator.hardwareConcurrency, {
    storeRoot: store.root,
    dagModule: project.dagModule,
    sources: Object.fromEntries(
      [...prepared.codes].map(([stage, code]) => [stage, sourcesOf(code, project.root)]),
    ),
    settings: options.settings,
  });
  try {
    const outcomes = await run(selection.jobs, prepared, executor, {
      force: selection.force,
      signal: interruption.signal,
      onEvent(event) {
        view.show(event);
        log.append(event);
      },
      onOutcome: (outcome) => recorder.recordOutcome(recording, outcome),
    });
    mendRuns(project.artifacts, store);
    const { manifest: { run: id, status }, metrics, ledger, summary, agrees } = recorder
      .finishRecording(
        recording,
        experiment,
        outcomes,
        environment,
      );
    const said = status === "complete" ? await verdictsOn(project, id, options) : {};
    view.close();
    print(
      textOf(
        { run: id, upToDate: false, status, agrees, metrics, verdicts: verdictsOf(ledger) },
        summary,
        said,
        options.json,
      ),
    );
    const report = status !== "interrupted" &&
      await writeReportOf(project, id, outcomes, said.reference, view);
    log.end({ status, report });
    settle(store.table);
    if (status !== "complete") {
      saveStatTable(store.table);
      return interruption.exitCode() ?? 2;
    }
    const actions = outcomes.map(({ action }) => action!);
    const known = { run: id, agrees, summary, ...said };
    return rememberUpToDate(project, prepared, options, known, actions).exitCode;
  } finally {
    await executor.close();
  }
}

/** Name → version of the locked packages that the stages use. */
const packagesOf = ({ codes }: Prepared): Record<string, string> =>
  Object.fromEntries(
    [...codes.values()].flatMap((code) => code.packages).map((
      { name, version },
    ) => [name, version]),
  );
