/**
 * Prepares what can be graded: a run with a manifest, a run without one, or a metrics file. Each becomes
 * evidence with the checks that were made.
 */
import type { Item } from "../../schemas/run/expected.ts";
import type { Dag } from "../engine/dag.ts";
import type { RunSource } from "../runs/run_source.ts";
import type { Evidence } from "./evidence.ts";
import type { Subject } from "./grade_run.ts";
import { evidenceOfRun, valuesOf } from "./run_evidence.ts";
import { outputProblems, validate } from "../runs/validate.ts";
import { checkWiring } from "./trust.ts";

const checks = [
  "each job's key is the hash of its lines, which say the same as its entry",
  "each input has the hash of the output that it comes from",
  "jobs are wired as in this repository's DAG",
  "metrics.json and claims.json follow from the jobs' artifacts",
  "what is graded has the SHA-256 that the manifest gives",
];

export function subjectOfRun(source: RunSource, items: readonly Item[], dag: Dag): Subject {
  const { manifest } = source;
  const values = valuesOf(source);
  const targets = items.flatMap(({ target }) => "job" in target ? [target] : []);
  return {
    subject: manifest.run,
    form: manifest.status,
    experiment: manifest.experiment.name,
    deviation: null,
    evidence: evidenceOfRun(source, values, dag),
    notes: [],
    trust: {
      checks,
      problems: [
        ...validate(source, values),
        ...checkWiring(manifest, dag),
        ...outputProblems(source, targets),
      ],
      recomputed: [],
    },
  };
}

const nothing = (missing: string): Evidence => ({
  metric: () => ({ missing }),
  claim: () => ({ missing }),
  artifact: () => ({ missing }),
  parameter: () => undefined,
});

/** A run that cannot be read, with the reason. */
export const subjectOfNothing = (name: string, why: string): Subject => ({
  subject: name,
  form: "unreadable",
  experiment: null,
  deviation: null,
  evidence: nothing("nothing of the run can be read"),
  notes: [why],
  trust: { checks: [], problems: [], recomputed: [] },
});

export function subjectOfMetrics(name: string, values: ReadonlyMap<string, number>): Subject {
  const missing = "only a metrics file was submitted";
  return {
    subject: name,
    form: "figures-alone",
    experiment: null,
    deviation: null,
    evidence: {
      ...nothing(missing),
      metric(metric) {
        const value = values.get(metric);
        return value === undefined
          ? { missing: `${name} has no metric of this name` }
          : { value, jobs: [] };
      },
    },
    notes: [`Only metrics, from ${name}: nothing was checked or recomputed.`],
    trust: { checks: [], problems: [], recomputed: [] },
  };
}
