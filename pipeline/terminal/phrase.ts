/** Shapes phrases: the beginning of a sentence, and a text that is too long. */

export const capitalised = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** Cuts a text at a word so that it fits; what was cut is shown by an ellipsis. */
export function shortened(text: string, width: number): string {
  if (text.length <= width) return text;
  const cut = text.slice(0, width - 1);
  const space = cut.lastIndexOf(" ");
  return `${(space > width / 2 ? cut.slice(0, space) : cut).replace(/[\s,;:]+$/, "")}…`;
}
