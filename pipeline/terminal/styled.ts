/** Styles text for a terminal: what a part of a line means, and the escape sequences that show it. */
import { escaped, type Lines, logLine } from "./escape.ts";

/** Meaning of a part of a line; colours follow from it. */
type Style = "good" | "warning" | "bad" | "strong" | "faint";

/** A part of a line, which has no line break. */
export type Span = string | { readonly style: Style; readonly text: string };

/** Lines of text, some of them in parts that have styles. */
export type StyledLines = Lines | readonly (string | readonly Span[])[];

/** SGR parameters (ECMA-48): colours of the terminal's own palette, so that they fit its background. */
const codes: Record<Style, string> = {
  good: "32",
  warning: "33",
  bad: "31",
  strong: "1",
  faint: "2",
};

export const styled = (style: Style, text: string): Span => ({ style, text });

export const plainText = (line: string | readonly Span[]): string =>
  typeof line === "string"
    ? line
    : line.map((span) => typeof span === "string" ? span : span.text).join("");

/** The part of a line between two places of its text. */
export function slice(line: readonly Span[], from: number, to: number): Span[] {
  let at = 0;
  return line.flatMap((span) => {
    const text = plainText([span]);
    const part = text.slice(Math.max(0, from - at), Math.max(0, to - at));
    at += text.length;
    if (part === "") return [];
    return [typeof span === "string" ? part : styled(span.style, part)];
  });
}

/** A line with nothing left in it for a terminal to act on but the colours of its parts. */
function styledLine(line: string | readonly Span[], colour: boolean): string {
  const text = logLine(plainText(line));
  // A command to a CI system could begin in one part and end in the next.
  if (!colour || typeof line === "string" || text !== escaped(plainText(line))) return text;
  return line.map((span) =>
    typeof span === "string"
      ? escaped(span)
      : span.text === ""
      ? ""
      : `\x1b[${codes[span.style]}m${escaped(span.text)}\x1b[0m`
  ).join("");
}

/** The text of lines, with a line break at the end of each. */
export const styledText = (lines: StyledLines, colour: boolean): string =>
  [lines].flat().map((line) => `${styledLine(line, colour)}\n`).join("");
