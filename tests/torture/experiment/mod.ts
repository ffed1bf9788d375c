/** The DAG of the torture: two sources, three mixtures, steps with checkpoints, a count. */
import { defineDag } from "../../../pipeline/engine/dag.ts";
import { count, mix, source, steps } from "./torture_stages.ts";

export const dag = defineDag((job) => {
  const small = job("source/small", source, {
    inputs: {},
    parameters: { seed: 1, length: 4096 },
  });
  const large = job("source/large", source, {
    inputs: {},
    parameters: { seed: 2, length: 262_144 },
  });
  const first = job("mix/first", mix, {
    inputs: { one: large.block, other: small.block },
    parameters: { add: 1 },
  });
  const second = job("mix/second", mix, {
    inputs: { one: small.block, other: first.block },
    parameters: { add: 2 },
  });
  const { state } = job("steps/all", steps, {
    inputs: { block: small.block },
    parameters: { steps: 5 },
  });
  const last = job("mix/last", mix, {
    inputs: { one: second.reversed, other: first.reversed },
    parameters: { add: 3 },
  });
  job("count/all", count, { inputs: { block: last.block, state } });
});
