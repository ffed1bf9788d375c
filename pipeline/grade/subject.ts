/**
 * Prepares what can be graded: a run with a manifest, a run without one, or a metrics file. Each becomes
 * evidence with the checks that were made.
 */
import type { Item } from "../../schemas/run/expected.ts";
import type { TrustLevel } from "../../schemas/run/graded.ts";
import type { RunSource } from "../runs/run_source.ts";
import type { Evidence } from "./evidence.ts";
import type { Subject } from "./grade_run.ts";
import type { Rubric } from "./rubric.ts";
import { evidenceOfRun, valuesOf } from "./run_evidence.ts";
import { gatheredProblems, manifestProblems, outputProblems } from "../runs/validate.ts";
import { fingerprintsOf } from "./similarity.ts";
import type { SubmittedMetrics } from "./submitted/submitted_metrics.ts";
import { checkByRubric, readByRubric, withDerived } from "./trust.ts";

const checks = [
  "each job's key is the hash of its lines, which say the same as its entry",
  "each input has the hash of the output that it comes from",
  "jobs, wiring, outputs, types and parameters are those of this repository's DAG and experiment",
  "metrics.json and claims.json follow from the jobs' artifacts",
  "what is graded has the SHA-256 that the manifest gives",
];

/** `submitted` is the run as it came. */
export function subjectOfRun(
  submitted: RunSource,
  items: readonly Item[],
  rubric: Rubric,
  required: TrustLevel,
): Subject {
  const { manifest } = submitted;
  const source = readByRubric(submitted, rubric);
  const values = valuesOf(source);
  const targets = items.flatMap(({ target }) => "job" in target ? [target] : []);
  const dag = [...rubric.jobs.values()].map(({ job }) => job);
  return {
    subject: manifest.run,
    form: manifest.status,
    experiment: manifest.experiment.name,
    started: manifest.started,
    seconds: manifest.seconds,
    deviation: null,
    evidence: evidenceOfRun(source, values, dag),
    notes: [],
    trust: {
      required,
      checks,
      problems: [
        ...withDerived(checkByRubric(manifest, rubric), rubric),
        ...withDerived(manifestProblems(manifest), rubric),
        ...gatheredProblems(source, values),
        ...outputProblems(source, targets),
      ],
      recomputed: [],
      fingerprints: fingerprintsOf(source.manifest, rubric),
      similar: [],
    },
  };
}

const nothing = (missing: string): Evidence => ({
  metric: () => ({ missing }),
  claim: () => ({ missing }),
  artifact: () => ({ missing }),
  parameter: () => undefined,
});

const unchecked = (required: TrustLevel): Subject["trust"] => ({
  required,
  checks: [],
  problems: [],
  recomputed: [],
  fingerprints: {},
  similar: [],
});

/** A run that cannot be read, with the reason. */
export const subjectOfNothing = (name: string, why: string, required: TrustLevel): Subject => ({
  subject: name,
  form: "unreadable",
  experiment: null,
  started: null,
  seconds: null,
  deviation: null,
  evidence: nothing("nothing of the run can be read"),
  notes: [why],
  trust: unchecked(required),
});

export function subjectOfMetrics(
  name: string,
  { values, unusable, notes = [], isText = false }: SubmittedMetrics,
  required: TrustLevel,
): Subject {
  return {
    subject: name,
    form: "metrics-alone",
    experiment: null,
    started: null,
    seconds: null,
    deviation: null,
    evidence: {
      ...nothing("only metrics were submitted"),
      metric(metric) {
        const value = values.get(metric);
        if (value !== undefined) return { value, jobs: [] };
        const missing = unusable?.get(metric) ??
          (isText ? `no item reads ${metric} from text` : `${name} has no metric of this name`);
        return { missing };
      },
    },
    notes: [`Only metrics, from ${name}: nothing was checked or recomputed.`, ...notes],
    trust: unchecked(required),
  };
}
