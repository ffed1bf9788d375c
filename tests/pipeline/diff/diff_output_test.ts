/** Tests the output of a comparison: golden texts, the page, and escaping in it. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inflateRawSync } from "node:zlib";
import { compareRuns } from "../../../pipeline/diff/compare.ts";
import { findCauses } from "../../../pipeline/diff/cause.ts";
import { letFollow } from "../../../pipeline/diff/relevance.ts";
import { escapeMarkdown } from "../../../pipeline/terminal/markdown_table.ts";
import type { Level } from "../../../pipeline/diff/agreement.ts";
import { causesInOrder } from "../../../pipeline/diff/render/sentence.ts";
import { markdownText } from "../../../pipeline/diff/render/diff_markdown.ts";
import { differenceChart } from "../../../pipeline/report/diff/difference_chart.ts";
import { fetches, overlay, runField } from "../../../pipeline/report/diff/overlay.ts";
import { comparisonPage } from "../../../pipeline/report/diff/diff_page.ts";
import { terminalText } from "../../../pipeline/diff/render/diff_terminal.ts";
import { cellWidth } from "../../../pipeline/terminal/cell_width.ts";
import { printable } from "../../../pipeline/terminal/escape.ts";
import { Comparison, type OutputComparison } from "../../../schemas/run/comparison.ts";
import type { Agreement } from "../../../schemas/run/agreement_level.ts";
import type { Manifest, ManifestJob } from "../../../schemas/run/manifest.ts";
import { exact, type Tolerance } from "../../../schemas/run/tolerance.ts";
import { sourceFrom } from "../../../pipeline/runs/run_source.ts";
import { replicates, twoRuns } from "../../fixtures/two_runs.ts";
import { madeUpRun } from "../../support/made_up_run.ts";
import { utf8 } from "../../support/utf8.ts";
import { inBrowser } from "../../support/browser/in_browser.ts";
import { goldenFile } from "../../support/checkout.ts";
import { workspace } from "../../support/workspace.ts";

const compared = (level: Level = "within") => {
  const [a, b] = twoRuns();
  return compareRuns(a, b, { level, spreads: replicates, rehash: true, pictures: true });
};

/**
 * tests/golden/diff.txt and diff.md were printed by this program from the two runs of
 * tests/fixtures/two_runs.ts and read line by line; where a change to one is meant, `deno eval` with the
 * two calls below prints it anew.
 */
const read = (name: string) => Deno.readTextFile(goldenFile(name));

Deno.test("the terminal table and Markdown equal the golden files", async () => {
  const comparison = await compared();
  assertEquals(Comparison.parse(JSON.parse(JSON.stringify(comparison))), comparison);
  assertEquals(
    printable(terminalText(comparison, { all: true, columns: 80 })),
    await read("diff.txt"),
  );
  assertEquals(markdownText(comparison), await read("diff.md"));
});

Deno.test("tables of metrics fit a narrow terminal, with whole numbers", async () => {
  const comparison = await compared();
  const tableOf = (columns: number) => {
    const lines = terminalText(comparison, { all: true, columns });
    return lines.slice(lines.findIndex((line) => /^Metric( |$)/.test(line)));
  };
  assertStringIncludes(tableOf(200).join("\n"), "0.8616999999999999");
  for (const columns of [40, 60, 80]) {
    const table = tableOf(columns);
    for (const line of table) assert(cellWidth(line) <= columns, `${columns}: ${line}`);
    for (const text of ["0.8613", "0.8617", "1.25", "1.375"]) {
      assert(table.some((line) => line.includes(text)), `${columns}: ${text}`);
    }
  }
});

Deno.test("a metric within the replicates' spread is consistent, and one without a spread is not", async () => {
  const { metrics, spreadLevel } = await compared();
  const agreements = Object.fromEntries(metrics.map(({ name, agreement }) => [name, agreement]));
  assertEquals(agreements["net.accuracy"], "consistent");
  assertEquals(agreements["net.other"], "different");
  assertEquals(spreadLevel, 0.9);
});

Deno.test('at the level "consistent", metrics with replicates decide for the jobs around them', async () => {
  const comparison = await compared("consistent");
  const counts = Object.fromEntries(
    comparison.outputs.map(({ job, output, counts }) => [`${job} ${output}`, counts]),
  );
  assertEquals([counts["train/net weights"], counts["evaluate/net metrics"]], [false, false]);
  // A job that has no such metric before or after it counts as ever, and so does damage.
  assert(comparison.outputs.find(({ job }) => job.startsWith("evil/"))!.counts);
  assertEquals(comparison.verdict, "differ");
});

Deno.test("control sequences, Markdown and HTML in texts are escaped", async () => {
  const comparison = await compared();
  const text = printable(terminalText(comparison, { all: true }));
  // deno-lint-ignore no-control-regex
  assert(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test(text));
  assertStringIncludes(text, "evil/");
  const markdown = markdownText(comparison);
  const folds = /^<\/?(details><summary>[A-Z][a-z, ]+<\/summary|details)>$/gm;
  assert(!/(?<!\\)</.test(markdown.replaceAll(folds, "")));
  assert(!/(?<!\\)\[a(?<!\\)\]/.test(markdown));
  const [row, ...others] = markdown.split("\n").filter((line) => line.startsWith("| evil"));
  assertEquals([row.replaceAll("\\|", "").split("|").length, others], [6, []], row);
  assertEquals(escapeMarkdown("*a* <b>"), "\\*a\\* \\<b\\>");
});

Deno.test("a file or directory that is a cause is named once, and a parameter with its job", () => {
  const causeOf = (label: string, job: string, words: string) => {
    const line = { label, a: "1", b: "2", jobs: [job], words, files: null };
    return { job, kind: "changed" as const, outputs: ["content"], lines: [line], words };
  };
  const causes = [
    causeOf("file fit.py", "fit.py", "the file fit.py"),
    causeOf("directory data/raw", "data/raw", "the directory data/raw"),
    causeOf("param rate", "fit", "parameter rate (1 → 2)"),
  ];
  const worded = ["the file fit.py", "the directory data/raw", "parameter rate (1 → 2) at fit"];
  assertEquals(causesInOrder(causes), worded);
});

Deno.test("the page is one file that loads and runs nothing, with both runs' charts", async () => {
  const [a, b] = twoRuns();
  const page = await comparisonPage(await compared(), a, b);
  assertMatch(
    page,
    /Content-Security-Policy" content="default-src &#39;none&#39;; script-src &#39;none&#39;/,
  );
  assert(
    !/<script|<img src=x|onerror=alert\(1\)>|javascript:|https?:\/\/(?!www\.w3\.org)/.test(page),
  );
  for (const sign of ["\u202e", "\u001b"]) assert(!page.includes(sign));
  assert(!/ style="/.test(page), "the policy allows no style but the page's own");
  for (const found of page.matchAll(/(?:src|href)="([^"]{0,30})/g)) {
    assertMatch(found[1], /^(#|data:)/);
  }
  // Views of each chart; drawings and pictures side by side, and what changed in a picture.
  for (const view of ["On one axis", "A and B", "Difference", "Changed pixels"]) {
    assertStringIncludes(page, `>${view}</label>`);
  }
  assertEquals(page.match(/class="pair"/g)?.length, 2);
  assertStringIncludes(page, "Changed pixels in red");
  assertStringIncludes(page, "Distance by epoch in train/net");
});

Deno.test("in a browser, light and dark, at every width, the page is read without its tables being cut", async (t) => {
  await using place = await workspace();
  const [a, b] = twoRuns();
  const path = join(place.path, "comparison.html");
  await Deno.writeTextFile(path, await comparisonPage(await compared(), a, b));
  const results = await inBrowser("drive_comparison.ts", pathToFileURL(path).href);
  for (const [name, problem] of Object.entries(results)) {
    await t.step(name, () => assertEquals(problem, null, problem ?? ""));
  }
});

Deno.test("the first screen has verdict, causes, divergence and three metrics in 20 lines", async () => {
  const lines = terminalText(await compared(), { all: false, columns: 80 });
  assert(lines.length <= 20, `${lines.length} lines`);
  assertEquals(lines.at(-1), "--all lists every output, tensor and metric that differs.");
  for (const label of ["Causes", "Diverge", "Metrics"]) {
    assertEquals(lines.filter((line) => line.startsWith(label)).length, 1, label);
  }
  assertEquals(lines.filter((line) => /(beyond|within) (±|spread)/.test(line)).length, 3);
});

Deno.test("61 jobs that one run lacks are one line, and so are their outputs and metrics", async () => {
  const jobs = Array.from({ length: 61 }, (_, i) => ({
    name: `extra/job-${i}`,
    stage: "extra",
    outputs: { x: utf8(String(i)), metrics: utf8(`{"value":${i}}`) },
  }));
  const shared = { name: "data/set", stage: "data", outputs: { x: utf8("same") } };
  const [a, b] = [[shared, ...jobs], [shared]].map((some, i) => {
    const { files, manifest } = madeUpRun(some, `20260102T03040${i}Z-made-up`);
    const place = { name: manifest.run, form: "directory" as const, place: "", artifacts: "none" };
    return sourceFrom(
      { read: (path) => files.get(path)?.slice() as Uint8Array<ArrayBuffer> },
      place,
    );
  });
  const comparison = await compareRuns(a, b, { level: "within", rehash: true, pictures: false });
  assertEquals(comparison.causes.map(({ words }) => words), [
    "61 jobs with 122 outputs only in A: extra/job-0, extra/job-1, extra/job-2, …",
  ]);
  const screen = terminalText(comparison, { all: false, columns: 80 });
  assertEquals(screen.filter((line) => line.includes("61 jobs")).length, 1, screen.join("\n"));
  const whole = terminalText(comparison, { all: true });
  assertEquals(whole.filter((line) => line.startsWith("61 jobs only in A: ")).length, 1);
  assertEquals(whole.filter((line) => line.startsWith("61 metrics only in A: ")).length, 1);
});

const chart = (mark: unknown, value: number, more: Record<string, unknown> = {}) => ({
  title: `finding ${value}`,
  layer: [{ mark, encoding: { x: { field: "x", type: "quantitative" }, ...more } }],
  data: { values: [{ x: value }] },
});

Deno.test("charts of one build become one, with the run as a dash, shape or opacity", () => {
  const merged = overlay(chart("line", 1), chart("line", 2))! as ReturnType<typeof chart>;
  assertEquals(merged.data.values as unknown, [{ x: 1, [runField]: "A" }, {
    x: 2,
    [runField]: "B",
  }]);
  const channels = (mark: string, more = {}) => {
    const { layer } = overlay(chart(mark, 1, more), chart(mark, 2, more)) as ReturnType<
      typeof chart
    >;
    return Object.keys(layer[0].encoding).filter((name) => name !== "x" && !(name in more));
  };
  assertEquals(channels("line"), ["strokeDash"]);
  assertEquals(channels("point"), ["shape"]);
  assertEquals(channels("point", { shape: { field: "x" } }), ["detail", "opacity"]);
  assertEquals(channels("area"), ["detail", "opacity"]);
});

Deno.test("charts of another build, of lost fields or of what is to be fetched are not merged", () => {
  assertEquals(overlay(chart("line", 1), chart("area", 1)), undefined);
  assertEquals(overlay(chart("rect", 1), chart("rect", 2)), undefined);
  const summed = { ...chart("line", 1), transform: [{ aggregate: [], groupby: ["x"] }] };
  assertEquals(overlay(summed, summed), undefined);
  const far = { ...chart("line", 1), data: { url: "file:///etc/passwd" } };
  assert(fetches(far));
  assertEquals(overlay(far, far), undefined);
  assertEquals(overlay([], "x"), undefined);
});

Deno.test("the difference of two charts is B less A at the same place, and none where it is not known", () => {
  const line = (losses: number[], more: Record<string, unknown> = {}) => ({
    data: { values: losses.map((loss, epoch) => ({ epoch, loss, set: "train" })) },
    mark: "line",
    encoding: {
      x: { field: "epoch", type: "quantitative" },
      y: { field: "loss", type: "quantitative" },
      color: { field: "set", type: "nominal" },
    },
    ...more,
  });
  const found = differenceChart(line([4, 2, 1]), line([4, 2.5, 0.5])) as ReturnType<typeof line>;
  assertEquals(
    found.data.values.map((datum) => (datum as Record<string, unknown>)["B − A"]),
    [0, 0.5, -0.5],
  );
  assertEquals(found.encoding.y.field, "B − A");
  // Fewer epochs are compared where both have them; an unknown transformation is not guessed.
  const shorter = differenceChart(line([4, 2, 1]), line([3])) as ReturnType<typeof line>;
  assertEquals(shorter.data.values.length, 1);
  const summed = { transform: [{ aggregate: [], groupby: ["epoch"] }] };
  assertEquals(differenceChart(line([1], summed), line([2], summed)), undefined);
  // A layer that does not differ gives way to one that does.
  const layers = (loss: number) => ({ layer: [line([1, 2]), line([1, loss])] });
  const layer = differenceChart(layers(2), layers(3)) as ReturnType<typeof line>;
  assertEquals(layer.data.values.map((datum) => datum.loss), [1, 3]);
  // Two values at one place do not tell which to compare.
  const twice = line([1, 2]);
  twice.data.values[1].epoch = 0;
  assertEquals(differenceChart(twice, line([1, 2])), undefined);
});

Deno.test("another version of a program is another machine, and a line of an unknown kind leaves nothing known", () => {
  const manifest = (line: string): Manifest => ({
    ...twoRuns()[0].manifest,
    jobs: [{
      ...{ name: "fit/a", stage: "fit", parameters: {}, status: "ran", inputs: {}, outputs: {} },
      lines: ["stage fit", line],
    }],
  });
  const causes = (a: string, b: string) =>
    findCauses(manifest(a), manifest(b), [], () => undefined);
  const { same, silent } = causes('version r "4.1"', 'version r "4.2"');
  assertEquals(same, ["code", "packages", "parameters", "data"]);
  assertEquals(silent.map(({ label, jobs }) => [label, jobs]), [["version r", ["fit/a"]]]);
  assertEquals(causes("moon phase full", "moon phase new").same, []);
});

Deno.test("differences that follow from inputs within tolerance do not count", () => {
  const side = { sha256: "0".repeat(64), size: 1, state: "whole" as const };
  const output = (job: string, agreement: Agreement, tolerance: Tolerance): OutputComparison => ({
    ...{ job, output: "x", type: "", mediaType: "", file: "x", tolerance, agreement, counts: true },
    ...{ a: side, b: side, note: null, detail: null },
  });
  const manifest = (which: string, code = "same"): Manifest => {
    const job = (name: string, from?: string): ManifestJob => ({
      ...{ name, stage: name, parameters: {}, status: "ran" as const, outputs: {} },
      lines: [
        `code ${name} ${name === "b/draw" ? code : ""}`,
        ...from ? [`input in ${which}`] : [],
      ],
      inputs: Object.fromEntries(
        from === undefined ? [] : [["in", { job: from, output: "x" }]],
      ),
    });
    const jobs = [job("a/train"), job("b/draw", "a/train"), job("c/tell", "b/draw")];
    return { ...twoRuns()[0].manifest, jobs };
  };
  const close: Tolerance = { kind: "close", absolute: 1, relative: 0 };
  const passed = (agreement: Agreement, level: Level, code?: string) => {
    const outputs = [
      output("a/train", agreement, close),
      output("b/draw", "different", exact),
      output("c/tell", "different", exact),
    ];
    letFollow([manifest("A"), manifest("B", code)], outputs, [], { levelOf: () => level });
    return outputs.filter(({ counts }) => !counts).map(({ job }) => job);
  };
  assertEquals(passed("within", "within"), ["b/draw", "c/tell"]);
  assertEquals(passed("different", "within"), []);
  assertEquals(passed("within", "equal"), []);
  assertEquals(passed("within", "within", "other"), []);
});

Deno.test("a page of many differences stays short: those after the first are packed, and none is lost", async () => {
  const [a, b] = twoRuns();
  const comparison = await compared();
  const many = <One>(what: string, one: One, name: (name: string) => Partial<One>): One[] =>
    Array.from({ length: 400 }, (_, i) => ({ ...one, ...name(`${what}-${i}.`) }));
  const output = comparison.outputs.find(({ agreement }) => agreement === "different")!;
  const metric = comparison.metrics.find(({ agreement }) => agreement === "different")!;
  const large = {
    ...comparison,
    outputs: many("output", output, (output) => ({ output })),
    metrics: many("metric", metric, (name) => ({ name })),
    divergences: many("job", comparison.divergences[0], (job) => ({ job })).slice(0, 9),
    patch: Array.from({ length: 500 }, (_, i) => `+line-${i}.`).join("\n"),
  };
  const page = await comparisonPage(large, a, b, ["void 0;"]);
  const elements = page.match(/<[a-z]/g)!.length;
  assert(elements < 6000, `${elements} elements`);
  const packed = /<script type="text\/plain" id="folds">([^<]*)</.exec(page)![1];
  const folds: string[] = JSON.parse(
    new TextDecoder().decode(inflateRawSync(Uint8Array.fromBase64(packed))),
  );
  assertEquals(folds.length, page.match(/data-fold="\d+"/g)!.length);
  const unpacked = page + folds.join("");
  for (const what of ["output", "metric"]) {
    for (let i = 0; i < 400; i++) assertStringIncludes(unpacked, `${what}-${i}.`);
  }
  for (let i = 0; i < 500; i++) assertStringIncludes(unpacked, `+line-${i}.`);
  for (let i = 0; i < 9; i++) assertStringIncludes(unpacked, `job-${i}.`);
  // The worst is not among what is folded.
  const mixed = large.metrics.map((one, i) =>
    i === 399 ? one : { ...one, agreement: "within" as const }
  );
  const sorted = await comparisonPage({ ...large, metrics: mixed }, a, b, ["void 0;"]);
  assertStringIncludes(sorted, "metric-399.");
  assert(!sorted.includes("metric-398."));
  // Without scripts nothing could open them.
  const plain = await comparisonPage(large, a, b);
  for (let i = 0; i < 400; i++) assertStringIncludes(plain, `output-${i}.`);
});
