/**
 * Finds why two runs differ: the jobs at which they diverge though everything before is the same, with
 * the key lines that differ. A job that gave other bytes under the same key is not reproducible.
 */
import {
  type Cause,
  KeyPart,
  type Line,
  type OutputComparison,
} from "../../schemas/run/comparison.ts";
import type { Manifest, ManifestJob } from "../../schemas/run/manifest.ts";
import { changeWords, quoted } from "../engine/change_words.ts";
import { readChange } from "../engine/sandbox/discovered_inputs.ts";
import { filesOf, type ReadSource } from "../engine/code/sources.ts";
import { type Change, changesBetween, factIn, labelOf, parseLines } from "../engine/key.ts";
import { hasResult } from "../runs/has_result.ts";
import { count, listed } from "../terminal/numbers.ts";
import { tellingLines } from "./telling_lines.ts";

const keyParts: ReadonlyMap<string, KeyPart> = new Map([
  ["stage", "code"],
  ["code", "code"],
  ["package", "packages"],
  ["param", "parameters"],
  ["until", "parameters"],
  ["source", "data"],
  ["file", "data"],
  ["directory", "data"],
  ["input", "data"],
  ["version", "machine"],
  ["env", "machine"],
]);

/** Tells changes apart; the same for a line that was made of one. */
const idOf = (label: string, from: string | null = null, to: string | null = null): string =>
  JSON.stringify([label, from, to]);

/** Makes the lines that differ, each change once, however many jobs have it. */
function lineMaker(a: Manifest, b: Manifest, read: ReadSource) {
  const made = new Map<string, Line>();
  return (change: Change): Line => {
    const { kind, name, from, to } = change;
    const label = labelOf(change);
    const key = idOf(label, from, to);
    const known = made.get(key);
    if (known !== undefined) return known;
    const files = kind === "code" ? filesOf(name, a.sources, b.sources, read) : undefined;
    const line: Line = {
      label,
      a: from ?? null,
      b: to ?? null,
      jobs: [],
      words: changeWords(change, files),
      files: files?.map(({ path, a, b, lines }) => ({
        path,
        a: a ?? null,
        b: b ?? null,
        added: lines?.added ?? null,
        removed: lines?.removed ?? null,
      })) ?? null,
    };
    made.set(key, line);
    return line;
  };
}

const changesOf = (a: ManifestJob, b: ManifestJob): Change[] => [
  ...changesBetween(parseLines(a.lines), parseLines(b.lines)),
  ...readChanges(a, b),
];

/** The files that both jobs read through their effects, and that had other bytes. */
function readChanges({ reads = [] }: ManifestJob, b: ManifestJob): Change[] {
  const inB = new Map(b.reads?.map(({ path, sha256 }) => [path, sha256]));
  return reads.flatMap(({ path, sha256 }) => {
    const other = inB.get(path);
    return other === undefined || other === sha256 ? [] : [readChange(path, sha256, other)];
  });
}

/** Inputs that come from the same output in both runs: their job has the cause. */
function passedOn(a: ManifestJob, b: ManifestJob): Set<string> {
  const names = Object.keys(a.inputs).filter((name) => {
    const [x, y] = [a.inputs[name], b.inputs[name]];
    return y !== undefined && x.job === y.job && x.output === y.output;
  });
  return new Set(names.map((name) => labelOf({ kind: "input", name })));
}

interface Causes {
  /** In the order of the data. */
  causes: Cause[];
  /** Lines that differ at jobs of which no byte differs. */
  silent: Line[];
  /** Parts of keys that are the same in every shared job. */
  same: KeyPart[];
}

/** A job of both runs, and how its key differs: `own` are the changes that no job before it has. */
interface Pair {
  job: ManifestJob;
  other: ManifestJob;
  changes: Change[];
  own: Change[];
}

const pairsOf = (a: Manifest, inB: ReadonlyMap<string, ManifestJob>): Pair[] =>
  a.jobs.flatMap((job) => {
    const other = inB.get(job.name);
    if (other === undefined) return [];
    const passed = passedOn(job, other);
    const changes = changesOf(job, other);
    return [{ job, other, changes, own: changes.filter((one) => !passed.has(labelOf(one))) }];
  });

/** Finds the causes. `outputs` are all that were compared. */
export function findCauses(
  a: Manifest,
  b: Manifest,
  outputs: readonly OutputComparison[],
  read: ReadSource,
): Causes {
  const inB = new Map(b.jobs.map((job) => [job.name, job]));
  const byJob = Map.groupBy(outputs, ({ job }) => job);
  const lineOf = lineMaker(a, b, read);
  const pairs = pairsOf(a, inB);
  const causes: Cause[] = [];
  const silent = new Set<Line>();
  for (const { job, other, changes, own } of pairs) {
    const compared = byJob.get(job.name) ?? [];
    const lines = own.map(lineOf);
    causes.push(...damagedCause(job.name, compared.filter(isDamaged)));
    if (!hasResult(job) || !hasResult(other)) {
      causes.push(...unfinishedCause(job, other, lines));
      continue;
    }
    const differing = compared.filter(({ a, b }) => a?.sha256 !== b?.sha256)
      .map(({ output }) => output);
    const fresh = lines.filter(({ jobs }) => jobs.length === 0);
    if (differing.length === 0) {
      for (const line of fresh) silent.add(line);
      continue;
    }
    for (const line of lines) line.jobs.push(job.name);
    if (fresh.length > 0) causes.push(changedCause(job.name, differing, fresh));
    else if (changes.length === 0) causes.push(irreproducibleCause(job, differing, a));
  }
  // A line may have had no effect on one job and one on another.
  const unseen = [...silent].filter(({ jobs }) => jobs.length === 0);
  return {
    causes: [...causes, ...onlyInOne(a, b)],
    silent: withJobs(unseen, a, inB),
    same: sameParts(pairs),
  };
}

/** The parts of keys that are the same in all pairs; none where a key has no lines, or one of an unknown kind. */
function sameParts(pairs: readonly Pair[]): KeyPart[] {
  const changed = pairs.flatMap(({ own }) => own.map(({ kind }) => keyParts.get(kind)));
  const isKnown = !changed.includes(undefined) &&
    pairs.every(({ job, other }) => job.lines.length > 0 && other.lines.length > 0);
  return isKnown ? KeyPart.options.filter((part) => !changed.includes(part)) : [];
}

/** Names the jobs at which lines differ. */
function withJobs(
  lines: readonly Line[],
  { jobs }: Manifest,
  inB: ReadonlyMap<string, ManifestJob>,
): Line[] {
  const made = new Map(
    lines.map((line) => [idOf(line.label, line.a, line.b), { ...line, jobs: [] as string[] }]),
  );
  for (const job of jobs) {
    const other = inB.get(job.name);
    if (other === undefined) continue;
    for (const change of changesOf(job, other)) {
      made.get(idOf(labelOf(change), change.from, change.to))?.jobs.push(job.name);
    }
  }
  return [...made.values()];
}

const isDamaged = ({ a, b }: OutputComparison): boolean =>
  a?.state === "damaged" || b?.state === "damaged";

function damagedCause(job: string, damage: readonly OutputComparison[]): Cause[] {
  if (damage.length === 0) return [];
  const words = damage.map(({ output, a, detail }) => {
    const first = detail?.kind === "bytes" ? detail.first : null;
    const side = a?.state === "damaged" ? "A" : "B";
    return `the bytes of ${job} ${output} in ${side} are not those that its manifest names` +
      (first === null ? "" : ` (byte ${first.offset}: ${count(first.bits, "bit")} flipped)`);
  });
  const outputs = damage.map(({ output }) => output);
  return [{ job, kind: "damaged", outputs, lines: [], words: words.join("; ") }];
}

function unfinishedCause(a: ManifestJob, b: ManifestJob, lines: Line[]): Cause[] {
  if (hasResult(a) === hasResult(b)) return [];
  const [side, failed] = hasResult(a) ? ["B", b] : ["A", a];
  // Skipped jobs follow from failed ones.
  if (failed.status === "skipped") return [];
  const error = failed.error?.split("\n")[0];
  const words = `it ${failed.status === "failed" ? "failed" : "was interrupted"} in ${side}` +
    (error === undefined ? "" : `: ${error}`);
  return [{ job: a.name, kind: "unfinished", outputs: [], lines, words }];
}

const changedCause = (job: string, outputs: string[], lines: Line[]): Cause => ({
  job,
  kind: "changed",
  outputs,
  lines,
  words: listed(tellingLines(lines).map(({ words }) => words)),
});

const irreproducibleCause = (job: ManifestJob, outputs: string[], run: Manifest): Cause => ({
  job: job.name,
  kind: "not-reproducible",
  outputs,
  lines: [],
  words: `the same key gave other bytes: it is not reproducible on ${placeOf(job, run)}`,
});

/** The adapter that a job's key names, otherwise the processor. */
function placeOf({ lines }: ManifestJob, { environment: machine }: Manifest): string {
  const adapter = factIn(parseLines(lines), "adapter");
  return adapter === undefined || adapter === "null"
    ? `${machine.cpu} (${machine.arch})`
    : quoted(JSON.parse(adapter));
}

function onlyInOne(a: Manifest, b: Manifest): Cause[] {
  const missing = (here: Manifest, there: Manifest, side: string): Cause[] => {
    const known = new Set(there.jobs.map(({ name }) => name));
    const jobs = here.jobs.map(({ name }) => name).filter((name) => !known.has(name));
    if (jobs.length === 0) return [];
    const more = jobs.length > 3 ? `${jobs.slice(0, 3).join(", ")}, …` : jobs.join(", ");
    const outputs = here.jobs.filter(({ name }) => !known.has(name))
      .reduce((sum, { outputs }) => sum + Object.keys(outputs).length, 0);
    const words =
      `${count(jobs.length, "job")} with ${count(outputs, "output")} only in ${side}: ` +
      more;
    return [{ job: jobs[0], kind: "only-in-one", outputs: [], lines: [], words }];
  };
  return [...missing(a, b, "A"), ...missing(b, a, "B")];
}
