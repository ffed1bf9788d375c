/**
 * `autograder`: packs what a grading service needs into one archive: the project, the expected metrics, and
 * scripts in the layout that Gradescope runs. GitHub Classroom takes the same archive.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TrustLevel } from "../../schemas/run/graded.ts";
import { dataJobs } from "../engine/data_jobs.ts";
import { inOrder } from "../engine/order.ts";
import { select } from "../engine/project/selection.ts";
import { loadExperiment, type Project } from "../engine/project/project.ts";
import { type ArchiveFile, inMemory, writeArchive } from "../archive/write_archive.ts";
import { expectedFor } from "../grade/submission.ts";
import { total } from "../grade/subtotals.ts";
import { storeOf } from "../store/store.ts";
import { hashFile } from "../store/sha256.ts";
import { bytes, count } from "../terminal/numbers.ts";
import { openConsole } from "../terminal/progress.ts";
import { print, printSentences } from "../terminal/print.ts";
import { printJson } from "../terminal/print_json.ts";
import { checkWritable, writeResult } from "../terminal/result_file.ts";
import { shellWord } from "../terminal/shell_word.ts";
import { shownPath } from "../terminal/user_path.ts";
import { packageData } from "./autograder/package_data.ts";
import { type PackedFile, projectFiles } from "./autograder/project_files.ts";
import { defineCommand, directory, file, result, value } from "./flags/flags.ts";
import { experimentOf, json, oneOf } from "./flags/shared_flags.ts";

export const command = defineCommand({
  about: "writes an autograder for Gradescope and GitHub Classroom",
  flags: {
    output: result("FILE", "where to write (default artifacts/exports/autograder.zip)"),
    experiment: value("NAME", "the experiment that is graded (default: the project's first)"),
    expected: file("FILE", "the expected metrics (default: the committed file of the experiment)"),
    require: value(
      "LEVEL",
      "what an item needs for points: claimed, consistent (default), recomputed",
    ),
    data: value(
      "included|fetched|none",
      "data sets: in the archive, fetched by its set-up (default), or not there",
    ),
    classroom: directory("DIR", "also writes .github/ of this repository, for GitHub Classroom"),
    json,
  },
  run(project, { experiment, require = "consistent", data = "fetched", ...given }) {
    return autograder(project, {
      ...given,
      experiment: experimentOf(project, experiment),
      require: oneOf("level of --require", TrustLevel.options, require),
      data: oneOf("--data", dataChoices, data),
    });
  },
});

const dataChoices = ["included", "fetched", "none"] as const;

interface AutograderOptions {
  output?: string;
  experiment: string;
  expected?: string;
  require: string;
  data: (typeof dataChoices)[number];
  /** Root of a repository that gets the workflow. */
  classroom?: string;
  json: boolean;
}

const templates = fileURLToPath(new URL("./templates/autograder", import.meta.url));

/** Scripts of the package, and those that a service starts as programs. */
const scripts = ["setup.sh", "run_autograder", "grade", "grade_classroom"];

async function autograder(project: Project, options: AutograderOptions): Promise<number> {
  const { require, data, classroom } = options;
  const own = join(project.artifacts, "exports", "autograder.zip");
  const { output = own } = options;
  checkWritable(output);
  const workflow = classroom && join(classroom, ".github", "workflows", "classroom.yml");
  const copy = classroom && join(classroom, ".github", "classroom", "autograder.zip");
  for (const path of [workflow, copy]) if (path !== undefined) checkWritable(path);

  const experiment = await loadExperiment(project, options.experiment);
  const expected = expectedFor(project, options);
  const { jobs } = select(project.dag, experiment);
  const names = dataJobs(jobs, experiment.replicate?.seeds);
  const withData = jobs.filter(({ name }) => names.has(name));
  const ownData = inOrder(project.dag).flatMap(({ data }) => data ?? []);
  const { directory, files } = projectFiles(project, output, ownData);
  const settings = settingsText({
    project: directory === "" ? "project" : `project/${directory}`,
    experiment: options.experiment,
    require,
    data,
    jobs: [...names],
  });
  const archived = [
    ...scriptFiles(settings),
    ...files.map(({ path, from }) => onDisk({ path: `project/${path}`, from })),
    onDisk({ path: "expected.json", from: expected.path }),
    ...data === "included"
      ? packageData(project, storeOf(project.artifacts), withData).map(onDisk)
      : [],
  ];
  using view = openConsole();
  const onDone = view.task("autograder", "packing the project", "bytes");
  const size = archived.reduce((sum, { size }) => sum + size, 0);
  await writeArchive(output, archived, { onProgress: (done) => onDone(done, size) });
  view.close();
  if (workflow !== undefined && copy !== undefined) {
    writeResult(workflow, Deno.readTextFileSync(join(templates, "classroom.yml")));
    writeResult(copy, Deno.readFileSync(output));
  }
  const { maxPoints } = total(expected.expected.items.map(({ points }) => ({
    points,
    maxPoints: points,
  })));
  const report = {
    path: shownPath(output),
    size: Deno.statSync(output).size,
    sha256: hashFile(output),
    files: archived.length,
    experiment: experiment.name,
    expected: expected.name,
    require,
    maxPoints,
    data: { choice: data, jobs: [...names] },
    classroom: [workflow, copy].filter((path) => path !== undefined).map(shownPath),
  };
  if (options.json) printJson(report);
  else {
    print(report.path);
    printSentences(reportLines(report));
  }
  return 0;
}

/** The scripts that a service starts, with their settings. */
const scriptFiles = (settings: string): ArchiveFile[] => [
  ...scripts.map((name) => ({
    ...onDisk({ path: name, from: join(templates, name) }),
    executable: true,
  })),
  inMemory("settings.sh", new TextEncoder().encode(settings)),
];

interface Report {
  path: string;
  size: number;
  files: number;
  experiment: string;
  expected: string;
  require: string;
  maxPoints: number;
  data: { choice: AutograderOptions["data"]; jobs: string[] };
  classroom: string[];
}

const dataText: Record<AutograderOptions["data"], string> = {
  included: "in the archive; setup.sh needs no network for them",
  fetched: "setup.sh makes them, and fetches what is not in the project",
  none: "not there: submissions without data, and --require recomputed, cannot be graded",
};

const reportLines = (report: Report): string[] => [
  `${count(report.files, "file")}, ${bytes(report.size)}. Grades the experiment ` +
  `${report.experiment} against ${report.expected}, at the level ${report.require}.`,
  `Give the assignment ${count(report.maxPoints, "point")} in Gradescope.`,
  ...report.data.jobs.length === 0
    ? ["The experiment needs no data."]
    : [`Data (${report.data.jobs.join(", ")}): ${dataText[report.data.choice]}.`],
  "setup.sh takes Deno from the image, or installs it by npm; it needs the network for packages.",
  ...report.classroom.length === 0
    ? []
    : [`For GitHub Classroom: ${report.classroom.join(" and ")}. It grades submission/.`],
];

/** Settings of the scripts, in Bash. */
const settingsText = (
  { project, experiment, require, data, jobs }: {
    project: string;
    experiment: string;
    require: string;
    data: string;
    jobs: readonly string[];
  },
): string =>
  [
    "# Settings of the scripts beside this file.",
    `deno_version=${shellWord(Deno.version.deno.replace(/\+.*/, ""))}`,
    `project=${shellWord(project)}`,
    `experiment=${shellWord(experiment)}`,
    `require=${shellWord(require)}`,
    `data=${shellWord(data)}`,
    `data_jobs=(${jobs.map(shellWord).join(" ")})`,
    "",
  ].join("\n");

const onDisk = ({ path, from }: PackedFile): ArchiveFile => ({
  path,
  size: Deno.statSync(from).size,
  open: () => Deno.openSync(from).readable,
});
