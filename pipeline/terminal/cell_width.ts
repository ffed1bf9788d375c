/**
 * Measures how many columns of a terminal text takes: a letter takes one, a Chinese character or an emoji
 * two, a combining mark none.
 */

/** Text in which each character takes one column. */
const plain =
  /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u2319\u2500-\u25fc\u2713-\u2719]*$/;

/** Characters of two columns that are not shown as emoji, by Unicode 17's East Asian Width. */
const wide =
  /[\u1100-\u115f\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3041-\u3247\u3250-\ua4c6\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{191d2}\u{1aff0}-\u{1b2fb}\u{1d300}-\u{1d356}\u{1d360}-\u{1d376}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u;

/** Marks above and below others, format characters, and the later letters of a Korean syllable. */
const zero = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff\ud7b0-\ud7fb]$/u;

/** An emoji: shown as one by itself, by the mark that follows it, or as a pair of flag letters. */
const emoji = /\p{Emoji_Presentation}|\p{Emoji}\ufe0f|[\u{1f1e6}-\u{1f1ff}]{2}/u;

/** Made when it is needed, because every run that is up to date loads this file. */
let characters: Intl.Segmenter | undefined;

/** Splits text into what readers take for single characters. */
export function charactersOf(text: string): string[] {
  characters ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return [...characters.segment(text)].map(({ segment }) => segment);
}

/** Columns that text takes; it has no control characters. */
export function cellWidth(text: string): number {
  if (plain.test(text)) return text.length;
  return charactersOf(text).reduce((sum, character) => sum + widthOf(character), 0);
}

function widthOf(character: string): number {
  if (emoji.test(character)) return 2;
  let width = 0;
  for (const point of character) width += zero.test(point) ? 0 : wide.test(point) ? 2 : 1;
  return width;
}

/** Text filled with spaces up to so many columns. */
export const padded = (text: string, columns: number, side: "start" | "end" = "end"): string => {
  const space = " ".repeat(Math.max(0, columns - cellWidth(text)));
  return side === "end" ? text + space : space + text;
};

/** A name that fits: one that is too long loses its middle, because names differ at their ends. */
export function shortenedName(name: string, columns: number): string {
  if (cellWidth(name) <= columns) return name;
  const letters = charactersOf(name);
  const fitting = (from: readonly string[], most: number) => {
    let [taken, width] = [0, 0];
    while (taken < from.length && width + cellWidth(from[taken]) <= most) {
      width += cellWidth(from[taken++]);
    }
    return taken;
  };
  const left = Math.max(0, columns - 1);
  const head = letters.slice(0, fitting(letters, Math.ceil(left / 2)));
  const room = left - cellWidth(head.join(""));
  const tail = letters.slice(letters.length - fitting(letters.toReversed(), room));
  return `${head.join("")}…${tail.join("")}`;
}
