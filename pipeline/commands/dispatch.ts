/**
 * Runs the command that the arguments name: parses its flags once and returns the exit code. 0: as
 * expected; 1: it ran, and something is not as expected; 2: it could not run; 3: `plan` found work.
 */
import { commands, loadSubjects, synonyms } from "./mod.ts";
import { Failed } from "../engine/failed.ts";
import { exitCodeOf } from "../terminal/exit_code.ts";
import { parseFlags } from "./flags.ts";
import { asksForHelp, helpOf, overview, remark } from "./usage/help.ts";
import { versionLine } from "./usage/version.ts";
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
  if (name === "--version" || name === "-V") {
    print(versionLine());
    return 0;
  }
  if (name === undefined || ["help", "--help", "-h"].includes(name)) {
    const [asked] = rest;
    if (asked !== undefined) return await run([asked, "--help"], experiments, load);
    print(overview(await loadSubjects()));
    return name === undefined ? 2 : 0;
  }
  if (!Object.hasOwn(commands, name)) {
    const known = Object.keys(commands);
    const meant = Object.hasOwn(synonyms, name) ? synonyms[name] : undefined;
    throw new Failed({ reason: "unknown-name", what: "command", name, known, meant });
  }
  const command = await commands[name]();
  if (asksForHelp(rest)) {
    print(helpOf(name, command));
    const takesOne = "experiment" in command.flags && experiments.length > 0;
    if (takesOne) {
      print(remark(`Experiments: ${experiments.join(", ")}; the first is the default.`));
    }
    return 0;
  }
  const given = parseFlags(name, command, rest);
  return await command.run(await load(), given, args);
}
