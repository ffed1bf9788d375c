/**
 * Finds why two runs differ: the jobs at which they diverge though everything before is the same, with
 * the key lines that differ. A job that gave other bytes under the same key is not reproducible.
 */
import type { Cause, Line, OutputComparison } from "../../schemas/run/comparison.ts";
import type { Manifest, ManifestJob } from "../../schemas/run/manifest.ts";
import {
  changesBetween,
  factIn,
  labelOf,
  packageIn,
  parseLabel,
  parseLines,
} from "../engine/key.ts";
import { count, listed } from "../terminal/numbers.ts";

/** A value of a key line: text without its quotes, shortened. */
function quoted(value: string | null): string {
  if (value === null || value === "null") return "none";
  const text = /^"[^"\\]*"$/.test(value) ? value.slice(1, -1) : value;
  return text.length > 60 ? `${text.slice(0, 48)}…` : text;
}

/** A key line that differs, in words. */
export function lineWords({ label, a, b }: Line): string {
  const { kind, name } = parseLabel(label);
  const change = `${quoted(a)} → ${quoted(b)}`;
  switch (kind) {
    case "code":
      return `code of the stage ${name}`;
    case "package":
      return `package ${name} (${packageVersion(a)} → ${packageVersion(b)})`;
    case "param":
      return `parameter ${name} (${change})`;
    case "until":
    case "env":
      return `${name} (${change})`;
    case "file":
    case "directory":
      return `the ${kind} ${name}`;
    case "input":
      return `where its input ${name} comes from`;
    default:
      return `${kind} (${change})`;
  }
}

/** Without the hash, but where that alone differs. */
const packageVersion = (value: string | null): string =>
  value === null ? "none" : packageIn(value).version;

const fact = (name: string): string => labelOf({ kind: "env", name });

/** The lines in one phrase. With another backend, adapter and driver are others too. */
function linesWords(lines: readonly Line[]): string {
  const follows = lines.some(({ label }) => label === fact("backend"))
    ? [fact("adapter"), fact("driver")]
    : [];
  const told = lines.filter(({ label }) => !follows.includes(label));
  return `${listed(told.map(lineWords))} ${told.length === 1 ? "differs" : "differ"}`;
}

const linesOf = (a: ManifestJob, b: ManifestJob): Line[] =>
  changesBetween(parseLines(a.lines), parseLines(b.lines))
    .map((change) => ({ label: labelOf(change), a: change.from ?? null, b: change.to ?? null }));

export const hasResult = ({ status }: ManifestJob): boolean =>
  status === "ran" || status === "cached";

/** Inputs that come from the same output in both runs: their job has the cause. */
function passedOn(a: ManifestJob, b: ManifestJob): Set<string> {
  const names = Object.keys(a.inputs).filter((name) => {
    const [x, y] = [a.inputs[name], b.inputs[name]];
    return y !== undefined && x.job === y.job && x.output === y.output;
  });
  return new Set(names.map((name) => labelOf({ kind: "input", name })));
}

/** The causes in the order of the data. `outputs` are all that were compared. */
export function findCauses(
  a: Manifest,
  b: Manifest,
  outputs: readonly OutputComparison[],
): Cause[] {
  const inB = new Map(b.jobs.map((job) => [job.name, job]));
  const byJob = Map.groupBy(outputs, ({ job }) => job);
  const causes: Cause[] = [];
  const reported = new Set<string>();
  for (const job of a.jobs) {
    const other = inB.get(job.name);
    if (other === undefined) continue;
    const compared = byJob.get(job.name) ?? [];
    const damage = compared.filter(isDamaged);
    if (damage.length > 0) causes.push(damagedCause(job.name, damage));
    if (!hasResult(job) || !hasResult(other)) {
      const cause = unfinishedCause(job, other);
      if (cause !== undefined) causes.push(cause);
      continue;
    }
    const differing = compared.filter(({ a, b }) => a?.sha256 !== b?.sha256);
    if (differing.length === 0) continue;
    const names = differing.map(({ output }) => output);
    const lines = linesOf(job, other);
    const passed = passedOn(job, other);
    const own = lines.filter(({ label }) => !passed.has(label));
    const fresh = own.filter((line) => !reported.has(JSON.stringify(line)));
    if (own.length === 0 && lines.length > 0) continue;
    // A key line that was reported for an earlier job, such as the adapter, is not reported again.
    if (fresh.length === 0 && own.length < lines.length) continue;
    for (const line of own) reported.add(JSON.stringify(line));
    causes.push(
      own.length > 0
        ? {
          job: job.name,
          kind: "changed",
          outputs: names,
          lines: own,
          words: linesWords(own),
        }
        : {
          job: job.name,
          kind: "not-reproducible",
          outputs: names,
          lines: [],
          words: `the same key gave other bytes: it is not reproducible on ${placeOf(job, a)}`,
        },
    );
  }
  return [...causes, ...onlyInOne(a, b)];
}

/** Key lines that differ though their job gave the same bytes, each once, in words. */
export function linesWithoutEffect(
  a: Manifest,
  b: Manifest,
  outputs: readonly OutputComparison[],
): string[] {
  const inB = new Map(b.jobs.map((job) => [job.name, job]));
  const differing = new Set(
    outputs.filter(({ agreement }) => agreement !== "identical").map(({ job }) => job),
  );
  const lines = a.jobs.flatMap((job) => {
    const other = inB.get(job.name);
    return other === undefined || differing.has(job.name) ? [] : linesOf(job, other);
  });
  return [
    ...new Set(lines.filter(({ label }) => parseLabel(label).kind !== "input").map(lineWords)),
  ];
}

const isDamaged = ({ a, b }: OutputComparison): boolean =>
  a?.state === "damaged" || b?.state === "damaged";

function damagedCause(job: string, damage: readonly OutputComparison[]): Cause {
  const words = damage.map(({ output, a, detail }) => {
    const first = detail?.kind === "bytes" ? detail.first : null;
    const side = a?.state === "damaged" ? "A" : "B";
    return `the bytes of ${job} ${output} in ${side} are not those that its manifest names` +
      (first === null ? "" : ` (byte ${first.offset}: ${count(first.bits, "bit")} flipped)`);
  });
  const outputs = damage.map(({ output }) => output);
  return { job, kind: "damaged", outputs, lines: [], words: words.join("; ") };
}

function unfinishedCause(a: ManifestJob, b: ManifestJob): Cause | undefined {
  if (hasResult(a) === hasResult(b)) return undefined;
  const [side, failed] = hasResult(a) ? ["B", b] : ["A", a];
  // What was skipped follows from what failed.
  if (failed.status === "skipped") return undefined;
  const error = failed.error?.split("\n")[0];
  const words = `it ${failed.status === "failed" ? "failed" : "was interrupted"} in ${side}` +
    (error === undefined ? "" : `: ${error}`);
  return { job: a.name, kind: "unfinished", outputs: [], lines: linesOf(a, b), words };
}

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
    const words = `${count(jobs.length, "job")} only in ${side}: ${more}`;
    return [{ job: jobs[0], kind: "only-in-one", outputs: [], lines: [], words }];
  };
  return [...missing(a, b, "A"), ...missing(b, a, "B")];
}
