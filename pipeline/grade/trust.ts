/**
 * Compares how a submitted run is wired with this repository's DAG. Whether the run fits together is
 * checked in `runs/validate.ts`; what only computing it again shows, in `recompute.ts`.
 */
import type { Manifest } from "../../schemas/run/manifest.ts";
import type { TrustProblem } from "../../schemas/run/graded.ts";
import type { Dag } from "../engine/dag.ts";
import { canonicalJson } from "../formats/json.ts";

/** Jobs with other inputs or another stage than in the repository that grades. */
export function checkWiring({ jobs }: Manifest, dag: Dag): TrustProblem[] {
  const ours = new Map(dag.map((job) => [job.name, job]));
  return jobs.flatMap(({ name, stage, inputs }): TrustProblem[] => {
    const problem = (message: string) => [{
      where: `manifest.json, ${name}`,
      message,
      jobs: [name],
    }];
    const job = ours.get(name);
    if (job === undefined) return problem("this repository's DAG has no such job");
    if (job.stage.name !== stage) {
      return problem(`expected the stage ${job.stage.name}, found ${stage}`);
    }
    const wiring = Object.fromEntries(
      Object.entries(inputs).map(([input, { job, output }]) => [input, { job, output }]),
    );
    if (canonicalJson(job.inputs) === canonicalJson(wiring)) return [];
    return problem("its inputs come from other jobs than in this repository's DAG");
  });
}
