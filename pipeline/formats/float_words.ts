/** Makes JSON of text in which Python wrote NaN and infinities as words, which JSON lacks. */

/** Strings of JSON, which stay as they are, and the words that are no JSON. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b/g;

/** The same text with each such word as a string. */
export const withFloatTexts = (text: string): string =>
  text.replace(tokens, (token) => token.startsWith('"') ? token : `"${token}"`);
