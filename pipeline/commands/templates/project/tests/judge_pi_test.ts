/** The claim follows from the counts. */
import assert from "node:assert/strict";
import { runStage } from "fanin";
import { judgePi } from "../stages/judge_pi.ts";

Deno.test("Lazzarini's own count is close to π, and others are not", async () => {
  const throws = { length: 5 / 6, needles: 3408, crossings: [1808, 1801, 1790, 1823, 1815, 1779] };
  const { claims } = await runStage(judgePi, { inputs: { throws } });
  assert.equal(claims.claims[0].sentence, "1 of 6 series come so close.");
});
