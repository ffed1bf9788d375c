/**
 * Prints what a recorded run found: in at most 20 lines, in one, in tables, or as JSON. Caches the output
 * for as long as nothing changes.
 */
import { join } from "node:path";
import type { Verdict } from "../../../schemas/run/claim_verdict.ts";
import type { Manifest } from "../../../schemas/run/manifest.ts";
import type { CommandOutput } from "../../store/cached_output/remembered.ts";
import { endObservation } from "../../store/cached_output/observation.ts";
import type { ReferenceVerdict } from "../../grade/against_reference.ts";
import type { Console, Verbosity } from "../../terminal/progress.ts";
import type { AnyArtifactType } from "../../formats/artifact_type.ts";
import type { GradeSummary } from "../../grade/grade_summary.ts";
import { isWhole } from "../../engine/project/deviation.ts";
import {
  deviationOfRun,
  mainMetricNames,
  type Prepared,
  type Project,
} from "../../engine/project/project.ts";
import { hasReference } from "../../runs/reference_run.ts";
import type { Outcome } from "../../engine/obtain.ts";
import type { CompleteRun } from "../../runs/find_complete.ts";
import { type Gathered, isAsExpected } from "../../runs/gathered.ts";
import { reportFile, runsPath } from "../../runs/read_manifest.ts";
import { detailsOf, summaryOf } from "../../runs/run_summary.ts";
import { saveStatTable } from "../../store/save_stat_table.ts";
import { escapedJson } from "../../terminal/escaped_json.ts";
import type { Block } from "../../terminal/laid_out.ts";
import { shownPath } from "../../terminal/user_path.ts";
import { exists } from "../../store/existence.ts";
import { allCached, overviewOf, type Verdicts } from "./run_overview.ts";
import { printOutput } from "./print_output.ts";

/** Options that the output depends on. */
export interface Asked {
  /** A name or a file. */
  experiment: string;
  json: boolean;
  verbosity: Verbosity;
  /** Arguments as given; the output is cached under them. */
  arguments: readonly string[];
}

/** The object that `--json` prints. */
interface Report {
  run: string;
  upToDate: boolean;
  status: string;
  /** Null where nothing was computed. */
  seconds: number | null;
  jobs: { job: string; status: string; seconds?: number; error?: string }[];
  /** True if every artifact is known to agree with the reference run; null where there is none. */
  agrees: boolean | null;
  metrics: unknown;
  /** Claim → verdict. */
  verdicts: Record<string, Verdict>;
  /** Comparison with the reference run, if there is one. */
  reference?: ReferenceVerdict["report"];
  /** Its grade; null where no expected values are committed for it. */
  grade?: GradeSummary["report"];
  /** The path of the report; null where there is none. */
  report: string | null;
}

/** A run, and what it found. */
interface Found {
  manifest: Manifest;
  upToDate: boolean;
  gathered: Gathered;
  verdicts: Verdicts;
  /** The exit code of `reproduce`. */
  code: number;
}

/** Returns what is printed about a run, on the screen that there will be. */
export async function shownOf(
  project: Project,
  found: Found,
  { json, verbosity }: Pick<Asked, "json" | "verbosity">,
): Promise<CommandOutput["shown"]> {
  const { manifest, upToDate, gathered, verdicts, code } = found;
  const directory = join(runsPath(project.artifacts), manifest.run);
  const report = join(directory, reportFile);
  const hasReport = exists(report);
  if (json) {
    return { text: escapedJson(jsonOf(found, hasReport ? report : null)) };
  }
  const summary = overviewOf({
    manifest,
    upToDate,
    gathered,
    ...verdicts,
    metrics: await mainMetricNames(project, manifest),
    code,
    place: hasReport
      ? { label: "Report", path: shownPath(report) }
      : { label: "Run", path: shownPath(directory) },
  });
  if (verbosity === "quiet") return { summary, isQuiet: true };
  const details = verbosity === "verbose" ? tablesOf(found) : undefined;
  return { summary, details };
}

/** The tables of `--verbose`. Times are left out where nothing was computed. */
function tablesOf(
  { manifest, upToDate, gathered, verdicts: { grade, reference } }: Found,
): Block[] {
  const { ledger, collisions } = gathered;
  const tables = upToDate
    ? detailsOf({ ...manifest, jobs: allCached(manifest.jobs) }, ledger, collisions)
    : summaryOf(manifest, ledger, collisions);
  const texts = [grade?.text, reference?.text].filter((text) => text !== undefined);
  return [...tables, ...texts.flatMap((text) => ["", ...text.split("\n")])];
}

function jsonOf(
  { manifest, upToDate, gathered, verdicts: { grade, reference } }: Found,
  report: string | null,
): Report {
  const { metrics, ledger: { claims } } = gathered;
  const { run, status, seconds, jobs } = manifest;
  return {
    run,
    upToDate,
    status,
    seconds: upToDate ? null : seconds,
    jobs: jobs.map(({ name, status, seconds, error }) => ({
      job: name,
      status: upToDate ? "cached" : status,
      seconds: upToDate ? undefined : seconds,
      error,
    })),
    agrees: reference === undefined ? null : reference.report.verdict === "agrees",
    metrics,
    verdicts: Object.fromEntries(claims.map(({ id, verdict }) => [id, verdict])),
    reference: reference?.report,
    grade: grade?.report,
    report,
  };
}

export async function verdictsOn(project: Project, run: string): Promise<Verdicts> {
  // Loaded here: a run that is not complete has no use for them.
  const [{ openRun }, { gradeSummary }] = await Promise.all([
    import("../../runs/open_run.ts"),
    import("../../grade/grade_summary.ts"),
  ]);
  const source = await openRun(project.artifacts, run);
  const grade = await gradeSummary(project, source);
  const whole = isWhole(await deviationOfRun(project, source.manifest));
  return { grade, reference: await againstReference(project, run, { whole }) };
}

/** The verdict on a run against the reference; loads what that takes only where there is one. */
async function againstReference(
  { artifacts }: Project,
  run: string,
  options: { whole: boolean },
): Promise<ReferenceVerdict | undefined> {
  if (!hasReference(artifacts)) return undefined;
  const { againstReference } = await import("../../grade/against_reference.ts");
  return againstReference(artifacts, run, options);
}

/** Outputs that a report is for; of a run without them the summary says all there is. */
const reported = ["section", "ledger", "vega-lite-spec"];

/**
 * Writes the run's report, where it has something to show. The run is recorded whatever happens.
 */
export async function writeReportOf(
  project: Project,
  run: string,
  outcomes: readonly Outcome[],
  reference: ReferenceVerdict | undefined,
  view: Console,
): Promise<"written" | "failed" | "none"> {
  const isShown = outcomes.some(({ job, action }) =>
    action !== undefined &&
    Object.values<AnyArtifactType>(job.stage.outputs).some(({ kind }) => reported.includes(kind))
  );
  if (!isShown) return "none";
  try {
    const [{ openRun }, { writeReport }] = await Promise.all([
      import("../../runs/open_run.ts"),
      import("../../report/write_report.ts"),
    ]);
    const source = await openRun(project.artifacts, run);
    view.show({ type: "started", job: "report", about: "writes the report" });
    const { problems } = await writeReport(project, source, {
      load: () => Promise.resolve(project),
      reference,
    });
    for (const message of problems) {
      view.notice({ reason: "not-in-report", message });
    }
    return "written";
  } catch (error) {
    const { message } = error as Error;
    view.notice({ reason: "no-report", message });
    return "failed";
  }
}

/** The exit code of a complete run: 1 if anything of it is not as it should be. */
export const exitCodeOn = (gathered: Gathered, { grade, reference }: Verdicts): number =>
  isAsExpected(gathered) && grade?.passed !== false && reference?.report.passed !== false ? 0 : 1;

/** Prints the results of a run that is here already, and caches the output while nothing changes. */
export async function reportUpToDate(
  project: Project,
  { store }: Prepared,
  asked: Asked,
  { run, manifest, gathered }: CompleteRun,
  view: Console,
): Promise<number> {
  const verdicts = await verdictsOn(project, run);
  const code = exitCodeOn(gathered, verdicts);
  const found: Found = { manifest, upToDate: true, gathered, verdicts, code };
  const given: CommandOutput = { exitCode: code, shown: await shownOf(project, found, asked) };
  const dependencies = endObservation();
  if (dependencies !== undefined) {
    const { remember } = await import("../../store/cached_output/remember.ts");
    remember(store, asked.arguments, given, dependencies);
  }
  saveStatTable(store.table);
  view.close();
  await printOutput(given.shown);
  return code;
}
