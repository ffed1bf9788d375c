/** Finds the known names that a mistyped or shortened one was probably meant to be. */
import leven from "leven";

/** Names suggested for one. */
const most = 3;

/** The known name nearest to `name`, if any is near enough to have been meant. */
export const nearest = (name: string, known: readonly string[]): string | undefined =>
  nearestNames(name, known)[0];

/**
 * The known names that were probably meant, at most three: the nearest in spelling, otherwise those that
 * begin with the name, otherwise those that have all its parts between "/" and ".", otherwise those whose first parts are
 * the nearest. Names that have only a few letters in common are none of them.
 */
export function nearestNames(name: string, known: readonly string[]): string[] {
  if (name === "") return [];
  const wanted = name.toLowerCase();
  const among = known.map((one) => ({ one, text: one.toLowerCase() }));
  const parts = wanted.split(/[/.]/);
  const choices = [
    misspelt(wanted, among.map(({ text }) => text)),
    among.map(({ text }) => text.startsWith(wanted)),
    among.map(({ text }) => {
      const own = text.split(/[/.]/);
      return parts.every((part) => own.includes(part));
    }),
    // A letter or two are near to any.
    wanted.length < 3
      ? []
      : misspelt(wanted, among.map(({ text }) => beginning(text, parts.length))),
  ];
  for (const isMeant of choices) {
    const found = among.filter((_, i) => isMeant[i]).map(({ one }) => one);
    if (found.length > 0) return found.slice(0, most);
  }
  return [];
}

/** The first parts of a name, so many. */
const beginning = (text: string, parts: number): string =>
  new RegExp(`^(?:[^/.]*[/.]){${parts - 1}}[^/.]*`).exec(text)?.[0] ?? text;

/** Tells which texts are the nearest to a name, if they are near. */
function misspelt(name: string, texts: readonly string[]): boolean[] {
  const mistakes = texts.map((text) => mistakesIn(name, text));
  const least = Math.min(...mistakes);
  return mistakes.map((found, i) =>
    found === least && found <= Math.max(1, Math.floor(Math.min(name.length, texts[i].length) / 3))
  );
}

/** Letters to change, add or leave out; two that are swapped are one mistake. */
function mistakesIn(name: string, text: string): number {
  const distance = leven(name, text);
  const sorted = (word: string) => [...word].sort().join("");
  return distance === 2 && sorted(name) === sorted(text) ? 1 : distance;
}
