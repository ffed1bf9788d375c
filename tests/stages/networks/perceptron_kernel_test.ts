/** Tests that the WebAssembly network gives the bits of the reference, and refuses invalid input. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  crossEntropy,
  forward,
  type Network,
  NonFiniteLossError,
} from "../../../stages/networks/perceptron.ts";
import {
  createTrainer,
  evaluate,
  layoutOfSamples,
} from "../../../stages/networks/wasm/perceptron_kernel.ts";
import { pixelValues, scalePixels } from "../../../stages/normalize/scale.ts";
import { layoutOf } from "../../../stages/networks/wasm/perceptron_wat.ts";
import { trainEpoch } from "../../support/train_epoch.ts";
import { randomNetwork, uniform } from "./random_network.ts";

/** `density` of the pixels are uniform among the bytes from 1 to 255, over the divisor; the others are 0. */
function randomSamples(
  sizes: number[],
  samples: number,
  seed: number,
  { density = 0.5, divisor = 255 } = {},
) {
  const draw = uniform(seed);
  const chance = () => (draw() + 1) / 2;
  const bytes = Uint8Array.from(
    { length: samples * sizes[0] },
    () => chance() < density ? 1 + Math.floor(255 * chance()) : 0,
  );
  return {
    images: { bytes, divisor },
    pixels: scalePixels(bytes, divisor),
    labels: Uint8Array.from({ length: samples }, () => Math.floor(chance() * sizes.at(-1)!)),
  };
}

/** Images whose pixels are their bytes. */
const raw = (...bytes: number[]) => ({ bytes: Uint8Array.from(bytes), divisor: 1 });

/** The weights' bits, which tell NaNs and signs of zero apart. */
function bits(network: Network): BigUint64Array[] {
  return network.flatMap(({ weight, bias }) =>
    [weight, bias].map((values) => new BigUint64Array(values.slice().buffer))
  );
}

/** Trains both for some epochs from the same weights and asserts that losses and weights are equal. */
async function assertSameTraining(
  network: Network,
  { images, pixels, labels }: ReturnType<typeof randomSamples>,
  rate: number,
  epochs: number,
): Promise<void> {
  const trainer = await createTrainer(network, images, labels);
  const reference = structuredClone(network);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const loss = trainer.train(0, labels.length, rate) / labels.length;
    assertEquals(loss, trainEpoch(reference, pixels, labels, rate), `loss of epoch ${epoch}`);
    assertEquals(bits(trainer.weights()), bits(reference), `weights after epoch ${epoch}`);
  }
}

for (
  const sizes of [[7, 5, 3], [16, 1, 2], [13, 10, 10], [5, 4], [6, 34, 7], [9, 6, 5, 3, 2], [
    1,
    1,
    1,
  ]]
) {
  Deno.test(`training ${sizes.join("-")} gives the reference's bits`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom(0, 0.2, 0.7, 1),
        fc.constantFrom(0.003, 0.5),
        async (seed, samples, density, rate) => {
          const data = randomSamples(sizes, samples, seed + 1, { density });
          await assertSameTraining(randomNetwork(sizes, seed), data, rate, 3);
        },
      ),
      { numRuns: 30 },
    );
  });
}

Deno.test("training 784-32-32-10 on sparse samples gives the reference's bits", async () => {
  const sizes = [784, 32, 32, 10];
  const data = randomSamples(sizes, 200, 1, { density: 0.2 });
  await assertSameTraining(randomNetwork(sizes, 2, 0.1), data, 0.003, 2);
});

Deno.test("so does training that saturates the sigmoids, to 0 and 1", async () => {
  const sizes = [20, 6, 6, 3];
  const data = randomSamples(sizes, 50, 3, { divisor: 1 });
  const network = randomNetwork(sizes, 4, 10);
  const { inputs: [, h] } = forward(network, data.pixels.subarray(0, 20));
  assert(Array.from(h).includes(0) && Array.from(h).includes(1), `${Array.from(h)}`);
  await assertSameTraining(network, data, 0.003, 3);
});

Deno.test("sigmoids and probabilities that are almost 0 keep their bits, down to where they are 0", async () => {
  const data = { images: raw(1), pixels: new Float32Array([1]), labels: new Uint8Array(1) };
  const layer = (outputs: number, ...weight: number[]) => ({
    inputs: 1,
    outputs,
    weight: Float64Array.from(weight),
    bias: new Float64Array(outputs),
  });
  for (const a of [600, 699, 705, 708.4, 709.7, 709.78, 709.79, 710, 711, 744, 745, 746, 747]) {
    // Weights and biases of 0 have the bits of their first step.
    await assertSameTraining([layer(1, -a), layer(2, 0, 0)], data, 1, 1);
    await assertSameTraining([layer(1, a), layer(2, 0, 0)], data, 1, 1);
    await assertSameTraining([layer(2, 0, -a)], data, 1, 1);
  }
});

Deno.test("chunks of any size make the same epoch", async () => {
  const sizes = [12, 6, 4];
  const { images, labels } = randomSamples(sizes, 30, 5);
  const train = async (chunk: number) => {
    const trainer = await createTrainer(randomNetwork(sizes, 6), images, labels);
    let sum = 0;
    for (let from = 0; from < 30; from += chunk) {
      sum = trainer.train(from, Math.min(from + chunk, 30), 0.1, sum);
    }
    return { sum, weights: bits(trainer.weights()) };
  };
  const whole = await train(30);
  for (const chunk of [1, 7, 29]) assertEquals(await train(chunk), whole);
});

Deno.test("only the byte 0 is a pixel of 0, whatever divides it", async () => {
  const sizes = [256, 4, 3];
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  for (const divisor of [Math.fround(1e-30), 1, 255, (2 - 2 ** -23) * 2 ** 127]) {
    assert(pixelValues(divisor).every((value, byte) => (value === 0) === (byte === 0)));
  }
  const network = randomNetwork(sizes, 12);
  const { loss } = await evaluate(network, { bytes, divisor: 255 }, Uint8Array.of(1));
  assertEquals(loss, crossEntropy(forward(network, scalePixels(bytes, 255)), 1));
});

Deno.test("a trainer that is shown other images is as one made of them", async () => {
  const sizes = [9, 5, 3];
  const { images, labels } = randomSamples(sizes, 40, 9, { density: 0.5 });
  const shown = { ...images, bytes: images.bytes.toReversed() };
  const trainer = await createTrainer(randomNetwork(sizes, 10), images, labels);
  trainer.train(0, 40, 0.1);
  trainer.load(randomNetwork(sizes, 11));
  trainer.show(shown);
  const made = await createTrainer(randomNetwork(sizes, 11), shown, labels);
  assertEquals(trainer.train(0, 40, 0.1), made.train(0, 40, 0.1));
  assertEquals(bits(trainer.weights()), bits(made.weights()));
  assertEquals(trainer.evaluate(), made.evaluate());
  const order = Uint32Array.of(3, 0, 8, 1, 7, 2, 6, 4, 5);
  const moved = shown.bytes.map((_, p) => shown.bytes[p - p % 9 + order[p % 9]]);
  trainer.show(shown, order);
  const ofMoved = await createTrainer(trainer.weights(), { ...shown, bytes: moved }, labels);
  assertEquals(trainer.train(0, 40, 0.1), ofMoved.train(0, 40, 0.1));
  assertEquals(trainer.evaluate(), ofMoved.evaluate());
  const places = [...order];
  const noPlaces = [0.5, NaN, 2 ** 32].map((place) => places.with(1, place));
  for (const wrong of [order.subarray(1), order.with(0, 8), ...noPlaces]) {
    assertThrows(() => trainer.show(shown, wrong), RangeError, "expected an order of 9 pixels");
  }
  const fewer = { ...shown, bytes: shown.bytes.slice().fill(0, 0, 9) };
  assertThrows(() => trainer.show(fewer), RangeError, "pixels that are not 0, found");
  assertThrows(
    () => trainer.show({ ...shown, bytes: shown.bytes.subarray(9) }),
    RangeError,
    "images",
  );
});

Deno.test("evaluation gives the reference's loss, bit for bit, and most probable classes", async () => {
  for (const sizes of [[30, 6, 5, 3], [8, 10]]) {
    const { images, pixels, labels } = randomSamples(sizes, 100, 7);
    const network = randomNetwork(sizes, 8);
    let sum = 0;
    const predictions = Uint8Array.from(labels, (label, sample) => {
      const activations = forward(
        network,
        pixels.subarray(sample * sizes[0], (sample + 1) * sizes[0]),
      );
      sum += crossEntropy(activations, label);
      return activations.probabilities.indexOf(Math.max(...activations.probabilities));
    });
    const result = await evaluate(network, images, labels);
    const correct = predictions.filter((prediction, i) => prediction === labels[i]).length;
    assertEquals(result, { loss: sum / 100, predictions, correct });
    assert(new Set(predictions).size > 1);
  }
});

Deno.test("of equally probable classes the first is predicted", async () => {
  const network = [{
    inputs: 1,
    outputs: 3,
    weight: new Float64Array(3),
    bias: Float64Array.of(0, 2, 2),
  }];
  const { predictions } = await evaluate(network, raw(1), Uint8Array.of(2));
  assertEquals([...predictions], [1]);
});

Deno.test("a trainer does not change its initial network, and returns copies", async () => {
  const sizes = [4, 3, 2];
  const network = randomNetwork(sizes, 9);
  const before = structuredClone(network);
  const { images, labels } = randomSamples(sizes, 5, 10);
  const trainer = await createTrainer(network, images, labels);
  assertEquals(trainer.weights(), before);
  trainer.train(0, 5, 0.1);
  assertEquals(network, before);
  const trained = trainer.weights();
  trained[0].weight.fill(0);
  assert(trainer.weights()[0].weight.every((w) => w !== 0));
});

Deno.test("training stops at the first loss that is not finite, before its update", async () => {
  // σ(-40) ≈ 0 keeps the first sample's logits finite; σ(40) = 1 makes the second's ±Infinity.
  const network: Network = [
    {
      inputs: 2,
      outputs: 2,
      weight: Float64Array.of(40, 40, 0, 0),
      bias: new Float64Array(2).fill(-40),
    },
    {
      inputs: 2,
      outputs: 2,
      weight: Float64Array.of(1.7e308, -1.7e308, 1.7e308, -1.7e308),
      bias: new Float64Array(2),
    },
  ];
  const images = raw(0, 0, 2, 0, 0, 0);
  const trainer = await createTrainer(network, images, Uint8Array.of(0, 0, 0));
  const error = assertThrows(
    () => trainer.train(0, 3, 1e-320),
    NonFiniteLossError,
    "expected a finite loss",
  );
  assertEquals(error.sample, 1);
  assert(!Number.isFinite(error.loss));
  const reference = structuredClone(network);
  trainEpoch(reference, new Float32Array(2), Uint8Array.of(0), 1e-320);
  assertEquals(bits(trainer.weights()), bits(reference));
  // The next call starts afresh.
  trainer.train(2, 3, 1e-320);
});

Deno.test("samples and ranges that do not fit are refused", async () => {
  const network = randomNetwork([3, 4, 2], 11);
  const labels = Uint8Array.of(0, 1);
  await assertRejects(
    () => createTrainer(network, raw(...new Uint8Array(5)), labels),
    RangeError,
    "expected 2 images",
  );
  await assertRejects(
    () => createTrainer([network[1], network[0]], raw(...new Uint8Array(8)), labels),
    RangeError,
    "layer 1: expected as many inputs",
  );
  await assertRejects(
    () => createTrainer(network, raw(...new Uint8Array(6)), Uint8Array.of(0, 2)),
    RangeError,
    "labels 0 to 1",
  );
  const trainer = await createTrainer(network, raw(...new Uint8Array(6)), labels);
  for (const [from, to] of [[-1, 1], [0.5, 1], [1, 0], [0, 3], [0, NaN]]) {
    assertThrows(() => trainer.train(from, to, 0.1), RangeError, "expected");
  }
  assertThrows(() => trainer.train(0, 1, 0), RangeError, "learning rate");
});

Deno.test("samples beyond 4 GiB are refused before any memory is taken", () => {
  const layout = layoutOf([784, 32, 32, 10]);
  assertThrows(
    () => layoutOfSamples(layout, 700_000, 700_000 * 784),
    RangeError,
    "expected samples that fit in 4 GiB, found 700000",
  );
  const most = layoutOfSamples(layout, 684_000, 684_000 * 784);
  assert(most.pages <= 65535);
  assert(most.entries + 684_000 * 784 * 8 <= most.pages * 65536);
});
