/**
 * Escapes text for whatever shows it, because names and messages come from files, servers and stages. A
 * terminal or a CI system finds nothing in a line to act on, and JSON stays the same value.
 */

/** A text for people: one line, or several. A line break within a line is not one, but escaped. */
export type Lines = string | readonly string[];

/** Controls (C0, DEL, C1), line and paragraph separators, marks of direction, halves of surrogates. */
export const unprintable = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

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

export const unicodeEscape = (character: string): string =>
  "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0");

/**
 * Commands to CI systems in a log: "::" at a line's beginning (GitHub), "##" and a word in brackets
 * anywhere (GitHub, Azure, TeamCity). The match is the character to escape.
 */
const obeyed = /(?<=^\s*):(?=:)|(?<=#)#(?=\w*\[)/g;

/** A line in which no CI system finds a command. `escape` writes the character that would make one. */
export const withoutCommands = (line: string, escape = unicodeEscape): string =>
  line.replace(obeyed, escape);

/** The same for a line of XML or HTML. */
export const markupWithoutCommands = (line: string): string =>
  withoutCommands(line, (character) => `&#${character.charCodeAt(0)};`);

/** A line for a log: neither a terminal nor a CI system finds anything in it to act on. */
export const logLine = (text: string): string => withoutCommands(escaped(text));

/** The text of lines, each escaped, with a line break at the end. */
export const printable = (lines: Lines): string => `${[lines].flat().map(logLine).join("\n")}\n`;

/**
 * Lines of a text that somebody else wrote: those after its first are indented, so that none can be
 * taken for the beginning of a message of ours.
 */
export const linesWithin = (text: string): string[] =>
  text.replaceAll("\t", "  ").split("\n")
    .map((line, i) => i === 0 || /^\s/.test(line) ? line : `  ${line}`);

/** Text with every run of white space, line breaks too, as one space. */
export const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for HTML or XML, as content or in a quoted attribute; control characters are the caller's. */
export const escapeMarkup = (text: string): string =>
  text.replace(/[&<>"']/g, (sign) => entities[sign]);
