/** The output layer's delta by every way, and the operations that each takes. */
import { assertEquals } from "@std/assert";
import { counting, deltas } from "../../../stages/train/delta_operations.ts";
import { backward, forward } from "../../../stages/networks/perceptron.ts";
import { defaultRng } from "../../../stages/random/default_rng.ts";

const random = defaultRng(3);
const network = [[6, 5], [5, 4]].map(([inputs, outputs]) => ({
  inputs,
  outputs,
  weight: random.normal(0, 1, inputs * outputs),
  bias: random.normal(0, 1, outputs),
}));

Deno.test("every way gives the delta of the training's backward pass", () => {
  for (let label = 0; label < 4; label++) {
    const activations = forward(network, random.normal(0, 1, 6));
    const expected = backward(network, activations, label)[1].delta;
    for (const delta of Object.values(deltas)) {
      const found = delta(activations.probabilities, label, counting());
      found.forEach((value, k) => assertEquals(Math.abs(value - expected[k]) < 1e-15, true));
    }
  }
});

Deno.test("operations for K classes are K, 4K² and 3K + 1", () => {
  for (const classes of [2, 10]) {
    const p = new Float64Array(classes).fill(1 / classes);
    const operations = Object.values(deltas).map((delta) => {
      const arithmetic = counting();
      delta(p, 1, arithmetic);
      return arithmetic.operations();
    });
    assertEquals(operations, [classes, 4 * classes ** 2, 3 * classes + 1]);
  }
});
