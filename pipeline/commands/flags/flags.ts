/**
 * Declares and parses the flags and operands of commands. Paths come absolute and checked, so that a
 * wrong one fails before any work; a command's declaration checks other values.
 */
import { parseArgs } from "@std/cli/parse-args";
import { Failed } from "../../engine/failed.ts";
import type { Project } from "../../engine/project/project.ts";
import { needPath } from "../../terminal/needed_path.ts";
import { count } from "../../terminal/numbers.ts";
import { checkWritable } from "../../terminal/result_file.ts";
import { givenPath } from "../../terminal/user_path.ts";

/** A file or a directory that is there, or a file that can be written. */
const pathKinds = ["file", "directory", "result"] as const;
type PathKind = (typeof pathKinds)[number];

interface Flag {
  /** Without a value, with one, or with one each time that it is given; or with a path. */
  readonly kind: "switch" | "value" | "values" | PathKind;
  /** Placeholder for the value in the help: `FILE`. */
  readonly value?: string;
  readonly about: string;
  /** Letter that stands for it: `-j 4` for `--workers 4`. */
  readonly short?: string;
}
export type Flags = Record<string, Flag>;

export const toggle = (about: string) => ({ kind: "switch", about }) as const;
export const value = (value: string, about: string) => ({ kind: "value", value, about }) as const;
export const values = (value: string, about: string) => ({ kind: "values", value, about }) as const;
export const file = (value: string, about: string) => ({ kind: "file", value, about }) as const;
export const directory = (value: string, about: string) =>
  ({ kind: "directory", value, about }) as const;
export const result = (value: string, about: string) => ({ kind: "result", value, about }) as const;

/** Gives a flag a letter. */
export const short = <const F extends Flag>(letter: string, flag: F) => ({
  ...flag,
  short: letter,
});

/** Arguments of a command besides its flags; by default none. */
interface Operands {
  readonly least: number;
  readonly most: number;
  /** Their form in the help: `A B`, `[RUN]`. */
  readonly text: string;
  /** Explanation of the operands for the help. */
  readonly about?: string;
  /** Operands that look like flags: as typed → the operand. */
  readonly words?: Readonly<Record<string, string>>;
  /** Kind of the path. Absent for runs, which may be an id, so they stay as typed. */
  readonly kind?: PathKind;
  /** True for runs under `artifacts/runs/` only. */
  readonly isHere?: boolean;
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

/** A project whose DAG is not loaded. */
export type Place = Omit<Project, "dag">;

/** A command that looks at runs. It starts without the DAG, whose stages take long to load. */
export interface Viewer<F extends Flags = Flags> extends Declared<F> {
  /** `load` gives the whole project. Gives the exit code. */
  look(place: Place, given: Given<F>, load: () => Promise<Project>): number | Promise<number>;
}

/** Declares a viewer; gives it back with its flags' types inferred. */
export const defineViewer = <const F extends Flags>(viewer: Viewer<F>): Viewer<F> => viewer;

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
  const valued = named("value", "values", ...pathKinds);
  const { _: found, ...typed } = parseArgs(
    spelledOut(flags, args).map((arg) => wordIn(words, arg)),
    {
      boolean: named("switch"),
      string: ["_", ...valued],
      // All, so that one that is given twice is noticed.
      collect: valued,
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
  const given: Record<string, unknown> = { ...typed };
  for (const flag of valued) {
    const texts = given[flag] as string[];
    const once = `--${flag} ${flags[flag].value}`;
    if (texts.includes("")) throw usage(`--${flag} needs a value: ${once}.`);
    if (flags[flag].kind === "values") continue;
    if (texts.length > 1) {
      throw usage(`--${flag} is given ${texts.length} times; expected ${once} once.`);
    }
    given[flag] = texts[0];
  }
  const { least, most, text, kind } = operands;
  if (found.length < least || found.length > most) {
    const wrong = found.length > most
      ? `takes no "${found[most]}"`
      : `found ${count(found.length, "name")}`;
    throw usage(`${name} ${wrong}; expected ${text}. See --help.`);
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

/** The operand that stands for a word that looks like a flag, also before what belongs to it: `--last:train/mlp`. */
function wordIn(words: Readonly<Record<string, string>>, arg: string): string {
  const [word] = arg.split(":", 1);
  return Object.hasOwn(words, word) ? `${words[word]}${arg.slice(word.length)}` : arg;
}

/** Throws a failure for the first flag that is given beside one that leaves it nothing to say. */
export function refuseBeside(reason: string, others: Readonly<Record<string, unknown>>): void {
  const isGiven = (value: unknown) =>
    Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
  const found = Object.keys(others).find((flag) => isGiven(others[flag]));
  if (found !== undefined) throw usage(`${reason}; expected no --${found} beside it.`);
}

const usage = (message: string): Failed => new Failed({ reason: "usage", message });

/**
 * Writes letters out: `-j4` as `--workers=4`, `-vq` as `--verbose --quiet`. Throws a failure for a switch
 * with a value. A word with an unknown letter stays, and is reported as an unknown flag.
 */
function spelledOut(flags: Flags, args: readonly string[]): string[] {
  const end = args.indexOf("--");
  const before = end < 0 ? args : args.slice(0, end);
  const byLetter = new Map(Object.entries(flags).map(([name, { short }]) => [short, name]));
  const spelled = before.flatMap((arg) => {
    const [, name] = /^--([^=]+)=/.exec(arg) ?? [];
    if (name !== undefined && Object.hasOwn(flags, name) && flags[name].kind === "switch") {
      throw usage(`--${name} takes no value, found "${arg}".`);
    }
    if (!/^-[A-Za-z]/.test(arg)) return [arg];
    const words: string[] = [];
    for (let at = 1; at < arg.length; at++) {
      const long = byLetter.get(arg[at]);
      if (long === undefined) return [arg];
      words.push(`--${long}`);
      if (flags[long].kind === "switch") continue;
      const value = arg.slice(at + 1).replace(/^=/, "");
      return value === "" ? words : [...words.slice(0, -1), `--${long}=${value}`];
    }
    return words;
  });
  return [...spelled, ...args.slice(before.length)];
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
