/**
 * Times question 3's training, 784-256-128-64-10 on FashionMNIST in batches of 64: ours and plain tfjs
 * on WebGPU, plain tfjs in WebAssembly, and where it is installed PyTorch (`train_on_device.py`), its
 * bare step and the assignment's script. All start from the same weights and take turns, so that a busy
 * machine slows all of them.
 */
import { parseIdxImages, parseIdxLabels } from "../../stages/normalize/idx.ts";
import type { Classifier, Layer } from "../../stages/networks/classifier.ts";
import { createClassifier } from "../../stages/networks/create_classifier.ts";
import { createTfjsClassifier } from "../support/classifier_tfjs.ts";
import { epochOrders, linearLayers, manualSeed } from "../../stages/random/pytorch.ts";
import { gunzip } from "../../stages/download/gunzip.ts";
import { type Python, startPython } from "./python.ts";
import { median } from "./timing.ts";

const SIZES = [784, 256, 128, 64, 10];
const NAMES = ["ly1", "ly2", "ly3", "ly4"];
const BATCH = 64;
const RATE = 0.01;
const ROUNDS = 3;
const DATA = "/usr/share/datasets/fashion-mnist";
/** Largest difference in correct test images between two trainings of one seed and as many epochs. */
const CORRECT_APART = 40;

/** Multiplications and additions of a step: the first layer needs no gradient of its input. */
const FLOP = SIZES.slice(1).reduce(
  (sum, outputs, l) => sum + (l === 0 ? 2 : 3) * 2 * BATCH * SIZES[l] * outputs,
  0,
);

interface Turn {
  /** Time of each step, or their mean. */
  milliseconds: number[];
  /** Time of evaluating the test set, in milliseconds. */
  evaluation: number;
  correct?: number;
}

interface Contestant {
  name: string;
  /** Steps a turn; an epoch that has more is extrapolated from them. */
  steps: number;
  turn: () => Promise<Turn>;
}

async function load(name: string) {
  const read = async (file: string) => {
    const path = `${DATA}/${name}-${file}-ubyte.gz`;
    const compressed = await Deno.readFile(path).catch((error) => {
      throw new Error(
        `expected FashionMNIST in ${DATA}, found no ${path} (${error.message}); ` +
          "install Debian's package dataset-fashion-mnist",
      );
    });
    // A gzip file ends in the length of what it holds.
    const length = new DataView(compressed.buffer).getUint32(compressed.length - 4, true);
    return await gunzip(compressed, length);
  };
  const { pixels } = parseIdxImages(await read("images-idx3"));
  const labels = parseIdxLabels(await read("labels-idx1"));
  return { images: { pixels, samples: labels.length, width: SIZES[0] }, labels };
}
type Labelled = Awaited<ReturnType<typeof load>>;

/** Counts the images whose greatest logit is at their label. */
function countCorrect(logits: Float32Array, labels: Uint8Array): number {
  const classes = logits.length / labels.length;
  return labels.reduce((correct, label, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    return correct + (row.indexOf(Math.max(...row)) === label ? 1 : 0);
  }, 0);
}

/** A contestant that trains `steps` steps a turn, from where it stopped, and evaluates. */
function trainer(
  name: string,
  classifier: Classifier,
  orders: Iterator<Uint32Array>,
  steps: number,
  test: Labelled,
): Contestant {
  return {
    name,
    steps,
    async turn() {
      const order: Uint32Array = orders.next().value;
      const samples = order.subarray(0, steps * BATCH);
      const start = performance.now();
      await classifier.train(samples, { batchSize: BATCH, learningRate: RATE });
      const trained = performance.now();
      const logits = await classifier.logits(test.images);
      const correct = countCorrect(logits, test.labels);
      const evaluation = performance.now() - trained;
      const milliseconds = [(trained - start) / Math.ceil(samples.length / BATCH)];
      return {
        milliseconds,
        evaluation,
        correct: samples.length < order.length ? undefined : correct,
      };
    },
  };
}

/** PyTorch's turns. */
const ofPytorch = ({ hello, ask }: Python, steps: number): Contestant[] => [
  {
    name: `PyTorch ${hello.torch}, bare steps on one thread`,
    steps,
    turn: async () => ({
      milliseconds: (await ask(`steps ${steps}`)).milliseconds,
      evaluation: (await ask("evaluate")).seconds * 1000,
    }),
  },
  {
    name: "PyTorch, the assignment's script",
    steps,
    async turn() {
      const { seconds, correct } = await ask("script");
      // Its evaluation is within its seconds.
      return { milliseconds: [seconds * 1000 / steps], evaluation: 0, correct };
    },
  },
];

/** Runs the comparison; a row a contestant. Throws if they did not learn the same. */
export async function benchDevice(): Promise<Record<string, unknown>[]> {
  const [train, test] = [await load("train"), await load("t10k")];
  const steps = Math.ceil(train.labels.length / BATCH);
  const generator = () => manualSeed(0);
  const layersFrom = (torch: ReturnType<typeof manualSeed>): Layer<Float32Array>[] =>
    linearLayers(torch, SIZES).map(({ weight, bias }, l) => {
      const [inputs, outputs] = [SIZES[l], SIZES[l + 1]];
      // PyTorch's layout is (outputs, inputs).
      const transposed = weight.map((_, i) =>
        weight[(i % outputs) * inputs + Math.floor(i / outputs)]
      );
      return { inputs, outputs, weight: transposed, bias };
    });
  const makers: [string, number, (layers: Layer<Float32Array>[]) => Promise<Classifier>][] = [
    ["ours on webgpu", steps, (layers) => createClassifier("webgpu", layers, NAMES, train)],
    [
      "ours on wasm, one thread",
      steps,
      (layers) => createClassifier("wasm", layers, NAMES, train, { threads: 1 }),
    ],
    [
      "ours on wasm, two threads",
      steps,
      (layers) => createClassifier("wasm", layers, NAMES, train, { threads: 2 }),
    ],
    [
      "plain tfjs on webgpu",
      40,
      (layers) => createTfjsClassifier("webgpu", { layers, names: NAMES, ...train }),
    ],
    [
      "plain tfjs on wasm",
      80,
      (layers) => createTfjsClassifier("wasm", { layers, names: NAMES, ...train }),
    ],
  ];
  const classifiers: Classifier[] = [];
  const contestants: Contestant[] = [];
  // One after another: tfjs has one backend at a time, and a classifier makes its variables on it.
  for (const [name, count, make] of makers) {
    const torch = generator();
    const classifier = await make(layersFrom(torch));
    const orders = epochOrders(torch.state(), train.labels.length);
    classifiers.push(classifier);
    contestants.push(trainer(name, classifier, orders, count, test));
  }
  const adapter = classifiers[0].backend.adapter;
  const pytorch = await startPython("torch, torchvision", "train_on_device.py", [DATA]);
  if (pytorch !== undefined) contestants.push(...ofPytorch(pytorch, steps));

  // The first steps of a classifier compile its kernels.
  for (const classifier of classifiers) {
    const before = await classifier.weights();
    await classifier.train(Uint32Array.from({ length: 2 * BATCH }, (_, i) => i), {
      batchSize: BATCH,
      learningRate: RATE,
    });
    const image = test.images.pixels.subarray(0, SIZES[0]);
    await classifier.logits({ ...test.images, samples: 1, pixels: image });
    await classifier.restore(before);
  }
  const turns = new Map<string, Turn[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 1; round <= ROUNDS; round++) {
    for (const { name, turn } of contestants) {
      console.error(`round ${round} of ${ROUNDS}: ${name}`);
      turns.get(name)?.push(await turn());
    }
  }
  await pytorch?.stop();
  for (const classifier of classifiers) classifier.dispose();

  const rows = contestants.map((contestant) => {
    const taken = turns.get(contestant.name) ?? [];
    const milliseconds = median(taken.flatMap((turn) => turn.milliseconds));
    const evaluation = median(taken.map((turn) => turn.evaluation));
    const script = contestant.name.includes("script");
    const epochs = taken.map((turn) =>
      (median(turn.milliseconds) * steps + turn.evaluation) / 1000
    );
    return {
      training: contestant.name,
      "ms a step": script ? "" : milliseconds.toFixed(2),
      "GFLOP/s": script ? "" : (FLOP / milliseconds / 1e6).toFixed(1),
      "ms a test set": script ? "" : evaluation.toFixed(0),
      "s an epoch and test": median(epochs).toFixed(2),
      measured: contestant.steps < steps ? `${contestant.steps} steps` : "whole epochs",
      correct: taken.map((turn) => turn.correct ?? "").filter((correct) => correct !== "").join(
        " ",
      ),
    };
  });
  const counted = [...turns.values()].filter((taken) => taken[0].correct !== undefined);
  for (let round = 0; round < ROUNDS; round++) {
    const correct = counted.map((taken) => taken[round].correct ?? NaN);
    if (Math.max(...correct) - Math.min(...correct) > CORRECT_APART) {
      throw new Error(
        `expected as many test images right after ${
          round + 1
        } epochs, to within ${CORRECT_APART}, ` +
          `found ${correct.join(" and ")}`,
      );
    }
  }
  console.error(`On ${adapter}; medians of ${ROUNDS} rounds, a step of ${BATCH} images.`);
  return rows;
}
