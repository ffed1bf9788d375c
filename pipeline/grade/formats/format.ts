/** What every format that a grade is written in shares: who is shown what, and escaping. */
import type { Grade, ItemResult } from "../../../schemas/run/graded.ts";
import { escapeMarkup } from "../../terminal/escape.ts";
import { count } from "../../terminal/numbers.ts";

/** An item as a reader is shown it, in a format that cannot keep a part back until later. */
export interface Shown {
  id: string;
  title: string;
  passed: boolean;
  points: number;
  maxPoints: number;
  /** Of an item that does not pass; of one that is not visible, only that there is more. */
  explanation: string | null;
}

/** Items that are not visible keep expectation and figures to themselves; points are shown. */
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

/** Why the run as a whole does not pass, whatever its items came to: each with its place. */
export function failuresOfRun(
  { form, deviation, trust }: Grade,
): { where: string; message: string }[] {
  const messages = [early[form], deviation === null ? undefined : `it ${deviation}`]
    .filter((one) => one !== undefined);
  return [
    ...messages.map((message) => ({ where: "the run", message })),
    ...trust.problems,
  ];
}

/** What a reader should know of the run as a whole, a line each. */
export function remarks(grade: Grade): string[] {
  return [
    ...grade.notes,
    ...failuresOfRun(grade).map(({ where, message }) => `Does not fit: ${where}: ${message}`),
    ...grade.trust.recomputed.filter(({ outcome }) => outcome === "not-recomputed")
      .map(({ job, message }) => `Not recomputed: ${job}: ${message}`),
  ];
}

/**
 * Whether a character may stand in an XML 1.0 document (its production 2, Char) and is no control
 * character that XML discourages.
 */
const isXmlChar = (code: number): boolean =>
  code === 0x9 || code === 0xa || code === 0xd || code >= 0x20 && code < 0x7f ||
  code > 0x9f && code <= 0xd7ff || code >= 0xe000 && code <= 0xfffd || code >= 0x10000;

/** Text for XML, also within quotes; a character that may not stand there becomes U+FFFD. */
export function escapeXml(text: string): string {
  const chars = [...text].map((char) => isXmlChar(char.codePointAt(0)!) ? char : "\ufffd");
  return escapeMarkup(chars.join("")).replaceAll("\r", "&#13;");
}
