/** Shares between the formats of a grade what a reader may see, and the escaping of XML. */
import type { Grade, ItemResult } from "../../../schemas/run/graded.ts";
import { escapeMarkup } from "../../terminal/escape.ts";
import { count } from "../../terminal/numbers.ts";
import { similarText } from "../similarity.ts";
import { levelText } from "../trust_level.ts";

/** An item as readers see it, in a format that cannot hide a part until later. */
interface Shown {
  id: string;
  title: string;
  passed: boolean;
  points: number;
  maxPoints: number;
  /** Explanation of an item that does not pass; for a hidden one only that it is hidden. */
  explanation: string | null;
}

/** A hidden item shows its points alone. */
export const shown = (
  { id, title, status, points, maxPoints, explanation, visibility }: ItemResult,
): Shown => ({
  id,
  title,
  passed: status === "passed",
  points,
  maxPoints,
  explanation: status === "passed" || visibility === "visible"
    ? explanation
    : `not shown (${visibility.replaceAll("_", " ")})`,
});

/** "12 of 14 items, 20.5 of 25 points" */
export function scoreText({ items, points, maxPoints }: Grade): string {
  const passed = items.filter(({ status }) => status === "passed").length;
  return `${passed} of ${count(items.length, "item")}, ${points} of ${maxPoints} points`;
}

const early: Partial<Record<Grade["form"], string>> = {
  failed: "a job of it failed",
  interrupted: "it was interrupted",
};

/** Returns why the run as a whole fails, whatever its items' results, each reason with its place. */
export function failuresOfRun(grade: Grade): { where: string; message: string }[] {
  return [
    ...runFailures(grade).map((message) => ({ where: "the run", message })),
    ...grade.trust.problems,
  ];
}

/** Returns why an intact run fails: it ended early, or differs from the experiment. */
const runFailures = ({ form, deviation }: Grade): string[] =>
  [early[form], deviation === null ? undefined : `it ${deviation}`]
    .filter((one) => one !== undefined);

/** Remarks on the run as a whole, a line each. */
export function remarks(grade: Grade): string[] {
  return [
    levelText(grade),
    ...grade.notes,
    ...runFailures(grade).map((message) => `The run does not pass: ${message}`),
    ...grade.trust.problems.map(({ where, message }) => `Integrity error: ${where}: ${message}`),
    ...grade.trust.recomputed.filter(({ outcome }) => outcome === "not-recomputed")
      .map(({ job, message }) => `Not recomputed: ${job}: ${message}`),
    ...grade.trust.similar.map(similarText),
  ];
}

/**
 * True for a character that XML 1.0 allows (production 2, Char) and that is no discouraged control
 * character.
 */
const isXmlChar = (code: number): boolean =>
  code === 0x9 || code === 0xa || code === 0xd || code >= 0x20 && code < 0x7f ||
  code > 0x9f && code <= 0xd7ff || code >= 0xe000 && code <= 0xfffd || code >= 0x10000;

/** Text for XML, also within quotes; a character that may not stand there becomes U+FFFD. */
export function escapeXml(text: string): string {
  const chars = [...text].map((char) => isXmlChar(char.codePointAt(0)!) ? char : "\ufffd");
  return escapeMarkup(chars.join("")).replaceAll("\r", "&#13;");
}
