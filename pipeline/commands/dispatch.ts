/**
 * Runs the command that the arguments name: parses its flags once and returns the exit code. 0: as
 * expected; 1: it ran, and something is not as expected; 2: it could not run; 3: `plan` found work.
 */
import { commands, loadSubjects, synonyms } from "./mod.ts";
import { Failed } from "../engine/failed.ts";
import { exitCodeOf } from "../terminal/exit_code.ts";
import { parseFlags, type Place } from "./flags/flags.ts";
import { asksForHelp, helpColumns, helpOf, overview } from "./usage/help.ts";
import { versionLine } from "./usage/version.ts";
import type { Project } from "../engine/project/project.ts";
import { print, printSentences } from "../terminal/print.ts";

/** Opens the project of a command, and says why it cannot. */
interface Opening {
  /** Names of its experiments, for the help. */
  readonly experiments: readonly string[];
  /** Gives the project without its DAG. */
  place(): Place;
  /** Gives all of it. */
  load(): Promise<Project>;
}

/** Runs a command; a failure becomes a message and exit code 2. */
export const dispatch = (args: string[], project: Opening): Promise<number> =>
  exitCodeOf(() => run(args, project));

async function run(args: string[], project: Opening): Promise<number> {
  const [name, ...rest] = args;
  if (name === "--version" || name === "-V") {
    print(versionLine());
    return 0;
  }
  if (name === undefined || ["help", "--help", "-h"].includes(name)) {
    const [asked] = rest;
    if (asked !== undefined) return await run([asked, "--help"], project);
    printSentences(overview(await loadSubjects(), helpColumns()));
    return name === undefined ? 2 : 0;
  }
  if (name === "complete") {
    // Shells call it; those who type it want completions.
    const { complete } = await import("./usage/complete.ts");
    const words = rest.slice(rest.indexOf("--") + 1);
    // The last subject has the commands that fanin calls itself.
    const subjects = (await loadSubjects()).slice(0, -1);
    await complete(words, subjects, project.place(), project.load);
    return 0;
  }
  if (!Object.hasOwn(commands, name)) {
    const known = Object.keys(commands);
    const meant = Object.hasOwn(synonyms, name) ? synonyms[name] : undefined;
    throw new Failed({ reason: "unknown-name", what: "command", name, known, meant });
  }
  const command = await commands[name]();
  if (asksForHelp(rest)) {
    const { experiments } = project;
    printSentences(helpOf(name, command, helpColumns()));
    const takesOne = "experiment" in command.flags && experiments.length > 0;
    if (takesOne) {
      printSentences(["", `Experiments: ${experiments.join(", ")}; the first is the default.`]);
    }
    return 0;
  }
  const given = parseFlags(name, command, rest);
  return await ("look" in command
    ? command.look(project.place(), given, project.load)
    : command.run(await project.load(), given, args));
}
