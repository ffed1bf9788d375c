/**
 * Times question 3's training, 784-256-128-64-10 on FashionMNIST in batches of 64: ours on WebGPU and in
 * WebAssembly, plain tfjs, jax-js, and PyTorch (`train_on_device.py`), its bare step and the assignment's
 * script. All start from the same weights and take turns, so that a busy machine slows all of them.
 */
import { decodeIdx } from "../../pipeline/formats/idx.ts";
import type { Classifier, Layer } from "../../stages/networks/classifier.ts";
import { createClassifier } from "../../stages/networks/create_classifier.ts";
import { createTfjsClassifier } from "../support/classifier_tfjs.ts";
import { epochOrders, linearLayers, manualSeed } from "../../stages/random/pytorch.ts";
import { gunzip } from "../../stages/download/gunzip.ts";
import { isSoftware } from "../../stages/networks/webgpu/device.ts";
import config from "../../deno.json" with { type: "json" };
import { createJaxClassifier } from "./classifier_jax.ts";
import { startFmaPeak } from "./fma_peak.ts";
import { startPython } from "./python.ts";
import {
  type Contestant,
  type Measured,
  missing,
  rowsOf,
  takeTurns,
  type Values,
} from "./turns.ts";

const SIZES = [784, 256, 128, 64, 10];
const NAMES = ["ly1", "ly2", "ly3", "ly4"];
const BATCH = 64;
const RATE = 0.01;
/** Our contestants that the others are compared with. */
const OURS = ["ours on webgpu", "ours on wasm, two threads"];
/** Steps after which all classifiers must give the same logits, to within a tolerance. */
const COMPARED_STEPS = 2;
const LOGITS_APART = 1e-3;
/** Further steps before the first round, in which kernels are compiled and optimized. */
const WARM_UP_STEPS = 10;
const DATA = "/usr/share/datasets/fashion-mnist";
/** Largest difference in correct test images between two trainings of one seed and as many epochs. */
const CORRECT_APART = 40;

/** Multiplications and additions of a step: the first layer needs no gradient of its input. */
const FLOP = SIZES.slice(1).reduce(
  (sum, outputs, l) => sum + (l === 0 ? 2 : 3) * 2 * BATCH * SIZES[l] * outputs,
  0,
);

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
  const { data: pixels } = decodeIdx(await read("images-idx3"));
  const { data: labels } = decodeIdx(await read("labels-idx1"));
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

/** A classifier of any library. */
interface Peer {
  name: string;
  threads?: number;
  /** Steps of a turn, and images of its evaluation; an epoch that has more is extrapolated. */
  steps: number;
  images: number;
  /** Undefined where its device is missing here. */
  make: (layers: Layer<Float32Array>[]) => Promise<Trainable | undefined>;
}

interface Trainable {
  train(order: Uint32Array): Promise<unknown>;
  logits(images: Labelled["images"]): Promise<Float32Array>;
  restore(): Promise<unknown>;
  dispose(): void;
}

/** Wraps a classifier that is ours or tfjs's, with its first weights to go back to. */
async function trainable(
  classifier: Pick<Classifier, "train" | "logits" | "weights" | "restore" | "dispose">,
): Promise<Trainable> {
  const initial = await classifier.weights();
  return {
    train: (order) => classifier.train(order, { batchSize: BATCH, learningRate: RATE }),
    logits: classifier.logits,
    restore: () => classifier.restore(initial),
    dispose: classifier.dispose,
  };
}

/** The first layers of seed 0, inputs × outputs, and the generator after they are drawn. */
function initialLayers() {
  const torch = manualSeed(0);
  const layers: Layer<Float32Array>[] = linearLayers(torch, SIZES).map(({ weight, bias }, l) => {
    const [inputs, outputs] = [SIZES[l], SIZES[l + 1]];
    // PyTorch's layout is (outputs, inputs).
    const transposed = weight.map((_, i) =>
      weight[(i % outputs) * inputs + Math.floor(i / outputs)]
    );
    return { inputs, outputs, weight: transposed, bias };
  });
  return { layers, state: torch.state() };
}

const firstImages = ({ images }: Labelled, samples: number): Labelled["images"] => ({
  ...images,
  samples,
  pixels: images.pixels.subarray(0, samples * images.width),
});

/**
 * Every JavaScript contestant. `threads` are those that its device uses; tfjs takes Deno for Node, where its
 * WebAssembly has no threads.
 */
function peersFor(train: Labelled, steps: number, images: number, cores?: number): Peer[] {
  const ours =
    (backend: "webgpu" | "wasm", threads?: number) => async (layers: Layer<Float32Array>[]) =>
      await trainable(await createClassifier(backend, layers, NAMES, train, { threads }));
  const tfjs = (backend: "webgpu" | "wasm" | "cpu") => async (layers: Layer<Float32Array>[]) =>
    await trainable(await createTfjsClassifier(backend, { layers, names: NAMES, ...train }));
  const jax = (device: "webgpu" | "wasm") => async (layers: Layer<Float32Array>[]) =>
    await createJaxClassifier(device, layers, train, { batchSize: BATCH, learningRate: RATE });
  const whole = { steps, images };
  return [
    { name: "ours on webgpu", threads: cores, ...whole, make: ours("webgpu") },
    { name: "ours on wasm, one thread", threads: 1, ...whole, make: ours("wasm", 1) },
    { name: "ours on wasm, two threads", threads: 2, ...whole, make: ours("wasm", 2) },
    { name: "plain tfjs on wasm", threads: 1, steps: 60, images: 2000, make: tfjs("wasm") },
    { name: "plain tfjs on webgpu", threads: cores, steps: 30, images: 1000, make: tfjs("webgpu") },
    { name: "plain tfjs on cpu", threads: 1, steps: 3, images: 100, make: tfjs("cpu") },
    {
      name: "jax-js on wasm",
      threads: navigator.hardwareConcurrency,
      steps: 60,
      images: 2000,
      make: jax("wasm"),
    },
    { name: "jax-js on webgpu", threads: cores, steps: 20, images: 1000, make: jax("webgpu") },
  ];
}

/** Throws unless all trained the same: their logits after the first steps differ by rounding. */
function checkSameLogits(all: ReadonlyMap<string, Float32Array>): void {
  const [[first, expected], ...rest] = all;
  for (const [name, logits] of rest) {
    const apart = Math.max(...logits.map((value, i) => Math.abs(value - expected[i])));
    if (!(apart <= LOGITS_APART)) {
      throw new Error(
        `expected ${name} to give the logits of ${first} after ${COMPARED_STEPS} steps, to within ` +
          `${LOGITS_APART}, found a difference of ${apart}`,
      );
    }
  }
}

/** Throws unless as many test images are correct after each epoch, to within a tolerance. */
function checkSameLearning(correct: ReadonlyMap<string, readonly number[]>, rounds: number): void {
  for (let round = 0; round < rounds; round++) {
    const counts = [...correct.values()].map((all) => all[round]);
    if (!(Math.max(...counts) - Math.min(...counts) <= CORRECT_APART)) {
      throw new Error(
        `expected as many correct test images after ${round + 1} epochs, to within ` +
          `${CORRECT_APART}, found ${counts.join(" and ")}`,
      );
    }
  }
}

/** PyTorch's bare steps and the assignment's script, on so many threads; none where it is missing. */
async function pytorchOn(threads: number, steps: number, correct: Map<string, number[]>) {
  const python = await startPython("torch, numpy", "train_on_device.py", [DATA, String(threads)]);
  const on = threads === 1 ? "one thread" : "two threads";
  const [bare, script] = [`PyTorch, bare steps on ${on}`, `PyTorch, the script on ${on}`];
  if (python === undefined) return { names: [bare, script] };
  correct.set(script, []);
  const contestants: Contestant[] = [
    {
      name: bare,
      threads,
      turn: async () => {
        const { milliseconds } = await python.ask(`steps ${steps}`);
        const msAStep = milliseconds.reduce((sum: number, ms: number) => sum + ms, 0) / steps;
        const { seconds } = await python.ask("evaluate");
        return epochValues(msAStep, seconds * 1000, steps);
      },
    },
    {
      name: script,
      threads,
      turn: async () => {
        const { seconds, correct: count } = await python.ask("script");
        correct.get(script)!.push(count);
        return { secondsAnEpochAndTest: seconds };
      },
    },
  ];
  return { names: [bare, script], python, contestants };
}

const epochValues = (msAStep: number, msATestSet: number, steps: number): Values => ({
  msAStep,
  msATestSet,
  secondsAnEpochAndTest: (msAStep * steps + msATestSet) / 1000,
  gigaflopsASecond: FLOP / msAStep / 1e6,
});

/** Runs the comparison. Throws if contestants did not learn the same. */
export async function benchDevice(rounds = 5): Promise<Measured> {
  const [train, test] = [await load("train"), await load("t10k")];
  const steps = Math.ceil(train.labels.length / BATCH);
  const { layers, state } = initialLayers();
  const adapter = await navigator.gpu?.requestAdapter();
  // A software adapter computes on all cores, so their peak is its limit.
  const software = adapter && isSoftware(adapter.info);
  const cores = software ? navigator.hardwareConcurrency : undefined;
  const peers = peersFor(train, steps, test.labels.length, cores);
  /** Correct test images of those that train whole epochs. */
  const correct = new Map<string, number[]>();
  const absent: string[] = [];
  const contestants: Contestant[] = [];
  const trainables: Trainable[] = [];
  const logits = new Map<string, Float32Array>();
  const numbers = (count: number) => Uint32Array.from({ length: count * BATCH }, (_, i) => i);
  // One after another: tfjs has one backend at a time, and a classifier makes its variables on it.
  for (const { name, threads, steps: ownSteps, images, make } of peers) {
    console.error(`device, preparing: ${name}`);
    const own = name.includes("webgpu") && !adapter ? undefined : await make(layers);
    if (own === undefined) {
      absent.push(name);
      continue;
    }
    trainables.push(own);
    const part = firstImages(test, images);
    await own.train(numbers(COMPARED_STEPS));
    logits.set(name, (await own.logits(firstImages(test, 100))).slice());
    if (ownSteps > WARM_UP_STEPS) {
      await own.train(numbers(WARM_UP_STEPS));
      await own.logits(part);
    }
    await own.restore();
    const orders = epochOrders(state, train.labels.length);
    const isWhole = ownSteps === steps;
    if (isWhole) correct.set(name, []);
    contestants.push({
      name,
      threads,
      extrapolatedFrom: isWhole ? null : { steps: ownSteps, images },
      async turn() {
        const order: Uint32Array = orders.next().value;
        const samples = order.subarray(0, ownSteps * BATCH);
        const start = performance.now();
        await own.train(samples);
        const trained = performance.now();
        const right = countCorrect(await own.logits(part), test.labels.subarray(0, images));
        const evaluation = (performance.now() - trained) * test.labels.length / images;
        correct.get(name)?.push(right);
        return epochValues((trained - start) / ownSteps, evaluation, steps);
      },
    });
  }
  checkSameLogits(logits);

  const pytorch = [await pytorchOn(1, steps, correct), await pytorchOn(2, steps, correct)];
  contestants.push(...pytorch.flatMap((one) => one.contestants ?? []));
  const peak = await startFmaPeak(Math.max(2, navigator.hardwareConcurrency));
  const peaks = new Set([1, 2, navigator.hardwareConcurrency]);
  const peakOf = (threads: number) =>
    `FMA peak of WebAssembly, ${threads} thread${threads === 1 ? "" : "s"}`;
  contestants.push(...[...peaks].map((threads) => ({
    name: peakOf(threads),
    threads,
    turn: async () => ({ gigaflopsASecond: await peak.measure(threads) }),
  })));

  const turns = await takeTurns(contestants, rounds, "device");
  peak.stop();
  for (const { python } of pytorch) await python?.stop();
  for (const one of trainables) one.dispose();
  checkSameLearning(correct, rounds);
  for (const { name, threads } of contestants) {
    if (threads === undefined) continue;
    turns.get(name)!.forEach((values, round) => {
      const limit = turns.get(peakOf(threads))?.[round].gigaflopsASecond;
      if (values.gigaflopsASecond === undefined || limit === undefined) return;
      values.shareOfFmaPeak = values.gigaflopsASecond / limit;
    });
  }
  const ours = OURS.filter((name) => turns.has(name));
  const ratioOf = "secondsAnEpochAndTest";
  return {
    benchmark: {
      rounds,
      ratioOf,
      ours,
      rows: [
        ...rowsOf(contestants, turns, { ratioOf, ours }),
        ...absent.map((name) => missing(name, "no such device")),
        ...pytorch.filter(({ python }) => python === undefined)
          .flatMap(({ names }) => names.map((name) => missing(name, "not installed"))),
      ],
    },
    versions: {
      tfjs: pinned("@tensorflow/tfjs-core"),
      "jax-js": pinned("@jax-js/jax"),
      PyTorch: pytorch[0].python?.hello.torch ?? null,
    },
  };
}

/** The version of a package in `deno.json`, where each is exact. */
const pinned = (name: keyof typeof config.imports): string =>
  config.imports[name].split("@").at(-1)!;
