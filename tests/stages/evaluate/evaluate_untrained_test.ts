/** Untrained networks on a test set: the one given, and others of its sizes. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Effects } from "../../../pipeline/engine/effects.ts";
import { evaluateUntrained } from "../../../stages/evaluate/evaluate_untrained.ts";
import { createTrainer, evaluate } from "../../../stages/networks/wasm/perceptron_kernel.ts";
import { tensorsOf } from "../../../stages/networks/layers.ts";
import type { Network } from "../../../stages/networks/perceptron.ts";
import { defaultRng } from "../../../stages/random/default_rng.ts";

const random = defaultRng(4);
const draw = (sizes: number[], deviation = 0.3): Network =>
  sizes.slice(1).map((outputs, l) => ({
    inputs: sizes[l],
    outputs,
    weight: random.normal(0, deviation, sizes[l] * outputs),
    bias: new Float64Array(outputs),
  }));
const images = {
  dtype: "uint8" as const,
  shape: [400, 64],
  data: Uint8Array.from(random.integers(0, 256, 400 * 64)),
};
const labels = {
  dtype: "uint8" as const,
  shape: [400],
  data: Uint8Array.from(random.integers(0, 10, 400)),
};

Deno.test("the given network and others drawn by the rule guess among ten classes", async () => {
  const network = draw([64, 16, 12, 10]);
  const run = (seed: number) =>
    evaluateUntrained.run({
      parameters: { networks: 40, seed },
      inputs: {
        initial: { ...tensorsOf(network) },
        images,
        labels,
        scale: { divisor: 255 },
      },
      effects: { progress() {} } as unknown as Effects,
    });
  const { untrained } = await run(0);
  const { correct } = await evaluate(network, { bytes: images.data, divisor: 255 }, labels.data);
  assertEquals(untrained.ofTrained, correct);
  assertEquals(untrained.correct.length, 40);
  assert(untrained.interval.low < 40 && untrained.interval.high > 40, JSON.stringify(untrained));
  assertEquals((await run(0)).untrained, untrained);
  assert((await run(1)).untrained.mean !== untrained.mean);
});

Deno.test("a trainer that loads another network evaluates it, and refuses one of other sizes", async () => {
  const [first, second] = [draw([64, 16, 12, 10]), draw([64, 16, 12, 10])];
  const pixels = { bytes: images.data, divisor: 255 };
  const trainer = await createTrainer(first, pixels, labels.data);
  trainer.load(second);
  assertEquals(trainer.evaluate(), await evaluate(second, pixels, labels.data));
  assertThrows(() => trainer.load(draw([64, 12, 10])), RangeError, "64-16-12-10");
});
