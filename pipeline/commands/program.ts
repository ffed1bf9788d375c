/**
 * Programs beside the commands, `bench` and the like: their flags are declared, parsed and shown as those of
 * commands are, and their failures worded alike; they work on no project.
 */
import { unsupportedDeno } from "./deno_version.ts";
import { Failed } from "../engine/failed.ts";
import { exitCodeOf } from "../terminal/exit_code.ts";
import { type Declared, type Flags, type Given, parseFlags } from "./flags/flags.ts";
import { asksForHelp, helpColumns, helpOf } from "./usage/help.ts";
import { printSentences } from "../terminal/print.ts";

interface Program<F extends Flags> extends Declared<F> {
  /** Gives the exit code. */
  run(given: Given<F>): number | Promise<number>;
}

/** Runs the program of a task of that name; gives the exit code. */
export const runProgram = <const F extends Flags>(
  name: string,
  program: Program<F>,
  args: readonly string[],
): Promise<number> =>
  exitCodeOf(() => {
    const message = unsupportedDeno();
    if (message !== undefined) throw new Failed({ reason: "usage", message });
    if (!asksForHelp(args)) return program.run(parseFlags(name, program, args));
    printSentences(helpOf(name, program, helpColumns()));
    return 0;
  });
