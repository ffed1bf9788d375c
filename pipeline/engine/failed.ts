/**
 * Words failures, and carries them as errors to the code that can report them. A message says what failed,
 * what was expected, what was found and what to do. `words/` has the sentences, by subject, and those of
 * notices; nothing else in the engine words a message.
 */
import type { Failure, Words } from "./event.ts";
import { codeFailures } from "./words/code_failures.ts";
import { elsewhereFailures } from "./words/elsewhere_failures.ts";
import { fileFailures } from "./words/file_failures.ts";
import { briefly, jobFailures } from "./words/job_failures.ts";
import { namingFailures } from "./words/naming_failures.ts";
import { programFailures } from "./words/program_failures.ts";
import { readable } from "./words/readable.ts";
import { oneLine } from "../terminal/escape.ts";

const failures: Words<Failure> = {
  ...namingFailures,
  ...fileFailures,
  ...jobFailures,
  ...codeFailures,
  ...programFailures,
  ...elsewhereFailures,
};

/** A failure in words, with names and texts as they are: for files and programs. */
export const wordFailure = (failure: Failure): string =>
  (failures[failure.reason] as (failure: Failure) => string)(failure);

/** A failure in printable lines. */
export const failureLines = (failure: Failure): string[] =>
  wordFailure(readable(failure)).split("\n");

/** A failure as one line. `keptBack` counts the jobs that do not run because of it. */
export function failureLine(failure: Failure, keptBack = 0): string {
  const shown = readable(failure);
  return oneLine(shown.reason === "job-failed" ? briefly(shown, keptBack) : wordFailure(shown));
}

export class Failed extends Error {
  override name = "Failed";
  constructor(readonly failure: Failure, options?: ErrorOptions) {
    super(wordFailure(failure), options);
  }
}
