/** A binary tree of jobs: job i takes the number of job (i - 1) / 2 and adds i to it. */
import { type Dag, defineDag } from "../../../pipeline/engine/dag.ts";
import { seed, step } from "./synthetic_stages.ts";

export function synthetic(size: number): Dag {
  return defineDag((job) => {
    const jobs = [job("job/0", seed, { inputs: {} })];
    for (let i = 1; i < size; i++) {
      const { number } = jobs[(i - 1) >> 1];
      jobs.push(job(`job/${i}`, step, { inputs: { number }, parameters: { add: i } }));
    }
  });
}

/** For workers, which look up stages in it. */
export const dag = synthetic(2);
