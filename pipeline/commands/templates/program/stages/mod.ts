/** The DAG: one program. Its outputs may be inputs of other jobs. */
import { defineDag } from "fanin";
import { fitLine } from "./fit_line.ts";

export const dag = defineDag((job) => {
  job("fit/line", fitLine, { inputs: {} });
});
