/** Describes a planted error, and applies it to a copy of the sources. */

/** An error to plant: the text in a file that is replaced, and the tests of which one must fail. */
export interface Plant {
  name: string;
  /** Path from the root. */
  file: string;
  /** Text that occurs once in the file. */
  find: string;
  replace: string;
  /** Test file; a verdict or a control notices by the test that asks for it. */
  noticedBy: string;
  /** Part of the names of the tests to run; all by default. */
  filter?: string;
}

/** Plants by the test file that notices them, the file that they are planted in, and their name. */
export type Plants = Record<
  string,
  Record<string, Record<string, Pick<Plant, "find" | "replace" | "filter">>>
>;

/**
 * The file's text with the error.
 * @throws Error if the text to replace does not occur exactly once, or nothing changes
 */
export function planted(text: string, { name, file, find, replace }: Plant): string {
  const found = text.split(find).length - 1;
  if (found !== 1) {
    throw new Error(
      `${name}: expected its text once in ${file}, found it ${found} times. The source has changed: ` +
        `write the plant anew for ${JSON.stringify(find)}`,
    );
  }
  if (find === replace) throw new Error(`${name}: expected another text, found the same`);
  return text.replace(find, () => replace);
}
