/**
 * The one way of text to standard output and error. Names and messages come from files, servers and
 * stages; what a terminal would act on is taken out of them here.
 */
import { isInterrupted } from "./interruption.ts";

/**
 * Replaces control characters other than line breaks and tabs, C1 ones among them, and those that
 * turn the direction of writing, so that text can neither move the cursor nor read otherwise than it
 * is.
 */
export const harmless = (text: string): string =>
  // deno-lint-ignore no-control-regex
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

/** Writes all of a text to standard output or error. Gives the system's error where it cannot. */
export function writeTo(
  stream: { writeSync(bytes: Uint8Array): number },
  text: string,
): Error | undefined {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
  } catch (error) {
    return error as Error;
  }
}

/** Why standard output takes nothing more: its reader has left, or its disk is full. */
let outputProblem: Error | undefined;

/**
 * Prints a result on standard output. Output that cannot be written does not stop the work, which is
 * worth more: `printedOr2` reports it at the end.
 */
export function print(text: string): void {
  outputProblem ??= writeTo(Deno.stdout, `${harmless(text)}\n`);
}

/**
 * Gives the exit code of a process whose work ended with `code`: 2, after a message, where its results
 * could not be printed. A reader that left, as `head` does, had what it wanted. Of an interrupted command
 * the signal is what counts, as the terminal may be gone with it.
 */
export async function printedOr2(code: number): Promise<number> {
  const hasLeft = outputProblem instanceof Deno.errors.BrokenPipe;
  if (outputProblem === undefined || hasLeft || isInterrupted(code)) return code;
  const { message } = outputProblem;
  // Loaded here, as almost nobody needs it.
  const { wordFailure } = await import("./event.ts");
  complain(wordFailure({ reason: "not-printed", message }));
  return 2;
}

/** Prints a message on standard error. Where that cannot be written, nobody is left to hear of it. */
export const complain = (text: string): void => void writeTo(Deno.stderr, `${harmless(text)}\n`);

/** A value as JSON in which nothing is left to be replaced, so that programs read back the same. */
export const harmlessJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (character) => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"),
  );

export const printJson = (value: unknown): void => print(harmlessJson(value));
