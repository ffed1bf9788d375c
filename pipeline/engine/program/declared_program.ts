/**
 * Defines what a stage declares that is a program: its words, its files, and where its outputs lie. Plain data,
 * so that the command's process and a worker read it alike. `command_stage.ts` makes it from a declaration.
 */

/** Marks the processes of one program. One that leaves its session is found by it, its directory or output. */
export const mark = "FANIN_PROGRAM";

/** Stands in a command for the value of a parameter. */
export interface ParameterWord<Name extends string = string> {
  /** The parameter's name. */
  readonly parameter: Name;
}

/** A part of a word. */
export type WordPart<Name extends string> = string | ParameterWord<Name>;

/** A word of a command: a text, a parameter, or several of them written as one word. */
export type CommandWord<Name extends string = string> = WordPart<Name> | readonly WordPart<Name>[];

/** A program as a stage. Paths are relative to the directory that it works in. */
export interface Program {
  /** The program and its arguments. */
  readonly command: readonly CommandWord[];
  /** Input's name → its path. */
  readonly places: Readonly<Record<string, string>>;
  /** Inputs that are files of the repository: name → path; that of a directory ends with "/". */
  readonly own: Readonly<Record<string, string>>;
  /** Names of the inputs that are directories. */
  readonly directories: readonly string[];
  /** Output's name → its path. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Variables that it gets, by name. */
  readonly environment: Readonly<Record<string, string>>;
  /** Names of variables that it gets as they are here; they are in no key. */
  readonly inherit: readonly string[];
  /** Commands whose output is in the key, by name. */
  readonly versions: Readonly<Record<string, readonly string[]>>;
}

/** One run of a program, as its stage requests it. */
export type ProgramRun =
  & Pick<Program, "places" | "directories" | "outputs" | "environment" | "inherit">
  & { readonly command: readonly string[] };

/** The text of a parameter in a command: text as it is, anything else as JSON. */
const textOf = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value) ?? "";

/** The words of a command with the values of parameters. */
export function wordsOf(
  command: readonly CommandWord[],
  parameters: Readonly<Record<string, unknown>>,
): string[] {
  const partOf = (part: WordPart<string>): string =>
    typeof part === "string" ? part : textOf(parameters[part.parameter]);
  return command.map((word) =>
    typeof word === "string" || "parameter" in word ? partOf(word) : word.map(partOf).join("")
  );
}

/** Names of the parameters that a command uses. */
export const parametersIn = (command: readonly CommandWord[]): string[] =>
  command.flatMap((word): readonly WordPart<string>[] =>
    typeof word === "string" || "parameter" in word ? [word] : word
  ).flatMap((part) => typeof part === "string" ? [] : [part.parameter]);
