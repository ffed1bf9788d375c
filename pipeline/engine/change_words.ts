/** Words what changed of a job's key, and why a job runs: alike in plans, runs, comparisons and reports. */
import type { Sources } from "../../schemas/run/manifest.ts";
import { type CountedSource, filesOf, type ReadSource } from "./code/sources.ts";
import type { Job } from "./dag.ts";
import { type Change, packageIn } from "./key.ts";
import type { Why } from "./plan.ts";
import { count } from "../terminal/numbers.ts";

/** Files that are named of a stage's code; more are counted. */
const mostFiles = 3;

/** A value of a key line: text without its quotes, shortened. */
export function quoted(value: string | undefined): string {
  if (value === undefined || value === "null") return "none";
  const text = /^"[^"\\]*"$/.test(value) ? value.slice(1, -1) : value;
  return text.length > 60 ? `${text.slice(0, 48)}…` : text;
}

/** A change in words. `files` are those behind a stage's code; undefined where a run did not record them. */
export function changeWords(
  { kind, name, from, to }: Change,
  files?: readonly CountedSource[],
): string {
  const change = `${quoted(from)} → ${quoted(to)}`;
  switch (kind) {
    case "code":
      if (from === undefined) return `code of ${name}, new`;
      if (to === undefined) return `code of ${name}, gone`;
      return `code of ${name} (${filesWords(files)})`;
    case "package":
      return packageWords(name, from, to);
    case "param":
    case "until":
      return `parameter ${name} (${change})`;
    case "env":
      return `${name} (${change})`;
    case "file":
    case "directory":
      return `the ${kind} ${name}`;
    case "version":
      return `version of ${name} (${versionChange(from, to)})`;
    case "input":
      return `where its input ${name} comes from`;
    default:
      return `${kind} (${change})`;
  }
}

/** The first line that differs of what two version commands printed. */
function versionChange(from: string | undefined, to: string | undefined): string {
  const [a, b] = [from, to].map((value) =>
    value === undefined ? [] : String(JSON.parse(value)).split("\n")
  );
  const at = a.findIndex((line, i) => line !== b[i]);
  const first = at < 0 ? a.length : at;
  return `${quoted(a[first])} → ${quoted(b[first])}`;
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
        const from = job === name ? "" : `, from ${job}`;
        return `other bytes of its input ${name}${from}`;
      });
    }
  }
}
