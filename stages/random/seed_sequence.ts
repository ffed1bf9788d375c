/**
 * Mixes a seed of any size into words for a bit generator's state, as numpy's `SeedSequence` does, and
 * spawns a tree of children whose streams are independent for practical purposes.
 * The mixing is Melissa O'Neill's `seed_seq` (https://www.pcg-random.org/posts/developing-a-seed_seq-alternative.html)
 * as in numpy/random/bit_generator.pyx of numpy 1.24. A seed is always given, and the pool has 128 bits.
 */

/** A seed: a non-negative integer of any size, or a sequence of them. */
export type Entropy = number | bigint | readonly (number | bigint)[];

/** Words of the entropy pool; numpy's default. */
const poolSize = 4;

const initialA = 0x43b0d7e5;
const multiplierA = 0x931e8875;
const initialB = 0x8b51f9dd;
const multiplierB = 0x58f38ded;
const mixLeft = 0xca01f9dd;
const mixRight = 0x4973f715;

/** An integer as 32-bit words, lowest first; 0 is one word. */
function integerWords(value: number | bigint): number[] {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new RangeError(
      `seed: expected an integer of at most ${Number.MAX_SAFE_INTEGER}, found ${value}; ` +
        "pass a larger one as a bigint",
    );
  }
  let rest = BigInt(value);
  if (rest < 0n) throw new RangeError(`seed: expected a non-negative integer, found ${value}`);
  const words = [];
  do {
    words.push(Number(rest & 0xffffffffn));
    rest >>= 32n;
  } while (rest > 0n);
  return words;
}

const entropyWords = (entropy: Entropy): number[] =>
  typeof entropy === "object" ? entropy.flatMap(integerWords) : integerWords(entropy);

/** The hash of one word after another; its multiplier changes with every word. */
function hashing(): (word: number) => number {
  let multiplier = initialA;
  return (word) => {
    const xored = word ^ multiplier;
    multiplier = Math.imul(multiplier, multiplierA);
    const product = Math.imul(xored, multiplier);
    return product ^ (product >>> 16);
  };
}

function mix(x: number, y: number): number {
  const difference = Math.imul(mixLeft, x) - Math.imul(mixRight, y) | 0;
  return difference ^ (difference >>> 16);
}

function mixedPool(entropy: readonly number[]): Uint32Array {
  const hash = hashing();
  const pool = Uint32Array.from({ length: poolSize }, (_, i) => hash(entropy[i] ?? 0));
  for (let from = 0; from < poolSize; from++) {
    for (let to = 0; to < poolSize; to++) {
      if (from !== to) pool[to] = mix(pool[to], hash(pool[from]));
    }
  }
  for (const word of entropy.slice(poolSize)) {
    for (let to = 0; to < poolSize; to++) pool[to] = mix(pool[to], hash(word));
  }
  return pool;
}

/**
 * A node in the tree of seeds.
 * @throws RangeError for a negative or inexact integer in the entropy
 */
export class SeedSequence {
  readonly entropy: Entropy;
  /** The path from the root: which child, of which child, … */
  readonly spawnKey: readonly number[];
  #children = 0;
  readonly #pool: Uint32Array;

  constructor(entropy: Entropy, spawnKey: readonly number[] = []) {
    this.entropy = entropy;
    this.spawnKey = spawnKey;
    const words = entropyWords(entropy);
    // Without the zeros a short seed's child would equal a longer seed's root (numpy issue 16539).
    if (spawnKey.length > 0) { while (words.length < poolSize) words.push(0); }
    this.#pool = mixedPool([...words, ...spawnKey.flatMap(integerWords)]);
  }

  /** `count` words for a generator's state; the same at every call. */
  generateState(count: number, type: "uint32"): Uint32Array;
  generateState(count: number, type: "uint64"): BigUint64Array;
  generateState(count: number, type: "uint32" | "uint64"): Uint32Array | BigUint64Array {
    if (type === "uint64") {
      const halves = this.generateState(2 * count, "uint32");
      return BigUint64Array.from(
        { length: count },
        (_, i) => BigInt(halves[2 * i + 1]) << 32n | BigInt(halves[2 * i]),
      );
    }
    let multiplier = initialB;
    return Uint32Array.from({ length: count }, (_, i) => {
      const xored = this.#pool[i % poolSize] ^ multiplier;
      multiplier = Math.imul(multiplier, multiplierB);
      const product = Math.imul(xored, multiplier);
      return product ^ (product >>> 16);
    });
  }

  /**
   * The next `count` children; a later call continues where this one ends.
   * @throws RangeError unless count is a non-negative integer
   */
  spawn(count: number): SeedSequence[] {
    if (!Number.isInteger(count) || count < 0) {
      throw new RangeError(`spawn: expected a number of children of 0 or more, found ${count}`);
    }
    const first = this.#children;
    this.#children += count;
    return Array.from(
      { length: count },
      (_, i) => new SeedSequence(this.entropy, [...this.spawnKey, first + i]),
    );
  }
}
