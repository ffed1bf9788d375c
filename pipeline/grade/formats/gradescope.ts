/**
 * A grade as Gradescope's `results.json`
 * (https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format). Gradescope itself
 * keeps back what is not to be shown yet, so items are given whole, each with its visibility.
 */
import type { Grade, ItemResult } from "../../../schemas/run/graded.ts";
import { escaped } from "../../terminal/escape.ts";
import { escapedJson } from "../../terminal/escaped_json.ts";
import { remarks, scoreText } from "./format.ts";

export const asGradescope = (grade: Grade): string =>
  escapedJson(
    {
      score: grade.points,
      output: [`${grade.subject}: ${scoreText(grade)}.`, ...remarks(grade)].map(escaped).join("\n"),
      output_format: "text",
      test_output_format: "text",
      test_name_format: "text",
      extra_data: {
        run: grade.subject,
        form: grade.form,
        passed: grade.passed,
        expected: grade.expected,
        trust: grade.trust,
      },
      tests: grade.items.map(test),
      leaderboard: grade.leaderboard.flatMap(({ name, value, order }) =>
        value === null ? [] : [{ name, value, order: order === "ascending" ? "asc" : "desc" }]
      ),
    },
  );

const test = (item: ItemResult, i: number) => ({
  score: item.points,
  max_score: item.maxPoints,
  status: item.status === "passed" ? "passed" : "failed",
  name: escaped(item.title),
  number: String(i + 1),
  output: escaped(item.explanation ?? `expected ${item.expected}, found ${item.found}`),
  tags: item.group === null ? [] : [item.group],
  visibility: item.visibility,
  extra_data: {
    id: item.id,
    status: item.status,
    trust: item.level,
    range: item.range,
    found: item.value,
    off_by: item.offBy,
    outside: item.outside,
    source: item.source,
  },
});
