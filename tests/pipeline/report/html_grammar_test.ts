/** Tests that every page is valid HTML, with what it folds, and what only readers without scripts see. */
import { assert, assertEquals } from "@std/assert";
import { HtmlValidate, StaticConfigLoader } from "html-validate/browser";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { compareRuns } from "../../../pipeline/diff/compare.ts";
import { grade } from "../../../pipeline/grade/grade_run.ts";
import { classPage } from "../../../pipeline/report/class_page.ts";
import { loadScripts } from "../../../pipeline/report/client_script.ts";
import { comparisonPage } from "../../../pipeline/report/diff/diff_page.ts";
import { livePage } from "../../../pipeline/report/live_page.ts";
import { writeReport } from "../../../pipeline/report/write_report.ts";
import { openRun } from "../../../pipeline/runs/open_run.ts";
import { twoRuns } from "../../fixtures/two_runs.ts";
import { recordReportRun, runId } from "../../support/browser/report_run.ts";
import { root } from "../../support/checkout.ts";
import { fileOf, subjectOf } from "../../support/grade_subject.ts";
import { workspace } from "../../support/workspace.ts";

const validator = new HtmlValidate(
  new StaticConfigLoader({
    root: true,
    extends: ["html-validate:standard"],
    rules: { "heading-level": "error" },
  }),
);

/** The errors of a page: its line, the rule, and what the rule says. */
async function errorsOf(page: string): Promise<string[]> {
  const { results } = await validator.validateString(page);
  return results.flatMap(({ messages }) => messages)
    .map(({ line, ruleId, message }) => `${line}: ${ruleId}: ${message}`);
}

/** The page with everything that its script would put into it. */
function opened(page: string): string {
  const packed = /<script type="text\/plain" id="folds">([^<]*)</.exec(page)?.[1];
  if (packed === undefined) return page;
  const folds: string[] = JSON.parse(
    new TextDecoder().decode(inflateRawSync(Uint8Array.fromBase64(packed))),
  );
  const filled = page.replace(
    /(<div class="fold" data-fold="(\d+)">).*?(?=<\/div>)/gs,
    (_, place, number) => place + folds[Number(number)],
  );
  assert(filled.length > page.length);
  return filled;
}

/** Rules for what people, search engines and browsers need of a page beside the grammar. */
function checkHead(page: string): void {
  assert(page.startsWith('<!DOCTYPE html>\n<html lang="en">'));
  const description = /<meta name="description" content="([^"]+)">/.exec(page)?.[1] ?? "";
  assert(description.length > 20, `description "${description}"`);
}

async function check(page: string): Promise<void> {
  checkHead(page);
  assertEquals(await errorsOf(opened(page)), []);
}

/** Writes the report of a run of a directory of artifacts; gives the page. */
async function reportOf(from: string, run: string, artifacts: string): Promise<string> {
  const project = { root, artifacts, dag: [], dagModule: "", experiments: {} };
  const { path } = await writeReport(project, await openRun(from, run));
  return await Deno.readTextFile(path);
}

Deno.test("the report of the whole assignment is valid HTML", async () => {
  await using place = await workspace();
  await check(await reportOf(join(root, "artifacts"), "reference", join(place.path, "artifacts")));
});

Deno.test("the report of a run with panels, pictures and odd texts is valid HTML", async () => {
  await using place = await workspace();
  const artifacts = join(place.path, "artifacts");
  await recordReportRun(artifacts);
  await check(await reportOf(artifacts, runId, artifacts));
});

Deno.test("the page of two runs is valid HTML, with scripts and without", async () => {
  const [a, b] = twoRuns();
  const comparison = await compareRuns(a, b, {
    level: "within",
    rehash: true,
    pictures: true,
    patch: true,
  });
  const growth = Array.from(
    { length: 5 },
    (_, i) => ({ ...comparison.growth[0], job: `job-${i}` }),
  );
  for (const scripts of [[], ["void 0;"]]) {
    await check(
      await comparisonPage({ ...comparison, growth, patch: "+a\n-b <c>" }, a, b, scripts),
    );
  }
});

Deno.test("the live page is valid HTML", async () => {
  await using place = await workspace();
  await check(await livePage(await loadScripts("live", place.path)));
});

Deno.test("the page of a class is valid HTML", async () => {
  await using place = await workspace();
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
  await check(await classPage(join(place.path, "artifacts"), submissions, skipped));
});

Deno.test("what is no valid HTML is noticed", async () => {
  const [a, b] = twoRuns();
  const options = { level: "within", rehash: true, pictures: false } as const;
  const page = await comparisonPage(await compareRuns(a, b, options), a, b);
  const broken: [what: string, from: string | RegExp, to: string][] = [
    ["an id twice", '<section id="charts"', '<section id="cause"'],
    ["a tag that is not closed", "</h1>", ""],
    ["a heading that skips a level", "</header>", "<h5>x</h5></header>"],
    ["a block in a paragraph", "</header>", "<p><div></div></p></header>"],
    ["an unknown attribute value", '<th scope="col"', '<th scope="across"'],
    ["an attribute twice", "</header>", '<p id="x" id="y"></p></header>'],
  ];
  for (const [what, from, to] of broken) {
    const changed = page.replace(from, to);
    assert(changed !== page, what);
    assert((await errorsOf(changed)).length > 0, what);
  }
});
