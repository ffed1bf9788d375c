/**
 * Runs the command that the arguments name: parses its flags once and returns the exit code. 0: as
 * expected; 1: it ran, and something is not as expected; 2: it could not run.
 */
import { commands, loadAll } from "./mod.ts";
import { Failed } from "../engine/failed.ts";
import { exitCodeOf } from "../terminal/exit_code.ts";
import { helpOf, overview, parseFlags } from "./flags.ts";
import type { Project } from "../engine/project/project.ts";
import { print } from "../terminal/print.ts";

/**
 * Runs a command on the project that `load` gives; a failure becomes a message and exit code 2. The
 * project's experiments are named in the help, for which it need not be loaded.
 */
export async function dispatch(
  args: string[],
  experiments: readonly string[],
  load: () => Promise<Project>,
): Promise<number> {
  return await exitCodeOf(() => run(args, experiments, load));
}

async function run(
  args: string[],
  experiments: readonly string[],
  load: () => Promise<Project>,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "help" || name === "--help") {
    print(overview(await loadAll()));
    return name === undefined ? 2 : 0;
  }
  if (!Object.hasOwn(commands, name)) {
    const known = Object.keys(commands);
    throw new Failed({ reason: "unknown-name", what: "command", name, known });
  }
  const command = await commands[name]();
  if (rest.includes("--help")) {
    print(helpOf(name, command));
    const takesOne = "experiment" in command.flags && experiments.length > 0;
    if (takesOne) {
      print(["", `Experiments: ${experiments.join(", ")}; the first is the default.`]);
    }
    return 0;
  }
  const given = parseFlags(name, command, rest);
  return await command.run(await load(), given, args);
}
