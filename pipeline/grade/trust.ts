/**
 * Whether a submitted run fits together: its manifest with itself and with this repository's DAG, its
 * bytes with the manifest, the files that gather figures with the artifacts that they come from. What
 * can only be known by computing it again is in `recompute.ts`.
 */
import type { Ledger } from "../../schemas/run/judged_claims.ts";
import { floatsInJson } from "../../schemas/run/float_text.ts";
import type { Manifest, ManifestJob } from "../../schemas/run/manifest.ts";
import type { TrustProblem } from "../../schemas/run/graded.ts";
import type { Dag } from "../engine/dag.ts";
import { Failed } from "../engine/event.ts";
import { canonicalJson } from "../formats/json.ts";
import { identityOf } from "../runs/identity.ts";
import { keyOf, parseLines, recordOf } from "../engine/key.ts";
import type { RunSource } from "../runs/run_source.ts";
import { namedMetrics, type RunFigures } from "./run_evidence.ts";

/** Whether two values are the same in canonical JSON, NaN and the infinities as texts. */
const same = (a: unknown, b: unknown): boolean => textOf(a) === textOf(b);
const textOf = (value: unknown) => canonicalJson(JSON.parse(JSON.stringify(value, floatsInJson)));

/** What in a manifest contradicts the manifest itself. */
export function checkManifest({ identity, jobs }: Manifest): TrustProblem[] {
  const outputs = new Map(jobs.map((job) => [job.name, job.outputs]));
  const problems = jobs.flatMap((job): TrustProblem[] => {
    const wrong = problemOfJob(job, (from, output) => outputs.get(from)?.[output]?.sha256);
    if (wrong === undefined) return [];
    return [{ where: `manifest.json, ${job.name}`, message: wrong, jobs: [job.name] }];
  });
  const found = identityOf(jobs.map(({ name, key }) => ({ name, key })));
  if (found !== identity) {
    problems.push({
      where: "manifest.json",
      message: `its identity is ${identity.slice(0, 12)}…, and its jobs' keys give ` +
        `${found.slice(0, 12)}…`,
      jobs: [],
    });
  }
  return problems;
}

function problemOfJob(
  job: ManifestJob,
  hashOf: (job: string, output: string) => string | undefined,
): string | undefined {
  const hasOutputs = Object.keys(job.outputs).length > 0;
  if (job.key === undefined) return hasOutputs ? "it has outputs and no key" : undefined;
  const lines = parseLines(job.lines);
  if (keyOf(lines) !== job.key) return "its key is not the hash of its lines";
  const record = recordOf(lines);
  if (record.stage !== job.stage) {
    return `its stage is ${job.stage}, and its lines say ${record.stage}`;
  }
  if (!same(record.parameters, job.parameters)) return "its parameters are not those of its lines";
  for (const [name, input] of Object.entries(job.inputs)) {
    if (record.inputs[name] !== input.sha256) {
      return `the hash of its input ${name} is not that of its lines`;
    }
    if (hashOf(input.job, input.output) !== input.sha256) {
      return `its input ${name} is not what ${input.job} gave as ${input.output}`;
    }
  }
  return undefined;
}

/** Jobs that are wired otherwise than in the repository that grades: other inputs, another stage. */
export function checkWiring({ jobs }: Manifest, dag: Dag): TrustProblem[] {
  const ours = new Map(dag.map((job) => [job.name, job]));
  return jobs.flatMap(({ name, stage, inputs }): TrustProblem[] => {
    const job = ours.get(name);
    const wiring = Object.fromEntries(
      Object.entries(inputs).map(([input, { job, output }]) => [input, { job, output }]),
    );
    const message = job === undefined
      ? "this repository's DAG has no such job"
      : job.stage.name !== stage
      ? `expected the stage ${job.stage.name}, found ${stage}`
      : !same(job.inputs, wiring)
      ? "its inputs come from other jobs than in this repository's DAG"
      : undefined;
    return message === undefined
      ? []
      : [{ where: `manifest.json, ${name}`, message, jobs: [name] }];
  });
}

/** Artifacts of figures that are not whole, and gathering files that say something else than they. */
export function checkFigures(source: RunSource, figures: RunFigures): TrustProblem[] {
  const { metrics, ledgers } = figures;
  const unusable = [...metrics.unusable, ...ledgers.unusable].map(([job, message]) => ({
    where: job,
    message,
    jobs: [job],
  }));
  const gathered = Object.fromEntries(
    [...namedMetrics(figures)].map(([name, { value }]) => [name, value]),
  );
  return [
    ...unusable,
    ...checkGathered("metrics.json", () => source.metrics(), gathered),
    ...checkGathered("claims.json", () => {
      const claims = source.claims();
      return claims && verdictsOf([claims]);
    }, verdictsOf(ledgers.values.map(({ value }) => value), figures.shared.claims)),
  ];
}

/** Id → claim or control, the verdict first. */
const verdictsOf = (
  ledgers: readonly Ledger[],
  leftOut: ReadonlyMap<string, string> = new Map(),
): Record<string, unknown> =>
  Object.fromEntries(
    ledgers.flatMap(({ claims, controls }) => [
      ...claims.map((claim) => [claim.id, [claim.verdict, claim]] as const),
      ...controls.map((control) => [control.id, [control.behaved, control]] as const),
    ]).filter(([id]) => !leftOut.has(id)),
  );

/** `wanted` follows from the artifacts. A file that is not there says nothing wrong. */
function checkGathered(
  file: string,
  read: () => Record<string, unknown> | undefined,
  wanted: Record<string, unknown>,
): TrustProblem[] {
  let found: Record<string, unknown> | undefined;
  try {
    found = read();
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    return [{ where: file, message: error.message, jobs: [] }];
  }
  if (found === undefined || same(found, wanted)) return [];
  const names = [...new Set([...Object.keys(wanted), ...Object.keys(found)])].sort();
  const others = names.filter((name) => !same(found[name] ?? null, wanted[name] ?? null));
  const [first] = others;
  const short = (value: unknown) => {
    const text = value === undefined ? "nothing" : JSON.stringify(value, floatsInJson);
    return text.length > 40 ? `${text.slice(0, 39)}…` : text;
  };
  return [{
    where: file,
    message: `it does not follow from the jobs' artifacts: "${first}" is ${short(found[first])}, ` +
      `and the artifact says ${short(wanted[first])}` +
      (others.length > 1 ? `; ${others.length - 1} more differ` : "") +
      ". The artifacts are graded.",
    jobs: [],
  }];
}

/** Outputs that items look at and whose bytes are not the manifest's. */
export function checkOutputs(
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
      source.read(job, output);
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      problems.set(file, { where: file, message: error.message, jobs: [job] });
    }
  }
  return [...problems.values()];
}
