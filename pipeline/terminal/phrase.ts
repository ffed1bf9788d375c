/** Shapes phrases: the beginning of a sentence, and texts that are too long. */

export const capitalised = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** A text of at most `most` UTF-16 code units: a longer one is cut, never within a character's two. */
export const cutTo = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…`;

/** Cuts a text at a word so that it fits; what was cut is shown by an ellipsis. */
export function shortened(text: string, width: number): string {
  if (text.length <= width) return text;
  const cut = cutTo(text, width).slice(0, -1);
  const space = cut.lastIndexOf(" ");
  return `${(space > width / 2 ? cut.slice(0, space) : cut).replace(/[\s,;:]+$/, "")}…`;
}
