/**
 * Writes text to standard output and error; nothing else in the engine does. Names and messages come
 * from files, servers and stages. So text is handed over line by line, and what a terminal or a CI
 * system would act on within a line is escaped here, where no caller can forget it.
 */
import { floatsInJson } from "../schemas/float_text.ts";
import { isInterrupted } from "./interruption.ts";

/** A text for people: one line, or several. A line break within a line is not one, but escaped. */
export type Lines = string | readonly string[];

/** Controls (C0, DEL, C1), line and paragraph separators, marks of direction, halves of surrogates. */
const unprintable = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

const named: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Text as one line in which nothing moves the cursor or reads otherwise than it is. Escapes are those
 * of JSON, so that JSON stays the same value.
 */
export const escaped = (text: string): string =>
  text.replace(
    unprintable,
    (character) => named[character] ?? unicodeEscape(character),
  );

const unicodeEscape = (character: string): string =>
  "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0");

/**
 * What CI systems obey in a log: "::" at a line's beginning (GitHub), "##" and a word in brackets
 * anywhere (GitHub, Azure, TeamCity). The match is the character to escape.
 */
const obeyed = /(?<=^\s*):(?=:)|(?<=#)#(?=\w*\[)/g;

const lineOf = (text: string): string => escaped(text).replace(obeyed, unicodeEscape);

/** The text of lines, each escaped, with a line break at the end. */
export const printable = (lines: Lines): string => `${[lines].flat().map(lineOf).join("\n")}\n`;

/**
 * Lines of a text that somebody else wrote: those after its first are indented, so that none can be
 * taken for the beginning of a message of ours.
 */
export const linesWithin = (text: string): string[] =>
  text.replaceAll("\t", "  ").split("\n")
    .map((line, i) => i === 0 || /^\s/.test(line) ? line : `  ${line}`);

/** Writes all of a text to standard output or error. Gives the system's error where it cannot. */
export function writeTo(
  stream: { writeSync(bytes: Uint8Array): number },
  text: string,
): Error | undefined {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
  } catch (error) {
    return error as Error;
  }
}

/** Why standard output takes nothing more: its reader has left, or its disk is full. */
let outputProblem: Error | undefined;

/**
 * Prints a result on standard output. Output that cannot be written does not stop the work, which is
 * worth more: `printedOr2` reports it at the end.
 */
export function print(lines: Lines): void {
  outputProblem ??= writeTo(Deno.stdout, printable(lines));
}

/**
 * Gives the exit code of a process whose work ended with `code`: 2, after a message, where its results
 * could not be printed. A reader that left, as `head` does, had what it wanted. Of an interrupted command
 * the signal is what counts, as the terminal may be gone with it.
 */
export async function printedOr2(code: number): Promise<number> {
  const hasLeft = outputProblem instanceof Deno.errors.BrokenPipe;
  if (outputProblem === undefined || hasLeft || isInterrupted(code)) return code;
  const { message } = outputProblem;
  // Loaded here, as almost nobody needs it.
  const { failureLines } = await import("./event.ts");
  complain(failureLines({ reason: "not-printed", message }));
  return 2;
}

/** Prints a message on standard error. Where that cannot be written, nobody is left to hear of it. */
export const complain = (lines: Lines): void => void writeTo(Deno.stderr, printable(lines));

/** A value as JSON in which nothing is left to be escaped, so that programs read back the same. */
export const harmlessJson = (value: unknown): string =>
  JSON.stringify(value, floatsInJson, 2)
    .replace(unprintable, (c) => c === "\n" ? c : unicodeEscape(c));

export const jsonLines = (value: unknown): string[] => harmlessJson(value).split("\n");

export const printJson = (value: unknown): void => print(jsonLines(value));
