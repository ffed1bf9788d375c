/**
 * A grade as Gradescope's `results.json`
 * (https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format). Gradescope itself
 * keeps back what is not to be shown yet, so items are given whole, each with its visibility.
 */
import type { Grade, ItemResult } from "../../../schemas/run/graded.ts";
import { escaped } from "../../terminal/escape.ts";
import { escapedJson } from "../../terminal/escaped_json.ts";
import { subtotalLines } from "../subtotals.ts";
import { remarks, scoreText } from "./format.ts";

export const asGradescope = (grade: Grade): string =>
  escapedJson(
    {
      score: grade.points,
      output: [
        `${grade.subject}: ${scoreText(grade)}.`,
        ...subtotalLines(grade.groups),
        ...remarks(grade),
      ].map(escaped).join("\n"),
      output_format: "text",
      test_output_format: "text",
      test_name_format: "text",
      extra_data: {
        run: grade.subject,
        form: grade.form,
        passed: grade.passed,
        expected: grade.expected,
        groups: grade.groups,
        trust: grade.trust,
      },
      tests: grade.items.map((item) => test(item, numberOf(item, grade))),
      leaderboard: grade.leaderboard.flatMap(({ name, value, order }) =>
        value === null ? [] : [{ name, value, order: order === "ascending" ? "asc" : "desc" }]
      ),
    },
  );

/** "3.2" is the second item of the third group, so that Gradescope lists a group's items together. */
function numberOf(item: ItemResult, { groups, items }: Grade): string {
  const own = items.filter(({ group }) => group === item.group).indexOf(item) + 1;
  if (groups.length < 2) return String(own);
  return `${groups.findIndex(({ group }) => group === item.group) + 1}.${own}`;
}

const test = (item: ItemResult, number: string) => ({
  score: item.points,
  max_score: item.maxPoints,
  status: item.status === "passed" ? "passed" : "failed",
  name: escaped(item.title),
  number,
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
