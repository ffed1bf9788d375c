/** Makes the short summary of a run, from what it found and how that compares with what is expected. */
import type { Claim, Ledger } from "../../../schemas/run/judged_claims.ts";
import type { Manifest, ManifestJob } from "../../../schemas/run/manifest.ts";
import { claimCounts, outcomeOf } from "../../claims/claims_table.ts";
import type { ReferenceVerdict } from "../../grade/against_reference.ts";
import type { GradeSummary } from "../../grade/grade_summary.ts";
import type { Gathered } from "../../runs/gathered.ts";
import { mainMetrics } from "../../runs/main_metrics.ts";
import { jobCounts } from "../../runs/job_counts.ts";
import { nearest } from "../../terminal/nearest.ts";
import { count, precise } from "../../terminal/numbers.ts";
import type { Note, RunSummary, ShownMetric } from "../../terminal/run_screen.ts";
import { type Span, styled } from "../../terminal/styled.ts";

/** A recorded run's grade, and its comparison with the reference. */
export interface Verdicts {
  grade?: GradeSummary;
  reference?: ReferenceVerdict;
}

interface Found extends Verdicts {
  manifest: Pick<Manifest, "experiment" | "status" | "jobs" | "deviation">;
  upToDate: boolean;
  gathered: Gathered;
  /** Names of the main metrics, as the experiment declares them. */
  metrics: readonly string[] | undefined;
  /** The exit code: of a complete run 0 if all is as expected. */
  code: number;
  /** The report's path, or the run's directory where it has no report, as the user reads it. */
  place: { label: "Report" | "Run"; path: string };
}

export function overviewOf(found: Found): RunSummary {
  const { manifest: { experiment, status, jobs }, upToDate, gathered, code, place } = found;
  return {
    experiment: experiment.name,
    state: upToDate ? "up to date" : status,
    outcome: status !== "complete" ? "bad" : code === 0 ? "good" : "warning",
    jobs: jobCounts(upToDate ? allCached(jobs) : jobs),
    metrics: metricsOf(found),
    notes: [
      ...claimNotes(gathered.ledger),
      ...collisionNotes(gathered),
      ...absentNotes(found),
      ...gradeNotes(found.grade),
      ...referenceNotes(found.reference),
      ...exitNotes(found),
      { label: place.label, text: [place.path] },
    ],
  };
}

/** Jobs as they are for a run that is up to date: nothing was computed, and nothing took time. */
export const allCached = (jobs: readonly ManifestJob[]): ManifestJob[] =>
  jobs.map((job) => ({ ...job, status: "cached", from: undefined, seconds: undefined }));

const metricsOf = ({ metrics, gathered, grade }: Found): ShownMetric[] =>
  mainMetrics(metrics, gathered.metrics).map(({ name, value }) => ({
    name,
    found: precise(value),
    ...grade?.expectationOf(name),
  }));

function claimNotes({ claims, controls }: Ledger): Note[] {
  if (claims.length === 0) return [];
  const idsOf = (verdict: Claim["verdict"]) =>
    claims.filter((claim) => claim.verdict === verdict).map(({ id }) => id);
  const misbehaved = controls.filter((control) => outcomeOf(control) === "MISBEHAVES");
  const listed = ([["refuted", "strong"], ["undecided", "warning"]] as const)
    .map(([verdict, style]): Note => ({
      label: "",
      text: [styled(style, verdict), ": "],
      names: idsOf(verdict),
    }));
  const control: Note = {
    label: "Controls",
    text: [styled("bad", "MISBEHAVE"), ": "],
    names: misbehaved.map(({ id }) => id),
  };
  const counts: Note = {
    label: "Claims",
    text: [claimCounts(claims, { isLabelled: true })],
    brief: claimCounts(claims),
  };
  return [counts, ...[...listed, control].filter(({ names = [] }) => names.length > 0)];
}

const collisionNotes = ({ collisions }: Gathered): Note[] =>
  collisions.length === 0 ? [] : [{
    label: "Names",
    text: [
      styled("warning", `${count(collisions.length, "name")} of two jobs left out`),
      " (-v says why): ",
    ],
    names: collisions.map(({ name }) => name),
  }];

/** Main metrics that a whole run has not: their names are mistyped, or no job gives them any more. */
function absentNotes({ manifest: { status, deviation }, metrics = [], gathered }: Found): Note[] {
  if (status !== "complete" || (deviation?.missing ?? []).length > 0) return [];
  const known = Object.keys(gathered.metrics);
  const absent = metrics.filter((name) => mainMetrics([name], gathered.metrics).length === 0);
  return absent.length === 0 ? [] : [{
    label: "Metrics",
    text: [styled("warning", `${count(absent.length, "main metric")} that no job gives`), ": "],
    names: absent.map((name) => {
      const near = nearest(name, known);
      return near === undefined ? name : `${name} (${near}?)`;
    }),
  }];
}

function gradeNotes(grade: GradeSummary | undefined): Note[] {
  if (grade === undefined) return [];
  const { report, passed, ungraded } = grade;
  if (report === null) {
    const reason = `none: ${ungraded}`;
    return [{
      label: "Grade",
      text: [passed ? reason : styled("bad", reason)],
      brief: `not graded: ${ungraded}`,
    }];
  }
  const failing = Object.keys(report.failing);
  const score = `${report.items - failing.length} of ${count(report.items, "item")}, ` +
    `${report.points} of ${count(report.maxPoints, "point")}`;
  const words: Span[] = passed
    ? [score]
    : [score, "; ", styled("bad", "NOT PASSED"), ' ("deno task grade" explains)'];
  return [
    { label: "Grade", text: words, brief: passed ? score : `${score}, NOT PASSED` },
    ...failing.length === 0
      ? []
      : [{ label: "", text: [styled("bad", "not passed"), ": "], names: failing }],
  ];
}

/** Says why `reproduce` ends with 1; an undecided claim, for one, does not look as if it did. */
function exitNotes({ code, gathered, grade, reference }: Found): Note[] {
  if (code !== 1) return [];
  const { ledger: { claims, controls }, collisions } = gathered;
  const undecided = claims.filter(({ verdict }) => verdict === "undecided").length;
  const misbehaving = controls.filter(({ behaved }) => !behaved).length;
  const reasons = [
    ...undecided === 0 ? [] : [`${count(undecided, "claim")} ${are(undecided)} undecided`],
    ...misbehaving === 0 ? [] : [`${count(misbehaving, "control")} of claims misbehaved`],
    ...collisions.length === 0 ? [] : [`two jobs give ${count(collisions.length, "name")}`],
    ...grade?.passed === false ? ["the grade does not pass"] : [],
    ...reference?.report.passed === false
      ? ["the comparison with the reference does not pass"]
      : [],
  ];
  const because = `1, because ${reasons.join(", and ")}`;
  return [{ label: "Exit code", text: [because], brief: `exit code ${because}` }];
}

const are = (number: number): string => number === 1 ? "is" : "are";

const referenceNotes = (reference: ReferenceVerdict | undefined): Note[] =>
  reference === undefined ? [] : [{
    label: "Reference",
    text: [reference.report.passed ? reference.brief : styled("bad", reference.brief)],
    brief: reference.brief,
  }];
