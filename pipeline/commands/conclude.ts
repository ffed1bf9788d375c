/**
 * What is said of a run once it is recorded: its figures, its grade, how it compares with the
 * reference run, its report; and the answer that is remembered for as long as nothing changes.
 */
import { join } from "node:path";
import type { Action } from "../../schemas/action.ts";
import type { Ledger, Verdict } from "../../schemas/claims.ts";
import { type Answer, remember } from "../answer.ts";
import type { AgainstReferenceOptions, ReferenceVerdict } from "../comparison/against_reference.ts";
import type { Console } from "../console.ts";
import { isWhole } from "../deviation.ts";
import type { AnyArtifactType } from "../format/type.ts";
import type { ClosingGrade } from "../grading/closing.ts";
import type { CompleteRun } from "../identity.ts";
import { outputFiles, readManifest, runsPath } from "../manifest.ts";
import { deviationOfRun, type Prepared, type Project } from "../project.ts";
import { hasReference, referenceFiles } from "../reference.ts";
import type { Outcome } from "../run.ts";
import { latestPath } from "../runs/latest.ts";
import { digestOf, saveStatTable } from "../stat_table.ts";
import { blobPath } from "../store.ts";
import { count } from "../table.ts";
import { complain, harmlessJson } from "../terminal.ts";
import { shownPath } from "../user_path.ts";

/** What was asked for, as far as the answer depends on it. */
export interface Asked {
  /** A name or a file. */
  experiment: string;
  json: boolean;
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
export interface Verdicts {
  grade?: ClosingGrade;
  reference?: ReferenceVerdict;
}

export const verdictsOf = ({ claims }: Ledger): Report["verdicts"] =>
  Object.fromEntries(claims.map(({ id, verdict }) => [id, verdict]));

export const textOf = (
  report: Report,
  summary: string,
  { grade, reference }: Verdicts,
  json: boolean,
): string =>
  json
    ? harmlessJson({ ...report, reference: reference?.report, grade: grade?.report })
    : [summary.trimEnd(), grade?.text, reference?.text]
      .filter((text) => text !== undefined).join("\n\n");

export async function verdictsOn(project: Project, run: string): Promise<Verdicts> {
  // Loaded here: a run that is not complete has no use for them.
  const [{ openRunSource }, { closingGrade }] = await Promise.all([
    import("../runs/open_run.ts"),
    import("../grading/closing.ts"),
  ]);
  const source = openRunSource(project.artifacts, run);
  const deviation = await deviationOfRun(project, source.manifest);
  const grade = await closingGrade(project, source, deviation);
  const whole = isWhole(deviation);
  return { grade, reference: await againstReference(project, run, { whole }) };
}

/** The verdict on a run against the reference; loads what that takes only where there is one. */
async function againstReference(
  { artifacts }: Project,
  run: string,
  options: AgainstReferenceOptions,
): Promise<ReferenceVerdict | undefined> {
  if (!hasReference(artifacts)) return undefined;
  const { againstReference } = await import("../comparison/against_reference.ts");
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
    const [{ openRunSource }, { writeReport }] = await Promise.all([
      import("../runs/open_run.ts"),
      import("../report/write.ts"),
    ]);
    const { path, problems } = await writeReport(project, openRunSource(project.artifacts, run), {
      reference,
    });
    for (const message of problems) {
      view.show({ type: "notice", notice: { reason: "not-in-report", message } });
    }
    complain(`Report: ${shownPath(path)}`);
    return "written";
  } catch (error) {
    const { message } = error as Error;
    view.show({ type: "notice", notice: { reason: "no-report", message } });
    return "failed";
  }
}

/** Makes, remembers and gives what the same command will answer as long as nothing changes. */
export function rememberUpToDate(
  project: Project,
  { store, program, data }: Prepared,
  options: Asked,
  { run, agrees, summary, ...said }: CompleteRun & Verdicts,
  actions: readonly Action[],
): Answer {
  const directory = join(runsPath(project.artifacts), run);
  // The run's own files, as it wrote them: only a program asks for them.
  const read = (name: string) => JSON.parse(Deno.readTextFileSync(join(directory, name)));
  const metrics = options.json ? read("metrics.json") : undefined;
  const verdicts = options.json ? verdictsOf(read("claims.json")) : {};
  const answer: Answer = {
    exitCode: agrees && said.grade?.passed !== false && said.reference?.report.passed !== false
      ? 0
      : 1,
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
  const own = options.experiment in project.experiments ? [] : [options.experiment];
  const files = new Map(program);
  const expected = join(project.artifacts, "reference", `expected-${options.experiment}.json`);
  for (const file of [...own, manifest, expected, ...referenceFiles(project.artifacts)]) {
    files.set(file, digestOf(store.table, file) ?? "");
  }
  for (const { sha256 } of contents) files.set(blobPath(store, sha256), sha256);
  // The same command shows the run again, and so makes it `latest`: only while it still is.
  files.set(join(latestPath(project.artifacts), "manifest.json"), files.get(manifest)!);
  const present = outputFiles(directory, readManifest(directory));
  // That a file was added to a directory shows in none of the files that are remembered.
  const isClosed = [...data.values()].every(({ kind }) => kind === "file");
  // What was not compared can be, as soon as the store has the reference's bytes.
  const isCompared = (said.reference?.report.notCompared ?? []).length === 0;
  if (isClosed && isCompared) remember(store.root, options.arguments, answer, files, present);
  saveStatTable(store.table);
  return answer;
}
