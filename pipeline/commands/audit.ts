/**
 * `audit`: runs an experiment again under changed conditions, each time with a store of its own, and
 * reports which artifacts keep their bytes. Nothing of the project's own store is read or changed.
 */
import { basename, join } from "node:path";
import { Backend } from "../../schemas/run/experiment.ts";
import { type Audit, type ConditionName, conditionNames } from "../../schemas/run/audit_report.ts";
import { auditLines, sentenceOf } from "../diff/audit/audit_text.ts";
import { Failed } from "../engine/failed.ts";
import { loadExperiment, type Project } from "../engine/project/project.ts";
import { select } from "../engine/project/selection.ts";
import { sweep } from "../store/store.ts";
import { listenForInterruption } from "../terminal/interruption.ts";
import { openConsole, type Verbosity } from "../terminal/progress.ts";
import { complain, print, printSentences } from "../terminal/print.ts";
import { printJson } from "../terminal/print_json.ts";
import { writeResult } from "../terminal/result_file.ts";
import { shownPath } from "../terminal/user_path.ts";
import { outputColumns } from "../terminal/wrapped.ts";
import { conditionsOf } from "./audit/audit_conditions.ts";
import { cacheTag, copyProject, levelsAbove } from "./audit/copy_project.ts";
import { shell } from "./audit/launch.ts";
import { defineCommand, directory, refuseBeside, result, toggle, values } from "./flags/flags.ts";
import { executing, oneOf, parseWorkers, selecting, selectionOf } from "./flags/shared_flags.ts";
import { telling, tellingOf } from "./flags/verbosity_flags.ts";

export const command = defineCommand({
  about: "runs jobs again under changed conditions, and lists what differs",
  flags: {
    experiment: selecting.experiment,
    quick: toggle("audits the experiment quick"),
    set: selecting.set,
    only: values("JOB", "audits this job, or group of jobs, and those that it needs"),
    vary: values(
      "NAME,…",
      "changes these conditions only: " + conditionNames.filter((name) => name !== "backend")
        .join(", "),
    ),
    backend: values("webgpu|wasm", "also runs with this backend only; may be repeated"),
    workers: executing.workers,
    data: directory("DIR", "takes data files from this directory before downloading any"),
    output: result("FILE", "also writes the report as JSON to this file"),
    ...telling,
  },
  run(project, { quick, vary, backend, workers, output, ...given }, args) {
    if (quick) refuseBeside("--quick names the experiment", { experiment: given.experiment });
    const experiment = quick ? "quick" : given.experiment;
    return run(project, {
      ...selectionOf(project, { ...given, experiment, force: [], backend: [] }),
      typed: given.set,
      vary: parseConditions(vary),
      backends: backend.map((name) => oneOf("backend", Backend.options, name)),
      workers: parseWorkers(workers) ?? navigator.hardwareConcurrency,
      data: given.data,
      output,
      ...tellingOf(given),
      before: Deno.args.slice(0, Deno.args.length - args.length),
    });
  },
});

function parseConditions(given: readonly string[]): Set<ConditionName> {
  const known = conditionNames.filter((name) => name !== "backend");
  const named = given.flatMap((text) => text.split(",")).map((name) => name.trim());
  return new Set(named.length === 0 ? known : named.map((name) => oneOf("condition", known, name)));
}

type Selected = Omit<ReturnType<typeof selectionOf>, "backends" | "force">;

interface AuditOptions extends Selected {
  /** Overrides as typed. */
  typed: readonly string[];
  vary: ReadonlySet<ConditionName>;
  backends: readonly Backend[];
  workers: number;
  data?: string;
  output?: string;
  json: boolean;
  verbosity: Verbosity;
  /** The command line before the command. */
  before: readonly string[];
}

/** The end of the path of a project's copy: what often goes wrong in paths. */
const oddName = "with spaces – ünïcode, 写し";

/** Gives the exit code: 0 if every artifact keeps its bytes, 1 if one does not. */
async function run(project: Project, options: AuditOptions): Promise<number> {
  const { experiment, overrides, only, typed, data, workers, verbosity } = options;
  const loaded = await loadExperiment(project, experiment);
  // Throws for a job or a parameter that the project does not have, before anything runs.
  select(project.dag, loaded, { overrides, only });
  await project.setUp?.();
  const root = Deno.realPathSync(project.root);
  const all = join(project.artifacts, "audit");
  sweep(all);
  const scratch = join(Deno.realPathSync(all), crypto.randomUUID().slice(0, 8));
  using interruption = listenForInterruption();
  using view = openConsole({ verbosity });
  Deno.mkdirSync(scratch);
  try {
    // Loaded here, so that the imports that load at once stay few levels deep.
    const { audit } = await import("./audit/reruns.ts");
    Deno.writeTextFileSync(join(scratch, cacheTag.name), cacheTag.text);
    const copy = copier(project, root, scratch);
    const report = await audit({
      program: {
        root,
        before: options.before,
        flags: [
          "--experiment",
          experiment,
          ...typed.flatMap((one) => ["--set", one]),
          ...only.flatMap((one) => ["--only", one]),
          ...(data === undefined ? [] : ["--data", data]),
        ],
        cache: await denoCache(),
        detaches: await shell("setsid --wait true") !== undefined,
      },
      launch: { root, env: {}, within: [], terminal: false, workers, reverse: false, force: [] },
      conditions: await conditionsOf(options.vary, { scratch, workers, copy }),
      backends: options.backends,
      scratch,
      experiment: loaded.name,
      only: only.length === 0 ? undefined : only.join(", "),
      view,
      signal: interruption.signal,
    });
    view.close();
    show(report, options);
    return report.verdict === "clean" ? 0 : 1;
  } catch (error) {
    const code = interruption.exitCode();
    if (code === undefined) throw error;
    view.close();
    complain("interrupted: nothing of the audit is kept.");
    return code;
  } finally {
    await removeAll(scratch);
  }
}

/** Writes the report to the file that was named, and prints it. */
function show(
  report: Audit,
  { output, json, verbosity }: Pick<AuditOptions, "output" | "json" | "verbosity">,
): void {
  if (output !== undefined) {
    writeResult(output, JSON.stringify(report, null, 1) + "\n");
    complain(`Written to ${shownPath(output)}.`);
  }
  if (json) return printJson(report);
  if (verbosity === "quiet") {
    return printSentences(`${report.experiment}: ${sentenceOf(report)}`);
  }
  const isWhole = verbosity === "verbose";
  const lines = auditLines(report, { isWhole, columns: outputColumns() });
  print([...lines, "", "For a README:", report.badge]);
}

/** Copies the project below a directory once, when it is first called; gives the copy's path. */
function copier(project: Project, root: string, scratch: string): () => string {
  let copied: string | undefined;
  return () => {
    if (copied !== undefined) return copied;
    const above = Array.from({ length: levelsAbove(root) }, () => "above");
    copied = join(scratch, oddName, ...above, basename(root));
    copyProject(root, Deno.realPathSync(project.artifacts), copied);
    return copied;
  };
}

/** The directory of Deno's cache. */
async function denoCache(): Promise<string> {
  const info = await shell('exec "$1" info --json', Deno.execPath());
  const { denoDir }: { denoDir?: string } = JSON.parse(info ?? "{}");
  if (denoDir !== undefined) return denoDir;
  const message = `"deno info --json" does not name the directory of Deno's cache.`;
  throw new Failed({ reason: "usage", message });
}

/** Attempts to remove a directory into which a run that was interrupted may still write. */
const mostAttempts = 20;

async function removeAll(directory: string): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return await Deno.remove(directory, { recursive: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      if (attempt === mostAttempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
