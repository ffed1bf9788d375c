/** The experiment names jobs and metrics that the DAG has. */
import assert from "node:assert/strict";
import { jobsOf } from "fanin";
import line from "../stages/experiments/line_fit.ts";
import { dag } from "../stages/mod.ts";

Deno.test("the experiment runs the program", () => {
  assert.ok(jobsOf(dag, line).includes("fit/line"));
});
