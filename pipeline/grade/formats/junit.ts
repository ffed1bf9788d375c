/**
 * A grade as JUnit XML, as test reporters read it: a suite for each group, a case for each item. An
 * item that could not be judged is an error, one that was judged and does not pass a failure.
 *
 * The elements and attributes are those that Ant's schema (JUnit.xsd of windyroad/JUnit-Schema) and
 * Jenkins' (junit-10.xsd of its xunit plugin) both have. The same run gives the same bytes: the time is
 * when the run began and what it took, not when it was graded, and the host is the one that Ant writes
 * where none is known.
 */
import type { Grade, GroupResult, ItemResult } from "../../../schemas/run/graded.ts";
import { escaped, linesWithin, oneLine } from "../../terminal/escape.ts";
import { pointsText } from "../subtotals.ts";
import { levelText } from "../trust_level.ts";
import { escapeXml, failuresOfRun, isPassed, remarks, scoreText } from "./format.ts";

/** Attributes of all suites and cases where nothing is known, and the start of time. */
const unknown = { host: "localhost", start: "1970-01-01T00:00:00" };

const wholeRun = "the run as a whole";

export function asJUnit(grade: Grade): string {
  const suites = [...grade.groups.map((one) => suiteOfGroup(one, grade)), suiteOfRun(grade)];
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    "<testsuites>",
    ...suites.flatMap((suite, i) => suiteLines(suite, i, grade)),
    "</testsuites>",
  ].join("\n");
}

interface Case {
  name: string;
  /** In seconds. */
  time: number;
  /** Reason why it does not pass. */
  problem?: { kind: "failure" | "error"; type: string; message: string };
}

interface Suite {
  name: string;
  cases: readonly Case[];
  /** Points of a group. */
  subtotal?: string;
  /** Lines of its standard output. */
  output: readonly string[];
}

const isError = ({ status }: ItemResult): boolean => status === "missing" || status === "untrusted";

function suiteOfGroup(subtotal: GroupResult, grade: Grade): Suite {
  const items = grade.items.filter(({ group }) => group === subtotal.group);
  return {
    name: subtotal.group ?? grade.expected.title,
    subtotal: pointsText(subtotal),
    cases: items.map(caseOf),
    output: items.map(({ id, points, maxPoints }) => `${id}: ${points} of ${maxPoints} points`),
  };
}

function caseOf(item: ItemResult): Case {
  const { id, title, status, explanation } = item;
  // Judging takes no time worth a number, and what the run took is no item's alone.
  const judged = { name: `${id}: ${title}`, time: 0 };
  if (isPassed(item)) return judged;
  const kind = isError(item) ? "error" : "failure";
  return { ...judged, problem: { kind, type: status, message: explanation ?? "" } };
}

/** The run itself, which passes or has failures, a case each. */
function suiteOfRun(grade: Grade): Suite {
  const time = grade.seconds ?? 0;
  const failures = failuresOfRun(grade).map(({ where, message }, i): Case => ({
    name: where,
    time: i === 0 ? time : 0,
    problem: { kind: "failure", type: "run", message },
  }));
  return {
    name: wholeRun,
    cases: failures.length > 0 ? failures : [{ name: "the run", time }],
    output: remarks(grade),
  };
}

function suiteLines({ name, subtotal, cases, output }: Suite, id: number, grade: Grade): string[] {
  const number = (kind: "failure" | "error") =>
    cases.filter(({ problem }) => problem?.kind === kind).length;
  const attributes = {
    id,
    package: grade.expected.experiment,
    name,
    timestamp: timestampOf(grade),
    hostname: unknown.host,
    tests: cases.length,
    failures: number("failure"),
    errors: number("error"),
    skipped: 0,
    time: seconds(cases.reduce((sum, { time }) => sum + time, 0)),
  };
  const properties = {
    run: grade.subject,
    trust: levelText(grade),
    score: scoreText(grade),
    ...(subtotal !== undefined && { subtotal }),
  };
  return [
    `  ${element("testsuite", attributes)}`,
    `    <properties>`,
    ...Object.entries(properties)
      .map(([name, value]) => `      ${element("property", { name, value }, "/>")}`),
    `    </properties>`,
    ...cases.flatMap((one) => caseLines(one, name)),
    `    <system-out>${output.map(escapeContent).join("\n")}</system-out>`,
    "    <system-err/>",
    "  </testsuite>",
  ];
}

function caseLines({ name, time, problem }: Case, suite: string): string[] {
  const attributes = { name, classname: suite, time: seconds(time) };
  if (problem === undefined) return [`    ${element("testcase", attributes, "/>")}`];
  const { kind, type, message } = problem;
  return [
    `    ${element("testcase", attributes)}`,
    `      ${element(kind, { message, type })}${escapeContent(message)}</${kind}>`,
    "    </testcase>",
  ];
}

/** Start of the run to the second, in UTC; the schema takes no zone. */
const timestampOf = ({ started }: Grade): string =>
  started === null ? unknown.start : new Date(started).toISOString().slice(0, 19);

const seconds = (time: number): string => time.toFixed(3);

const element = (name: string, attributes: Record<string, string | number>, end = ">"): string =>
  `<${name}${
    Object.entries(attributes)
      .map(([attribute, value]) => ` ${attribute}="${escapeAttribute(String(value))}"`).join("")
  }${end}`;

/**
 * On one line: a reporter prints a name or message as it is, often into a log. Where nothing is left, a
 * name of white space, a dash stands, because Ant's schema takes no empty name.
 */
const escapeAttribute = (text: string): string => escapeXml(escaped(oneLine(text) || "-"));

const escapeContent = (text: string): string =>
  linesWithin(text).map((line) => escapeXml(escaped(line))).join("\n");
