/** Words what changed of a job's key, and why a job runs: alike in plans, runs, comparisons and reports. */
import type { Sources } from "../../schemas/run/manifest.ts";
import { type CountedSource, filesOf, type ReadSource } from "./code/sources.ts";
import type { Job } from "./dag.ts";
import { type Change, packageIn, pathIn } from "./key.ts";
import type { Why } from "./plan.ts";
import { canonicalJson } from "../formats/json.ts";
import { count } from "../terminal/numbers.ts";
import { differencesBetween, tellingTexts } from "./value_differences.ts";

/** Files that are named of a stage's code; more are counted. */
const mostFiles = 3;

/** Places of a changed parameter that are named; more are counted. */
const mostPlaces = 3;

/** A value of a key line: text without its quotes, unless nothing would be left. */
function plain(value: string | undefined): string {
  if (value === undefined || value === "null") return "none";
  return /^"[^"\\]+"$/.test(value) ? value.slice(1, -1) : value;
}

const arrow = (from: string, to: string): string => tellingTexts(from, to).join(" → ");

/** A value of a key line: text without its quotes, shortened. */
export const quoted = (value: string | undefined): string =>
  tellingTexts(plain(value), plain(value))[0];

/** A change in words. `files` are those behind a stage's code; undefined where a run did not record them. */
export function changeWords(
  { kind, name, from, to }: Change,
  files?: readonly CountedSource[],
): string {
  const change = arrow(plain(from), plain(to));
  switch (kind) {
    case "code":
      if (from === undefined) return `code of ${name}, new`;
      if (to === undefined) return `code of ${name}, gone`;
      return `code of ${name} (${filesWords(files)})`;
    case "package":
      return packageWords(name, from, to);
    case "param":
    case "until":
      return parameterWords(name, from, to);
    case "env":
      return `${name} (${change})`;
    case "file":
    case "directory":
      return `the ${kind} ${pathIn(name)}`;
    case "version":
      return `version of ${name} (${versionChange(from, to)})`;
    case "input":
      return `where its input ${pathIn(name)} comes from`;
    default:
      return `${kind} (${change})`;
  }
}

/** `parameter rate (0.1 → 0.2)`; of a long value the members that differ. */
function parameterWords(name: string, from: string | undefined, to: string | undefined): string {
  const [a, b] = [from, to].map((value) => value === undefined ? undefined : JSON.parse(value));
  const places = differencesBetween(a, b);
  const words = places.slice(0, mostPlaces).map(({ path, from, to }) =>
    `${name}${path} (${arrow(valueText(from), valueText(to))})`
  );
  const more = places.length - mostPlaces;
  return `parameter ${[...words, ...(more > 0 ? [count(more, "more place")] : [])].join(", ")}`;
}

/** A value of a parameter, which may be null: unlike none at all. */
const valueText = (value: unknown): string =>
  value === null ? "null" : plain(value === undefined ? undefined : canonicalJson(value));

/** The first line that differs of what two version commands printed. */
function versionChange(from: string | undefined, to: string | undefined): string {
  const [a, b] = [from, to].map((value) =>
    value === undefined ? [] : String(JSON.parse(value)).split("\n")
  );
  const at = a.findIndex((line, i) => line !== b[i]);
  const first = at < 0 ? a.length : at;
  return arrow(plain(a[first]), plain(b[first]));
}

/** Both versions; where they are the same, its own packages are others. */
function packageWords(name: string, from: string | undefined, to: string | undefined): string {
  const [a, b] = [from, to].map((value) => value === undefined ? "none" : packageIn(value).version);
  return a === b ? `what the package ${name} ${a} brings along` : `package ${name} (${a} → ${b})`;
}

function filesWords(files: readonly CountedSource[] | undefined): string {
  if (files === undefined) return "its files are not recorded";
  if (files.length === 0) return "the same files, bundled otherwise";
  const more = files.length - mostFiles;
  return [
    ...files.slice(0, mostFiles).map(fileWords),
    ...(more > 0 ? [count(more, "more file")] : []),
  ].join("; ");
}

/** `stages/judge.ts, +3 −1`. */
function fileWords({ path, a, b, lines }: CountedSource): string {
  if (a === undefined) return `${path}, new`;
  if (b === undefined) return `${path}, gone`;
  return lines === undefined ? path : `${path}, +${lines.added} −${lines.removed}`;
}

/** The change of a job's stage to one of another name, with the code of both. */
function otherStage(changes: readonly Change[]) {
  const change = changes.find(({ kind }) => kind === "stage");
  if (change?.from === undefined || change.to === undefined) return undefined;
  const codeOf = (name: string) =>
    changes.find((change) => change.kind === "code" && change.name === name);
  const [a, b] = [change.from, change.to].map(codeOf);
  return a === undefined || b === undefined ? undefined : { ...change, codes: [a, b] };
}

/** The reasons why a job runs, with the files of its code that are not as an earlier run recorded them. */
export function whyWords(
  { inputs }: Pick<Job, "inputs">,
  why: Why,
  { sources, read }: { sources: Sources; read: ReadSource },
): string[] {
  switch (why.reason) {
    case "forced":
      return ["--force or --data asks for it"];
    case "first":
      return ["no earlier run has this job"];
    case "unfinished":
      return [`it ${why.status === "failed" ? "failed" : "was interrupted"} in run ${why.run}`];
    case "lost":
      return ["its result is not in the store, or damaged there"];
    case "changed": {
      const other = otherStage(why.changes);
      const changed = (stage: string, before = stage) =>
        filesOf(stage, why.sources, sources, read, before);
      return why.changes.flatMap((change) => {
        const { kind, name } = change;
        if (other?.codes.includes(change)) return [];
        if (other !== undefined && kind === "stage") {
          const { from, to, codes: [a, b] } = other;
          const code = a.from === b.to ? "the same code" : filesWords(changed(to!, from!));
          return `stage (${from} → ${to}: ${code})`;
        }
        if (kind === "code") return changeWords(change, changed(name));
        if (kind !== "input") return changeWords(change);
        const job = Object.hasOwn(inputs, name) ? inputs[name].job : name;
        const from = job === pathIn(name) ? "" : `, from ${job}`;
        return `other bytes of its input ${pathIn(name)}${from}`;
      });
    }
  }
}
