/**
 * Checks that a run fits together: its manifest with itself, its artifacts with the manifest, and
 * `metrics.json` and `claims.json` with the artifacts. Import, pull, grading and `verify` ask here.
 *
 * A stored result is checked against its stage in `store/stored_result.ts`, which needs the code of
 * the stage; a manifest is checked without.
 */
import type { TrustProblem } from "../../schemas/run/graded.ts";
import { floatsInJson } from "../../schemas/run/float_text.ts";
import type { Ledger } from "../../schemas/run/judged_claims.ts";
import { isReserved, type Manifest, type ManifestJob } from "../../schemas/run/manifest.ts";
import { keyOf, parseLines, recordOf } from "../engine/key.ts";
import { Failed } from "../engine/failed.ts";
import { canonicalJson } from "../formats/json.ts";
import { cutTo } from "../terminal/phrase.ts";
import { type Artifacts, merge, readArtifacts } from "./gathered.ts";
import { identityOf } from "./identity.ts";
import type { RunSource } from "./run_source.ts";

/** Every contradiction in a run. Reads the artifacts that the engine itself understands, each hashed. */
export const validate = (
  source: RunSource,
  artifacts: Artifacts = readArtifacts(source.manifest.jobs, source.read),
): TrustProblem[] => [
  ...manifestProblems(source.manifest),
  ...gatheredProblems(source, artifacts),
];

/** A problem as one text. */
export const wordProblem = ({ where, message }: TrustProblem): string => `${where}: ${message}`;

/** Returns the contradictions within a manifest. */
export function manifestProblems({ run, identity, jobs }: Manifest): TrustProblem[] {
  const problems: string[] = [];
  if (isReserved(run)) {
    problems.push(`it has the id ${run}, which is a name for other runs (latest, last, reference)`);
  }
  const byName = new Map(jobs.map((job) => [job.name, job]));
  if (byName.size !== jobs.length) problems.push("it has two jobs of one name");
  const found = identityOf(jobs.map(({ name, key }) => ({ name, key })));
  if (found !== identity) {
    problems.push(
      `its identity is ${identity.slice(0, 12)}…, and its jobs' keys give ${found.slice(0, 12)}…`,
    );
  }
  return [
    ...problems.map((message) => ({ where: "manifest.json", message, jobs: [] })),
    ...jobs.flatMap((job): TrustProblem[] => {
      const message = wireProblem(job, byName) ?? keyProblem(job);
      if (message === undefined) return [];
      return [{ where: `manifest.json, ${job.name}`, message, jobs: [job.name] }];
    }),
  ];
}

function keyProblem(job: ManifestJob): string | undefined {
  const { key, outputs, started, seconds } = job;
  const hasOutputs = Object.keys(outputs).length > 0;
  if (key === undefined) return hasOutputs ? "it has outputs and no key" : undefined;
  if (hasOutputs && (started === undefined || seconds === undefined)) {
    return "it has outputs and no time at which they were made";
  }
  if (job.lines.some((line) => line.includes("\n"))) return "one of its key lines is two lines";
  const lines = parseLines(job.lines);
  if (keyOf(lines) !== key) return "its key is not the hash of its lines";
  let record: ReturnType<typeof recordOf>;
  try {
    record = recordOf(lines);
  } catch {
    return "one of its key lines has no JSON where it should";
  }
  if (record.stage !== job.stage) {
    return `its stage is ${job.stage}, and its lines say ${record.stage}`;
  }
  if (!same(record.parameters, job.parameters)) return "its parameters are not those of its lines";
  const inputs = Object.entries(job.inputs);
  const [other] = inputs.find(([name, { sha256 }]) => record.inputs[name] !== sha256) ??
    Object.entries(record.inputs).find(([name]) => !Object.hasOwn(job.inputs, name)) ?? [];
  return other === undefined
    ? undefined
    : `the hash of its input ${other} is not that of its lines`;
}

function wireProblem(
  { inputs }: ManifestJob,
  jobs: ReadonlyMap<string, ManifestJob>,
): string | undefined {
  for (const [input, { job, output, sha256 }] of Object.entries(inputs)) {
    const producer = jobs.get(job);
    if (producer === undefined) return `its input ${input} comes from ${job}, which is no job`;
    if (sha256 === undefined) continue;
    if (!Object.hasOwn(producer.outputs, output) || producer.outputs[output].sha256 !== sha256) {
      return `its input ${input} is not what ${job} gave as ${output}`;
    }
  }
}

/** Artifacts that are not whole, and what `metrics.json` and `claims.json` say otherwise than they. */
export function gatheredProblems(
  source: Pick<RunSource, "metrics" | "claims">,
  artifacts: Artifacts,
): TrustProblem[] {
  const { metrics, ledgers } = artifacts;
  const follows = merge(artifacts);
  return [
    ...[...metrics.unusable, ...ledgers.unusable]
      .map(({ job, error }) => ({ where: job, message: error.message, jobs: [job] })),
    ...fileProblem("metrics.json", () => source.metrics(), follows.metrics, (metrics) => metrics),
    ...fileProblem("claims.json", () => source.claims(), follows.ledger, verdictsOf),
  ];
}

/** Id → claim or control, the verdict first. */
const verdictsOf = ({ claims, controls }: Ledger): Record<string, unknown> =>
  Object.fromEntries([
    ...claims.map((claim) => [claim.id, [claim.verdict, claim]] as const),
    ...controls.map((control) => [control.id, [control.behaved, control]] as const),
  ]);

/** The problem of a file that does not say what `follows` from the artifacts. An absent file has none. */
function fileProblem<T>(
  where: string,
  read: () => T | undefined,
  follows: T,
  named: (content: T) => Record<string, unknown>,
): TrustProblem[] {
  const problem = (message: string): TrustProblem[] => [{ where, message, jobs: [] }];
  let content: T | undefined;
  try {
    content = read();
  } catch (error) {
    if (error instanceof Failed) return problem(error.message);
    throw error;
  }
  if (content === undefined || same(content, follows)) return [];
  const [found, wanted] = [named(content), named(follows)];
  const others = [...new Set([...Object.keys(wanted), ...Object.keys(found)])].sort()
    .filter((name) => !same(found[name] ?? null, wanted[name] ?? null));
  const [first] = others;
  const difference = first === undefined
    ? "the same names come in another order"
    : `"${first}" is ${short(found[first])}, and the artifact says ${short(wanted[first])}`;
  const more = others.length > 1 ? `; ${others.length - 1} more differ` : "";
  return problem(`it does not follow from the jobs' artifacts: ${difference}${more}`);
}

/** Outputs of jobs whose bytes are not the manifest's. An absent output has no problem. */
export function outputProblems(
  source: RunSource,
  targets: readonly { job: string; output: string }[],
): TrustProblem[] {
  const problems = new Map<string, TrustProblem>();
  for (const { job, output } of targets) {
    const declared = source.manifest.jobs.find(({ name }) => name === job)?.outputs;
    if (declared === undefined || !Object.hasOwn(declared, output)) continue;
    const { file } = declared[output];
    if (problems.has(file)) continue;
    try {
      source.isThere(job, output);
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      problems.set(file, { where: file, message: error.message, jobs: [job] });
    }
  }
  return [...problems.values()];
}

/** True if two values are the same in canonical JSON, NaN and the infinities as texts. */
const same = (a: unknown, b: unknown): boolean => textOf(a) === textOf(b);
const textOf = (value: unknown) => canonicalJson(JSON.parse(JSON.stringify(value, floatsInJson)));

const short = (value: unknown): string => {
  const text = value === undefined ? "nothing" : JSON.stringify(value, floatsInJson);
  return cutTo(text, 40);
};
