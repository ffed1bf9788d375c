/**
 * Draws what a PyTorch 1.13 program on the CPU draws after `torch.manual_seed(seed)`, bit for bit: the
 * initial parameters of `nn.Linear` layers, then the order in which a shuffling `DataLoader` visits
 * the samples, epoch after epoch.
 */
import type { GeneratorState } from "../../schemas/assignment/initialisation.ts";
import { Mt19937 } from "./mt19937.ts";

/** One `nn.Linear`'s parameters. */
interface LinearParameters {
  inputs: number;
  outputs: number;
  /** Shape (outputs, inputs), row-major. */
  weight: Float32Array;
  /** Shape (outputs). */
  bias: Float32Array;
}

/** A CPU generator: PyTorch's default one, or one of its own as `torch.Generator` makes. */
class TorchGenerator {
  readonly #words: Mt19937;

  /** Starts from a seed, or continues from a state. */
  constructor(start: ConstructorParameters<typeof Mt19937>[0]) {
    this.#words = new Mt19937(start);
  }

  /** The state between two draws. */
  state(): ReturnType<Mt19937["state"]> {
    return this.#words.state();
  }

  /** The next 32 bits, 0 ≤ value < 2^32. */
  random(): number {
    return this.#words.next32();
  }

  /** The next 64 bits, 0 ≤ value < 2^64; the word drawn first is the high one. */
  random64(): bigint {
    const high = this.random();
    return BigInt(high) << 32n | BigInt(this.random());
  }

  /**
   * `torch.empty(n).uniform_(from, to)`: n float32 values from one word each.
   *
   * ATen's `uniform_real` multiplies and adds in double and rounds the result to float32. The product
   * of two floats is exact there; so is the sum where from = -to, of at most 48 bits, and then it
   * makes no difference whether a compiler fuses the two operations.
   */
  uniform(n: number, from: number, to: number): Float32Array {
    const start = Math.fround(from);
    const range = Math.fround(Math.fround(to) - start);
    const out = new Float32Array(n);
    for (let i = 0; i < n; i++) out[i] = (this.random() & 0xffffff) * 2 ** -24 * range + start;
    return out;
  }

  /**
   * `torch.randperm(n)`: the integers 0 ≤ value < n in random order.
   * @throws RangeError unless n is an integer of 0 to 2^32 / 20, beyond which versions differ
   */
  randperm(n: number): Uint32Array {
    if (!Number.isInteger(n) || n < 0 || n > 2 ** 32 / 20) {
      throw new RangeError(`randperm: expected a length of 0 to 2^32 / 20, found ${n}`);
    }
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = 0; i < n - 1; i++) {
      const j = i + this.random() % (n - i);
      const kept = order[i];
      order[i] = order[j];
      order[j] = kept;
    }
    return order;
  }
}

/** PyTorch's default generator after `torch.manual_seed(seed)`. */
export const manualSeed = (seed: number | bigint): TorchGenerator => new TorchGenerator(seed);

/**
 * The parameters of `nn.Linear(sizes[0], sizes[1])`, `nn.Linear(sizes[1], sizes[2])`, … as their
 * constructors draw them, one after the other, weight before bias: both uniform on
 * ±1/√inputs, the weight by way of `kaiming_uniform_(a=√5)` with that function's roundings.
 */
export function linearLayers(
  generator: TorchGenerator,
  sizes: readonly number[],
): LinearParameters[] {
  const slope = Math.sqrt(5);
  const gain = Math.sqrt(2 / (1 + slope * slope));
  return sizes.slice(1).map((outputs, i) => {
    const inputs = sizes[i];
    const weightBound = Math.sqrt(3) * (gain / Math.sqrt(inputs));
    const biasBound = 1 / Math.sqrt(inputs);
    const weight = generator.uniform(outputs * inputs, -weightBound, weightBound);
    const bias = generator.uniform(outputs, -biasBound, biasBound);
    return { inputs, outputs, weight, bias };
  });
}

/**
 * The order of the training samples in each epoch, without end, of a program that iterates a
 * shuffling `DataLoader` over `samples` samples and then a sequential one, in one process. Each
 * iterator draws a seed for workers, used or not, as it is made; the shuffling one then draws the
 * seed of a generator for its permutation.
 *
 * @param state of the default generator after the model was made
 * @throws {Error} where the state is not that of PyTorch's generator
 */
export function* epochOrders(
  state: GeneratorState,
  samples: number,
): Generator<Uint32Array, never> {
  if (state.bit_generator !== "MT19937") {
    throw new Error(
      `expected the state of PyTorch's generator, MT19937, found ${state.bit_generator}; ` +
        "draw the initial weights with the law uniform",
    );
  }
  const generator = new TorchGenerator(state);
  for (;;) {
    generator.random64();
    // The generator's seeding uses the low 32 of the 63 bits that `random_` keeps for an int64.
    const sampler = new TorchGenerator(generator.random64());
    yield sampler.randperm(samples);
    generator.random64();
  }
}
