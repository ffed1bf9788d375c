/**
 * A job's identity: labelled lines, one fact each. The same lines are hashed for the key, stored
 * under that key as the job's record, shown by `plan --explain`, kept in the manifest and compared
 * by whatever asks why a job runs; so the key and its explanation cannot disagree.
 *
 *     stage normalize
 *     code normalize sha256:…
 *     package zod 4.6.7 sha512-…
 *     param divisor 255
 *     until epochs 25
 *     input trainImages sha256:…
 *     env arch "x86_64"
 *
 * or, of a file or directory of the repository that jobs take as input,
 *
 *     source file
 *     file data/measurements.csv sha256:…
 *
 * The record is all that is needed to run the job: `parseRecord` reads it back.
 */
import { canonicalJson, parseJson } from "../formats/json.ts";
import type { AnyStage } from "./stage.ts";
import type { MachineFacts } from "./machine.ts";
import type { OwnData } from "./own_data.ts";
import type { CodeIdentity } from "./code/code_hash.ts";
import { sha256Of } from "../store/sha256.ts";

/** What of a job is needed to run it. */
export interface JobRecord {
  lines: string[];
  stage: string;
  parameters: Record<string, unknown>;
  /** Input's name → SHA-256 of its bytes. */
  inputs: Record<string, string>;
  /** The facts of the machine that its key was made with. */
  machine: Partial<MachineFacts>;
}

/**
 * The lines of a job, in a fixed order: parameters and inputs sorted by name. The parameter that says
 * after how many steps a job ends is an `until` line, so that its checkpoints' keys can do without.
 */
export function keyLines(
  stage: AnyStage,
  parameters: Record<string, unknown>,
  inputs: Record<string, string>,
  code: CodeIdentity,
  machine: MachineFacts,
): string[] {
  const sorted = (names: Iterable<string>) => [...names].sort();
  return [
    `stage ${stage.name}`,
    `code ${stage.name} sha256:${code.sha256}`,
    ...code.packages.map(({ name, version, integrity }) =>
      `package ${name} ${version} ${integrity}`
    ),
    ...sorted(Object.keys(parameters)).map((name) =>
      `${name === stage.steps?.parameter ? "until" : "param"} ${name} ${
        canonicalJson(parameters[name])
      }`
    ),
    ...sorted(Object.keys(inputs)).map((name) => `input ${name} sha256:${inputs[name]}`),
    ...sorted(stage.machine ?? []).map((fact) =>
      `env ${fact} ${canonicalJson(machine[fact as keyof MachineFacts])}`
    ),
  ];
}

/** The lines of own data: where they lie, and the hash of what they are. */
export const dataLines = ({ kind, path }: OwnData, sha256: string): string[] => [
  `source ${kind}`,
  `${kind} ${oneWord(path)} sha256:${sha256}`,
];

/** A path without what separates words and lines, and still that of no other file. */
const oneWord = (path: string): string => path.replace(/[%\s\p{Cc}]/gu, encodeURIComponent);

/** Whether lines are those of own data. */
export const isOwnData = (lines: readonly string[]): boolean =>
  lines[0]?.startsWith("source ") ?? false;

/** The lines of a job whose inputs were not known when the rest was, once they are. */
export function withInputs(
  lines: readonly string[],
  inputs: Readonly<Record<string, string>>,
): string[] {
  const facts = lines.findIndex((line) => line.startsWith("env "));
  const at = facts < 0 ? lines.length : facts;
  const given = Object.keys(inputs).sort().map((name) => `input ${name} sha256:${inputs[name]}`);
  return [...lines.slice(0, at), ...given, ...lines.slice(at)];
}

export const recordText = (lines: readonly string[]): string => lines.join("\n") + "\n";

/** The key: the SHA-256 of the record, which is therefore also its name in the store. */
export const keyOf = (lines: readonly string[]): string => sha256Of(recordText(lines));

/** The label of a line, by which it is compared with another run's, and its value. */
export function labelled(line: string): { label: string; value: string } {
  const words = line.split(" ");
  const labelWords = words[0] === "stage" || words[0] === "source" ? 1 : 2;
  return {
    label: words.slice(0, labelWords).join(" "),
    value: words.slice(labelWords).join(" "),
  };
}

/** Reads a record back. Throws a `FormatError` where a parameter or fact is no JSON. */
export function parseRecord(text: string): JobRecord {
  const lines = text.trimEnd().split("\n");
  const facts = lines.map((line) => {
    const { label, value } = labelled(line);
    const [kind, name = ""] = label.split(" ");
    return { kind, name, value };
  });
  /** By name, of some kinds; made so that no name is taken for an object's own property. */
  const named = <T>(kinds: string[], valueOf: (value: string) => T): Record<string, T> =>
    Object.fromEntries(
      facts.filter(({ kind }) => kinds.includes(kind))
        .map(({ name, value }) => [name, valueOf(value)]),
    );
  return {
    lines,
    stage: facts.findLast(({ kind }) => kind === "stage" || kind === "source")?.value ?? "",
    parameters: named(["param", "until"], parseJson),
    inputs: named(["input"], (value) => value.replace(/^sha256:/, "")),
    machine: named(["env"], parseJson),
  };
}

/** A key line that differs from the one before; `from` or `to` is absent where there was none. */
export interface Change {
  label: string;
  from?: string;
  to?: string;
}

/** What differs between two sets of lines, in the order of the new ones, then what went away. */
export function changesBetween(before: readonly string[], after: readonly string[]): Change[] {
  const old = new Map(before.map((line) => [labelled(line).label, labelled(line).value]));
  const changes: Change[] = [];
  for (const line of after) {
    const { label, value } = labelled(line);
    if (old.get(label) !== value) changes.push({ label, from: old.get(label), to: value });
    old.delete(label);
  }
  for (const [label, value] of old) changes.push({ label, from: value });
  return changes;
}
