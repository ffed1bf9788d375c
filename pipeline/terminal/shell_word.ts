/** Writes a text as one word of a POSIX shell: as it is where that is one, in single quotes elsewhere. */
export const shellWord = (text: string): string =>
  /^[\w.,:/@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
