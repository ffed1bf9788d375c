/**
 * A grade as GitHub Classroom's autograding reporter (education/autograding-grading-reporter) reads
 * the result of a grader: there, Base64 of this text in an environment variable NAME_RESULTS. It adds
 * up the tests' scores, and for its table takes a test for all or nothing.
 */
import type { Grade, ItemResult } from "../../../schemas/run/graded.ts";
import { escaped } from "../../terminal/escape.ts";
import { escapedJson } from "../../terminal/escaped_json.ts";
import { subtotalLines } from "../subtotals.ts";
import { isPassed, remarks } from "./format.ts";

export const asClassroom = (grade: Grade): string =>
  escapedJson(
    {
      version: 1,
      // "error" is the grader's own breaking down, which is none of the run's.
      status: grade.passed ? "pass" : "fail",
      max_score: grade.maxPoints,
      tests: [
        ...grade.items.map(test),
        ...[...subtotalLines(grade.groups), ...remarks(grade)].map((line) => ({
          ...bare,
          name: "the run as a whole",
          status: grade.passed ? "pass" : "fail",
          score: 0,
          message: escaped(line),
          test_code: escaped(line),
        })),
      ],
    },
  );

/** The reporter leaves out a line number of 0. */
const bare = { filename: "", line_no: 0 };

function test(item: ItemResult) {
  const { id, title, points, explanation } = item;
  return {
    ...bare,
    name: escaped(`${id}: ${title}`),
    status: isPassed(item) ? "pass" : "fail",
    score: points,
    message: escaped(explanation ?? ""),
    // Its only field that the reporter prints of a test that fails.
    test_code: escaped(explanation ?? ""),
  };
}
