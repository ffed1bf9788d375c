/** Shares between the formats of a grade how they word a run as a whole, and the escaping of XML. */
import type { Grade, ItemResult } from "../../../schemas/run/graded.ts";
import { escapeMarkup, markupWithoutCommands } from "../../terminal/escape.ts";
import { count } from "../../terminal/numbers.ts";
import { similarTexts } from "../similarity.ts";
import { pointsText } from "../subtotals.ts";
import { levelText } from "../trust_level.ts";

/** "12 of 14 items, 20.5 of 25 points (82 %)" */
export function scoreText(grade: Grade): string {
  const passed = grade.items.filter(isPassed).length;
  return `${passed} of ${count(grade.items.length, "item")}, ${pointsText(grade)}`;
}

export const isPassed = ({ status }: ItemResult): boolean => status === "passed";

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

/** Sentences without a full stop that say why an intact run fails, whatever its points. */
export const runErrors = (grade: Grade): string[] =>
  runFailures(grade).map((message) => `The run does not pass: ${message}`);

/** Errors of the run as a whole, a line each. */
export const errorsOfGrade = (grade: Grade): string[] => [
  ...runErrors(grade),
  ...grade.trust.problems.map(({ where, message }) => `Integrity error: ${where}: ${message}`),
  ...grade.trust.recomputed.filter(({ outcome }) => outcome === "not-recomputed")
    .map(({ job, message }) => `Not recomputed: ${job}: ${message}`),
];

/** Remarks on the run as a whole, a line each. */
export const remarks = (grade: Grade): string[] => [
  levelText(grade),
  ...grade.notes,
  ...errorsOfGrade(grade),
  ...similarTexts(grade.trust.similar),
];

/**
 * True for a character that XML 1.0 allows (production 2, Char) and that is no discouraged control
 * character.
 */
const isXmlChar = (code: number): boolean =>
  code === 0x9 || code === 0xa || code === 0xd || code >= 0x20 && code < 0x7f ||
  code > 0x9f && code <= 0xd7ff || code >= 0xe000 && code <= 0xfffd || code >= 0x10000;

/**
 * A line of text for XML, also within quotes. A character that may not stand there becomes U+FFFD, and
 * a log that shows the XML has no command to a CI system.
 */
export function escapeXml(text: string): string {
  const chars = [...text].map((char) => isXmlChar(char.codePointAt(0)!) ? char : "\ufffd");
  const line = escapeMarkup(chars.join("")).replaceAll("\r", "&#13;");
  return markupWithoutCommands(line);
}
