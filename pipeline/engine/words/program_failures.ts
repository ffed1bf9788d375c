/** Words failures of stages that are programs. */
import { count, someOf } from "../../terminal/numbers.ts";
import { cutTo } from "../../terminal/phrase.ts";
import { shellWord } from "../../terminal/shell_word.ts";
import type { ProgramFailure, Words } from "../event.ts";

/** Lines and characters of what a program printed that its failure repeats; its log has all. */
const mostLines = 10;
const longest = 2000;

export const programFailures: Words<ProgramFailure> = {
  "program-forbidden": ({ stage, set, found, missing }) =>
    `The stage ${stage} starts ${missing.join(" and ")}, which this task may not: expected in ` +
    `deno.json, under "permissions" and "${set}", the line\n` +
    `  "run": ${listOf([...found, ...missing.filter((one) => !found.includes(one))])}\n` +
    `found ${found.length === 0 ? "none" : listOf(found)}. Write the line there, if you trust ` +
    `the program.`,
  "program-absent": ({ stage, absent }) =>
    `The stage ${stage} starts ${
      absent.join(" and ")
    }: expected in a directory of PATH, found in ` +
    `none. Install it, or activate the environment that has it.`,
  "no-version": ({ stage, name, command, problem }) =>
    `The stage ${stage} has no version of ${name}: expected one from ${lineOf(command)}, found ` +
    `${problem}. Install the program, or correct the stage's versions.`,
  "program-ended": ({ command, code, printed }) =>
    `${lineOf(command)} ended with ${endOf(code)}; expected exit code 0. ` +
    (printed.trim() === "" ? "It printed nothing." : `It printed at last:\n${lastOf(printed)}`),
  "program-limit": ({ command, minutes, stage }) =>
    `${lineOf(command)} ran longer than ${count(minutes, "minute")}, its limit, and was stopped. ` +
    `Give ${stage} more "minutes" under resources in the DAG.`,
  "program-memory": ({ command, memory, found, stage }) =>
    `${
      lineOf(command)
    } had ${found} MiB of memory; expected ${memory} MiB at most, its limit, so ` +
    `it was stopped. Give ${stage} more "memory" under resources in the DAG.`,
  "no-output-file": ({ output, path, kind, found }) =>
    `the program ended well and left no file ${path} for its output ${output}: expected a plain ` +
    `file, found ${kind === undefined ? "nothing there" : `a ${kind}`}` +
    `${found.length === 0 ? "" : `, and other files: ${someOf(found, 5)}`}. Have it write the ` +
    `file, or correct the path in the stage's outputs.`,
  "unreadable-file": ({ output, path, problem }) =>
    `the program left a file ${path} that is no ${output}: ${problem}. Have it write the file in ` +
    `this form, or give the output another type.`,
};

const listOf = (names: readonly string[]): string =>
  `[${names.map((name) => JSON.stringify(name)).join(", ")}]`;

const lineOf = (command: readonly string[]): string => {
  const line = command.map(shellWord).join(" ");
  return cutTo(line, 201);
};

/** By POSIX a shell reports 126 and 127 for what it cannot start, and 128 + n for the signal n. */
function endOf(code: number | undefined): string {
  if (code === undefined) return "its supervisor killed";
  if (code === 127) return "exit code 127 (no such program in PATH)";
  if (code === 126) return "exit code 126 (it is no program that can be started)";
  return code > 128 && code <= 192 ? `the signal ${code - 128}` : `exit code ${code}`;
}

const lastOf = (printed: string): string =>
  printed.trimEnd().split("\n").slice(-mostLines).join("\n").slice(-longest);
