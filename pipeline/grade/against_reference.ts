/**
 * Compares a run with the reference run, and decides whether `reproduce` may end with 0.
 *
 * A job runs elsewhere if its key, or that of a job before it, names another machine than in the
 * reference. docs/comparing.md has a table of what decides where.
 */
import type { Comparison } from "../../schemas/run/comparison.ts";
import type { Agreement } from "../../schemas/run/agreement_level.ts";
import type { Manifest, ManifestJob } from "../../schemas/run/manifest.ts";
import { deviationOf } from "../engine/project/deviation.ts";
import { Failed, failureLines } from "../engine/failed.ts";
import { factIn, parseLines } from "../engine/key.ts";
import type { MachineFacts } from "../engine/machine/machine.ts";
import { referenceOf } from "../runs/reference_run.ts";
import type { RunSource } from "../runs/run_source.ts";
import { openRun } from "../runs/open_run.ts";
import { count, someOf } from "../terminal/numbers.ts";
import { differsAt, isKnown, type Level } from "../diff/agreement.ts";
import { compareRuns } from "../diff/compare.ts";
import { outputWords } from "../diff/render/describe.ts";
import type { Spreads } from "../diff/metric_difference.ts";
import { escaped } from "../terminal/escape.ts";
import { spreadsFor } from "./replicate_spread.ts";

export interface ReferenceVerdict {
  /** For the summary; without a line break at the end. */
  text: string;
  /** The same in a sentence or two. */
  brief: string;
  /** For programs. */
  report: {
    run: string;
    /**
     * "agrees" only if every artifact was compared or has the same hash. "not-compared": nothing that
     * was compared differs, and not everything could be.
     */
    verdict: "agrees" | "differs" | "not-compared";
    /** True if everything that decides agrees; `reproduce` exits with 1 if not. */
    passed: boolean;
    /** Artifacts of the reference by how far they agree. */
    agreements: Partial<Record<Agreement, number>>;
    /** Names of everything that was not compared. */
    notCompared: string[];
    sentence: string;
  };
}

/** Names that are listed; more are counted. */
const most = 6;

/**
 * The verdict on a run of this project; undefined where there is no reference. One that cannot be read
 * is reported and does not pass, because the run itself is recorded by then. A `whole` run has all jobs
 * of its experiment, so a job of the reference that it lacks is missing.
 */
export async function againstReference(
  artifacts: string,
  run: string,
  options: { whole: boolean },
): Promise<ReferenceVerdict | undefined> {
  try {
    const own = await openRun(artifacts, run);
    const name = referenceOf(artifacts, own.manifest);
    if (name === undefined) return undefined;
    const reference = await openRun(artifacts, name);
    return await verdictOn(reference, own, spreadsFor(artifacts, reference, own), options);
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    const reason = `: ${failureLines(error.failure).join(" ")}`;
    return notCompared("reference", reason, false);
  }
}

function notCompared(run: string, reason: string, passed: boolean): ReferenceVerdict {
  const sentence = `Not compared with the reference run${reason}`;
  return {
    text: sentence,
    brief: `not compared with ${run}${reason}`.replace(/\.$/, ""),
    report: { run, verdict: "not-compared", passed, agreements: {}, notCompared: [], sentence },
  };
}

async function verdictOn(
  reference: RunSource,
  own: RunSource,
  spreads: Spreads | undefined,
  { whole }: { whole: boolean },
): Promise<ReferenceVerdict> {
  const { run } = reference.manifest;
  const why = notComparable(reference.manifest, own.manifest, { whole });
  if (why !== undefined) return notCompared(run, `, ${why}.`, true);
  const [inReference, inRun] = [reference, own]
    .map(({ manifest }) => new Set(manifest.jobs.map(({ name }) => name)));
  const shared = inReference.intersection(inRun);
  const elsewhere = ranElsewhere(reference.manifest, own.manifest);
  const comparison = await compareRuns(reference, own, {
    level: "within",
    // Claims decide too if all jobs ran on the reference's machine.
    levelOf: elsewhere.size === 0 ? undefined : (job) => levelThere[elsewhere.get(job) ?? "here"],
    mayBeUnknown: (job) => elsewhere.has(job),
    spreads,
    mayHaveMore: true,
    rehash: false,
    pictures: false,
    jobs: whole ? inReference : shared,
  });
  const agreements: ReferenceVerdict["report"]["agreements"] = {};
  for (const { agreement } of comparison.outputs.filter(({ a }) => a !== null)) {
    agreements[agreement] = (agreements[agreement] ?? 0) + 1;
  }
  return {
    text: verdictText(reference, comparison, {
      isElsewhere: elsewhere.size > 0,
      others: [
        [[...inRun.difference(inReference)], "not in the reference"],
        [whole ? [] : [...inReference.difference(inRun)], "in the reference alone"],
      ],
    }),
    brief: briefText(reference.name, comparison),
    report: {
      run,
      verdict: verdictWord(comparison, elsewhere),
      passed: comparison.verdict === "agree",
      agreements,
      notCompared: comparison.notCompared,
      sentence: comparison.sentence,
    },
  };
}

/**
 * The reason why a run is not compared with a reference run, as a clause about the reference; undefined if it is
 * compared. A `whole` run has all jobs of its experiment.
 */
export function notComparable(
  reference: Manifest,
  own: Manifest,
  { whole }: { whole: boolean },
): string | undefined {
  const other = otherExperiment(reference, own);
  if (other !== undefined) return `which is of ${other}`;
  const names = new Set(reference.jobs.map(({ name }) => name));
  const isApart = !whole && own.jobs.every(({ name }) => !names.has(name));
  return isApart ? "which has none of these jobs" : undefined;
}

/** The reference's experiment, if it is not the run's with the same parameters. */
function otherExperiment(reference: Manifest, own: Manifest): string | undefined {
  const [a, b] = [reference.experiment, own.experiment];
  if (a.name !== b.name) return `the experiment ${a.name}`;
  const { changed } = deviationOf(reference.jobs, own.jobs);
  return changed.length === 0 ? undefined : "the same experiment with other parameters";
}

type Elsewhere = "adapter" | "processor";

const environment: Record<Elsewhere, readonly (keyof MachineFacts)[]> = {
  adapter: ["backend", "adapter", "driver", "fma"],
  processor: ["arch", "os", "deno", "v8"],
};

/** Level at which a job must agree, by where it ran. */
const levelThere: Record<Elsewhere | "here", Level | undefined> = {
  here: "within",
  adapter: "consistent",
  processor: undefined,
};

/** The jobs that name another machine than in the reference, and all that need them. */
function ranElsewhere(reference: Manifest, own: Manifest): Map<string, Elsewhere> {
  const before = new Map(reference.jobs.map((job) => [job.name, job]));
  const elsewhere = new Map<string, Elsewhere>();
  for (const job of own.jobs) {
    const other = before.get(job.name);
    const differs = other === undefined ? () => false : differing(other, job);
    const inherited = Object.values(job.inputs).map((input) => elsewhere.get(input.job));
    // Metrics with replicates decide wherever an adapter comes in, on whatever processor.
    const where = (["adapter", "processor"] as const)
      .find((one) => inherited.includes(one) || environment[one].some(differs));
    if (where !== undefined) elsewhere.set(job.name, where);
  }
  return elsewhere;
}

function differing(a: ManifestJob, b: ManifestJob): (fact: keyof MachineFacts) => boolean {
  const [before, after] = [parseLines(a.lines), parseLines(b.lines)];
  return (fact) => factIn(before, fact) !== factIn(after, fact);
}

function verdictWord(
  { verdict, outputs, metrics, notCompared }: Comparison,
  elsewhere: ReadonlyMap<string, Elsewhere>,
): ReferenceVerdict["report"]["verdict"] {
  // On another processor a difference does not decide, and is one all the same.
  const differs = [...outputs, ...metrics].some(({ agreement, job, a }) =>
    a !== null && isKnown(agreement) && differsAt(agreement, "consistent") &&
    elsewhere.get(job ?? "") === "processor"
  );
  if (verdict === "differ" || differs) return "differs";
  return verdict === "undecided" || notCompared.length > 0 ? "not-compared" : "agrees";
}

/** Words for the artifacts that are not identical, by agreement. */
const agreementCounts: readonly (readonly [Agreement, string])[] = [
  ["equal", "have equal values"],
  ["within", "are within tolerance"],
  ["different", "differ"],
  ["missing", "are missing here"],
  ["unknown", "were not compared"],
];

/** `others`: names of jobs that one run alone has, and where they are. */
function verdictText(
  { name, manifest: { run } }: RunSource,
  comparison: Comparison,
  { isElsewhere, others }: {
    isElsewhere: boolean;
    others: readonly (readonly [jobs: readonly string[], where: string])[];
  },
): string {
  const outputs = comparison.outputs.filter(({ a }) => a !== null);
  const more = comparison.outputs.length - outputs.length;
  const differs = outputs.some(({ agreement }) => agreement !== "identical");
  return [
    ...countLines(run, comparison, outputs),
    ...differenceLines(comparison, outputs),
    ...caveatLines(comparison, outputs, isElsewhere),
    ...more > 0 ? [`  ${count(more, "artifact")} more, which the reference does not have.`] : [],
    ...others.filter(([jobs]) => jobs.length > 0)
      .map(([jobs, where]) => `  ${count(jobs.length, "job")} ${where}: ${someOf(jobs, 3)}.`),
    ...differs ? [`  "deno task diff ${name} ${comparison.b.run}" has the details.`] : [],
  ].map(escaped).join("\n");
}

type Outputs = Comparison["outputs"];

/** "all 305 artifacts are identical", or the numbers of those that are not, and how to see them. */
function briefText(name: string, { a, b, outputs }: Comparison): string {
  const shared = outputs.filter(({ a }) => a !== null);
  if (shared.every(({ agreement }) => agreement === "identical")) {
    return `all ${count(shared.length, "artifact")} are identical to those of ${a.run}`;
  }
  return `${countsText(shared)}; "deno task diff ${name} ${b.run}" has the details`;
}

/** Returns lines that count the agreeing artifacts by level of agreement. */
function countLines(run: string, { metrics, sentence }: Comparison, outputs: Outputs): string[] {
  const all = count(outputs.length, "artifact");
  const head = `Compared with the reference run ${run}: `;
  const consistent = metrics.filter(({ agreement }) => agreement === "consistent").length;
  const seeds = consistent === 0
    ? []
    : [`  Within the spread of runs with other seeds: ${count(consistent, "metric")}.`];
  const isSame = outputs.every(({ agreement }) => agreement === "identical");
  return isSame
    ? [`${head}all ${all} are identical.`, ...seeds]
    : [`${head}${countsText(outputs)}.`, `  ${sentence}`, ...seeds];
}

/** "4 of 5 artifacts are identical, 1 differ" */
function countsText(outputs: Outputs): string {
  const number = (agreement: Agreement) =>
    outputs.filter((output) => output.agreement === agreement).length;
  const parts = agreementCounts.filter(([agreement]) => number(agreement) > 0)
    .map(([agreement, words]) => `${number(agreement)} ${words}`);
  const same = `${number("identical")} of ${count(outputs.length, "artifact")} are identical`;
  return [same, ...parts].join(", ");
}

/** Outputs, metrics and claims that differ. */
function differenceLines({ metrics, claims }: Comparison, outputs: Outputs): string[] {
  const deciding = [...outputs, ...metrics].filter(({ counts, ...one }) => counts && isApart(one));
  const words = (one: Outputs[number] | Comparison["metrics"][number]): string => {
    if (!("output" in one)) {
      return `${one.name}: ${one.a} in the reference, ${one.b ?? "none"} here`;
    }
    return `${one.job} ${one.output}: ${
      one.b === null ? "only in the reference" : outputWords(one)
    }`;
  };
  return [
    ...deciding.slice(0, most).map((one) => `  DIFFERS  ${words(one)}`),
    ...deciding.length > most ? [`  and ${deciding.length - most} more`] : [],
    ...claims.slice(0, most).map(({ id, a, b }) =>
      `  Claim ${id}: ${a ?? "not judged"} in the reference, ${b ?? "not judged"} here.`
    ),
  ];
}

const isApart = ({ agreement }: { agreement: Agreement }): boolean =>
  agreement === "different" || agreement === "missing";

/** Returns lines on what was not compared, and on why a difference may not decide. */
function caveatLines(
  { metrics, verdict, notCompared }: Comparison,
  outputs: Outputs,
  isElsewhere: boolean,
): string[] {
  const lines: string[] = [];
  if (notCompared.length > 0) {
    lines.push(
      `  Not compared: ${someOf(notCompared, most)}.`,
      "  Their bytes differ from the reference's, which are not available here. Import the " +
        "reference run to compare them.",
    );
  }
  if (verdict === "undecided") {
    lines.push("  Nothing that was compared differs; whether all of it agrees is not known.");
  }
  const isOpen = notCompared.length > 0 || [...outputs, ...metrics].some(isApart);
  if (verdict === "agree" && isOpen) {
    lines.push(
      isElsewhere
        ? "  The run was made on another machine than the reference, so this does not decide."
        : "  What differs was made from values that agree within tolerance, and does not decide.",
    );
  }
  return lines;
}
