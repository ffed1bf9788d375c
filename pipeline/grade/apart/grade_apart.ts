/**
 * Grades a submission in a process of its own, which may read only the submission and the grader's project,
 * within limits of time and memory. Whatever the submission does to the process is an outcome here.
 */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Grade } from "../../../schemas/run/graded.ts";
import { withoutLoader } from "../../engine/machine/loader_variables.ts";
import { isExperimentFile, loadExperiment, type Project } from "../../engine/project/project.ts";
import { startTimer } from "../../engine/timer.ts";
import { denoWords } from "../../engine/project/deno_words.ts";
import { linkedWithin, linksOf } from "../../engine/project/linked_packages.ts";
import { validJson } from "../../formats/read_json.ts";
import { count } from "../../terminal/numbers.ts";
import { storePath, storeVariable } from "../../store/store_place.ts";
import { printedEnd } from "../../terminal/printed_end.ts";
import { sendSignal } from "../../terminal/send_signal.ts";
import { userDirectory } from "../../terminal/user_path.ts";
import { exists } from "../../store/existence.ts";
import type { Grading } from "../submission.ts";
import { Report, type Task } from "./messages.ts";
import type { ReadingLimits } from "./reading_limits.ts";

export type Outcome =
  | { type: "graded"; grade: Grade }
  /** Metrics alone, which wait for the class's expected values. */
  | { type: "deferred" }
  /** It cannot be read, for this reason. */
  | { type: "refused"; why: string };

/** A submission, by its absolute path and its name for people. */
export interface Entry {
  path: string;
  name: string;
}

/** Cap on what a process reports, in UTF-16 code units. */
const mostReported = 16 << 20;

/** Grades submissions of a project, each in a process of its own. */
export async function submissionGrader(
  project: Project,
  how: Grading,
  limits: ReadingLimits,
): Promise<(entry: Entry, metricsExpected?: string) => Promise<Outcome>> {
  const { root, artifacts, dag, dagModule } = project;
  const { expected, experiment, require, allItems = false } = how;
  const shared = {
    root,
    artifacts,
    program: { module: Deno.mainModule, args: Deno.args },
    dagModule: dag.length === 0 ? undefined : dagModule,
    experiments: await experimentsOf(project, experiment),
    expected,
    experiment,
    require,
    allItems,
    memory: limits.memory,
  };
  return async (entry, metricsExpected) => {
    const task: Task = { ...shared, ...entry, metricsExpected };
    const child = start(task);
    let isOver = false;
    const kill = () => sendSignal(child, "SIGKILL");
    using clock = startTimer(limits.seconds * 1000, () => {
      isOver = true;
      kill();
    });
    try {
      const input = child.stdin.getWriter();
      // A process that ends before it reads its task says so by its end.
      const given = input.write(new TextEncoder().encode(JSON.stringify(task)))
        .then(() => input.close()).catch(() => {});
      const crash = printedEnd(child.stderr);
      const outcome = await outcomeOf(child.stdout, how, () => clock[Symbol.dispose](), limits);
      kill();
      await Promise.all([given, child.status]);
      if (outcome !== undefined) return outcome;
      if (isOver) return { type: "refused", why: tooLong(limits) };
      return { type: "refused", why: crashed(await crash, limits) };
    } finally {
      kill();
    }
  };
}

/** The reason why there is no grade. */
export const reasonOf = (outcome: Exclude<Outcome, { type: "graded" }>): string =>
  outcome.type === "refused" ? outcome.why : "Its metrics were not judged.";

/**
 * The experiments as data, with the one that the grader names by its file: the process imports no other
 * module of the grader than the DAG.
 */
async function experimentsOf(
  project: Project,
  named: string | undefined,
): Promise<Task["experiments"]> {
  const file = named !== undefined && isExperimentFile(named) ? [named] : [];
  const names = new Set([...Object.keys(project.experiments), ...file]);
  const load = (name: string) =>
    loadExperiment(project, name).catch((error: Error) => ({ problem: error.message }));
  return Object.fromEntries(
    await Promise.all([...names].map(async (name) => [name, await load(name)] as const)),
  );
}

/** The directory of `pipeline/` and `schemas/`, which the DAG imports. */
const engine = new URL("../../../", import.meta.url);

/**
 * Flag for the paths that the process may read: each with its links, and as it really is. Deno takes a list
 * with commas between, so a path with a comma is read by the working directory.
 */
function readFlag({ root, artifacts, path, expected, metricsExpected }: Task): string {
  const packages = [
    ...linksOf(root).map((link) => resolve(root, link)),
    ...(engine.protocol === "file:" ? [fileURLToPath(engine)] : []),
  ];
  const linked = packages.flatMap((directory) => [directory, ...linkedWithin(directory)]);
  const code = [root, join(root, "node_modules"), ...linked];
  const own = [...code, artifacts, storePath(artifacts), expected, metricsExpected]
    .flatMap((one) => one === undefined || !exists(one) ? [] : [one]);
  const all = [...new Set(own.flatMap((one) => [one, Deno.realPathSync(one)]))];
  if (all.some(hasComma)) return "--allow-read";
  return `--allow-read=${[...all, hasComma(path) ? "." : path].join(",")}`;
}

const hasComma = (path: string): boolean => path.includes(",");

function start(task: Task): Deno.ChildProcess {
  const { root, path, require, memory } = task;
  const flags = require === "recomputed"
    // It computes jobs, as `reproduce` does.
    ? ["-P=fanin"]
    : [
      readFlag(task),
      `--allow-env=INIT_CWD,TERM,${storeVariable}`,
      "--ignore-env",
      // In MiB; above it V8 collects garbage rather than to grow.
      `--v8-flags=--max-old-space-size=${memory}`,
    ];
  const module = new URL("./submission_process.ts", import.meta.url).href;
  return new Deno.Command("sh", {
    // A crash leaves no image of its memory.
    args: ["-c", 'ulimit -c 0; exec "$0" "$@"', ...denoWords({ root, module, flags })],
    cwd: !hasComma(path) ? root : Deno.statSync(path).isDirectory ? path : dirname(path),
    env: { ...withoutLoader, NO_COLOR: "1", INIT_CWD: userDirectory() },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Passes its steps on; gives how it ended, undefined where it ended without a word. */
async function outcomeOf(
  stdout: ReadableStream<Uint8Array>,
  how: Grading,
  onRecompute: () => void,
  limits: ReadingLimits,
): Promise<Outcome | undefined> {
  let text = "";
  for await (const piece of stdout.pipeThrough(new TextDecoderStream() as TransformStream)) {
    text += piece;
    if (text.length > mostReported) {
      return { type: "refused", why: `its grade has more than ${mostReported} characters` };
    }
    const lines = text.split("\n");
    text = lines.pop()!;
    for (const line of lines) {
      const report = validJson(line, Report);
      switch (report?.type) {
        case undefined:
          return { type: "refused", why: `The process that read it printed no report: ${line}` };
        case "started":
          how.onStart(report.job, report.about);
          break;
        case "ended":
          how.onEnd(report.job);
          break;
        case "recomputing":
          onRecompute();
          break;
        case "too-large":
          return { type: "refused", why: tooMuch(limits) };
        default:
          return report;
      }
    }
  }
}

const tooLong = ({ seconds }: ReadingLimits): string =>
  `Reading it took longer than ${count(seconds, "second")}, and was stopped. If it is an honest ` +
  `run, raise the limit with --seconds.`;

const tooMuch = ({ memory }: ReadingLimits): string =>
  `Reading it took more than ${memory} MiB of memory, and was stopped. If it is an honest run, ` +
  `raise the limit with --memory.`;

function crashed(printed: string, limits: ReadingLimits): string {
  if (/out of memory|memory allocation/i.test(printed)) return tooMuch(limits);
  const [line = "nothing was printed"] = printed.split("\n").filter((line) => line.trim() !== "");
  return `The process that read it broke: ${line}`;
}
