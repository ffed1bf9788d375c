/**
 * Declares, parses and shows the flags and operands of commands. Paths come absolute and checked, so that a
 * wrong one fails before any work; a command's declaration checks other values.
 */
import { parseArgs } from "@std/cli/parse-args";
import { Failed } from "../engine/failed.ts";
import type { Project } from "../engine/project/project.ts";
import { needPath } from "../terminal/needed_path.ts";
import { checkWritable } from "../terminal/result_file.ts";
import { givenPath } from "../terminal/user_path.ts";

/** A file or a directory that is there, or a file that can be written. */
const pathKinds = ["file", "directory", "result"] as const;
type PathKind = (typeof pathKinds)[number];

interface Flag {
  /** Without a value, with one, or with one each time that it is given; or with a path. */
  readonly kind: "switch" | "value" | "values" | PathKind;
  /** Placeholder for the value in the help: `FILE`. */
  readonly value?: string;
  readonly about: string;
}
export type Flags = Record<string, Flag>;

export const toggle = (about: string) => ({ kind: "switch", about }) as const;
export const value = (value: string, about: string) => ({ kind: "value", value, about }) as const;
export const values = (value: string, about: string) => ({ kind: "values", value, about }) as const;
export const file = (value: string, about: string) => ({ kind: "file", value, about }) as const;
export const directory = (value: string, about: string) =>
  ({ kind: "directory", value, about }) as const;
export const result = (value: string, about: string) => ({ kind: "result", value, about }) as const;

/** Arguments of a command besides its flags; by default none. */
interface Operands {
  readonly least: number;
  readonly most: number;
  /** Their form in the help: `A B`, `[RUN]`. */
  readonly text: string;
  /** Explanation of an operand for the help, line by line. */
  readonly about?: readonly string[];
  /** Operands that look like flags: as typed → the operand. */
  readonly words?: Readonly<Record<string, string>>;
  /** Kind of the path. Absent for runs, which may be an id, so they stay as typed. */
  readonly kind?: PathKind;
}

/** Flags and operands as given on the command line. */
export type Given<F extends Flags> =
  & {
    readonly [Name in keyof F]: F[Name]["kind"] extends "switch" ? boolean
      : F[Name]["kind"] extends "values" ? string[]
      : string | undefined;
  }
  & { readonly operands: readonly string[] };

/** Description, flags and operands of a command or a program. */
export interface Declared<F extends Flags = Flags> {
  readonly about: string;
  readonly operands?: Operands;
  readonly flags: F;
}

export interface Command<F extends Flags = Flags> extends Declared<F> {
  /** `args` are the whole command line, as typed. Gives the exit code. */
  run(project: Project, given: Given<F>, args: readonly string[]): number | Promise<number>;
}

/** Declares a command; gives it back with its flags' types inferred. */
export const defineCommand = <const F extends Flags>(command: Command<F>): Command<F> => command;

/** Throws a failure that names the flag or operand that is wrong. */
export function parseFlags<F extends Flags>(
  name: string,
  { flags, operands = { least: 0, most: 0, text: "flags only" } }: Declared<F>,
  args: readonly string[],
): Given<F> {
  const named = (...kinds: Flag["kind"][]) =>
    Object.keys(flags).filter((flag) => kinds.includes(flags[flag].kind));
  const { words = {} } = operands;
  const { _: found, ...given } = parseArgs(
    args.map((arg) => Object.hasOwn(words, arg) ? words[arg] : arg),
    {
      boolean: named("switch"),
      string: ["_", ...named("value", "values", ...pathKinds)],
      collect: named("values"),
      unknown: (flag, key) => {
        if (key === undefined) return true;
        throw new Failed({
          reason: "unknown-name",
          what: `flag of ${name}`,
          name: flag.replace(/=.*/, ""),
          known: Object.keys(flags).map((known) => `--${known}`),
        });
      },
    },
  );
  for (const [flag, text] of Object.entries(given)) {
    if ([text].flat().includes("")) {
      const expected = flags[flag].value;
      const message = `--${flag} needs a value: --${flag} ${expected}.`;
      throw new Failed({ reason: "usage", message });
    }
  }
  const { least, most, text, kind } = operands;
  if (found.length < least || found.length > most) {
    const wrong = found.length > most ? `takes no "${found[most]}"` : `found ${found.length} names`;
    const message = `${name} ${wrong}; expected ${text}. See --help.`;
    throw new Failed({ reason: "usage", message });
  }
  const paths = pathKinds.flatMap((kind) =>
    named(kind).flatMap((flag) => {
      const typed = given[flag];
      return typeof typed === "string" ? [[flag, checkedPath(kind, `--${flag}`, typed)]] : [];
    })
  );
  return {
    ...given,
    ...Object.fromEntries(paths),
    operands: kind === undefined ? found : found.map((typed) => checkedPath(kind, name, typed)),
  } as unknown as Given<F>;
}

/** The absolute path. Throws a failure where what is there is not of the kind. */
function checkedPath(kind: PathKind, what: string, typed: string): string {
  const path = givenPath(typed);
  if (kind !== "result") {
    needPath(kind, what, path);
  } else if (/[/\\]$/.test(typed)) {
    const message = `${what} expects a file, found a directory: ${typed}`;
    throw new Failed({ reason: "usage", message });
  } else {
    checkWritable(path);
  }
  return path;
}

const rows = (lines: [string, string][]): string[] => {
  const width = Math.max(...lines.map(([head]) => head.length));
  return lines.map(([head, text]) => `  ${head.padEnd(width)}   ${text}`);
};

const headOf = (name: string, { operands }: Declared): string =>
  operands === undefined ? name : `${name} ${operands.text}`;

/** The help of all commands, line by line. */
export const overview = (commands: Readonly<Record<string, Command>>): string[] => [
  'fanin, a reproducible experiment pipeline. Commands, each a task ("deno task plan"):',
  "",
  ...rows(
    Object.entries(commands).map(([name, command]) => [headOf(name, command), command.about]),
  ),
  "",
  "Each takes --help, which shows its flags, and --json for programs.",
];

/** The help of one command or program, line by line. */
export const helpOf = (name: string, command: Declared): string[] => [
  `deno task ${headOf(name, command)}: ${command.about}`,
  "",
  ...rows(
    Object.entries(command.flags).map(([flag, { value, about }]) => [
      value === undefined ? `--${flag}` : `--${flag} ${value}`,
      about,
    ]),
  ),
  ...(command.operands?.about === undefined ? [] : ["", ...command.operands.about]),
];
