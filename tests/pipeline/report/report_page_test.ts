/** Tests the report of a run: its bytes, its refusals, and its behaviour in a real browser. */
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inflateRawSync } from "node:zlib";
import type { RunSource } from "../../../pipeline/runs/run_source.ts";
import type { Project } from "../../../pipeline/engine/project/project.ts";
import { referenceSection } from "../../../pipeline/report/reference_section.ts";
import { gradeSection } from "../../../pipeline/report/grade_section.ts";
import { withImages } from "../../../pipeline/report/client/still_images.ts";
import { idOf, readContent } from "../../../pipeline/report/content.ts";
import { claimsSection } from "../../../pipeline/report/claims_section.ts";
import { openFolds } from "../../../pipeline/report/html/folds.ts";
import { markup } from "../../../pipeline/report/html/html.ts";
import { openCharts } from "../../../pipeline/report/page_charts.ts";
import { openFormulas } from "../../../pipeline/report/html/formulas.ts";
import { openMarkdown } from "../../../pipeline/report/html/markdown.ts";
import { pictureOf } from "../../../pipeline/report/html/svg.ts";
import { writeReport } from "../../../pipeline/report/write_report.ts";
import { openRun } from "../../../pipeline/runs/open_run.ts";
import { claim, condition } from "../../fixtures/claims_of_a_run.ts";
import { inBrowser } from "../../support/browser/in_browser.ts";
import { recordReportRun, runId } from "../../support/browser/report_run.ts";
import { madeUpId, madeUpRun, metricsBytes, place as writeRun } from "../../support/made_up_run.ts";
import { utf8 } from "../../support/utf8.ts";
import { canonicalJson } from "../../../pipeline/formats/json.ts";
import { trustOf } from "../../support/grade_subject.ts";
import { cliOf, root } from "../../support/checkout.ts";
import { commandLine, shell, testOnLinux } from "../../support/shell.ts";
import { fanin, workspace } from "../../support/workspace.ts";

/** A project with nothing but artifacts. */
const projectIn = (artifacts: string): Project => ({
  root,
  artifacts,
  dag: [],
  dagModule: "",
  experiments: {},
});

const reportIn = (project: Project, source: RunSource) =>
  writeReport(project, source, { load: () => Promise.resolve(project) });

/** Records the run in a workspace and writes its report. */
async function reported(path: string) {
  const artifacts = join(path, "artifacts");
  await recordReportRun(artifacts);
  return await reportIn(projectIn(artifacts), await openRun(artifacts, runId));
}

Deno.test("the same run gives the same bytes of HTML, below 3 MB, and says what it could not show", async () => {
  await using first = await workspace();
  await using second = await workspace();
  const one = await reported(first.path);
  const other = await reported(second.path);
  const html = await Deno.readTextFile(one.path);
  assertEquals(html, await Deno.readTextFile(other.path));
  assert(html.length < 3_000_000, `${html.length}`);
  assertEquals(one.problems.length, 1);
  assertStringIncludes(one.problems[0], "The formula \\frac{1 cannot be set");
  assertStringIncludes(html, "The formula \\frac{1 cannot be set");
});

Deno.test("the report of the whole assignment is short, and begins with a chart a question", async () => {
  await using place = await workspace();
  const source = await openRun(join(root, "artifacts"), "reference");
  const { path } = await reportIn(projectIn(join(place.path, "artifacts")), source);
  // A few megabytes are not committed with the reference; they add the largest pictures.
  assert(Deno.statSync(path).size < 2_500_000, `${Deno.statSync(path).size} bytes`);
  assertEquals(await inBrowser("drive_size.ts", pathToFileURL(path).href), {
    size: null,
    firstView: null,
    firstViewOfPhone: null,
  });
});

Deno.test("the report of a run without sections shows its main metrics, and where the others are", async () => {
  await using place = await workspace();
  const artifacts = join(place.path, "artifacts");
  const made = madeUpRun([{
    name: "fit/line",
    stage: "fit",
    outputs: {
      metrics: metricsBytes({ slope: 1.51175, offset: -0.5, "loss.epoch-1": 2, "loss.epoch-2": 1 }),
    },
  }]);
  const experiment = { ...made.manifest.experiment, metrics: ["line.slope", "line.loss.epoch-*"] };
  const manifest = { ...made.manifest, experiment };
  made.files.set("manifest.json", utf8(canonicalJson(manifest) + "\n"));
  writeRun(artifacts, { ...made, manifest });
  const { path } = await reportIn(projectIn(artifacts), await openRun(artifacts, madeUpId));
  const [, section] = (await Deno.readTextFile(path)).split('<section id="metrics">');
  assertEquals(
    [...section.matchAll(/<th scope="row">([^<]*)<\/th><td class="number">([^<]*)/g)]
      .map(([, name, value]) => [name, value]),
    [["line.slope", "1.512"], ["line.loss.epoch-2", "1"]],
  );
  assertStringIncludes(
    section,
    '<p>2 more metrics in <a href="metrics.json">metrics.json</a>.</p>',
  );
  const other = await reported(join(place.path, "other"));
  assert(
    !(await Deno.readTextFile(other.path)).includes('<section id="metrics">'),
    "its section does",
  );
});

Deno.test("a number stays on one line with its power of ten and with its percent sign", async () => {
  const { blocks } = await openMarkdown(await openFormulas(() => {}));
  const text = "with 2.4 · 10⁻¹⁶ and 6 · 10 cells";
  assertEquals(blocks(text).text, "<p>with 2.4\u00a0·\u00a010⁻¹⁶ and 6 · 10 cells</p>\n");
  assertEquals(blocks("0.0 % of it").text, "<p>0.0\u00a0% of it</p>\n");
});

Deno.test("an output that was edited is left out, and the report says so", async () => {
  await using place = await workspace();
  const artifacts = join(place.path, "artifacts");
  await recordReportRun(artifacts);
  const chart = join(artifacts, "runs", runId, "visualize", "question-2", "bars.vl.json");
  await Deno.writeTextFile(chart, "{}");
  const { problems, path } = await reportIn(
    projectIn(artifacts),
    await openRun(artifacts, runId),
  );
  assertStringIncludes(problems.join("\n"), "bars.vl.json is left out of this report");
  assertStringIncludes(await Deno.readTextFile(path), "The loss falls");
});

Deno.test("the report command prints the file's path; an unknown run is refused", async () => {
  await using place = await workspace();
  await recordReportRun(join(place.path, "artifacts"));
  const made = await fanin(place, ["report", runId]);
  assertEquals(made.code, 0, made.err);
  assertStringIncludes(made.out, join("runs", runId, "report.html"));
  const refused = await fanin(place, ["report", "20260102T030405Z-reprot"]);
  assertEquals(refused.code, 2);
  assertStringIncludes(refused.err, `Did you mean "${runId}"?`);
});

testOnLinux(
  "the report of a run that nobody may write lies in artifacts/reports/, or the message says what to do",
  async () => {
    await using place = await workspace();
    const artifacts = join(place.path, "artifacts");
    await recordReportRun(artifacts);
    const report = commandLine(cliOf("counting"), artifacts, "report", runId);
    const { code, out, err } = await shell(
      [
        // Root may write anywhere unless it lays that power down.
        '[ "$(id -u)" != 0 ] || alone="setpriv --inh-caps=-all --bounding-set=-all"',
        `run=artifacts/runs/${runId}; $alone ${report} >&2 && cp -r $run before && chmod 555 $run`,
        `$alone ${report}; rm artifacts/reports/*; chmod 555 artifacts/reports; $alone ${report}`,
        "code=$?; chmod 755 $run artifacts/reports; diff -r before $run && exit $code",
      ].join("\n"),
      place.path,
    );
    assertEquals(code, 2, err);
    assertStringIncludes(out, join("artifacts", "reports", `${runId}.html`));
    assertMatch(
      err,
      /report\.html cannot be written \(Permission denied.*: this one lies\s+elsewhere/,
    );
    assertMatch(
      err,
      /reports.*cannot be written: Permission.*Make it writable, or copy the project/s,
    );
  },
);

Deno.test("an image that a chart and its picture have is in the page once", async () => {
  const image = `data:image/png;base64,${"iVBORw0KGgo".repeat(20)}`;
  const other = `data:image/png;base64,${"AAAA".repeat(20)}`;
  const values = [image, other, image].map((url, x) => ({ url, x }));
  const spec = {
    data: { values },
    mark: "image",
    encoding: { url: { field: "url" }, x: { field: "x", type: "quantitative" } },
  };
  const svg = `<svg width="9" height="9"><image href="${image}"/></svg>`;
  const charts = await openCharts([], (problem) => assert(false, problem));
  const { text } = charts.figure({ id: "c", job: "j", output: "c", sha256: "", spec, svg });
  const data = charts.data();
  assert(data !== false);
  const packed = />([^<]+)</.exec(data.text)![1];
  const line = new TextDecoder().decode(inflateRawSync(Uint8Array.fromBase64(packed)));
  assert(!line.includes(image) && line.includes(other), line);
  assertEquals(text.split(image).length, 2);
  assertEquals(JSON.parse(withImages(line, text)).data, { values });
});

Deno.test("a chart that Vega-Lite refuses and that has no picture is a problem of the report", async () => {
  const problems: string[] = [];
  const chart = { id: "c", job: "train/small", output: "loss.vl.json", sha256: "", spec: {} };
  const charts = await openCharts([chart], (problem) => problems.push(problem));
  const { text } = charts.figure(chart);
  assert(!text.includes("data-spec"), text);
  assertEquals(charts.data(), false);
  assertEquals(problems.length, 1);
  assertMatch(problems[0], /^train\/small: loss\.vl\.json is not shown: Invalid specification/);
});

Deno.test("a section names a chart by its file, whether the output's name has the ending or not", () => {
  const spec = utf8(`{"mark":"bar"}`);
  const { manifest } = madeUpRun([
    { name: "draw/one", stage: "draw", outputs: { "by-site": spec, "by-year.vl.json": spec } },
  ]);
  for (const output of Object.values(manifest.jobs[0].outputs)) output.type = "vega-lite-spec";
  const source = { manifest, read: () => spec } as unknown as RunSource;
  const { charts, problems } = readContent(source);
  assertEquals(problems, []);
  assertEquals(charts.map(({ output }) => output), ["by-site.vl.json", "by-year.vl.json"]);
});

Deno.test("jobs, claims and charts have places of their own in the page, readable ones", () => {
  const names = [
    "train/模型",
    "train/数据",
    "größe",
    "große",
    "δ",
    "δ/1",
    "a/b",
    "a-b",
    "A-b",
    "a b",
    "a~20~b",
  ];
  assertEquals(new Set(names.map((name) => idOf("job", name))).size, names.length);
  for (const name of names) assertMatch(idOf("job", name), /^[^\s"'()#%\\]+$/);
  assert(idOf("chart", "a", "b-c") !== idOf("chart", "a-b", "c"));
  assert(idOf("chart", "a:b", "c") !== idOf("chart", "a", "b:c"));
  assertEquals(idOf("job", "train/fashion-mlp"), "job:train/fashion-mlp");
});

Deno.test("the claims' filter lists question 2 before question 10", () => {
  const claims = ["Q10.a", "Q2a.b", "Q2b.c"].map((id) => claim(id, [condition("x", 1)]));
  const { manifest } = madeUpRun([{ name: "judge", stage: "judge" }]);
  const ledgers = [{
    job: "judge",
    output: "claims",
    sha256: "",
    ledger: { claims, controls: [] },
  }];
  const content = { manifest, sections: [], charts: [], ledgers, problems: [] };
  const section = claimsSection(content, openFolds(markup`folded`));
  assert(section !== false);
  const list = /<select name="group">.*?<\/select>/s.exec(section.text)![0];
  assertEquals([...list.matchAll(/<option>(.*?)</g)].map(([, group]) => group), ["Q2", "Q10"]);
});

Deno.test("a picture with anything but shapes and text is refused", () => {
  const svg = (content: string, head = "") =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="10" height="5"${head}>${content}</svg>`;
  const { html, width } = pictureOf(
    svg(
      `<clipPath id="c"><rect width="1"/></clipPath><g clip-path="url(#c)"><text>a &lt; b</text></g>`,
    ),
    "chart",
    `"told"`,
  );
  assertEquals(width, 10);
  assertStringIncludes(html.text, `<clipPath id="chart:c">`);
  assertStringIncludes(html.text, `clip-path="url(#chart:c)"`);
  assertStringIncludes(html.text, `aria-label="&quot;told&quot;"`);
  for (
    const content of [
      "<script>1</script>",
      "<foreignObject><p>1</p></foreignObject>",
      `<rect onclick="1"/>`,
      `<rect style="fill:url(http://example.org)"/>`,
      `<rect fill="url(http://example.org/#a)"/>`,
      `<image href="http://example.org/x.png"/>`,
      `<image href="javascript:1"/>`,
      "<!-- a comment -->",
      "<rect",
      "<g>",
      "</g>",
      "<g><text></g></text>",
    ]
  ) {
    assertThrows(() => pictureOf(svg(content), "chart", "told"), Error);
  }
  assertThrows(() => pictureOf(svg("", ` onload="1"`), "chart", "told"), Error, "onload");
  // An HTML title would take in the rest of the page.
  const followed = pictureOf(`${svg("")}<title>taken`, "chart", "told");
  assertEquals(followed.html.text, pictureOf(svg(""), "chart", "told").html.text);
});

Deno.test("the still picture of a chart loses its title, and no axis that is drawn after it", () => {
  const text = (y: number, words: string) => `<text transform="translate(0,${y})">${words}</text>`;
  const group = (role: string, x: number, y: number, content: string) =>
    `<g class="mark-group role-${role}"><g transform="translate(${x},${y})"><g>${content}</g></g></g>`;
  const title = group("title", -20, -40, text(12, "Nine of ten") + text(28, "after an epoch"));
  const axis = group("axis", 0, 340, `<g>${text(11, "tick 9")}</g>${text(26, "Predicted")}`);
  const drawn = (content: string) =>
    `<svg width="700" height="441" viewBox="0 0 700 441"><g transform="translate(43,57)">` +
    `${group("frame root", 0, 0, content)}</g></svg>`;
  for (const content of [title + axis, title, axis + title]) {
    const { html, height } = pictureOf(drawn(content), "chart", "told", { crop: true });
    assertEquals(height, 396, content);
    assert(!html.text.includes("Nine of ten") && !html.text.includes("after an epoch"));
    for (const words of ["tick 9", "Predicted"]) {
      assertEquals(html.text.includes(words), content.includes(words), words);
    }
  }
  const part = drawn(group("scope", 0, 0, title) + axis);
  assertEquals(pictureOf(part, "chart", "told", { crop: true }).height, 441, "a part's title");
  const open = drawn(title).replaceAll("</g>", "");
  assertThrows(() => pictureOf(`${open}<g`, "chart", "told", { crop: true }));
});

Deno.test("in a browser", async (t) => {
  await using place = await workspace();
  const { path } = await reported(place.path);
  const results = await inBrowser("drive_report.ts", pathToFileURL(path).href);
  for (const [name, problem] of Object.entries(results)) {
    await t.step(name, () => assertEquals(problem, null, problem ?? ""));
  }
});

Deno.test("the report shows a grade with its visible items", () => {
  const item = (title: string, status: "passed" | "failed", visibility: "visible" | "hidden") => ({
    id: title,
    title,
    group: null,
    status,
    level: "consistent" as const,
    points: status === "passed" ? 1 : 0,
    maxPoints: 1,
    expected: "9277",
    found: "9270",
    value: 9270,
    range: null,
    offBy: -7,
    outside: [],
    explanation: status === "passed" ? null : "7 too low <b>",
    visibility,
    source: { from: "document" as const, where: "its test results" },
  });
  const { card, body } = gradeSection({
    version: 1,
    subject: runId,
    form: "complete",
    experiment: "report",
    started: null,
    seconds: null,
    deviation: null,
    expected: { title: "A test", experiment: "report", file: "expected.json", sha256: "" },
    passed: false,
    points: 1,
    maxPoints: 3,
    groups: [
      { group: "Question 1", items: 2, passed: 1, points: 1, maxPoints: 2 },
      { group: null, items: 1, passed: 0, points: 0, maxPoints: 1 },
    ],
    items: [
      item("loss", "passed", "visible"),
      item("correct", "failed", "visible"),
      item("secret", "failed", "hidden"),
    ],
    trust: { ...trustOf(), level: null },
    notes: [],
    leaderboard: [],
  });
  assertEquals([card.value, card.tone], ["1 of 3", "bad"]);
  assertStringIncludes(card.text, "2 of 3 items do not pass");
  assertStringIncludes(body.text, "7 too low &lt;b&gt;");
  for (const text of ["Question 1", "1 of 2", "50 %", "Other items"]) {
    assertStringIncludes(body.text, text);
  }
  assert(!body.text.includes("secret"));
});

Deno.test("the report shows how many artifacts equal the reference run's", () => {
  const { card, body } = referenceSection({
    brief: "",
    text: "Compared with the reference run R: 3 of 4 artifacts are identical.\n  One is near.",
    report: {
      run: "R",
      verdict: "agrees",
      passed: true,
      agreements: { identical: 3, within: 1 },
      notCompared: [],
      sentence: "near",
    },
  });
  assertEquals([card.value, card.tone], ["agrees", "good"]);
  assertEquals(card.text, "3 identical and 1 within tolerance");
  assertStringIncludes(body.text, "<li>One is near.</li>");
});
