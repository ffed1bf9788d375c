/**
 * Runs training steps and forward passes of `dense_wat.ts` on several threads over one memory. Every
 * thread runs the same program on its own share of tiles and panels; barriers separate what one thread
 * writes from what another reads. No share changes a sum, so neither does the number of threads.
 */
import {
  type DenseLayout,
  denseLayout,
  PAIR,
  PANEL,
  PANEL_ROW,
  PIXELS,
  TILE,
} from "./dense_layout.ts";

/** Words of the memory by which threads find their work and each other, by their index. */
const CONTROL = { command: 0, arrived: 1, phase: 2, work: 3, samples: 4, whole: 5 } as const;
/** Bytes of these words, and of the learning rate after them. */
const RATE = 32;
const CONTROL_BYTES = 64;

/** Work of a command. */
export const WORK = { end: 0, train: 1, predict: 2 } as const;

/** Samples of a command: their order, pixels and results lie in regions of the memory. */
export interface DensePlaces {
  readonly layout: DenseLayout;
  readonly control: number;
  /** Indices of samples, u32. */
  readonly order: number;
  /** The most samples of a command. */
  readonly most: number;
  /** Losses by sample, or logits, row by row; float32. */
  readonly results: number;
  readonly labels: number;
  /** Bytes of the samples that are trained on, and of those that are predicted. */
  readonly pixels: number;
  readonly images: number;
  readonly bytes: number;
}

/** A network and the samples that it is trained on, or that it predicts. */
interface DenseShape {
  readonly sizes: readonly number[];
  readonly batch: number;
  readonly samples: number;
}

/** Samples of a command, in whole batches. */
const mostSamples = (batch: number) => Math.ceil(8192 / batch) * batch;

export function densePlaces({ sizes, batch, samples }: DenseShape): DensePlaces {
  const layout = denseLayout(sizes, batch);
  const most = mostSamples(batch);
  let bytes = layout.end;
  const allocate = (size: number) => {
    const address = bytes;
    bytes += Math.ceil(size / 64) * 64;
    return address;
  };
  const classes = sizes[sizes.length - 1];
  const places = {
    layout,
    most,
    control: allocate(CONTROL_BYTES),
    order: allocate(most * 4),
    results: allocate(most * classes * 4),
    labels: allocate(samples),
    // Eight pixels are looked at together, of which some may lie behind the last image.
    pixels: allocate(samples * sizes[0] + PIXELS),
    images: allocate(most * sizes[0] + PIXELS),
  };
  return { ...places, bytes };
}

/** The needs of a thread, which can be sent to one. */
export interface ThreadOptions {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly shape: DenseShape;
  readonly thread: number;
  readonly threads: number;
}

type Kernel = Record<string, (...given: (number | bigint)[]) => void>;

/** Looks at a word so often before it sleeps: 20 to some 200 µs. */
const SPINS = { least: 4000, most: 40000 };
/** A sleep in ms that more looks would have spared. */
const SHORT_SLEEP = 0.3;
/** Longest wait for another thread, in ms. Work of this length is not given to one. */
const LONGEST_WAIT = 120_000;

/**
 * Waits until a word is another than `value`. On idle cores it looks long at the word, which ends most
 * waits; where other work wants the core, it sleeps soon.
 */
function createWait(words: Int32Array) {
  let spins: number = SPINS.least;
  return (index: number, value: number, limit: number): void => {
    for (let turn = 0; turn < spins; turn++) if (Atomics.load(words, index) !== value) return;
    const isShort = Atomics.wait(words, index, value, SHORT_SLEEP) !== "timed-out";
    spins = isShort ? Math.min(spins * 2, SPINS.most) : Math.max(spins / 4, SPINS.least);
    while (Atomics.load(words, index) === value) {
      if (Atomics.wait(words, index, value, limit) === "timed-out") {
        throw new Error(`a thread of the network has not answered for ${limit / 1000} s`);
      }
    }
  };
}

/** One thread's program. */
export interface DenseThread {
  /** Takes part in one piece of work that `start` announced. */
  run(): void;
  /** Waits for the next command and runs it; false where that is the end. */
  serve(): boolean;
  /** Announces work to all threads. */
  start(work: number, samples: number, options?: { rate?: number; whole?: boolean }): void;
}

export async function createDenseThread(options: ThreadOptions): Promise<DenseThread> {
  const { module, memory, shape, thread, threads } = options;
  const { layout, control, order, results, labels, pixels, images } = densePlaces(shape);
  const { layers, batch, tiles, batches } = layout;
  const words = new Int32Array(memory.buffer, control, RATE / 4);
  const rate = new Float64Array(memory.buffer, control + RATE, 1);
  const float32 = new Float32Array(memory.buffer);
  const { exports } = await WebAssembly.instantiate(module, {
    env: { memory, exp: Math.exp, log: Math.log },
  });
  const kernel = exports as Kernel;
  const last = layers.length - 1;
  const [first] = layers;

  /** This thread's share of `count` things, [from, to). */
  const share = (count: number): [number, number] => [
    Math.floor(count * thread / threads),
    Math.floor(count * (thread + 1) / threads),
  ];

  const waitFor = createWait(words);
  /** Returns when all threads have come here. */
  const barrier = () => {
    const phase = Atomics.load(words, CONTROL.phase);
    if (Atomics.add(words, CONTROL.arrived, 1) === threads - 1) {
      Atomics.store(words, CONTROL.arrived, 0);
      Atomics.add(words, CONTROL.phase, 1);
      Atomics.notify(words, CONTROL.phase);
    } else waitFor(CONTROL.phase, phase, LONGEST_WAIT);
  };

  /** This thread's share of so many panels, in twos. */
  const sharePanels = (count: number) => share(count / 2).map((twos) => twos * 2);
  const pairsOf = (samples: number) => Math.ceil(samples / PAIR);

  function train(samples: number, step: number, all: bigint): void {
    const list = (from: number) => {
      const count = Math.min(batch, samples - from);
      const given = [batches[from / batch % 2], order + from * 4, count, pixels, all];
      kernel.listSamples(...given, ...share(pairsOf(count)));
      kernel.listPixels(...given, ...share(first.rows / PIXELS));
    };
    list(0);
    for (let from = 0; from < samples; from += batch) {
      const count = Math.min(batch, samples - from);
      const listed = batches[from / batch % 2];
      const own = share(Math.ceil(count / TILE));
      barrier();
      kernel.forward0(listed, 0, pairsOf(count), ...sharePanels(first.panels));
      barrier();
      for (let l = 1; l <= last; l++) kernel[`forward${l}`](...own, 0, layers[l].panels);
      kernel.loss(order + from * 4, count, labels, results + from * 4, ...own);
      for (let l = last; l > 0; l--) kernel[`backward${l}`](...own, 0, layers[l - 1].panels);
      barrier();
      kernel.update0(listed, ...sharePanels(first.panels), count, step);
      for (let l = 1; l <= last; l++) {
        kernel[`update${l}`](...share(layers[l].panels), count, step);
      }
      if (from + batch < samples) list(from + batch);
    }
  }

  /** Each thread takes its share of the samples through tiles of its own, so none waits. */
  function predict(samples: number, all: bigint): void {
    const [fromTile, toTile] = share(tiles);
    const [from, to] = share(samples);
    const held = (toTile - fromTile) * TILE;
    const { outputs, output } = layers[last];
    for (let begin = from; begin < to; begin += held) {
      const count = Math.min(held, to - begin);
      const end = fromTile + Math.ceil(count / TILE);
      // Sample s of a batch is the s-th of `order`, and this thread's first is `fromTile`'s.
      const at = order + (begin - fromTile * TILE) * 4;
      const until = fromTile * TILE + count;
      const pairs = [fromTile * TILE / PAIR, pairsOf(until)];
      kernel.listSamples(batches[0], at, until, images, all, ...pairs);
      kernel.forward0(batches[0], ...pairs, 0, first.panels);
      for (let l = 1; l <= last; l++) kernel[`forward${l}`](fromTile, end, 0, layers[l].panels);
      for (let s = 0; s < count; s++) {
        for (let k = 0; k < outputs; k++) {
          const row = Math.floor(k / PANEL) * tiles * TILE + fromTile * TILE + s;
          float32[results / 4 + (begin + s) * outputs + k] =
            float32[(output + row * PANEL_ROW) / 4 + k % PANEL];
        }
      }
    }
  }

  let command = 0;
  const run = () => {
    const samples = Atomics.load(words, CONTROL.samples);
    const all = -BigInt(Atomics.load(words, CONTROL.whole));
    if (Atomics.load(words, CONTROL.work) === WORK.train) train(samples, -rate[0], all);
    else predict(samples, all);
    barrier();
  };
  return {
    run,
    serve() {
      waitFor(CONTROL.command, command, Infinity);
      command = Atomics.load(words, CONTROL.command);
      if (Atomics.load(words, CONTROL.work) === WORK.end) return false;
      run();
      return true;
    },
    start(work, samples, given = {}) {
      rate[0] = given.rate ?? 0;
      Atomics.store(words, CONTROL.samples, samples);
      Atomics.store(words, CONTROL.whole, given.whole ? 1 : 0);
      Atomics.store(words, CONTROL.work, work);
      Atomics.add(words, CONTROL.command, 1);
      Atomics.notify(words, CONTROL.command);
    },
  };
}
