/** Keeps what belongs together on one line: a number with its power of ten, "2.4 · 10⁻¹⁶", or with "%". */

/** The text with spaces that no line is broken at. */
export const unbroken = (text: string): string =>
  text.replace(/(\d) · (10[⁻⁰¹²³⁴-⁹])/g, "$1\u00a0·\u00a0$2").replace(/(\d) %/g, "$1\u00a0%");
