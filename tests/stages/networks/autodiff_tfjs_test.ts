/** Tests the gradients of automatic differentiation, with no gradient registered beyond the stage's. */
import { assert, assertEquals } from "@std/assert";
import { autodiffGradients } from "../../../stages/networks/autodiff_tfjs.ts";
import { backward, forward, weightGradient } from "../../../stages/networks/perceptron.ts";
import { randomNetwork, uniform } from "./random_network.ts";

Deno.test("automatic differentiation gives the hand-written gradients in float32, each time", async () => {
  const network = randomNetwork([20, 9, 7, 5], 4);
  const image = Float32Array.from({ length: 20 }, uniform(5));
  const found = await autodiffGradients(network, image, 3);
  const expected = backward(network, forward(network, image), 3);
  found.forEach(({ weight, bias }, l) => {
    const full = [...weightGradient(expected[l]), ...expected[l].delta];
    const difference = Math.max(...[...weight, ...bias].map((g, i) => Math.abs(g - full[i])));
    // Rounding to float32 costs 2^-24 = 6e-8, in sums of at most 20 terms.
    assert(difference < 2e-6 * Math.max(...full.map(Math.abs)), `layer ${l + 1}: ${difference}`);
  });
  assertEquals(await autodiffGradients(network, image, 3), found);
});
