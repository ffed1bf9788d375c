/**
 * A grade as JUnit XML, as test reporters read it: a suite for each group, a case for each item. An
 * item that could not be judged is an error, one that was judged and does not pass a failure. The
 * elements and attributes are those of Jenkins' schema (junit-10.xsd).
 */
import type { Grade, GroupResult, ItemResult } from "../../../schemas/run/graded.ts";
import { escaped, linesWithin } from "../../terminal/escape.ts";
import { pointsText } from "../subtotals.ts";
import { levelText } from "../trust_level.ts";
import { escapeXml, failuresOfRun, isPassed, remarks, scoreText } from "./format.ts";

export function asJUnit(grade: Grade): string {
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    element("testsuites", {
      name: grade.expected.title,
      ...counts(grade.items, failuresOfRun(grade).length),
    }),
    ...grade.groups.flatMap((one) => suite(one, grade)),
    ...runSuite(grade),
    "</testsuites>",
  ].join("\n");
}

const element = (name: string, attributes: Record<string, string | number>, end = ">"): string =>
  `<${name}${
    Object.entries(attributes)
      .map(([attribute, value]) => ` ${attribute}="${escapeAttribute(String(value))}"`).join("")
  }${end}`;

/** On one line: a reporter prints a name or message as it is, often into a log. */
const escapeAttribute = (text: string): string => escapeXml(escaped(text));

const escapeContent = (text: string): string =>
  linesWithin(text).map((line) => escapeXml(escaped(line))).join("\n");

const isError = ({ status }: ItemResult): boolean => status === "missing" || status === "untrusted";

/** `more` failures are those of the run as a whole. */
const counts = (items: readonly ItemResult[], more = 0) => ({
  tests: items.length + more,
  failures: items.filter((item) => item.status !== "passed" && !isError(item)).length + more,
  errors: items.filter(isError).length,
});

function suite(subtotal: GroupResult, grade: Grade): string[] {
  const name = subtotal.group ?? grade.expected.title;
  const items = grade.items.filter(({ group }) => group === subtotal.group);
  return [
    `  ${element("testsuite", { name, ...counts(items), skipped: 0 })}`,
    `    <properties>`,
    `      ${element("property", { name: "run", value: grade.subject }, "/>")}`,
    `      ${element("property", { name: "trust", value: levelText(grade) }, "/>")}`,
    `      ${element("property", { name: "score", value: scoreText(grade) }, "/>")}`,
    `      ${element("property", { name: "subtotal", value: pointsText(subtotal) }, "/>")}`,
    `    </properties>`,
    ...items.flatMap((item) => {
      const { id, title, points, maxPoints, explanation } = item;
      const open = { name: `${id}: ${title}`, classname: name };
      const output = `      <system-out>${
        escapeXml(`${points} of ${maxPoints} points`)
      }</system-out>`;
      if (isPassed(item)) return [`    ${element("testcase", open)}`, output, "    </testcase>"];
      const kind = isError(item) ? "error" : "failure";
      const message = explanation ?? "";
      return [
        `    ${element("testcase", open)}`,
        `      ${element(kind, { message, type: item.status })}${escapeContent(message)}</${kind}>`,
        output,
        "    </testcase>",
      ];
    }),
    "  </testsuite>",
  ];
}

/** Failures of the run as a whole, a case each. */
function runSuite(grade: Grade): string[] {
  const failures = failuresOfRun(grade);
  const name = "the run as a whole";
  return [
    `  ${element("testsuite", { name, ...counts([], failures.length), skipped: 0 })}`,
    ...failures.flatMap(({ where, message }) => [
      `    ${element("testcase", { name: where, classname: name })}`,
      `      ${element("failure", { message, type: "run" })}${escapeContent(message)}</failure>`,
      "    </testcase>",
    ]),
    `    <system-out>${remarks(grade).map(escapeContent).join("\n")}</system-out>`,
    "  </testsuite>",
  ];
}
