/**
 * A grade as GitHub Classroom's autograding reporter (education/autograding-grading-reporter) reads the
 * result of a grader: there, Base64 of this text in an environment variable NAME_RESULTS. It adds up the
 * tests' scores, and for its table takes a test for all or nothing.
 */
import type { Grade, ItemResult } from "../../../schemas/run/graded.ts";
import { logLine } from "../../terminal/escape.ts";
import { escapedJson } from "../../terminal/escaped_json.ts";
import { count } from "../../terminal/numbers.ts";
import { cutTo } from "../../terminal/phrase.ts";
import { roundPoints } from "../credit.ts";
import { subtotalLines } from "../subtotals.ts";
import { isPassed, remarks } from "./format.ts";

/**
 * Cap on the text, in bytes. Base64 makes 120 KiB of it, and Linux starts no process with a longer
 * environment variable than 128 KiB.
 */
const largest = 90 << 10;

/** Caps on the characters of a text, tried in turn until the whole is small enough. */
const lengths = [2000, 500, 150, 50];

/** Most remarks on the run as a whole, and most tests where even short ones are too long. */
const most = { remarks: 50, tests: 100 };

export function asClassroom(grade: Grade): string {
  const of = [...subtotalLines(grade.groups), ...remarks(grade)];
  const left = of.length - most.remarks;
  const lines = left > 0 ? [...of.slice(0, most.remarks), `${left} more remarks.`] : of;
  const ofRun = lines.map((line): Test => ({
    name: "the run as a whole",
    passed: grade.passed,
    score: 0,
    text: line,
  }));
  const tests = [...grade.items.map(testOf), ...ofRun];
  for (const length of lengths) {
    const text = resultsOf(grade, tests, length);
    if (isShort(text)) return text;
  }
  return resultsOf(grade, merged(tests), lengths[lengths.length - 1]);
}

interface Test {
  name: string;
  passed: boolean;
  score: number;
  /** Explanation, if it does not pass. */
  text: string;
}

const testOf = (item: ItemResult): Test => ({
  name: `${item.id}: ${item.title}`,
  passed: isPassed(item),
  score: item.points,
  text: item.explanation ?? "",
});

/** The tests in their order, several as one. */
function merged(tests: readonly Test[]): Test[] {
  const size = Math.ceil(tests.length / most.tests);
  return Array.from({ length: Math.ceil(tests.length / size) }, (_, i) => {
    const some = tests.slice(i * size, (i + 1) * size);
    const failing = some.filter(({ passed }) => !passed);
    return {
      name: `${count(some.length, "test")} from ${some[0].name}`,
      passed: failing.length === 0,
      score: roundPoints(some.reduce((sum, { score }) => sum + score, 0)),
      text: failing.length === 0 ? "" : `${failing.length} not passed, first ${failing[0].name}`,
    };
  });
}

/** Each text cut to a length, in characters. */
const resultsOf = (grade: Grade, tests: readonly Test[], length: number): string =>
  escapedJson({
    version: 1,
    // "error" is the grader's own breaking down, which is none of the run's.
    status: grade.passed ? "pass" : "fail",
    max_score: grade.maxPoints,
    tests: tests.map(({ name, passed, score, text }) => {
      const explanation = logLine(cutTo(text, length));
      return {
        filename: "",
        // The reporter leaves out a line number of 0.
        line_no: 0,
        name: logLine(cutTo(name, length)),
        status: passed ? "pass" : "fail",
        score,
        message: explanation,
        // Its only field that the reporter prints of a test that fails.
        test_code: explanation,
      };
    }),
  }, length === lengths[0] ? 2 : 0);

const isShort = (text: string): boolean => new TextEncoder().encode(text).length <= largest;
