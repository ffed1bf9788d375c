/**
 * What can be graded: a run that left a manifest, one that left none, or figures alone; each made
 * into evidence with what was checked of it.
 */
import type { Item } from "../../schemas/run/expected.ts";
import type { Dag } from "../engine/dag.ts";
import type { RunSource } from "../runs/run_source.ts";
import type { Evidence } from "./evidence.ts";
import type { Subject } from "./grade_run.ts";
import { evidenceOfRun, figuresOf } from "./run_evidence.ts";
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
  const figures = figuresOf(source);
  const targets = items.flatMap(({ target }) => "job" in target ? [target] : []);
  return {
    subject: manifest.run,
    form: manifest.status,
    experiment: manifest.experiment.name,
    deviation: null,
    evidence: evidenceOfRun(source, figures, dag),
    notes: [],
    trust: {
      checks,
      problems: [
        ...validate(source, figures),
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
});

/** A run of which nothing can be read, for the reason given. */
export const subjectOfNothing = (name: string, why: string): Subject => ({
  subject: name,
  form: "unreadable",
  experiment: null,
  deviation: null,
  evidence: nothing("there is nothing of the run to be read"),
  notes: [why],
  trust: { checks: [], problems: [], recomputed: [] },
});

export function subjectOfFigures(name: string, figures: ReadonlyMap<string, number>): Subject {
  const missing = "figures alone were handed in";
  return {
    subject: name,
    form: "figures-alone",
    experiment: null,
    deviation: null,
    evidence: {
      ...nothing(missing),
      metric(metric) {
        const value = figures.get(metric);
        return value === undefined
          ? { missing: `${name} has no figure of this name` }
          : { value, jobs: [] };
      },
    },
    notes: [`Figures alone, from ${name}: nothing of them was checked or recomputed.`],
    trust: { checks: [], problems: [], recomputed: [] },
  };
}
