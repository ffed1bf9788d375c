/**
 * Writes reports: of a recorded run `report.html` in its directory, and in `latest` if that shows the run.
 * Those of other runs, and of two runs, are in `artifacts/reports/`; so is one that cannot be written beside its
 * run, or that has less than the one there may have.
 */
import { dirname, join } from "node:path";
import type { Comparison } from "../../schemas/run/comparison.ts";
import type { ReferenceVerdict } from "../grade/against_reference.ts";
import { comparisonPage } from "./diff/diff_page.ts";
import { readManifest, reportFile, runsPath } from "../runs/read_manifest.ts";
import { Failed } from "../engine/failed.ts";
import { mainMetricNames, type Project } from "../engine/project/project.ts";
import { checkWritable, writeResult } from "../terminal/result_file.ts";
import { mainMetrics } from "../runs/main_metrics.ts";
import type { RunSource } from "../runs/run_source.ts";
import { hashAt, readChecksums, recordWriting } from "../runs/checksums.ts";
import { shownPath } from "../terminal/user_path.ts";
import { readContent } from "./content.ts";
import type { ShownMetrics } from "./metrics_section.ts";
import { runPage } from "./run_page.ts";
import { loadScripts, type PageProject } from "./client_script.ts";
import { preparePanels } from "./panels/prepare_panels.ts";
import { latestPath } from "../runs/latest.ts";
import { extraSections } from "./extra_sections.ts";

interface Written {
  path: string;
  /** Contents that could not be shown; the report lists them too. */
  problems: string[];
}

interface Known {
  /** Gives the whole project. A report is written without it too, and then says what it leaves out. */
  load: () => Promise<Project>;
  /** The comparison with the reference run, where it is made already. */
  reference?: ReferenceVerdict;
}

/** Builds the report of a run and writes it. */
export async function writeReport(
  project: Omit<Project, "dag">,
  source: RunSource,
  { load, ...known }: Known,
): Promise<Written> {
  const { artifacts } = project;
  const { run } = source.manifest;
  const own = source.form === "run" ? join(runsPath(artifacts), run, reportFile) : undefined;
  const apart = join(artifacts, "reports", `${run}.html`);
  const refused = own && refusal(own);
  if (own === undefined || refused !== undefined) checkWritable(apart, hint);
  const content = readContent(source);
  const without = (what: string) => (error: unknown) => {
    if (!(error instanceof Failed)) throw error;
    content.problems.push(`${what} left out. ${error.message}`);
    return [];
  };
  const sections = await load().then((whole) => extraSections(whole, source, known))
    .catch(without("The reference run and the grade are"));
  const panels = await preparePanels(
    project,
    source,
    content.sections.map(({ section }) => section.id),
    (message) => content.problems.push(message),
  ).catch(without("Panels are"));
  const metrics = await shownMetrics(project, source).catch((error) => {
    without("Metrics are")(error);
    return undefined;
  });
  const kept = own && refused === undefined && content.problems.length > 0 && isWhole(own)
    ? `${shownPath(own)} stays as it is, because it may have what this one leaves out.`
    : undefined;
  const isApart = own === undefined || refused !== undefined || kept !== undefined;
  const placed = isApart ? content : { ...content, files: "" };
  const page = await runPage(placed, sections, await loadScripts("report", project), {
    experiments: Object.keys(project.experiments),
    metrics,
    panels,
  });
  if (isApart) writeResult(apart, page);
  else {
    recordWriting(dirname(own), reportFile, () => writeResult(own, page));
    const latest = latestPath(artifacts);
    if (isOf(latest, run)) writeResult(join(latest, reportFile), page);
  }
  const problems = [...content.problems, refused, kept].filter((problem) => problem !== undefined);
  return { path: isApart ? apart : own, problems };
}

async function shownMetrics(
  project: Pick<Project, "experiments">,
  source: RunSource,
): Promise<ShownMetrics> {
  const metrics = source.metrics() ?? {};
  const names = await mainMetricNames(project, source.manifest);
  return { main: mainMetrics(names, metrics), total: Object.keys(metrics).length };
}

const hint = "Make it writable, or copy the project to where you may write.";

/** Says in a sentence why a report cannot be written beside its run; undefined if it can be. */
function refusal(path: string): string | undefined {
  try {
    checkWritable(path);
    // The file that records its hash is replaced, which the directory must allow.
    checkWritable(`${path}.new`);
  } catch (error) {
    if (!(error instanceof Failed && error.failure.reason === "not-written")) throw error;
    return `${
      shownPath(path)
    } cannot be written (${error.failure.problem}): this one lies elsewhere.`;
  }
}

/** True if a run's report is there, as it was written. */
function isWhole(path: string): boolean {
  const found = hashAt(path);
  const recorded = readChecksums(dirname(path))?.get(reportFile);
  return found !== undefined && (recorded === undefined || recorded === found);
}

/** Path of the page that compares two runs. */
export const comparisonPath = (artifacts: string, a: RunSource, b: RunSource): string =>
  join(artifacts, "reports", `${a.manifest.run}--${b.manifest.run}.html`);

/** Writes the page that compares two runs. */
export async function writeComparison(
  project: PageProject,
  comparison: Comparison,
  a: RunSource,
  b: RunSource,
): Promise<void> {
  writeResult(
    comparisonPath(project.artifacts, a, b),
    await scriptedComparison(project, comparison, a, b),
  );
}

/** The page that compares two runs, with the report's script. */
export async function scriptedComparison(
  project: PageProject,
  comparison: Comparison,
  a: RunSource,
  b: RunSource,
): Promise<string> {
  const { page: script } = await loadScripts("report", project);
  return await comparisonPage(comparison, a, b, [script]);
}

/** True if the newest run's directory shows this run. */
function isOf(latest: string, run: string): boolean {
  try {
    return readManifest(latest).run === run;
  } catch {
    // There is none, or another process is replacing it: its own report comes with it.
    return false;
  }
}
