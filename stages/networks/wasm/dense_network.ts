/**
 * Holds a dense ReLU network and labelled images in a WebAssembly memory, and trains it on several
 * threads. `dense_steps.ts` is the threads' program; the caller decides on order, epochs and progress.
 */
import type { PackedImages } from "../classifier.ts";
import type { Layer } from "../layers.ts";
import { gatherPixels } from "../packed_images.ts";
import { type DenseLayer, PANEL } from "./dense_layout.ts";
import {
  createDenseThread,
  type DensePlaces,
  densePlaces,
  type DenseThread,
  type ThreadOptions,
  WORK,
} from "./dense_steps.ts";
import { denseText } from "./dense_wat.ts";

/** A network in a memory; its images are those that it is trained on. */
export interface DenseNetwork {
  readonly threads: number;
  /**
   * Trains over `order`, indices of the samples, batch by batch; gives the loss of each before its
   * batch's update, in nats and in the order of `order`.
   */
  train(order: Uint32Array, learningRate: number): Float32Array;
  /** Pixels of the images that it is trained on, shape (samples, width). */
  pixels(samples: Uint32Array): Uint8Array;
  /** Logits of images, shape (samples, classes). */
  predict(images: PackedImages): Float32Array;
  read(): Layer<Float32Array>[];
  write(layers: readonly Layer<Float32Array>[]): void;
  dispose(): void;
}

/** Bytes of a page of WebAssembly memory, and the most pages. */
const PAGE = 65536;
const MOST_PAGES = 65535;

/**
 * A network of `sizes` units a layer, zeros, for batches of up to `batch` of these images, on as many
 * threads as are `wanted` and have work. Without images it only predicts.
 * @throws {RangeError} when it does not fit in the memory
 */
export async function createDenseNetwork(
  sizes: readonly number[],
  batch: number,
  wanted: number,
  data?: { readonly images: PackedImages; readonly labels: Uint8Array },
): Promise<DenseNetwork> {
  const shape = { sizes, batch, samples: data?.images.samples ?? 0 };
  const places = densePlaces(shape);
  const pages = Math.ceil(places.bytes / PAGE);
  if (pages > MOST_PAGES) {
    throw new RangeError(
      `expected a network and images that fit in 4 GiB, found ${shape.samples} images of ` +
        `${sizes[0]} pixels, ${(places.bytes / 2 ** 30).toFixed(1)} GiB; train on a part of them`,
    );
  }
  const module = await assemble(denseText(places.layout, pages));
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  if (data !== undefined) {
    const bytes = new Uint8Array(memory.buffer);
    bytes.set(data.images.pixels, places.pixels);
    bytes.set(data.labels, places.labels);
  }
  const threads = Math.max(1, Math.min(wanted, places.layout.tiles));
  const options = { module, memory, shape, threads };
  const workers = Array.from(
    { length: threads - 1 },
    () => new Worker(new URL("./dense_thread.ts", import.meta.url), { type: "module" }),
  );
  await Promise.all(workers.map((worker, i) => ready(worker, { ...options, thread: i + 1 })));
  const own = await createDenseThread({ ...options, thread: 0 });
  return { threads, ...connect(places, memory, own, workers) };
}

function ready(worker: Worker, options: ThreadOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`a thread of the network did not start: ${event.message}`));
    };
    worker.postMessage(options);
  });
}

/** Compiles a module from its text. */
export async function assemble(text: string): Promise<WebAssembly.Module> {
  const { default: initialize } = await import("wabt");
  const features = { simd: true, relaxed_simd: true, threads: true };
  const module = (await initialize()).parseWat("dense.wat", text, features);
  try {
    return await WebAssembly.compile(new Uint8Array(module.toBinary({}).buffer));
  } finally {
    module.destroy();
  }
}

function connect(
  { layout: { layers, parameters }, most, order, results, pixels, images }: DensePlaces,
  memory: WebAssembly.Memory,
  own: DenseThread,
  workers: readonly Worker[],
): Omit<DenseNetwork, "threads"> {
  const float32 = new Float32Array(memory.buffer);
  const uint32 = new Uint32Array(memory.buffer);
  const bytes = new Uint8Array(memory.buffer);
  const classes = layers[layers.length - 1].outputs;
  const compute = (work: number, samples: number, options: { rate?: number; whole: boolean }) => {
    own.start(work, samples, options);
    own.run();
  };
  const before = new Uint8Array(parameters);
  const parametersAreFinite = () => areFinite(float32.subarray(0, parameters / 4));
  /** Trains on what `order` has. Pixels that are 0 count only beside what is not finite. */
  const trainPart = (samples: number, rate: number) => {
    before.set(bytes.subarray(0, parameters));
    const whole = !parametersAreFinite();
    compute(WORK.train, samples, { rate, whole });
    // Once a weight or a bias is not finite, it stays so.
    if (whole || parametersAreFinite()) return;
    bytes.set(before);
    compute(WORK.train, samples, { rate, whole: true });
  };
  return {
    train(samples, learningRate) {
      const losses = new Float32Array(samples.length);
      for (let from = 0; from < samples.length; from += most) {
        const part = samples.subarray(from, from + most);
        uint32.set(part, order / 4);
        trainPart(part.length, learningRate);
        losses.set(float32.subarray(results / 4, results / 4 + part.length), from);
      }
      return losses;
    },
    pixels: (samples) => gatherPixels(bytes.subarray(pixels), layers[0].inputs, samples),
    predict({ pixels, samples, width }) {
      const logits = new Float32Array(samples * classes);
      const whole = !parametersAreFinite();
      for (let from = 0; from < samples; from += most) {
        const count = Math.min(most, samples - from);
        bytes.set(pixels.subarray(from * width, (from + count) * width), images);
        for (let s = 0; s < count; s++) uint32[order / 4 + s] = s;
        compute(WORK.predict, count, { whole });
        const found = float32.subarray(results / 4, results / 4 + count * classes);
        logits.set(found, from * classes);
      }
      return logits;
    },
    read: () =>
      layers.map((layer) => {
        const { inputs, outputs, bias } = layer;
        const weight = new Float32Array(inputs * outputs);
        eachRun(layer, (place, at, count) => {
          for (let c = 0; c < count; c++) weight[at + c] = float32[place + c];
        });
        return { inputs, outputs, weight, bias: float32.slice(bias / 4, bias / 4 + outputs) };
      }),
    write: (given) =>
      layers.forEach((layer, l) => {
        const { weight, bias } = given[l];
        eachRun(layer, (place, at, count) => {
          for (let c = 0; c < count; c++) float32[place + c] = weight[at + c];
        });
        if (l > 0) writeTransposed(float32, layer, weight);
        float32.set(bias, layer.bias / 4);
      }),
    dispose() {
      own.start(WORK.end, 0);
      for (const worker of workers) worker.terminate();
    },
  };
}

/** True if no value is NaN or infinite. */
function areFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] - values[i] !== 0) return false;
  return true;
}

/**
 * Goes through W, shape (inputs, outputs), by runs of a panel's row: `count` elements from the `at`-th on
 * lie one after the other from the `place`-th float32 of the memory on.
 */
function eachRun(
  { inputs, outputs, rows, weight }: DenseLayer,
  visit: (place: number, at: number, count: number) => void,
): void {
  for (let column = 0; column < outputs; column += PANEL) {
    const count = Math.min(PANEL, outputs - column);
    const panel = weight / 4 + column * rows;
    for (let i = 0; i < inputs; i++) visit(panel + i * PANEL, i * outputs + column, count);
  }
}

/** Writes W's transposed copy, shape (outputs, inputs), by panels. */
function writeTransposed(
  float32: Float32Array,
  { inputs, outputs, panels, transposed }: DenseLayer,
  weight: Float32Array,
): void {
  for (let i = 0; i < inputs; i++) {
    const column = i % PANEL;
    const place = transposed / 4 + (i - column) * panels * PANEL + column;
    for (let k = 0; k < outputs; k++) float32[place + k * PANEL] = weight[i * outputs + k];
  }
}
