/** Runs inside a worker thread of a submission's process: reads the submission and grades it. */
import { join, sep } from "node:path";
import { floatsInJson } from "../../../schemas/run/float_text.ts";
import { Failed } from "../../engine/failed.ts";
import { loadDag } from "../../engine/project/load_module.ts";
import type { Project } from "../../engine/project/project.ts";
import { wordThrown } from "../../engine/sandbox/thrown.ts";
import { hasRun, openPacked } from "../../archive/archive_source.ts";
import { filesIn, manifestOnly, type RunFiles, sourceFrom } from "../../runs/run_source.ts";
import { consoleToStandardError } from "../../terminal/console_messages.ts";
import { cutTo } from "../../terminal/phrase.ts";
import { shownPath } from "../../terminal/user_path.ts";
import { gradeMetrics, gradeOpened, type Grading } from "../submission.ts";
import { findSubmission, type Found, metricsAmong } from "./find_submission.ts";
import { type Report, Task } from "./messages.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<string>) => void;
  postMessage(message: { line: string; type: Report["type"] }): void;
};

/** Cap on a text from a submission, in UTF-16 code units. */
const longest = 2000;

/** Sends a report. Its texts are bounded, and none has a path of the grader's machine. */
function send(report: Report, { path, name, root }: Pick<Task, "path" | "name" | "root">): void {
  const shown = (text: string): string =>
    text.replaceAll(path, () => name).replaceAll(shownPath(path), () => name)
      .replaceAll(`${root}${sep}`, "");
  const line = JSON.stringify(report, (key, value: unknown) => {
    if (typeof value !== "string") return floatsInJson(key, value);
    return cutTo(shown(value), longest);
  });
  scope.postMessage({ line, type: report.type });
}

type RunForm = Exclude<Found["form"], "metrics">;

async function grade(task: Task): Promise<Report> {
  const { path, root, artifacts, dagModule, experiments, metricsExpected, program, ...rest } = task;
  consoleToStandardError();
  // A worker has neither of its own.
  Object.defineProperty(Deno, "args", { value: program.args });
  Object.defineProperty(Deno, "mainModule", { value: program.module });
  const project: Project = {
    root,
    artifacts,
    dag: [],
    dagModule: dagModule ?? "",
    experiments: Object.fromEntries(
      Object.entries(experiments).map(([name, one]) => [name, () => usable(one)]),
    ),
  };
  const how: Grading = {
    ...rest,
    onRecompute: () => send({ type: "recomputing" }, task),
    onStart: (job, about) => send({ type: "started", job, about }, task),
    onEnd: (job) => send({ type: "ended", job }, task),
    onNotice() {},
  };
  const found = findSubmission(path);
  const ofMetrics = (path: string, read?: (limit: number) => Uint8Array): Report => {
    const expected = how.expected ?? metricsExpected;
    if (expected === undefined) return { type: "deferred" };
    return { type: "graded", grade: gradeMetrics(project, path, { ...how, expected }, read) };
  };
  const ofRun = async (form: RunForm, files: RunFiles): Promise<Report> => {
    const origin = { name: task.name, form, place: found.path, artifacts };
    using source = sourceFrom(files, origin);
    // Neither metrics alone nor what cannot be read need it, and loading it takes longest.
    const dag = dagModule === undefined ? [] : await loadDag(dagModule);
    return { type: "graded", grade: await gradeOpened({ ...project, dag }, source, how) };
  };
  switch (found.form) {
    case "metrics":
      return ofMetrics(found.path);
    case "directory":
      return await ofRun(found.form, filesIn(found.path));
    case "manifest":
      return await ofRun(found.form, manifestOnly(found.path));
    case "archive": {
      // The process ends with its grade, and closes the archive.
      const archive = await openPacked(found.path);
      if (hasRun(archive)) return await ofRun(found.form, archive);
      const metrics = metricsAmong(archive.sizes.keys());
      return ofMetrics(join(found.path, metrics), (limit) => archive.read(metrics, limit)!);
    }
  }
}

const usable = (one: Task["experiments"][string]): Promise<unknown> =>
  "problem" in one
    ? Promise.reject(new Failed({ reason: "usage", message: one.problem }))
    : Promise.resolve(one);

scope.onmessage = async ({ data }) => {
  const task = Task.parse(JSON.parse(data));
  try {
    send(await grade(task), task);
  } catch (error) {
    send(
      { type: "refused", why: error instanceof Failed ? error.message : wordThrown(error) },
      task,
    );
  }
};
