/**
 * Reads a submitted run as the grader's project has it: only jobs and outputs of the grader's DAG, with
 * the types that its stages declare. Lists what contradicts the DAG, the stages or the experiment.
 * `runs/validate.ts` checks that a run fits together; `recompute.ts` computes it again.
 */
import type { Manifest, ManifestJob } from "../../schemas/run/manifest.ts";
import type { TrustProblem } from "../../schemas/run/graded.ts";
import { type AnyArtifactType, problemsIn } from "../formats/artifact_type.ts";
import { canonicalJson } from "../formats/json.ts";
import { differencesBetween, tellingTexts } from "../engine/value_differences.ts";
import { withPartOf } from "../engine/project/parameter_parts.ts";
import { hasResult } from "../runs/has_result.ts";
import type { RunSource } from "../runs/run_source.ts";
import { behind, type DemandedJob, derivedFrom, type Rubric } from "./rubric.ts";

/** The run without what the grader's DAG does not have. Outputs of a job without a result are left out. */
export function readByRubric(source: RunSource, { jobs }: Rubric): RunSource {
  const own = source.manifest.jobs.flatMap((job): ManifestJob[] => {
    const demanded = jobs.get(job.name);
    if (demanded === undefined) return [];
    const types: Record<string, AnyArtifactType> = demanded.job.stage.outputs;
    const outputs = Object.entries(job.outputs).flatMap(([name, output]) => {
      if (!hasResult(job) || !Object.hasOwn(types, name)) return [];
      const { kind, mediaType, tolerance } = types[name];
      return [[name, { ...output, type: kind, mediaType, tolerance }] as const];
    });
    return [{ ...job, outputs: Object.fromEntries(outputs) }];
  });
  return { ...source, manifest: { ...source.manifest, jobs: own } };
}

/** Lists what contradicts the rubric, each problem with its job. */
export function checkByRubric(manifest: Manifest, rubric: Rubric): TrustProblem[] {
  const found = new Map<string, ManifestJob>();
  const problems: TrustProblem[] = [];
  const report = (name: string, message: string) =>
    problems.push({ where: `manifest.json, ${name}`, message, jobs: [name] });
  for (const job of manifest.jobs) {
    const { name } = job;
    const demanded = rubric.jobs.get(name);
    const message = found.has(name) ? "it is there twice" : jobProblem(job, demanded);
    found.set(name, job);
    if (message !== undefined) report(name, message);
  }
  const wanted = behind(rubric, found.keys());
  for (const name of rubric.jobs.keys()) {
    const next = wanted.get(name);
    if (found.has(name) || next === undefined) continue;
    report(name, `the run has no such job, and ${next} derives from it`);
  }
  const open = manifest.jobs.find((job) => !hasResult(job));
  if (manifest.status === "complete" && open !== undefined) {
    const message = `it says that the run is complete, and that ${open.name} is ${open.status}`;
    problems.push({ where: "manifest.json", message, jobs: [] });
  }
  if (rubric.experiment === undefined) {
    const message =
      `this project has no experiment ${manifest.experiment.name}, so no parameter was checked; ` +
      "name the experiment that you expect with --experiment";
    problems.push({ where: "manifest.json", message, jobs: [...found.keys()] });
  }
  return problems;
}

/** The problems, each with all jobs that derive from those that it has, in the order of the DAG. */
export function withDerived(problems: readonly TrustProblem[], rubric: Rubric): TrustProblem[] {
  const places = new Map([...rubric.jobs.keys()].map((name, place) => [name, place]));
  return problems.map((problem) => {
    const derived = [...derivedFrom(rubric, problem.jobs)].filter((name) => places.has(name))
      .sort((a, b) => places.get(a)! - places.get(b)!);
    return { ...problem, jobs: [...new Set([...problem.jobs, ...derived])] };
  });
}

function jobProblem(claimed: ManifestJob, demanded: DemandedJob | undefined): string | undefined {
  if (demanded === undefined) return "this repository's DAG has no such job";
  const { stage, inputs } = demanded.job;
  if (stage.name !== claimed.stage) {
    return `expected the stage ${stage.name}, found ${claimed.stage}`;
  }
  const wiring = Object.fromEntries(
    Object.entries(claimed.inputs).map(([input, { job, output }]) => [input, { job, output }]),
  );
  if (canonicalJson(inputs) !== canonicalJson(wiring)) {
    return "its inputs come from other jobs than in this repository's DAG";
  }
  return parameterProblem(claimed, demanded) ?? outputProblem(claimed, stage.outputs) ??
    missingHash(claimed);
}

function parameterProblem(
  { parameters: claimed }: ManifestJob,
  { job: { stage }, parameters, seeds }: DemandedJob,
): string | undefined {
  const parsed = stage.parameters.safeParse(claimed);
  if (!parsed.success) return `its parameters do not fit its stage: ${problemsIn(parsed.error)}`;
  if (parameters === undefined) return "the experiment leaves its parameters open";
  const demanded = seeds.reduce((values, seed) => withPartOf(values, seed, claimed), parameters);
  const names = [...new Set([...Object.keys(demanded), ...Object.keys(claimed)])].sort();
  const own = (of: Readonly<Record<string, unknown>>, name: string) =>
    Object.hasOwn(of, name) ? of[name] : undefined;
  const json = (value: unknown) => value === undefined ? "nothing" : canonicalJson(value);
  for (const name of names) {
    const [first] = differencesBetween(own(demanded, name), own(claimed, name));
    if (first === undefined) continue;
    const [expected, found] = tellingTexts(json(first.from), json(first.to));
    return `its parameter ${name}${first.path}: expected ${expected}, found ${found}`;
  }
}

function outputProblem(
  { status, outputs, ...job }: ManifestJob,
  types: Record<string, AnyArtifactType>,
): string | undefined {
  const names = Object.keys(outputs);
  if (!hasResult({ status })) {
    return names.length > 0 ? `it is ${status}, and has outputs` : undefined;
  }
  if (job.error !== undefined) return `it is ${status}, and says that it failed`;
  const other = names.find((name) => !Object.hasOwn(types, name));
  if (other !== undefined) return `its stage gives no output ${other}`;
  for (const [name, { kind }] of Object.entries(types)) {
    if (!Object.hasOwn(outputs, name)) return `its output ${name} is missing`;
    const { type } = outputs[name];
    if (type !== kind) return `its output ${name}: expected the type ${kind}, found ${type}`;
  }
}

/** A job with a result had the bytes of all its inputs. */
function missingHash(job: ManifestJob): string | undefined {
  if (!hasResult(job)) return undefined;
  if (job.key === undefined) return `it is ${job.status}, and has no key`;
  const input = Object.entries(job.inputs).find(([, { sha256 }]) => sha256 === undefined);
  return input && `its input ${input[0]} has no hash`;
}
