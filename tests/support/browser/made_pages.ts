/** Pages for tests, each whole: two runs compared, a class, a run in progress. */
import { compareRuns } from "../../../pipeline/diff/compare.ts";
import { grade } from "../../../pipeline/grade/grade_run.ts";
import { classPage } from "../../../pipeline/report/class_page.ts";
import { loadScripts } from "../../../pipeline/report/client_script.ts";
import { comparisonPage } from "../../../pipeline/report/diff/diff_page.ts";
import { livePage } from "../../../pipeline/report/live_page.ts";
import { twoRuns } from "../../fixtures/two_runs.ts";
import { root } from "../checkout.ts";
import { fileOf, subjectOf } from "../grade_subject.ts";

/** Two runs with a patch and as many divergences as are folded. */
export async function pageOfTwoRuns(scripts: readonly string[]): Promise<string> {
  const [a, b] = twoRuns();
  const comparison = await compareRuns(a, b, {
    level: "within",
    rehash: true,
    pictures: true,
    patch: true,
  });
  const divergences = Array.from(
    { length: 5 },
    (_, i) => ({ ...comparison.divergences[0], job: `job-${i}` }),
  );
  return await comparisonPage({ ...comparison, divergences, patch: "+a\n-b <c>" }, a, b, scripts);
}

/** Three submissions: one that passes, one with an integrity error, one that cannot be read. */
export async function pageOfClass(artifacts: string): Promise<string> {
  const file = fileOf([{
    title: "<accuracy> & more",
    group: "Training",
    expected: { kind: "at-least", value: 0.8 },
  }, {
    id: "other",
    title: "other",
    target: { kind: "metric", name: "other" },
    expected: { kind: "exact", value: 1 },
    group: "Other",
  }]);
  const trust = {
    checks: [],
    problems: [{ where: "metrics.json", message: "it does not follow", jobs: [] }],
    recomputed: [],
  };
  const submissions = [
    { name: "alice", grade: grade(subjectOf({ metrics: { accuracy: 0.9, other: 1 } }), file) },
    { name: '<b>"bob"', grade: grade(subjectOf({ metrics: { accuracy: 0.1 } }, { trust }), file) },
    { name: "cut", grade: grade(subjectOf({}, { form: "unreadable", notes: ["cut off"] }), file) },
  ];
  const skipped = [{ name: "notes.txt", why: "it is a document" }];
  return await classPage({ root, artifacts }, submissions, skipped);
}

/** The live page, with `artifacts` for its script. */
export const pageOfLiveRun = async (artifacts: string): Promise<string> =>
  await livePage(await loadScripts("live", { root, artifacts }));
