/** Takes apart the operands that name something in a run: `RUN:JOB` and `RUN:JOB/OUTPUT`. */

/** Run that is meant where none is named. */
export const defaultRun = "latest";

/**
 * The run and the rest of `RUN:REST`. Without a ":" all of it is the rest, of the run `latest`. The last
 * ":" counts, as a path to a run may have one and names of jobs have none.
 */
export function splitOperand(text: string): { run: string; rest: string } {
  const at = text.lastIndexOf(":");
  return at < 0
    ? { run: defaultRun, rest: text }
    : { run: text.slice(0, at) || defaultRun, rest: text.slice(at + 1) };
}
