/** Grades one run: judges every item of a file of expected values by the run's evidence. Pure. */
import type { Item, Replicates } from "../../schemas/run/expected.ts";
import type { Grade, ItemResult } from "../../schemas/run/graded.ts";
import { choose } from "./choice.ts";
import { roundPoints } from "./credit.ts";
import type { Evidence } from "./evidence.ts";
import type { ExpectedFile } from "./expected_file.ts";
import { expectedWithout } from "./expected_from_replicates.ts";
import { judge } from "./judge.ts";

/** A run or metrics file to grade, with its evidence. */
export interface Subject
  extends Pick<Grade, "subject" | "form" | "experiment" | "deviation" | "notes" | "trust"> {
  evidence: Evidence;
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
  const distrust = new Map<string, string>();
  for (const { jobs, message } of subject.trust.problems) {
    for (const job of jobs) distrust.set(job, message);
  }
  const items = expected.items.map((item) => judge(item, evidence, (job) => distrust.get(job)));
  const sum = (of: "points" | "maxPoints") =>
    roundPoints(items.reduce((sum, item) => sum + item[of], 0));
  const ended = subject.form === "complete" || subject.form === "figures-alone";
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
    points: sum("points"),
    maxPoints: sum("maxPoints"),
    items,
    leaderboard: expected.leaderboard.map(({ name, metric, order }) => {
      const found = evidence.metric(metric);
      return { name, value: "missing" in found ? null : found.value, order };
    }),
  };
}

/** A note for each metric that decides how items are judged, and has none of the values that they know. */
function fallbacks(
  items: readonly Item[],
  results: readonly ItemResult[],
  evidence: Evidence,
): string[] {
  const ids = new Map<string, string[]>();
  items.forEach(({ id, expected }, i) => {
    const { otherwise, because } = choose(expected, evidence);
    if (!otherwise || results[i].status === "missing") return;
    ids.set(because!, [...ids.get(because!) ?? [], id]);
  });
  return [...ids].map(([because, ids]) =>
    `Judged by a wider expectation, because ${because}: ${ids.join(", ")}.`
  );
}
