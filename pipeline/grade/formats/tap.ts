/**
 * A grade in the Test Anything Protocol: a test point for each item, with a YAML diagnostic block where
 * it does not pass. Version 13 (https://testanything.org/tap-version-13-specification.html) is what Perl's
 * `prove` reads. Version 14 (https://testanything.org/tap-version-14-specification.html) has the same lines
 * after its first.
 */
import type { Grade, ItemResult } from "../../../schemas/run/graded.ts";
import { logLine, oneLine } from "../../terminal/escape.ts";
import { subtotalLines } from "../subtotals.ts";
import { failuresOfRun, isPassed, remarks, scoreText } from "./format.ts";

export function asTap(grade: Grade, version: 13 | 14): string {
  const failures = failuresOfRun(grade);
  const points = grade.items.map((item, i) => testPoint(item, i + 1));
  const ofRun = failures.map(({ where, message }, i) =>
    [
      `not ok ${grade.items.length + i + 1} - ${description(`the run as a whole: ${where}`)}`,
      ...block({ message }),
    ].join("\n")
  );
  return [
    `TAP version ${version}`,
    `1..${grade.items.length + failures.length}`,
    ...points,
    ...ofRun,
    ...[...remarks(grade), ...subtotalLines(grade.groups), scoreText(grade)].map((line) =>
      `# ${plain(line)}`
    ),
  ].join("\n");
}

const plain = (text: string): string => logLine(oneLine(text));

/** "#" would begin a directive; a backslash escapes it, and itself. */
const description = (text: string): string => plain(text).replace(/[\\#]/g, (char) => `\\${char}`);

function testPoint(item: ItemResult, number: number): string {
  const { id, title, status, level, expected, found, points, maxPoints, explanation } = item;
  const passed = isPassed(item);
  const line = `${passed ? "ok" : "not ok"} ${number} - ${description(`${id}: ${title}`)}`;
  if (passed) return line;
  return [
    line,
    ...block({
      message: explanation,
      severity: status,
      trust: level,
      expected,
      found,
      points: `${points} of ${maxPoints}`,
    }),
  ].join("\n");
}

/** A YAML block; JSON strings are YAML strings in double quotes. */
const block = (values: Record<string, string | null>): string[] => [
  "  ---",
  ...Object.entries(values).map(([key, value]) =>
    `  ${key}: ${JSON.stringify(plain(value ?? ""))}`
  ),
  "  ...",
];
