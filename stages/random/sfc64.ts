/**
 * Draws bits from SFC64: three words that additions, shifts and a rotation mix, and a counter, for a
 * period of 2^64 at least (C. Doty-Humphrey, PractRand, 2014). It is seeded as numpy 1.24 does it.
 * `standard_normal_wat.ts` draws from it in WebAssembly, where a draw takes a fifth of PCG64's
 * instructions; this is the reference for that.
 */
import { BitStream } from "./bit_stream.ts";
import type { SeedSequence } from "./seed_sequence.ts";

/** Outputs that a new stream drops, so that all bits of the seed have met. */
const dropped = 12;

export class Sfc64 extends BitStream {
  /** The state a, b, c and the counter as pairs of 32-bit words, low word first. */
  readonly #state = new Int32Array(8);

  constructor(seed: SeedSequence) {
    super();
    this.#state.set(seed.generateState(6, "uint32"));
    this.#state[6] = 1;
    for (let i = 0; i < dropped; i++) this.next64();
  }

  /**
   * output ← a + b + counter; a ← b ^ b >> 11; b ← 9c; c ← c rotated left by 24, plus the output; all
   * mod 2^64. Sums of low words are exact in a double: the whole multiples of 2^32 are the carry.
   */
  refill(): void {
    const block = this.block;
    const state = this.#state;
    const scale = 2 ** -32;
    let [a0, a1, b0, b1, c0, c1, n0, n1] = state;
    for (let i = 0; i < block.length; i += 2) {
      const output = (a0 >>> 0) + (b0 >>> 0) + (n0 >>> 0);
      block[i] = output;
      block[i + 1] = a1 + b1 + n1 + (output * scale | 0);
      n0 = n0 + 1 | 0;
      if (n0 === 0) n1 = n1 + 1 | 0;
      a0 = b0 ^ (b0 >>> 11 | b1 << 21);
      a1 = b1 ^ b1 >>> 11;
      const nine = 9 * (c0 >>> 0);
      b0 = nine | 0;
      b1 = Math.imul(9, c1) + (nine * scale | 0) | 0;
      const rotated = (c0 << 24 | c1 >>> 8) >>> 0;
      const sum = rotated + block[i];
      c1 = (c1 << 24 | c0 >>> 8) + block[i + 1] + (sum * scale | 0) | 0;
      c0 = sum | 0;
    }
    state.set([a0, a1, b0, b1, c0, c1, n0, n1]);
    this.at = 0;
  }
}
