/**
 * Tests the formats of a grade: golden outputs, each read by a parser of its format, and hostile text in
 * every field.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { SaxesParser } from "saxes";
import { Parser as TapParser } from "tap-parser";
import { z } from "zod";
import { failuresOfRun } from "../../../pipeline/grade/formats/format.ts";
import { formats } from "../../../pipeline/grade/formats/mod.ts";
import { grade } from "../../../pipeline/grade/grade_run.ts";
import { withoutHidden } from "../../../pipeline/grade/hidden_items.ts";
import { percentOf } from "../../../pipeline/grade/subtotals.ts";
import { Grade } from "../../../schemas/run/graded.ts";
import { fileOf, type Given, type ItemInput, subjectOf } from "../../support/grade_subject.ts";
import { goldenFile, root } from "../../support/workspace.ts";

const range = { low: 0.847, high: 0.876 };
const items: Partial<ItemInput>[] = [
  { expected: { kind: "range", range }, title: "accuracy", group: "Training", points: 3 },
  {
    id: "loss",
    title: "loss falls",
    group: "Training",
    target: { kind: "curve", name: "loss.epoch-*", from: 0, to: 3 },
    expected: { kind: "band", ranges: [3, 2, 1, 0.5].map((high) => ({ low: 0, high })) },
    points: 4,
    credit: { kind: "linear", width: 0.5 },
    ifHigh: "train for more epochs",
  },
  {
    id: "count",
    title: "correct of 10,000",
    target: { kind: "metric", name: "correct" },
    expected: { kind: "exact", value: 1028 },
    visibility: "after_published",
    message: "secret advice",
  },
  {
    id: "nan",
    title: "not a number",
    target: { kind: "metric", name: "nan" },
    expected: { kind: "at-most", value: 1 },
  },
  {
    id: "claim",
    title: "a claim",
    target: { kind: "claim", id: "Q1.box" },
    expected: { kind: "verdict", anyOf: ["qualified"] },
    points: 0,
  },
];

const given: Given = {
  metrics: {
    accuracy: 0.861,
    nan: NaN,
    correct: 1027,
    ...Object.fromEntries([2.9, 1.5, 0.9, 0.7].map((loss, i) => [`loss.epoch-${i}`, loss])),
  },
  verdicts: { "Q1.box": "qualified" },
};

const leaderboard = [
  { name: "accuracy", metric: "accuracy", order: "descending" as const },
  { name: "loss", metric: "loss.epoch-3", order: "ascending" as const },
  { name: "gone", metric: "gone" },
];

const example = grade(
  subjectOf(given, {
    form: "failed",
    trust: {
      checks: ["each key is the hash of its lines"],
      problems: [{ where: "metrics.json", message: "it does not follow", jobs: [] }],
      recomputed: [
        { job: "evaluate/it", outcome: "same-bytes", differs: [], message: null },
        { job: "train/it", outcome: "not-recomputed", differs: [], message: "it works in steps" },
      ],
    },
  }),
  fileOf(items, { leaderboard }),
);

for (const [name, write] of Object.entries(formats)) {
  Deno.test(`a grade as ${name} is as committed`, async () => {
    const path = goldenFile(`grade/${name}.txt`);
    const text = write(example) + "\n";
    let golden: string;
    try {
      golden = await Deno.readTextFile(path);
    } catch {
      golden = "";
    }
    if (golden !== text) {
      // For the eye, and to be put into the place of the golden file where it is right.
      const made = join(root, "tests", "tmp", `grade-${name}.txt`);
      await Deno.mkdir(join(root, "tests", "tmp"), { recursive: true });
      await Deno.writeTextFile(made, text);
      assertEquals(text, golden, `compare ${made} with ${path}`);
    }
  });
}

/** Texts that mean something in one of the formats, or to a terminal or a browser. */
const hostile = [
  `"]]></failure><script>alert(1)</script>&'`,
  "\u0000\u0001\u0008\u001b[31mred\u001b[0m\u009b2J\ufffe\uffff\ud800",
  "ok 1 # SKIP\nnot ok 2\r\n1..0\nBail out!",
  "...\n  ---\n  key: value\n\\#TODO",
  "=cmd|' /C calc'!A0,\"\n",
].join(" ");

const poisoned = grade(
  subjectOf(
    { metrics: { accuracy: 2 } },
    {
      subject: hostile,
      notes: [hostile],
      trust: {
        checks: [],
        problems: [{ where: hostile, message: hostile, jobs: [] }],
        recomputed: [],
      },
    },
  ),
  fileOf([
    {
      title: hostile.slice(0, 200),
      group: hostile.slice(0, 200),
      message: hostile,
      expected: { kind: "range", range },
    },
    {
      title: hostile.slice(0, 200),
      group: hostile.slice(0, 200),
      target: { kind: "value", job: hostile.slice(0, 200), output: "it", pointer: "" },
      expected: { kind: "exact", value: hostile },
    },
  ], { title: hostile.slice(0, 200) }),
);

const empty = grade(subjectOf({}, { form: "unreadable", notes: ["cut off"] }), fileOf(items));

interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  text: string;
}

/** Reads XML 1.0 strictly: throws at whatever is not well-formed, forbidden characters too. */
function parseXml(text: string): Element {
  const parser = new SaxesParser();
  const top: Element = { name: "", attributes: {}, children: [], text: "" };
  const open = [top];
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    const element = {
      name,
      attributes: attributes as Record<string, string>,
      children: [],
      text: "",
    };
    open[open.length - 1].children.push(element);
    open.push(element);
  });
  parser.on("text", (text) => {
    open[open.length - 1].text += text;
  });
  parser.on("closetag", () => {
    open.pop();
  });
  parser.write(text).close();
  return top.children[0];
}

/** Jenkins' junit-10.xsd: allowed children of each element, required and optional attributes. */
const junit: Record<string, { children: string[]; must: string[]; may: string[] }> = {
  testsuites: {
    children: ["testsuite"],
    must: [],
    may: ["name", "time", "tests", "failures", "disabled", "errors"],
  },
  testsuite: {
    children: ["testsuite", "properties", "testcase", "system-out", "system-err"],
    must: ["name"],
    may: [
      "tests",
      "failures",
      "errors",
      "time",
      "disabled",
      "skipped",
      "timestamp",
      "hostname",
      "id",
    ],
  },
  properties: { children: ["property"], must: [], may: [] },
  property: { children: [], must: ["name"], may: ["value"] },
  testcase: {
    children: ["skipped", "error", "failure", "system-out", "system-err"],
    must: ["name"],
    may: ["assertions", "time", "classname", "status"],
  },
  failure: { children: [], must: [], may: ["message", "type"] },
  error: { children: [], must: [], may: ["message", "type"] },
  "system-out": { children: [], must: [], may: [] },
};

function checkJUnit(element: Element): void {
  const { children, must, may } = junit[element.name];
  for (const name of must) assert(name in element.attributes, `${element.name} needs ${name}`);
  for (const name of Object.keys(element.attributes)) {
    assert([...must, ...may].includes(name), `${element.name} has no ${name}`);
  }
  for (const child of element.children) {
    assert(children.includes(child.name), `no ${child.name} in ${element.name}`);
    checkJUnit(child);
  }
}

const named = (element: Element, name: string): Element[] =>
  element.children.flatMap((child) => child.name === name ? [child] : named(child, name));

for (const [what, graded] of Object.entries({ example, poisoned, empty })) {
  Deno.test(`JUnit XML is well-formed and of the schema's shape: ${what}`, () => {
    const suites = parseXml(formats.junit(graded));
    checkJUnit(suites);
    const cases = named(suites, "testcase");
    assertEquals(cases.length, graded.items.length + failuresOfRun(graded).length);
    for (const what of ["tests", "failures", "errors"]) {
      const sum = suites.children.reduce((sum, suite) => sum + Number(suite.attributes[what]), 0);
      assertEquals(Number(suites.attributes[what]), sum);
    }
    const failing = cases.filter(({ children }) =>
      children.some(({ name }) => name === "failure" || name === "error")
    );
    const passed = graded.items.filter(({ status }) => status === "passed").length;
    assertEquals(failing.length, cases.length - passed);
    for (const suite of suites.children) {
      assertEquals(Number(suite.attributes.tests), named(suite, "testcase").length);
      assertEquals(Number(suite.attributes.failures), named(suite, "failure").length);
      assertEquals(Number(suite.attributes.errors), named(suite, "error").length);
    }
  });

  Deno.test(`TAP is read as 14 says: ${what}`, () => {
    const text = formats.tap(graded);
    assert(text.startsWith("TAP version 14\n"));
    const parser = new TapParser({ strict: true });
    let bailed = false;
    parser.on("bailout", () => bailed = true);
    parser.end(text + "\n");
    assertEquals(bailed, false);
    const passed = graded.items.filter(({ status }) => status === "passed").length;
    assertEquals(parser.count, graded.items.length + failuresOfRun(graded).length);
    assertEquals(parser.pass, passed);
    assertEquals(parser.fail, parser.count - passed);
    // No directive can be smuggled in by a description.
    assertEquals([parser.skip, parser.todo], [0, 0]);
  });

  Deno.test(`Gradescope's results have its form: ${what}`, () => {
    const results = GradescopeResults.parse(JSON.parse(formats.gradescope(graded)));
    assertEquals(results.score, graded.points);
    assertEquals(results.tests.length, graded.items.length);
    const sum = results.tests.reduce((sum, { score }) => sum + score, 0);
    assert(Math.abs(sum - results.score) < 1e-9);
  });

  Deno.test(`GitHub Classroom's reporter can read it: ${what}`, () => {
    const results = ClassroomResults.parse(JSON.parse(formats.classroom(graded)));
    const sum = results.tests.reduce((sum, { score }) => sum + score, 0);
    assert(Math.abs(sum - graded.points) < 1e-9);
    assertEquals(results.max_score, graded.maxPoints);
    assertEquals(results.status, graded.passed ? "pass" : "fail");
  });

  Deno.test(`JSON is a grade as its schema says: ${what}`, () => {
    assertEquals(Grade.parse(JSON.parse(formats.json(graded, true))), graded);
    assertEquals(Grade.parse(JSON.parse(formats.json(graded))), withoutHidden(graded));
  });

  Deno.test(`no format lets a control character through to a terminal: ${what}`, () => {
    for (const [name, write] of Object.entries(formats)) {
      // deno-lint-ignore no-control-regex
      assert(!/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(write(graded)), name);
    }
  });
}

/** https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format */
const Visibility = z.enum(["hidden", "after_due_date", "after_published", "visible"]);
const TextFormat = z.enum(["text", "html", "simple_format", "md", "ansi"]);
const GradescopeResults = z.strictObject({
  score: z.number(),
  execution_time: z.number().optional(),
  output: z.string().optional(),
  output_format: TextFormat.optional(),
  test_output_format: TextFormat.optional(),
  test_name_format: TextFormat.optional(),
  visibility: Visibility.optional(),
  stdout_visibility: Visibility.optional(),
  extra_data: z.looseObject({}).optional(),
  tests: z.array(z.strictObject({
    score: z.number(),
    max_score: z.number(),
    status: z.enum(["passed", "failed"]),
    name: z.string(),
    name_format: TextFormat.optional(),
    number: z.string(),
    output: z.string(),
    output_format: TextFormat.optional(),
    tags: z.array(z.string()),
    visibility: Visibility,
    extra_data: z.looseObject({
      range: z.strictObject({ low: z.number().nullable(), high: z.number().nullable() }).nullable(),
    }),
  })),
  leaderboard: z.array(z.strictObject({
    name: z.string(),
    value: z.union([z.number(), z.string()]),
    order: z.enum(["asc", "desc"]).optional(),
  })),
});

/** Fields that education/autograding-grading-reporter reads from a grader's result. */
const ClassroomResults = z.strictObject({
  version: z.literal(1),
  status: z.enum(["pass", "fail", "error"]),
  max_score: z.number(),
  tests: z.array(z.strictObject({
    name: z.string(),
    status: z.enum(["pass", "fail", "error"]),
    score: z.number(),
    message: z.string(),
    test_code: z.string(),
    filename: z.string(),
    line_no: z.literal(0),
  })),
});

Deno.test("every format has the points of each group", () => {
  const { points, maxPoints, groups } = example;
  assertEquals(groups.map(({ group, items, passed }) => [group, items, passed]), [
    ["Training", 2, 1],
    [null, 3, 1],
  ]);
  assertEquals(groups.reduce((sum, group) => sum + group.points, 0), points);
  assertEquals(groups.reduce((sum, group) => sum + group.maxPoints, 0), maxPoints);
  const subtotal = "5 of 7 points (71.4 %)";
  for (const name of ["junit", "tap", "classroom", "gradescope", "table"]) {
    assertStringIncludes(formats[name](example), subtotal, name);
  }
  assertEquals(JSON.parse(formats.json(example)).groups, groups);
  const { tests, extra_data } = JSON.parse(formats.gradescope(example));
  assertEquals(extra_data.groups, groups);
  assertEquals(tests.map(({ number }: { number: string }) => number), [
    "1.1",
    "1.2",
    "2.1",
    "2.2",
    "2.3",
  ]);
});

Deno.test("a share of points is rounded down: what is not all is never 100 %", () => {
  const of = (points: number, maxPoints: number) => percentOf({ points, maxPoints });
  assertEquals([of(204.99, 205), of(205, 205), of(0, 0), of(1, 3), of(0.29, 1)], [
    99.9,
    100,
    0,
    33.3,
    29,
  ]);
});
