/**
 * Arguments → command. Finds the command, parses its flags once, says what is wrong with them, and gives
 * the exit code: 0 as expected; 1 it ran, and the answer is no; 2 it could not run. What there is to
 * choose from is declared in `commands/mod.ts`.
 */
import { commands } from "./commands/mod.ts";
import { Failed, wordFailure, wordSystemError } from "./event.ts";
import { helpOf, overview, parseFlags } from "./flags.ts";
import type { Project } from "./project.ts";
import { complain, print } from "./terminal.ts";

/**
 * Runs a command on the project that `load` gives; a failure becomes a message and exit code 2. The
 * project's experiments are named in the help, for which it need not be loaded.
 */
export async function dispatch(
  args: string[],
  experiments: readonly string[],
  load: () => Promise<Project>,
): Promise<number> {
  try {
    return await run(args, experiments, load);
  } catch (error) {
    if (error instanceof Failed) {
      complain(wordFailure(error.failure));
      return 2;
    }
    if (error instanceof Deno.errors.NotCapable) {
      complain(`${error.message}\nThe task that ran is allowed no more than deno.json says.`);
      return 2;
    }
    // What nobody foresaw: a full disk, a file in the way. An error of ours shows where it came from.
    complain(
      isSystemError(error) ? wordSystemError((error as Error).message) : Deno.inspect(error),
    );
    return 2;
  }
}

const isSystemError = (error: unknown): boolean =>
  error instanceof Error && (error.name in Deno.errors || /\(os error \d+\)/.test(error.message));

async function run(
  args: string[],
  experiments: readonly string[],
  load: () => Promise<Project>,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "help" || name === "--help") {
    print(overview(commands));
    return name === undefined ? 2 : 0;
  }
  if (!Object.hasOwn(commands, name)) {
    const known = Object.keys(commands);
    throw new Failed({ reason: "unknown-name", what: "command", name, known });
  }
  const command = commands[name];
  if (rest.includes("--help")) {
    print(helpOf(name, command));
    const takesOne = "experiment" in command.flags && experiments.length > 0;
    if (takesOne) print(`\nExperiments: ${experiments.join(", ")}; the first is the default.`);
    return 0;
  }
  const given = parseFlags(name, command, rest);
  return await command.run(await load(), given, args);
}
