/** Turns the end of a command into an exit code: its own, or a message and 2 for an error. */
import { Failed, failureLines } from "../engine/failed.ts";
import { wordSystemError } from "../engine/words/advice.ts";
import { bounded } from "../engine/sandbox/thrown.ts";
import { linesWithin } from "./escape.ts";
import { complain, printedOr2 } from "./print.ts";

/**
 * Gives what the work gives; 2 if it throws, or if what it printed could not be written, after saying
 * why on standard error.
 */
export const exitCodeOf = async (work: () => number | Promise<number>): Promise<number> =>
  await printedOr2(await codeOf(work));

async function codeOf(work: () => number | Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failed) {
      complain(failureLines(error.failure));
      return 2;
    }
    if (error instanceof Deno.errors.NotCapable) {
      const [, path] = /^Requires all access to "(.*)"/s.exec(error.message) ?? [];
      complain(
        path === undefined
          ? [error.message, "The task that ran is allowed no more than deno.json says."]
          : `${path} is of the system, where Deno opens no file for fanin. Copy it elsewhere.`,
      );
      return 2;
    }
    // Nobody foresaw it: a full disk, a file in the way. An error of ours shows where it came from.
    const text = isSystemError(error)
      ? wordSystemError((error as Error).message)
      : Deno.inspect(error);
    complain(linesWithin(bounded(text)));
    return 2;
  }
}

/** Tells whether the system refused something: a full disk, a file in the way. */
const isSystemError = (error: unknown): boolean =>
  error instanceof Error && (error.name in Deno.errors || /\(os error \d+\)/.test(error.message));
