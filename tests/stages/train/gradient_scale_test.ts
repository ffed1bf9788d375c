/** Tests summaries of gradients by sample, and the largest difference of two gradients. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Effects } from "../../../pipeline/engine/effects.ts";
import { backward, forward, type Network } from "../../../stages/networks/perceptron.ts";
import { tensorsOf } from "../../../stages/networks/layers.ts";
import { defaultRng } from "../../../stages/random/default_rng.ts";
import { largestRelative } from "../../../stages/train/check_gradients.ts";
import { measureGradientScale } from "../../../stages/train/gradient_scale.ts";

const effects = { progress: () => {} } as unknown as Effects;
const random = defaultRng(4);
const layer = (inputs: number, outputs: number) => ({
  inputs,
  outputs,
  weight: random.normal(0, 1, inputs * outputs),
  bias: random.normal(0, 1, outputs),
});
const network: Network = [layer(4, 3), layer(3, 3)];

const norm = (values: ArrayLike<number>) =>
  Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));

for (const samples of [6, 7]) {
  Deno.test(`mean and median are those of ${samples} samples' gradients`, async () => {
    const pixels = Uint8Array.from(random.integers(0, 256, 4 * samples));
    const labels = Uint8Array.from({ length: samples }, (_, s) => s % 3);
    const { scale: { rows } } = await measureGradientScale.run({
      parameters: { learningRate: 0.003 },
      inputs: {
        initial: tensorsOf(network),
        images: { dtype: "uint8", shape: [samples, 2, 2], data: pixels },
        labels: { dtype: "uint8", shape: [samples], data: labels },
        scale: { divisor: 255 },
      },
      effects,
    });
    const norms = Array.from(labels, (label, s) => {
      const image = Float32Array.from(pixels.subarray(4 * s, 4 * s + 4), (pixel) => pixel / 255);
      const [{ delta }] = backward(network, forward(network, image), label);
      return norm(image) * norm(delta);
    }).sort((a, b) => a - b);
    const atStart = rows.find(({ when }) => when === "at-start")!;
    assertEquals(atStart.samples, samples);
    assertAlmostEquals(
      atStart.gradientNorm.mean,
      norms.reduce((sum, value) => sum + value, 0) / samples,
      1e-12,
    );
    const expected = samples === 7 ? norms[3] : (norms[2] + norms[3]) / 2;
    assertAlmostEquals(atStart.gradientNorm.median, expected, 1e-12);
    assert(norms[1] !== norms[3]);
  });
}

Deno.test("gradients differ by their largest difference over the other's largest, signs and all", () => {
  const other = [1, -4, 2];
  const differing = (gradient: number[]) =>
    largestRelative([{ gradient: [9, ...gradient], other }], [1, 2, 3]);
  assertEquals(differing([1, -4, 2]), 0);
  assertEquals(differing([1, 4, 2]), 2);
  assertEquals(differing([2, -4, 2]), 0.25);
});
