/** The gradient by hand is that of differences, and a trained network tells the rings apart. */
import assert from "node:assert/strict";
import { runStage } from "fanin";
import { evaluateNetwork } from "../stages/evaluate_network.ts";
import { makeRings } from "../stages/make_rings.ts";
import { forward, step } from "../stages/tanh_network.ts";
import { trainNetwork } from "../stages/train_network.ts";
import { uniform } from "../stages/uniform.ts";

Deno.test("a step goes down the gradient of the loss", () => {
  const random = uniform(7);
  const units = new Float64Array(3);
  const hidden = Float64Array.from({ length: 9 }, () => random() - 0.5);
  const output = Float64Array.from({ length: 4 }, () => random() - 0.5);
  const point = [0.3, -0.8, 1] as const;
  const loss = () => -Math.log(forward({ hidden, output }, point[0], point[1], units));
  const after = { hidden: hidden.slice(), output: output.slice() };
  step(after, point, 1, units);
  for (const name of ["hidden", "output"] as const) {
    const weights = { hidden, output }[name];
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i];
      const lossAt = (value: number) => {
        weights[i] = value;
        return loss();
      };
      const slope = (lossAt(weight + 1e-5) - lossAt(weight - 1e-5)) / 2e-5;
      weights[i] = weight;
      assert.ok(Math.abs(weight - after[name][i] - slope) < 1e-8, `${name} ${i}`);
    }
  }
});

Deno.test("a trained network tells new points apart, an untrained one does not", async () => {
  const points = async (seed: number) =>
    (await runStage(makeRings, { parameters: { seed }, inputs: {} })).points;
  const [training, test] = [await points(1), await points(2)];
  const accuracy = async (epochs: number, rate: number) => {
    const parameters = { epochs, rate };
    const { weights } = await runStage(trainNetwork, { parameters, inputs: { points: training } });
    const { metrics } = await runStage(evaluateNetwork, { inputs: { points: test, weights } });
    return metrics.accuracy;
  };
  assert.ok(await accuracy(50, 0.1) > 0.95);
  assert.ok(await accuracy(1, 1e-9) < 0.7);
});
