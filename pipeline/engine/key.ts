/**
 * Defines a job's identity: key lines, one fact each. The same lines are hashed for the key, stored under
 * that key as the job's record, shown by `plan --explain`, kept in the manifest and compared by `diff`;
 * so the key and its explanation cannot disagree.
 *
 *     stage normalize
 *     code normalize sha256:…
 *     package zod 4.6.7 sha512-…
 *     param divisor 255
 *     until epochs 25
 *     input trainImages sha256:…
 *     env arch "x86_64"
 *     version python "Python 3.13.5"
 *
 * A file or directory of the repository that jobs take as input has these lines instead:
 *
 *     source file
 *     file data/measurements.csv sha256:…
 *
 * Only this file parses and prints them. Records and manifests hold the text; all else holds `KeyLine`.
 */
import { FormatError } from "../formats/artifact_type.ts";
import { canonicalJson, parseJson } from "../formats/json.ts";
import type { AnyStage } from "./stage.ts";
import type { MachineFacts } from "./machine/machine.ts";
import type { OwnData } from "./own_data/own_data.ts";
import type { CodeIdentity } from "./code/code_hash.ts";
import { sha256Of } from "../store/sha256.ts";

/** One fact in a key. */
export interface KeyLine {
  readonly kind: string;
  /** Name of the parameter, input, package, …; "" for a kind that states one fact only. */
  readonly name: string;
  readonly value: string;
}

/** Kinds that a job has once, so that their lines have no name. */
const unnamed = /^(stage|source|checkpoint) (.+)$/s;
const named = /^(\S+) (\S+) (.*)$/s;

/** Parses a key line. A text of another form becomes its kind, so that `lineText` restores any text. */
export function parseLine(text: string): KeyLine {
  const one = unnamed.exec(text);
  if (one !== null) return { kind: one[1], name: "", value: one[2] };
  const [, kind = text, name = "", value = ""] = named.exec(text) ?? [];
  return { kind, name, value };
}

export const parseLines = (texts: readonly string[]): KeyLine[] => texts.map(parseLine);

/** Prints a key line: the inverse of `parseLine`. */
export function lineText({ kind, name, value }: KeyLine): string {
  if (name !== "") return `${kind} ${name} ${value}`;
  return value === "" ? kind : `${kind} ${value}`;
}

export const lineTexts = (lines: readonly KeyLine[]): string[] => lines.map(lineText);

/** Kind and name of a line, by which it is compared with another run's: "param epochs". */
export const labelOf = ({ kind, name }: Pick<KeyLine, "kind" | "name">): string =>
  name === "" ? kind : `${kind} ${name}`;

/** Parses a label, as a stored comparison names it. */
export function parseLabel(label: string): Pick<KeyLine, "kind" | "name"> {
  const [kind, ...rest] = label.split(" ");
  return { kind, name: rest.join(" ") };
}

const hashed = (sha256: string): string => `sha256:${sha256}`;

/** The hash in the value of a `code`, `input`, `file` or `directory` line. */
export const hashIn = (value: string): string => value.replace(/^sha256:/, "");

/** The value of a `package` line. `integrity` covers the lock's entries of all that the package needs. */
export function packageIn(value: string): { version: string; integrity: string } {
  const [version, integrity = ""] = value.split(" ");
  return { version, integrity };
}

/** All that is needed to run a job, as its record states it. */
interface JobRecord {
  lines: KeyLine[];
  stage: string;
  parameters: Record<string, unknown>;
  /** Input's name → SHA-256 of its bytes. */
  inputs: Record<string, string>;
  /** The facts of the machine that its key was made with. */
  machine: Partial<MachineFacts>;
  /** Versions of programs that its key was made with, by name. */
  versions: Record<string, string>;
}

/**
 * The lines of a job, in a fixed order: parameters, inputs and versions sorted by name. The parameter that says
 * after how many steps a job ends is an `until` line, so that its checkpoints' keys can do without.
 */
export function keyLines(
  stage: AnyStage,
  parameters: Record<string, unknown>,
  inputs: Record<string, string>,
  code: CodeIdentity,
  machine: MachineFacts,
  versions: Readonly<Record<string, string>> = {},
): KeyLine[] {
  const line = (kind: string, name: string, value: string): KeyLine => ({ kind, name, value });
  return [
    line("stage", "", stage.name),
    line("code", stage.name, hashed(code.sha256)),
    ...code.packages.map(({ name, version, integrity }) =>
      line("package", name, `${version} ${integrity}`)
    ),
    ...Object.keys(parameters).sort().map((name) =>
      line(
        name === stage.steps?.parameter ? "until" : "param",
        name,
        canonicalJson(parameters[name]),
      )
    ),
    ...inputLines(inputs),
    ...[...stage.machine ?? []].sort().map((fact) =>
      line("env", fact, canonicalJson(machine[fact as keyof MachineFacts]))
    ),
    ...Object.keys(versions).sort().map((name) =>
      line("version", name, canonicalJson(versions[name]))
    ),
  ];
}

const inputLines = (inputs: Readonly<Record<string, string>>): KeyLine[] =>
  Object.keys(inputs).sort().map((name) => ({ kind: "input", name, value: hashed(inputs[name]) }));

/** The lines of own data: where they lie, and the hash of what they are. */
export const dataLines = ({ kind, path }: OwnData, sha256: string): KeyLine[] => [
  { kind: "source", name: "", value: kind },
  { kind, name: oneWord(path), value: hashed(sha256) },
];

/** A path without what separates words and lines, and still that of no other file. */
const oneWord = (path: string): string => path.replace(/[%\s\p{Cc}]/gu, encodeURIComponent);

/** The path that a word of a line stands for; a word that stands for none, or for one that no line shows, as it is. */
export function pathIn(word: string): string {
  let path: string;
  try {
    path = decodeURIComponent(word);
  } catch {
    return word;
  }
  return oneWord(path) === word && !/\p{Cc}/u.test(path) ? path : word;
}

/** Tells whether lines are those of own data. */
export const isOwnData = (lines: readonly KeyLine[]): boolean => lines[0]?.kind === "source";

/** Lines without those of inputs: of all, or of those that are named. */
export const withoutInputs = (
  lines: readonly KeyLine[],
  names?: readonly string[],
): KeyLine[] =>
  lines.filter(({ kind, name }) => kind !== "input" || names?.includes(name) === false);

/** The lines of a job whose inputs were not known when the rest was, once they are. */
export function withInputs(
  lines: readonly KeyLine[],
  inputs: Readonly<Record<string, string>>,
): KeyLine[] {
  const facts = lines.findIndex(({ kind }) => kind === "env" || kind === "version");
  const at = facts < 0 ? lines.length : facts;
  return [...lines.slice(0, at), ...inputLines(inputs), ...lines.slice(at)];
}

/** A fact of the machine in a key, as JSON; undefined where the key does not depend on it. */
export const factIn = (lines: readonly KeyLine[], fact: keyof MachineFacts): string | undefined =>
  lines.find(({ kind, name }) => kind === "env" && name === fact)?.value;

/** The parameter that says after how many steps a job ends, and their number. */
export function stepsIn(
  lines: readonly KeyLine[],
): { parameter: string; count: number } | undefined {
  const until = lines.find(({ kind }) => kind === "until");
  return until && { parameter: until.name, count: Number(until.value) };
}

/** The lines of a job without the number of steps that it is to take. */
export const withoutSteps = (lines: readonly KeyLine[]): KeyLine[] =>
  lines.filter(({ kind }) => kind !== "until");

/** The lines of a job's checkpoint, which jobs share that take other numbers of steps. */
export const checkpointLines = (lines: readonly KeyLine[], step: number): KeyLine[] => [
  ...withoutSteps(lines),
  { kind: "checkpoint", name: "", value: String(step) },
];

/**
 * The key that fixes a job's chance. Jobs that differ in their number of steps alone share it, as they share their
 * checkpoints.
 */
export const chanceKey = (lines: readonly KeyLine[]): string =>
  keyOf(stepsIn(lines) === undefined ? lines : checkpointLines(lines, 0));

export const recordText = (lines: readonly KeyLine[]): string => lineTexts(lines).join("\n") + "\n";

/** The key: the SHA-256 of the record, which is therefore also its name in the store. */
export const keyOf = (lines: readonly KeyLine[]): string => sha256Of(recordText(lines));

/** Parses a record. Throws a `FormatError` for a line that states no fact, or not as JSON. */
export const parseRecord = (text: string): JobRecord =>
  recordOf(parseLines(text.trimEnd().split("\n")));

/** Reads the facts of a record's lines. Throws a `FormatError` as `parseRecord` does. */
export function recordOf(lines: KeyLine[]): JobRecord {
  const empty = lines.find(({ name, value }) => name === "" && value === "");
  if (empty !== undefined) {
    const found = JSON.stringify(empty.kind.slice(0, 80));
    throw new FormatError(`not a key line: expected a kind, a name and a value, found ${found}`);
  }
  /** Values of some kinds by name. Made so that no name is taken for an object's own property. */
  const byName = <T>(kinds: string[], valueOf: (value: string) => T): Record<string, T> =>
    Object.fromEntries(
      lines.filter(({ kind }) => kinds.includes(kind))
        .map(({ name, value }) => [name, valueOf(value)]),
    );
  return {
    lines,
    stage: lines.findLast(({ kind }) => kind === "stage" || kind === "source")?.value ?? "",
    parameters: byName(["param", "until"], parseJson),
    inputs: byName(["input"], hashIn),
    machine: byName(["env"], parseJson),
    versions: byName(["version"], (value) => String(parseJson(value))),
  };
}

/** A key line that differs from the one before; `from` or `to` is absent where there was none. */
export interface Change extends Pick<KeyLine, "kind" | "name"> {
  from?: string;
  to?: string;
}

/** Differences between two sets of lines, in the order of the new ones, then those that went away. */
export function changesBetween(
  before: readonly KeyLine[],
  after: readonly KeyLine[],
): Change[] {
  const old = new Map(before.map((line) => [labelOf(line), line]));
  const changes: Change[] = [];
  for (const line of after) {
    const { kind, name, value } = line;
    const from = old.get(labelOf(line))?.value;
    if (from !== value) changes.push({ kind, name, from, to: value });
    old.delete(labelOf(line));
  }
  for (const { kind, name, value } of old.values()) changes.push({ kind, name, from: value });
  return changes;
}

/** Keys of all checkpoints that a job with these lines can have, in their order. */
export function checkpointKeys(lines: readonly KeyLine[]): string[] {
  const length = stepsIn(lines)?.count ?? 0;
  return Array.from({ length }, (_, i) => keyOf(checkpointLines(lines, i + 1)));
}
