/**
 * Draws from numpy's `default_rng`: the distributions of `numpy.random.Generator` that this project
 * uses, over PCG64, bit for bit as numpy 1.24 to 2.4 on x86-64 draws them, in any interleaving. Other
 * bit generators may take its place.
 *
 * numpy takes the tail of the normal law from the C library's `log1p`, which rounds otherwise where
 * the processor has fused multiply-add. `log1p.ts` has both: `plain` is the default, and `fma` has
 * numpy's bits on current processors. Four normals of 8·10^8 differ, in the last bit.
 *
 * Arrays come filled in numpy's order (row-major for a shape), and drawing n values at once or one
 * by one gives the same. Methods that `fill` write into the caller's array, or a part of it, and
 * return it.
 */
import type { BitStream } from "./bit_stream.ts";
import { Pcg64 } from "./pcg64.ts";
import { type Entropy, SeedSequence } from "./seed_sequence.ts";
import type { Log1p } from "./log1p.ts";
import { fillStandardNormal } from "./standard_normal.ts";

export class Generator<Bits extends BitStream = Pcg64> {
  /** The stream of bits; to draw from it elsewhere advances this generator too. */
  readonly bits: Bits;
  readonly #one = new Float64Array(1);
  readonly #log1p: Log1p;

  constructor(bits: Bits, log1p: Log1p = "plain") {
    this.bits = bits;
    this.#log1p = log1p;
  }

  /** One draw, uniform on [0, 1), a multiple of 2^-53. */
  random(): number {
    return this.bits.nextDouble();
  }

  /** One draw from N(0, 1). */
  standardNormal(): number {
    return this.fillStandardNormal(this.#one)[0];
  }

  /** Fills with draws uniform on [0, 1). */
  fillRandom(out: Float64Array): Float64Array {
    const bits = this.bits;
    for (let i = 0; i < out.length; i++) out[i] = bits.nextDouble();
    return out;
  }

  /** Fills with draws from N(0, 1). */
  fillStandardNormal(out: Float64Array): Float64Array {
    return fillStandardNormal(this.bits, out, this.#log1p);
  }

  /**
   * `size` draws from N(mean, deviation²).
   * @throws RangeError for a negative deviation
   */
  normal(mean: number, deviation: number, size: number): Float64Array {
    if (!(deviation >= 0)) {
      throw new RangeError(`normal: expected a deviation of 0 or more, found ${deviation}`);
    }
    const out = this.fillStandardNormal(new Float64Array(size));
    for (let i = 0; i < size; i++) out[i] = mean + deviation * out[i];
    return out;
  }

  /**
   * `size` draws uniform on [low, high).
   * @throws RangeError where high - low is not finite
   */
  uniform(low: number, high: number, size: number): Float64Array {
    const range = high - low;
    if (!Number.isFinite(range)) {
      throw new RangeError(`uniform: expected finite bounds, found ${low} and ${high}`);
    }
    const out = this.fillRandom(new Float64Array(size));
    for (let i = 0; i < size; i++) out[i] = low + range * out[i];
    return out;
  }

  /**
   * `size` draws uniform on the integers low ≤ value < high, as numpy draws them for int64: below
   * 2^32 values from halves of outputs, beyond from whole ones, by Lemire's method
   * (https://arxiv.org/abs/1805.10941).
   * @throws RangeError unless the bounds are safe integers, low < high, and so is their difference
   */
  integers(low: number, high: number, size: number): Float64Array {
    const count = high - low;
    if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || !(count > 0)) {
      throw new RangeError(`integers: expected integers low < high, found ${low} and ${high}`);
    }
    if (!Number.isSafeInteger(count)) {
      throw new RangeError(
        `integers: expected high - low of at most ${Number.MAX_SAFE_INTEGER}, found ${count}`,
      );
    }
    const out = new Float64Array(size);
    if (count === 1) return out.fill(low);
    const below = count < 2 ** 32
      ? below32
      : count === 2 ** 32
      ? (bits: BitStream) => bits.next32()
      : below64;
    for (let i = 0; i < size; i++) out[i] = low + below(this.bits, count);
    return out;
  }

  /**
   * The integers 0 ≤ value < n in random order: Fisher and Yates' shuffle from the end, its indices
   * by masked rejection.
   * @throws RangeError unless n is an integer of 0 to 2^32
   */
  permutation(n: number): Uint32Array {
    if (!Number.isInteger(n) || n < 0 || n > 2 ** 32) {
      throw new RangeError(`permutation: expected a length of 0 to 2^32, found ${n}`);
    }
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const mask = -1 >>> Math.clz32(i);
      let j: number;
      do j = (this.bits.next32() & mask) >>> 0; while (j > i);
      const kept = order[j];
      order[j] = order[i];
      order[i] = kept;
    }
    return order;
  }
}

/** Uniform on 0 ≤ value < count from halves of outputs, for 2 ≤ count < 2^32. */
function below32(bits: BitStream, count: number): number {
  for (;;) {
    const half = bits.next32();
    // The 64-bit product's words: the low one exact, the high one the quotient, exact after rounding.
    const low = Math.imul(half, count) >>> 0;
    if (low >= count || low >= (2 ** 32 - count) % count) {
      return Math.round((half * count - low) * 2 ** -32);
    }
  }
}

/** Uniform on 0 ≤ value < count from whole outputs, for 2^32 < count < 2^53. */
function below64(bits: BitStream, count: number): number {
  const wide = BigInt(count);
  const threshold = (2n ** 64n - wide) % wide;
  for (;;) {
    const product = bits.next64() * wide;
    if (BigInt.asUintN(64, product) >= threshold) return Number(product >> 64n);
  }
}

/**
 * A generator as `numpy.random.default_rng(seed)` makes it.
 * @throws RangeError for a negative or inexact seed
 */
export function defaultRng(seed: Entropy | SeedSequence, log1p: Log1p = "plain"): Generator {
  const sequence = seed instanceof SeedSequence ? seed : new SeedSequence(seed);
  return new Generator(new Pcg64(sequence), log1p);
}
