/** Grades one run: judges every item of a file of expected values by the run's evidence. Pure. */
import type { Item, Replicates } from "../../schemas/run/expected.ts";
import type { Grade, ItemResult, TrustLevel } from "../../schemas/run/graded.ts";
import { choose } from "./choice.ts";
import type { Evidence } from "./evidence.ts";
import type { ExpectedFile } from "./expected_file.ts";
import { expectedWithout } from "./expected_from_replicates.ts";
import { judge, type Verify } from "./judge.ts";
import { subtotals, total } from "./subtotals.ts";
import { isAtLeast, isVerified, lowest } from "./trust_level.ts";

/** A run or metrics file to grade, with its evidence. */
export interface Subject extends
  Pick<
    Grade,
    "subject" | "form" | "experiment" | "started" | "seconds" | "deviation" | "notes"
  > {
  evidence: Evidence;
  trust: Omit<Grade["trust"], "level">;
}

/** The seeds that a run states: in parameters of its jobs, which may differ, or as a metric. */
function seedsOf(
  { parameter, metric }: Evidence,
  { statedBy: { parameters, metric: name } }: Replicates,
): Set<unknown> {
  const found = name === undefined ? undefined : metric(name);
  return new Set([
    ...parameters.map(({ job, parameter: name }) => parameter(job, name)),
    ...(found === undefined || "missing" in found ? [] : [found.value]),
  ]);
}

/**
 * A run passes if it is complete, is the whole experiment with its parameters, passes every item and has
 * no integrity error.
 */
export function grade(
  { evidence, ...subject }: Subject,
  { name, sha256, expected: general }: ExpectedFile,
): Grade {
  const { expected, note } = general.replicates === undefined
    ? { expected: general }
    : expectedWithout(general, general.replicates, seedsOf(evidence, general.replicates));
  const verified = verifier(subject);
  const stating = statingJobs(evidence, general.replicates);
  const verify: Verify = (jobs, { source }) =>
    verified(source.from === "replicates" ? [...jobs, ...stating] : jobs);
  const items = expected.items.map((item) => judge(item, evidence, verify));
  const ended = subject.form === "complete" || subject.form === "metrics-alone";
  const passed = items.every((item) => item.status === "passed");
  return {
    version: 1,
    ...subject,
    notes: [
      ...subject.notes,
      ...(note === undefined ? [] : [note]),
      ...fallbacks(expected.items, items, evidence),
    ],
    expected: { title: expected.title, experiment: expected.experiment, file: name, sha256 },
    passed: ended && passed && subject.deviation === null && subject.trust.problems.length === 0,
    trust: {
      ...subject.trust,
      problems: firstOf(subject.trust.problems),
      level: lowest(items.flatMap(({ points, level }) => points > 0 && level ? [level] : [])),
    },
    ...total(items),
    groups: subtotals(items, expected.groups.map(({ name }) => name)),
    items,
    leaderboard: expected.leaderboard.map(({ name, metric, order }) => {
      const found = evidence.metric(metric);
      const isKnown = !("missing" in found) && verified(found.jobs).lacks === undefined;
      return { name, value: isKnown ? Number(found.value) : null, order };
    }),
  };
}

/** Cap on the problems that a grade lists: a forged manifest has as many as its author likes. */
const mostProblems = 100;

function firstOf(problems: Grade["trust"]["problems"]): Grade["trust"]["problems"] {
  if (problems.length <= mostProblems) return problems;
  const message = `${problems.length - mostProblems} more problems`;
  return [...problems.slice(0, mostProblems), { where: "manifest.json", message, jobs: [] }];
}

/** The jobs that state a run's seed, and so which replicates judge it. */
const statingJobs = ({ parameter, metric }: Evidence, replicates: Replicates | undefined) => {
  if (replicates === undefined) return [];
  const { parameters, metric: name } = replicates.statedBy;
  const found = name === undefined ? undefined : metric(name);
  return [
    ...parameters.filter(({ job, parameter: name }) => parameter(job, name) !== undefined)
      .map(({ job }) => job),
    ...(found === undefined || "missing" in found ? [] : found.jobs),
  ];
};

/** Finds how well the outputs of jobs were verified, and why that is not enough. */
function verifier(
  { form, trust }: Pick<Subject, "form" | "trust">,
): (jobs: readonly string[]) => ReturnType<Verify> {
  const problems = new Map<string, string>();
  for (const { where, jobs, message } of trust.problems.toReversed()) {
    for (const job of jobs) problems.set(job, `${where}: ${message}`);
  }
  const recomputed = new Map(trust.recomputed.map((one) => [one.job, one]));
  const reached = (jobs: readonly string[]): { level: TrustLevel; why: string } => {
    if (form === "metrics-alone") return { level: "claimed", why: "only metrics were submitted" };
    for (const job of jobs) {
      const problem = problems.get(job);
      if (problem !== undefined) return { level: "claimed", why: problem };
    }
    for (const job of jobs) {
      const result = recomputed.get(job);
      if (result !== undefined && isVerified(result)) continue;
      const why = result?.message ?? "it was not computed here";
      return { level: "consistent", why: `${job}: ${why}` };
    }
    return { level: "recomputed", why: "" };
  };
  return (jobs) => {
    const { level, why } = reached(jobs);
    if (isAtLeast(level, trust.required)) return { level };
    return { level, lacks: `${why} (it is ${level}, and must be ${trust.required})` };
  };
}

/** A note for each metric that decides how items are judged, and has none of the values that they know. */
function fallbacks(
  items: readonly Item[],
  results: readonly ItemResult[],
  evidence: Evidence,
): string[] {
  const ids = new Map<string, string[]>();
  items.forEach(({ id, expected, visibility }, i) => {
    const { otherwise, because } = choose(expected, evidence);
    const isRecorded = visibility === "visible" && results[i].status !== "missing";
    if (!otherwise || !isRecorded) return;
    ids.set(because!, [...ids.get(because!) ?? [], id]);
  });
  return [...ids].map(([because, ids]) =>
    `Judged by a wider expectation, because ${because}: ${ids.join(", ")}.`
  );
}
