/**
 * `reproduce`: runs an experiment as far as its results are not in the store already, records the
 * run and prints its summary. When nothing changed it prints the stored summary and records nothing.
 */
import { join, relative, resolve } from "node:path";
import type { Backend } from "../../schemas/experiment.ts";
import type { Ledger, Verdict } from "../../schemas/claims.ts";
import type { Action } from "../../schemas/action.ts";
import { type Answer, remember } from "../answer.ts";
import { sourcesOf } from "../code.ts";
import { type Console, openConsole } from "../console.ts";
import { needsOf, type Override, select, type Selection } from "../dag.ts";
import type { Settings } from "../effects.ts";
import type { Notice } from "../event.ts";
import type { AnyArtifactType } from "../format/type.ts";
import { type CompleteRun, findComplete, identityOf } from "../identity.ts";
import { lock, storeLock } from "../lock.ts";
import { outputFiles, readManifest, runsPath } from "../manifest.ts";
import { plan } from "../plan.ts";
import type { ClosingGrade } from "../grading/closing.ts";
import type { ReferenceVerdict } from "../comparison/against_reference.ts";
import { hasReference, referenceFiles } from "../reference.ts";
import type { Outcome } from "../run.ts";
import { loadExperiment, machineFile, prepare, type Prepared, type Project } from "../project.ts";
import { digestOf, saveStatTable, settle } from "../stat_table.ts";
import { blobPath, scratchRoot, sweep } from "../store.ts";
import { count } from "../table.ts";
import { complain, harmlessJson, print } from "../terminal.ts";

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

/** What `--json` prints: one object. */
interface Report {
  run: string;
  upToDate: boolean;
  status: string;
  agrees: boolean;
  metrics: unknown;
  /** Claim → verdict. */
  verdicts: Record<string, Verdict>;
  /** How it compares with the reference run, where there is one. */
  reference?: ReferenceVerdict["report"];
  /** How it stands against the expected figures; null where there are none for it. */
  grade?: ClosingGrade["report"];
}

/** What is said of a run once it is recorded: by the expected figures, and beside the reference. */
interface Verdicts {
  grade?: ClosingGrade;
  reference?: ReferenceVerdict;
}

const verdictsOf = ({ claims }: Ledger): Report["verdicts"] =>
  Object.fromEntries(claims.map(({ id, verdict }) => [id, verdict]));

const textOf = (
  report: Report,
  summary: string,
  { grade, reference }: Verdicts,
  json: boolean,
): string =>
  json
    ? harmlessJson({ ...report, reference: reference?.report, grade: grade?.report })
    : [summary.trimEnd(), grade?.text, reference?.text]
      .filter((text) => text !== undefined).join("\n\n");

async function verdictsOn(
  project: Project,
  run: string,
  { experiment, overrides, only }: ReproduceOptions,
): Promise<Verdicts> {
  // Loaded here: a run that is not complete has no use for it.
  const { closingGrade } = await import("../grading/closing.ts");
  const whole = only === undefined && overrides.length === 0;
  const grade = await closingGrade(project, run, { experiment, whole });
  return { grade, reference: await againstReference(project, run) };
}

/** The verdict on a run against the reference; loads what that takes only where there is one. */
async function againstReference(
  { artifacts }: Project,
  run: string,
): Promise<ReferenceVerdict | undefined> {
  if (!hasReference(artifacts)) return undefined;
  const { againstReference } = await import("../comparison/against_reference.ts");
  return againstReference(artifacts, run);
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

/** Outputs that a report is for; of a run without them the summary says all there is. */
const reported = ["section", "ledger", "vega-lite-spec"];

/**
 * Writes the run's report, where it has something to show, and says whether there is one. The run is
 * recorded whatever happens.
 */
async function writeReportOf(
  project: Project,
  run: string,
  outcomes: readonly Outcome[],
  reference: ReferenceVerdict | undefined,
  view: Console,
): Promise<boolean> {
  const isShown = outcomes.some(({ job, action }) =>
    action !== undefined &&
    Object.values<AnyArtifactType>(job.stage.outputs).some(({ kind }) => reported.includes(kind))
  );
  if (!isShown) return false;
  try {
    const [{ openRunSource }, { writeReport }] = await Promise.all([
      import("../run_source.ts"),
      import("../report/write.ts"),
    ]);
    const { path, problems } = await writeReport(project, openRunSource(project.artifacts, run), {
      reference,
    });
    for (const message of problems) {
      view.show({ type: "notice", notice: { reason: "not-in-report", message } });
    }
    complain(`Report: ${relative(Deno.cwd(), path)}`);
    return true;
  } catch (error) {
    const { message } = error as Error;
    view.show({ type: "notice", notice: { reason: "no-report", message } });
    return false;
  }
}

/** Makes, remembers and gives what the same command will answer as long as nothing changes. */
function rememberUpToDate(
  project: Project,
  { store, program }: Prepared,
  options: ReproduceOptions,
  { run, agrees, summary, ...said }: CompleteRun & Verdicts,
  actions: readonly Action[],
): Answer {
  const directory = join(runsPath(project.artifacts), run);
  // The run's own files, as it wrote them: only a program asks for them.
  const read = (name: string) => JSON.parse(Deno.readTextFileSync(join(directory, name)));
  const metrics = options.json ? read("metrics.json") : undefined;
  const verdicts = options.json ? verdictsOf(read("claims.json")) : {};
  const answer: Answer = {
    exitCode: agrees && said.grade?.passed !== false && said.reference?.agrees !== false ? 0 : 1,
    out: textOf(
      { run, upToDate: true, status: "complete", agrees, metrics, verdicts },
      summary,
      said,
      options.json,
    ),
    note: `Everything is up to date: ${count(actions.length, "job")}, nothing to run.`,
  };
  const contents = actions.flatMap(({ outputs }) => Object.values(outputs));
  const manifest = join(directory, "manifest.json");
  const own = options.experiment in project.experiments ? [] : [resolve(options.experiment)];
  const files = new Map(program);
  const expected = join(project.artifacts, "reference", `expected-${options.experiment}.json`);
  for (const file of [...own, manifest, expected, ...referenceFiles(project.artifacts)]) {
    files.set(file, digestOf(store.table, file) ?? "");
  }
  for (const { sha256 } of contents) files.set(blobPath(store, sha256), sha256);
  const present = [
    join(project.artifacts, "latest", "manifest.json"),
    ...outputFiles(directory, readManifest(directory)),
  ];
  remember(store.root, options.arguments, answer, files, present);
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

/** Signals that follow each other within so many milliseconds are one. */
const repeatInterval = 1000;

/** The first signal ends the run in order; a later one ends the process. */
function listenForInterruption(): Interruption {
  const codes: Partial<Record<Deno.Signal, number>> = Deno.build.os === "windows"
    ? { SIGINT: 130 }
    : { SIGINT: 130, SIGTERM: 143 };
  const controller = new AbortController();
  let received: number | undefined;
  let at = 0;
  const listeners = Object.entries(codes).map(([name, code]) => {
    const listener = () => {
      // A terminal signals the whole group, and the task runner passes it on: one key, two signals.
      if (received !== undefined && performance.now() - at > repeatInterval) Deno.exit(code);
      if (received !== undefined) return;
      received = code;
      at = performance.now();
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
