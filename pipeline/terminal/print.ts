/**
 * Writes text to standard output and error; nothing else in the engine does. Names and messages come from
 * files, servers and stages, so each line is escaped here, where no caller can forget it. `printText` is
 * for whole files in a format of their own.
 */
import { screenOf } from "./screen.ts";
import { type StyledLines, styledText } from "./styled.ts";
import { wrappedLines } from "./wrapped.ts";

interface Stream {
  writeSync(bytes: Uint8Array): number;
}

/** Writes all of a text to standard output or error. Gives the system's error where it cannot. */
export const writeTo = (stream: Stream, text: string): Error | undefined =>
  writeAll(stream, new TextEncoder().encode(text));

function writeAll(stream: Stream, bytes: Uint8Array): Error | undefined {
  try {
    for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
  } catch (error) {
    return error as Error;
  }
}

/** The error after which standard output takes nothing more: its reader left, or its disk is full. */
let outputProblem: Error | undefined;

/**
 * Prints a result on standard output. Output that cannot be written does not stop the work, which is
 * worth more: `printedOr2` reports it at the end.
 */
export function print(lines: StyledLines): void {
  outputProblem ??= writeTo(Deno.stdout, styledText(lines, screenOf(Deno.stdout).colour));
}

/** Prints sentences on standard output, on a terminal broken between words. */
export function printSentences(lines: StyledLines): void {
  print(wrappedLines(lines, screenOf(Deno.stdout).columns));
}

/** Prints a text as it is, byte for byte: of a format whose writer has escaped it. */
export function printText(text: string): void {
  outputProblem ??= writeTo(Deno.stdout, text);
}

/** Tells whether standard output is a terminal, which acts on what it finds in a text. */
export const isTerminal = (): boolean => Deno.stdout.isTerminal();

/** Writes bytes to standard output as they are. False where it takes no more, as for `print`. */
export function writeBytes(bytes: Uint8Array): boolean {
  outputProblem ??= writeAll(Deno.stdout, bytes);
  return outputProblem === undefined;
}

/**
 * Gives the exit code of a process whose work ended with `code`: 2, after a message, where its results
 * could not be printed. A reader that left, as `head` does, had what it wanted. Of an interrupted command
 * the signal is what counts, as the terminal may be gone with it.
 */
export async function printedOr2(code: number): Promise<number> {
  if (outputProblem === undefined || outputProblem instanceof Deno.errors.BrokenPipe) return code;
  const { message } = outputProblem;
  // Loaded here, as almost nobody needs them.
  const [{ failureLines }, { isInterrupted }] = await Promise.all([
    import("../engine/failed.ts"),
    import("./interruption.ts"),
  ]);
  if (isInterrupted(code)) return code;
  complain(failureLines({ reason: "not-printed", message }));
  return 2;
}

/**
 * Prints a message on standard error, on a terminal broken between words. A message that cannot be written
 * is lost.
 */
export function complain(lines: StyledLines): void {
  const { columns, colour } = screenOf(Deno.stderr);
  writeTo(Deno.stderr, styledText(wrappedLines(lines, columns), colour));
}
