/**
 * Prints what a recorded run found: its metrics, its grade, how it compares with the reference run, its
 * report. Caches the output for as long as nothing changes.
 */
import type { Verdict } from "../../schemas/run/claim_verdict.ts";
import { type Answer, remember } from "../store/cached_output/cached_output.ts";
import { endObservation } from "../store/cached_output/observation.ts";
import type { ReferenceVerdict } from "../grade/against_reference.ts";
import type { Console } from "../terminal/progress.ts";
import type { AnyArtifactType } from "../formats/artifact_type.ts";
import type { GradeSummary } from "../grade/grade_summary.ts";
import { isWhole } from "../engine/project/deviation.ts";
import { deviationOfRun, type Prepared, type Project } from "../engine/project/project.ts";
import { hasReference } from "../runs/reference_run.ts";
import type { Outcome } from "../engine/obtain.ts";
import type { CompleteRun } from "../runs/find_complete.ts";
import { type Gathered, isAsExpected } from "../runs/gathered.ts";
import { saveStatTable } from "../store/save_stat_table.ts";
import { count } from "../terminal/numbers.ts";
import { escapedJson } from "../terminal/escaped_json.ts";
import { complain, print } from "../terminal/print.ts";
import { shownPath } from "../terminal/user_path.ts";

/** Options that the output depends on. */
export interface Asked {
  /** A name or a file. */
  experiment: string;
  json: boolean;
  /** Arguments as given; the output is cached under them. */
  arguments: readonly string[];
}

/** The object that `--json` prints. */
interface Report {
  run: string;
  upToDate: boolean;
  status: string;
  /** True if every artifact is known to agree with the reference run; null where there is none. */
  agrees: boolean | null;
  metrics: unknown;
  /** Claim → verdict. */
  verdicts: Record<string, Verdict>;
  /** Comparison with the reference run, if there is one. */
  reference?: ReferenceVerdict["report"];
  /** Its grade; null where no expected values are committed for it. */
  grade?: GradeSummary["report"];
}

/** A recorded run's grade, and its comparison with the reference. */
interface Verdicts {
  grade?: GradeSummary;
  reference?: ReferenceVerdict;
}

/** A run, and what it found. */
interface Found {
  run: string;
  upToDate: boolean;
  status: string;
  gathered: Gathered;
  summary: string;
}

/** Returns the text that is printed about a run. */
export function textOf(
  { run, upToDate, status, gathered, summary }: Found,
  { grade, reference }: Verdicts,
  json: boolean,
): string {
  if (!json) {
    return [summary.trimEnd(), grade?.text, reference?.text]
      .filter((text) => text !== undefined).join("\n\n");
  }
  const { metrics, ledger: { claims } } = gathered;
  const report: Report = {
    run,
    upToDate,
    status,
    agrees: reference === undefined ? null : reference.report.verdict === "agrees",
    metrics,
    verdicts: Object.fromEntries(claims.map(({ id, verdict }) => [id, verdict])),
    reference: reference?.report,
    grade: grade?.report,
  };
  return escapedJson(report);
}

export async function verdictsOn(project: Project, run: string): Promise<Verdicts> {
  // Loaded here: a run that is not complete has no use for them.
  const [{ openRun }, { gradeSummary }] = await Promise.all([
    import("../runs/open_run.ts"),
    import("../grade/grade_summary.ts"),
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
  const { againstReference } = await import("../grade/against_reference.ts");
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
      import("../runs/open_run.ts"),
      import("../report/write_report.ts"),
    ]);
    const source = await openRun(project.artifacts, run);
    const { path, problems } = await writeReport(project, source, { reference });
    for (const message of problems) {
      view.notice({ reason: "not-in-report", message });
    }
    complain(`Report: ${shownPath(path)}`);
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
  { run, gathered, summary }: CompleteRun,
  jobs: number,
): Promise<number> {
  const said = await verdictsOn(project, run);
  const found: Found = { run, upToDate: true, status: "complete", gathered, summary };
  const given: Answer = {
    exitCode: exitCodeOn(gathered, said),
    out: textOf(found, said, asked.json),
    note: `Everything is up to date: ${count(jobs, "job")}, nothing to run. ` +
      "What follows is from the run that computed it.",
  };
  const dependencies = endObservation();
  if (dependencies !== undefined) remember(store, asked.arguments, given, dependencies);
  saveStatTable(store.table);
  complain(given.note);
  print(given.out.split("\n"));
  return given.exitCode;
}
