/**
 * Trains and evaluates the perceptron of `perceptron.ts` in WebAssembly, to the same bits. Samples
 * lie as lists of non-zero pixels in the module's memory. `perceptron_wat.ts` has the arithmetic.
 * The caller trains in chunks of samples, and decides on epochs and progress.
 */
import { countCorrect } from "../../evaluate/classification.ts";
import { pixelValues } from "../../normalize/scale.ts";
import {
  checkRate,
  checkSamples,
  layerSizes,
  type Network,
  NonFiniteLossError,
} from "../perceptron.ts";
import { inPlace, type Order } from "../reordered.ts";
import { CACHE_LINE, ENTRY, type Layout, layoutOf, perceptronText } from "./perceptron_wat.ts";

/** Images, shape (samples, inputs), row-major: a pixel is byte / divisor, rounded to float32. */
interface ByteImages {
  readonly bytes: Uint8Array;
  readonly divisor: number;
}

/** A classifier's result on a labelled set. */
interface Evaluation {
  /** Mean loss, in nats. */
  loss: number;
  /** The most probable class of each sample, the first of equals. */
  predictions: Uint8Array;
  /** Number of predictions that equal their label. */
  correct: number;
}

/** A network and its samples in the memory of a WebAssembly module. */
interface Trainer {
  /** Number of samples. */
  readonly samples: number;
  /**
   * Trains on the samples [from, to) in order; returns `sum` (default 0) plus their losses, added one
   * by one, each taken before its sample's update. Passing one chunk's result to the next as `sum`
   * gives an epoch's sum the same bits for every size of chunk.
   * @throws {RangeError} when [from, to) is not a range of samples or the rate is not positive
   * @throws {NonFiniteLossError} at the first sample whose loss is not finite, before its update
   */
  train(from: number, to: number, rate: number, sum?: number): number;
  /** The forward pass over all samples with the weights as they are. */
  evaluate(): Evaluation;
  /** Takes a copy of another network's weights, of the same sizes; the samples stay. */
  load(network: Network): void;
  /**
   * Takes other images in place of the samples', in which as many pixels are not 0; the labels stay. With an
   * order, pixel i is the one at `order[i]` of its image.
   * @throws {RangeError} where there are more or fewer, or the order has not each pixel once
   */
  show(images: ByteImages, order?: Order): void;
  /** A copy of the weights as they are. */
  weights(): Network;
}

/** Bytes of a page of WebAssembly memory. */
const PAGE = 65536;
/** One page less than WebAssembly's 4 GiB, so that the end of the memory has a 32-bit address too. */
const MAX_PAGES = 65535;

/**
 * Lays out the samples above the weights: byte addresses, and the pages that hold everything.
 *
 * @throws {RangeError} when that is more than a WebAssembly memory can have
 */
export function layoutOfSamples(
  layout: Layout,
  samples: number,
  nonZeros: number,
): { starts: number; labels: number; predictions: number; entries: number; pages: number } {
  const starts = layout.end;
  const labels = starts + (samples + 1) * 4;
  const predictions = labels + samples;
  const entries = Math.ceil((predictions + samples) / CACHE_LINE) * CACHE_LINE;
  const pages = Math.ceil((entries + nonZeros * ENTRY) / PAGE);
  if (pages > MAX_PAGES) {
    throw new RangeError(
      `expected samples that fit in 4 GiB, found ${samples} with ${nonZeros} non-zero pixels, ` +
        `${(pages * PAGE / 2 ** 30).toFixed(1)} GiB; train on a part of them`,
    );
  }
  return { starts, labels, predictions, entries, pages };
}

interface Exports {
  train(from: number, to: number, rate: number, sum: number): number;
  evaluate(from: number, to: number, sum: number): number;
  stopped: WebAssembly.Global;
  loss: WebAssembly.Global;
}

/** The module for each list of layer sizes: assembling and compiling takes longer than a short run. */
const modules = new Map<string, Promise<WebAssembly.Module>>();

function moduleFor(sizes: readonly number[]): Promise<WebAssembly.Module> {
  const key = sizes.join("-");
  const module = modules.get(key) ?? assemble(perceptronText(layoutOf(sizes)));
  modules.set(key, module);
  return module;
}

async function assemble(text: string): Promise<WebAssembly.Module> {
  const { default: initialize } = await import("wabt");
  const module = (await initialize()).parseWat("perceptron.wat", text, { simd: true });
  try {
    return await WebAssembly.compile(new Uint8Array(module.toBinary({}).buffer));
  } finally {
    module.destroy();
  }
}

/**
 * Puts a network and its samples into a WebAssembly module. `network` is copied and never changed; there
 * is a label for each of `images`.
 *
 * @throws {RangeError} when shapes, labels or the divisor do not fit, or the samples do not fit in the
 * memory
 */
export async function createTrainer(
  network: Network,
  images: ByteImages,
  labels: Uint8Array,
): Promise<Trainer> {
  const sizes = layerSizes(network);
  checkSamples(sizes, images.bytes, labels);
  const module = await moduleFor(sizes);
  const layout = layoutOf(sizes);
  const nonZeros = countNonZeros(images.bytes);
  const { pages, ...addresses } = layoutOfSamples(layout, labels.length, nonZeros);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const float64 = new Float64Array(memory.buffer);
  const bytes = new Uint8Array(memory.buffer);

  const load = (network: Network) =>
    layout.layers.forEach(({ inputs, outputs, stride, weight, bias }, l) => {
      for (let i = 0; i < inputs; i++) {
        const row = network[l].weight.subarray(i * outputs, (i + 1) * outputs);
        float64.set(row, (weight + i * stride) / 8);
      }
      float64.set(network[l].bias, bias / 8);
    });
  load(network);
  bytes.set(labels, addresses.labels);
  const inOrder = inPlace(sizes[0]);
  writeSamples(memory, layout, addresses, images, inOrder);

  const instance = await WebAssembly.instantiate(module, {
    env: { memory, exp: Math.exp, log: Math.log, ...addresses },
  });
  const kernel = instance.exports as unknown as Exports;
  const samples = labels.length;

  return {
    samples,
    train(from, to, rate, sum = 0) {
      if (!Number.isInteger(from) || !Number.isInteger(to) || !(0 <= from && from <= to)) {
        throw new RangeError(`expected integers 0 <= from <= to, found ${from} and ${to}`);
      }
      if (to > samples) throw new RangeError(`expected at most ${samples} samples, found ${to}`);
      checkRate(rate);
      const total = kernel.train(from, to, rate, sum);
      const stopped = kernel.stopped.value;
      if (stopped >= 0) throw new NonFiniteLossError(stopped, kernel.loss.value);
      return total;
    },
    evaluate() {
      const loss = kernel.evaluate(0, samples, 0) / samples;
      const predictions = bytes.slice(addresses.predictions, addresses.predictions + samples);
      return { loss, predictions, correct: countCorrect(labels, predictions) };
    },
    load(network) {
      const found = layerSizes(network).join("-");
      if (found !== sizes.join("-")) {
        throw new RangeError(`expected weights of a network ${sizes.join("-")}, found ${found}`);
      }
      load(network);
    },
    show(images, order = inOrder) {
      checkSamples(sizes, images.bytes, labels);
      if (`${Float64Array.from(order).sort()}` !== `${inOrder}`) {
        throw new RangeError(`expected an order of ${sizes[0]} pixels, found ${order.length}`);
      }
      const found = countNonZeros(images.bytes);
      if (found !== nonZeros) {
        throw new RangeError(
          `expected images with ${nonZeros} pixels that are not 0, found ${found}`,
        );
      }
      writeSamples(memory, layout, addresses, images, order);
    },
    weights() {
      return layout.layers.map(({ inputs, outputs, stride, weight, bias }) => {
        const copy = new Float64Array(inputs * outputs);
        for (let i = 0; i < inputs; i++) {
          const row = (weight + i * stride) / 8;
          copy.set(float64.subarray(row, row + outputs), i * outputs);
        }
        return { inputs, outputs, weight: copy, bias: float64.slice(bias / 8, bias / 8 + outputs) };
      });
    },
  };
}

/**
 * The network's mean loss and predictions on labelled images, by the trainer's forward pass.
 * @throws {RangeError} as {@linkcode createTrainer}
 */
export async function evaluate(
  network: Network,
  images: ByteImages,
  labels: Uint8Array,
): Promise<Evaluation> {
  return (await createTrainer(network, images, labels)).evaluate();
}

/** 0 for the byte 0 and 1 for others, without a branch that is hard to predict. */
const oneUnlessZero = (byte: number): number => (byte + 255) >> 8;

/** Counts the pixels that are not 0: those of other bytes, because no float32 divides 1 to 0. */
function countNonZeros(bytes: Uint8Array): number {
  let count = 0;
  for (let p = 0; p < bytes.length; p++) count += oneUnlessZero(bytes[p]);
  return count;
}

/**
 * Writes each sample's non-zero pixels in an order, as entries, and where each sample starts. The next pixel
 * writes over the entry of a zero.
 */
function writeSamples(
  memory: WebAssembly.Memory,
  layout: Layout,
  addresses: { starts: number; entries: number },
  { bytes, divisor }: ByteImages,
  order: Order,
): void {
  const values = pixelValues(divisor);
  const uint32 = new Uint32Array(memory.buffer);
  const float32 = new Float32Array(memory.buffer);
  const { inputs, weight, stride } = layout.layers[0];
  let start = addresses.starts / 4;
  let entry = addresses.entries / 4;
  uint32[start] = entry * 4;
  for (let from = 0; from < bytes.length; from += inputs) {
    for (let i = 0; i < inputs; i++) {
      const byte = bytes[from + order[i]];
      uint32[entry] = weight + i * stride;
      float32[entry + 1] = values[byte];
      entry += oneUnlessZero(byte) * (ENTRY / 4);
    }
    uint32[++start] = entry * 4;
  }
}
