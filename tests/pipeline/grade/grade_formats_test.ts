/**
 * Tests the formats of a grade: golden outputs, each read by a parser of its format, and hostile text in
 * every field.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { Parser as TapParser } from "tap-parser";
import { z } from "zod";
import { parseCsv } from "../../../pipeline/formats/csv.ts";
import { csvCell } from "../../../pipeline/grade/class/csv_cell.ts";
import { failuresOfRun } from "../../../pipeline/grade/formats/format.ts";
import { formats } from "../../../pipeline/grade/formats/mod.ts";
import { grade } from "../../../pipeline/grade/grade_run.ts";
import { withoutHidden } from "../../../pipeline/grade/hidden_items.ts";
import { percentOf } from "../../../pipeline/grade/subtotals.ts";
import { Grade } from "../../../schemas/run/graded.ts";
import { fileOf, type Given, type ItemInput, subjectOf } from "../../support/grade_subject.ts";
import { checkByRules, junitRules, named, parseXml } from "../../support/junit_rules.ts";
import { goldenFile, root } from "../../support/checkout.ts";
import { workspace } from "../../support/workspace.ts";

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
  "##[error]x ##vso[task.complete]",
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

const empty = grade(
  subjectOf({}, { form: "unreadable", started: null, seconds: null, notes: ["cut off"] }),
  fileOf(items),
);

const perfect = grade(subjectOf(given), fileOf(items.slice(0, 1)));

for (const [what, graded] of Object.entries({ example, poisoned, empty, perfect })) {
  for (const [schema, rules] of Object.entries(junitRules)) {
    Deno.test(`JUnit XML is well-formed and valid by ${schema}'s schema: ${what}`, () => {
      checkByRules(parseXml(formats.junit(graded)), rules);
    });
  }

  Deno.test(`JUnit XML has a case for each item and each failure of the run: ${what}`, () => {
    const suites = parseXml(formats.junit(graded));
    const failures = failuresOfRun(graded).length;
    const cases = named(suites, "testcase");
    // A run without failures is a case that passes.
    assertEquals(cases.length, graded.items.length + Math.max(1, failures));
    const failing = cases.filter(({ children }) => children.length > 0);
    const notPassed = graded.items.filter(({ status }) => status !== "passed").length;
    assertEquals(failing.length, notPassed + failures);
    suites.children.forEach((suite, i) => {
      const { attributes } = suite;
      assertEquals(attributes.id, String(i));
      assert(Number(attributes.tests) > 0, "a suite is empty");
      assertEquals(Number(attributes.tests), named(suite, "testcase").length);
      assertEquals(Number(attributes.failures), named(suite, "failure").length);
      assertEquals(Number(attributes.errors), named(suite, "error").length);
    });
    const times = suites.children.map(({ attributes }) => Number(attributes.time));
    assertEquals(times.reduce((sum, time) => sum + time), graded.seconds ?? 0);
  });

  for (const [format, version] of Object.entries({ tap: 13, tap14: 14 })) {
    Deno.test(`TAP is read as ${version} says: ${what}`, () => {
      const text = formats[format](graded);
      assert(text.startsWith(`TAP version ${version}\n`));
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
  }

  Deno.test(`Perl's prove counts what does not pass: ${what}`, async () => {
    await using place = await workspace();
    const path = join(place.path, "grade.tap");
    await Deno.writeTextFile(path, formats.tap(graded) + "\n");
    const { code, stdout } = await new Deno.Command("prove", { args: ["-v", path] }).output();
    const text = new TextDecoder().decode(stdout);
    const count = graded.items.length + failuresOfRun(graded).length;
    const failed = count - graded.items.filter(({ status }) => status === "passed").length;
    assertEquals(code === 0, failed === 0, text);
    assertStringIncludes(text, `Tests=${count},`);
    if (failed > 0) assertStringIncludes(text, `Failed ${failed}/${count} subtests`);
    assert(!text.includes("Parse errors"), text);
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
  for (const name of ["junit", "tap", "tap14", "classroom", "gradescope", "table"]) {
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

Deno.test("Classroom's results fit into an environment variable, however bad the run is", () => {
  const long = "ü".repeat(20_000);
  for (const number of [1, 300, 5000]) {
    const many = Array.from({ length: number }, (_, i) => ({
      id: `gone-${i}`,
      title: long.slice(0, 200),
      target: { kind: "metric", name: `gone-${i}` } as const,
      message: long.slice(0, 1000),
      expected: { kind: "range", range } as const,
    }));
    const bad = grade(
      subjectOf(given, {
        notes: [long, hostile],
        trust: { problems: many.map(({ id }) => ({ where: id, message: long, jobs: [] })) },
      }),
      fileOf([...items, ...many]),
    );
    const text = formats.classroom(bad);
    // Linux's MAX_ARG_STRLEN, less the variable's name.
    assert(base64Length(text) < (128 << 10) - 100, `${number} items`);
    const results = ClassroomResults.parse(JSON.parse(text));
    assert(results.tests.length > 0);
    const sum = results.tests.reduce((sum, { score }) => sum + score, 0);
    assert(Math.abs(sum - bad.points) < 1e-3);
    assertEquals([results.max_score, results.status], [bad.maxPoints, "fail"]);
  }
});

/** Length of the Base64 of a text in UTF-8. */
const base64Length = (text: string): number =>
  4 * Math.ceil(new TextEncoder().encode(text).length / 3);

Deno.test("no line of a format is a command to a CI system", () => {
  for (const [name, write] of Object.entries(formats)) {
    for (const line of write(poisoned).split("\n")) {
      assert(!/^\s*::|##\w*\[/.test(line), `${name}: ${line}`);
    }
  }
  // Its reporter prints these as lines of their own.
  const commands = grade(
    subjectOf({ metrics: {} }),
    fileOf([{ title: "::error::x", message: "::add-mask::x", expected: { kind: "range", range } }]),
  );
  const notes = grade(subjectOf({}, { form: "unreadable", notes: ["::error::x"] }), fileOf(items));
  for (const graded of [poisoned, commands, notes]) {
    for (
      const { test_code } of ClassroomResults.parse(JSON.parse(formats.classroom(graded))).tests
    ) {
      assert(!/^\s*::|##\w*\[/m.test(test_code), test_code);
    }
  }
});

Deno.test("a cell of CSV is no formula, whatever comes before its sign", () => {
  const signs = ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\ufe66"];
  const before = ["", " ", "\t", "\r", "\u00a0", "\u200b", "\ufeff", "\u3000", "a;", "a; "];
  for (const start of before) {
    for (const sign of signs) {
      const [cell] = parseCsv(csvCell(`${start}${sign}cmd`)).flat();
      for (const part of cell.split(";")) {
        assert(!/^[\s\p{C}]*[=+\-@]/u.test(part.normalize("NFKC")), JSON.stringify(cell));
      }
    }
  }
  for (const text of ["a-b", "name = x", "x@y", "Ada, Lovelace", 'say "hi"', " a", "100%"]) {
    assertEquals(parseCsv(csvCell(text)), [[text]]);
  }
  assertEquals(csvCell(-0.5), "-0.5");
});
