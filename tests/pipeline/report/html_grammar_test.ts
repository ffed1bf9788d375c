/** Tests that every page is valid HTML, with what it folds, and what only readers without scripts see. */
import { assert, assertEquals } from "@std/assert";
import { HtmlValidate, StaticConfigLoader } from "html-validate/browser";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { compareRuns } from "../../../pipeline/diff/compare.ts";
import { comparisonPage } from "../../../pipeline/report/diff/diff_page.ts";
import { writeReport } from "../../../pipeline/report/write_report.ts";
import { openRun } from "../../../pipeline/runs/open_run.ts";
import { twoRuns } from "../../fixtures/two_runs.ts";
import { pageOfClass, pageOfLiveRun, pageOfTwoRuns } from "../../support/browser/made_pages.ts";
import { recordReportRun, runId } from "../../support/browser/report_run.ts";
import { root } from "../../support/checkout.ts";
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
  const { path } = await writeReport(project, await openRun(from, run), {
    load: () => Promise.resolve(project),
  });
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
  for (const scripts of [[], ["void 0;"]]) await check(await pageOfTwoRuns(scripts));
});

Deno.test("the live page is valid HTML", async () => {
  await using place = await workspace();
  await check(await pageOfLiveRun(place.path));
});

Deno.test("the page of a class is valid HTML", async () => {
  await using place = await workspace();
  await check(await pageOfClass(join(place.path, "artifacts")));
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
