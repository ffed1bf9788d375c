/** Writes a text as one argument in a POSIX shell: as it is where that is one, in single quotes elsewhere. */
export const shellWord = (text: string): string =>
  /^[\w.,:/@+-][\w.,:/@+=-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
