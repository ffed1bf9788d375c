/** The experiment `new-experiment`. */
import assert from "node:assert/strict";
import { jobsOf } from "fanin";
import experiment from "./experiment.ts";
import { dag } from "./project/stages/mod.ts";

Deno.test("new-experiment names jobs and parameters that the DAG has", () => {
  assert.ok(jobsOf(dag, experiment).length > 0);
});
