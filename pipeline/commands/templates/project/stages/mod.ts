/** The DAG, top to bottom. */
import { defineDag } from "fanin";
import { judgePi } from "./judge_pi.ts";
import { throwNeedles } from "./throw_needles.ts";

export const dag = defineDag((job) => {
  const { throws } = job("throw/lazzarini", throwNeedles, { inputs: {} });
  job("judge/lazzarini", judgePi, { inputs: { throws } });
});
