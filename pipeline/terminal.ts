/**
 * The one way of text to standard output and error. Names and messages come from files, servers and
 * stages; what a terminal would act on is taken out of them here.
 */

/**
 * Replaces control characters other than line breaks and tabs, C1 ones among them, and those that
 * turn the direction of writing, so that text can neither move the cursor nor read otherwise than it
 * is.
 */
export const harmless = (text: string): string =>
  // deno-lint-ignore no-control-regex
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

/** A result, on standard output. */
export const print = (text: string): void => console.log(harmless(text));

/** A message, on standard error. */
export const complain = (text: string): void => console.error(harmless(text));

/** A value as JSON in which nothing is left to be replaced, so that programs read back the same. */
export const harmlessJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (character) => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"),
  );

export const printJson = (value: unknown): void => print(harmlessJson(value));
