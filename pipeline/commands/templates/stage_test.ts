/** The stage `new-stage`. */
import assert from "node:assert/strict";
import { runStage } from "fanin";
import { newStage } from "./stage.ts";

Deno.test("new-stage squares the first numbers", async () => {
  const given = { parameters: { count: 3 }, inputs: {} };
  const { squares, metrics } = await runStage(newStage, given);
  assert.deepEqual(squares, [1, 4, 9]);
  assert.equal(metrics.sum, 14);
});
