/** Tests the short form of a grade: a golden screen, its height at every width, and that nothing is lost. */
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { parseFlags } from "../../../pipeline/commands/flags/flags.ts";
import { command } from "../../../pipeline/commands/grade.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { comparisons } from "../../../pipeline/grade/class/mod.ts";
import { asTable } from "../../../pipeline/grade/formats/grade_table.ts";
import { formats } from "../../../pipeline/grade/formats/mod.ts";
import { mostLines, quietGrade, shortGrade } from "../../../pipeline/grade/formats/short_grade.ts";
import { grade } from "../../../pipeline/grade/grade_run.ts";
import { cellWidth } from "../../../pipeline/terminal/cell_width.ts";
import { plainText } from "../../../pipeline/terminal/styled.ts";
import type { Grade } from "../../../schemas/run/graded.ts";
import { goldenFile, root } from "../../support/checkout.ts";
import { fileOf, type ItemInput, subjectOf } from "../../support/grade_subject.ts";

const screen = (columns: number, isTerminal = true) => ({
  isTerminal,
  columns,
  rows: 24,
  colour: false,
  moves: isTerminal,
});

const linesOf = (graded: Grade, columns = Infinity): string[] =>
  shortGrade(graded, screen(columns, columns !== Infinity)).map(plainText);

/** A grade of so many items in so many groups, of which every third is missing. */
function gradeOf(items: number, groups: number, { errors = 0, advice = "" } = {}): Grade {
  const given: Partial<ItemInput>[] = Array.from({ length: items }, (_, i) => ({
    id: `item-${i}`,
    title: `item ${i}`,
    group: `Group ${i % groups}`,
    target: { kind: "metric", name: `value.${i}` },
    expected: { kind: "exact", value: i },
    ...advice === "" ? {} : { message: advice },
  }));
  const metrics = Object.fromEntries(
    Array.from({ length: items }, (_, i): [string, number] => [`value.${i}`, i])
      .filter((_, i) => i % 3 !== 1),
  );
  const problems = Array.from({ length: errors }, (_, i) => ({
    where: `file-${i}.json`,
    message: "its hash differs",
    jobs: [],
  }));
  const trust = { checks: [], problems, recomputed: [] };
  return grade(subjectOf({ metrics }, { trust }), fileOf(given));
}

Deno.test("the short form of a grade has the score, the groups, what does not pass, and what it rests on", async () => {
  const golden = await Deno.readTextFile(goldenFile("grade/short.txt"));
  assertEquals(`${linesOf(gradeOf(7, 2, { errors: 1 }), 80).join("\n")}\n`, golden);
});

Deno.test("the short form of a grade fits a screen, whatever was handed in", () => {
  const advice = "train for more epochs and look at the learning rate, ".repeat(30);
  const cases = [
    gradeOf(1, 1),
    gradeOf(114, 5),
    gradeOf(300, 40, { errors: 30 }),
    gradeOf(60, 3, { advice, errors: 1 }),
  ];
  for (const graded of cases) {
    for (const columns of [80, 100, 120, 200]) {
      const lines = linesOf(graded, columns);
      assert(
        lines.length <= mostLines,
        `${lines.length} lines at ${columns}:\n${lines.join("\n")}`,
      );
      for (const line of lines) assert(cellWidth(line) <= columns, `at ${columns}: ${line}`);
    }
    assert(linesOf(graded).length <= mostLines);
  }
});

Deno.test("an item, group or error that the short form leaves out is counted", () => {
  const graded = gradeOf(300, 40, { errors: 30 });
  const lines = linesOf(graded, 100);
  const text = lines.join("\n");
  const left = (noun: string) => {
    const found = new RegExp(`… and (\\d+) more ${noun}s?: -v`).exec(text);
    assert(found !== null, `${noun}: ${text}`);
    return Number(found[1]);
  };
  const shown = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).length;
  assertEquals(shown(/^ {2}item-\d+: expected/) + left("item"), 100);
  assertEquals(shown(/^ {2}Group \d+ /) + left("group"), 40);
  assertEquals(shown(/^ {2}Integrity error: /) + left("error"), 30);
  assert(shown(/^ {2}item-\d+: expected/) > 0);
});

Deno.test("a failing item that fits is shown with what was expected and found, as in the whole table", () => {
  const graded = gradeOf(7, 2);
  const text = linesOf(graded).join("\n");
  for (const { id, explanation, status } of graded.items) {
    assertEquals(text.includes(`  ${id}: `), status !== "passed", id);
    if (explanation !== null) {
      assertMatch(explanation, /^expected .*found /);
      assertStringIncludes(text, `  ${id}: ${explanation}`);
      assertStringIncludes(asTable(graded), `${id}: ${explanation}`);
    }
  }
});

Deno.test("remarks have the lines that items leave, beyond their own few", () => {
  const notes = Array.from({ length: 12 }, (_, i) => `note ${i}`);
  const shown = (items: number) => {
    const given = Array.from({ length: items }, (_, i) => ({
      id: `item-${i}`,
      expected: { kind: "at-least" as const, value: 1 },
    }));
    const graded = grade(subjectOf({}, { notes }), fileOf(given));
    return linesOf(graded, 80).filter((line) => /^ {2}note \d+$/.test(line)).length;
  };
  assertEquals([shown(1), shown(100)], [12, 2]);
});

Deno.test("the one line of a grade says whether it passes", () => {
  const line = (graded: Grade) => plainText(quietGrade(graded, screen(80)));
  assertMatch(line(gradeOf(1, 1)), /^✓ .*: 1 of 1 item, 1 of 1 point \(100 %\); passed$/);
  assertMatch(line(gradeOf(3, 1)), /^✗ .*: 2 of 3 items, 2 of 3 points \(66\.6 %\); NOT PASSED$/);
});

Deno.test("nothing in a short grade can act on a terminal", () => {
  const graded = grade(
    subjectOf({}, { subject: "\u001b[2Jrun\n::error::x", notes: ["\u001b]0;x\u0007 note"] }),
    fileOf([{
      id: "it",
      title: "it",
      message: "\u001b[31mred\r\n",
      expected: { kind: "exact", value: 1 },
    }]),
  );
  const text = linesOf(graded, 80).join("");
  // deno-lint-ignore no-control-regex
  assertEquals(/[\u0000-\u001f\u009b]/.test(text), false, JSON.stringify(text));
});

const refusal = (...args: string[]): string =>
  assertThrows(() => command.run({} as never, parseFlags("grade", command, args), args), Failed)
    .message;

Deno.test("one of a run, a metrics file and a class is graded, in one format", () => {
  const metrics = join(root, "deno.json");
  assertMatch(refusal("quick", "--metrics", metrics), /found the run quick and --metrics\./);
  assertMatch(refusal("quick", "--all", "."), /found the run quick and --all\./);
  assertMatch(refusal("--metrics", metrics, "--all", "."), /found --metrics and --all\./);
  assertMatch(refusal("--json", "--format", "csv"), /expected no --format csv beside it/);
});

Deno.test("--verbose and --quiet are refused where every item is written, and --verbose for a class", () => {
  assertMatch(refusal("-v", "-q"), /expected one of --verbose, --quiet and --json/);
  assertMatch(refusal("-q", "--format", "tap"), /--quiet .* no --format tap, which has every item/);
  assertMatch(
    refusal("-v", "--output", join(root, "tests", "tmp", "grade.txt")),
    /--verbose .* no --output/,
  );
  assertMatch(refusal("-v", "--all", "."), /--verbose .* no --all, which prints a row/);
});

Deno.test("the tables of a grade and of a class fit a terminal, and leave no item or submission out", () => {
  const submissions = ["alice", "bob-with-a-rather-long-name"].map((name) => ({
    name,
    grade: gradeOf(24, 8),
  }));
  for (const columns of [60, 80, 120]) {
    for (
      const text of [
        comparisons.table(submissions, true, columns),
        formats.table(submissions[0].grade, true, columns),
      ]
    ) {
      for (const line of text.split("\n")) assert(cellWidth(line) <= columns, line);
    }
  }
  const narrow = comparisons.table(submissions, true, 60);
  for (const text of ["alice", "bob-with", "Points by group take "]) {
    assertStringIncludes(narrow, text);
  }
  assertStringIncludes(comparisons.table(submissions, true), "Group 5");
});
