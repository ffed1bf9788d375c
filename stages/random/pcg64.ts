/**
 * Draws bits from PCG64, the generator behind numpy's `default_rng`: a 128-bit linear congruential generator
 * whose output is folded to 64 bits and rotated (PCG XSL RR 128/64; M. E. O'Neill, "PCG: A family of
 * simple fast space-efficient statistically good algorithms for random number generation", 2014),
 * seeded and buffered as numpy 1.24 does it. `default_rng.ts` draws distributions from it.
 */
import { BitStream } from "./bit_stream.ts";
import type { GeneratorState } from "../../schemas/assignment/initialisation.ts";
import type { SeedSequence } from "./seed_sequence.ts";

const multiplier = 0x2360ed05_1fc65da4_4385df64_9fccf645n;
/** multiplier · inverse = 1 (mod 2^128). */
const inverse = 0x07dda22b_93979860_98abc8b0_716eac8dn;
// The same in 32-bit limbs, lowest first.
const m0 = 0x9fccf645;
const m1 = 0x4385df64;
const m2 = 0x1fc65da4;
const m3 = 0x2360ed05;

const limbs = (value: bigint): Int32Array =>
  Int32Array.from({ length: 4 }, (_, i) => Number(BigInt.asIntN(32, value >> BigInt(32 * i))));

const fromLimbs = (limbs: Int32Array): bigint =>
  limbs.reduceRight((value, limb) => value << 32n | BigInt(limb >>> 0), 0n);

export class Pcg64 extends BitStream {
  /** The state of the last output in `block`, in 32-bit limbs, lowest first. */
  readonly #state: Int32Array;
  readonly #increment: Int32Array;

  constructor(seed: SeedSequence) {
    super();
    const [stateHigh, stateLow, streamHigh, streamLow] = seed.generateState(4, "uint64");
    const increment = (streamHigh << 64n | streamLow) << 1n | 1n;
    const start = stateHigh << 64n | stateLow;
    this.#increment = limbs(increment);
    this.#state = limbs((start + increment) * multiplier + increment);
  }

  /** The state between two draws, as `numpy.random.PCG64().state` has it; integers in decimal. */
  state(): Extract<GeneratorState, { bit_generator: "PCG64" }> {
    const increment = fromLimbs(this.#increment);
    let state = fromLimbs(this.#state);
    // The block is made ahead: step back over the outputs that nobody has drawn.
    for (let unread = (this.block.length - this.at) / 2; unread > 0; unread--) {
      state = BigInt.asUintN(128, (state - increment) * inverse);
    }
    return {
      bit_generator: "PCG64",
      state: { state: String(state), inc: String(increment) },
      has_uint32: this.half < 0 ? 0 : 1,
      uinteger: Math.max(0, this.half),
    };
  }

  /**
   * state ← state · multiplier + increment (mod 2^128), in base 2^32. The low word of each limb's
   * column comes from `Math.imul`, exactly. The carry into the next is the column's sum less that
   * word, over 2^32, an integer. The column's sum (`t0`, `t1`, `t2`, in units of 2^32 and below
   * 2^34) is only known as a double, but to about 2^-18: with a half added, truncation gives the
   * carry. For the same reason `t1` and `t2` may take up the fraction of the column before.
   */
  refill(): void {
    const block = this.block;
    const state = this.#state;
    const increment = this.#increment;
    const scale = 2 ** -32;
    const c0 = increment[0], c1 = increment[1], c2 = increment[2], c3 = increment[3];
    const f0 = (c0 >>> 0) * scale + 0.5;
    const f1 = (c1 >>> 0) * scale + 0.5;
    const f2 = (c2 >>> 0) * scale + 0.5;
    let s0 = state[0], s1 = state[1], s2 = state[2], s3 = state[3];
    // The limbs as fractions of 2^32.
    let e0 = (s0 >>> 0) * scale, e1 = (s1 >>> 0) * scale, e2 = (s2 >>> 0) * scale;
    for (let i = 0; i < block.length; i += 2) {
      const t0 = e0 * m0 + f0;
      const t1 = e1 * m0 + e0 * m1 + f1 + t0 * scale;
      const t2 = e2 * m0 + e1 * m1 + e0 * m2 + f2 + t1 * scale;
      const n0 = Math.imul(s0, m0) + c0 | 0;
      e0 = (n0 >>> 0) * scale;
      const n1 = Math.imul(s1, m0) + Math.imul(s0, m1) + c1 + (t0 - e0 | 0) | 0;
      e1 = (n1 >>> 0) * scale;
      const n2 = Math.imul(s2, m0) + Math.imul(s1, m1) + Math.imul(s0, m2) + c2 + (t1 - e1 | 0) | 0;
      e2 = (n2 >>> 0) * scale;
      s3 = Math.imul(s3, m0) + Math.imul(s2, m1) + Math.imul(s1, m2) + Math.imul(s0, m3) +
          c3 + (t2 - e2 | 0) | 0;
      s0 = n0;
      s1 = n1;
      s2 = n2;

      const high = s3 ^ s1;
      const low = s2 ^ s0;
      const rotation = s3 >>> 26;
      // A rotation by 32 or more swaps the halves first; JavaScript's shifts use its low five bits.
      const swap = (high ^ low) & -(rotation >>> 5);
      const a = high ^ swap;
      const b = low ^ swap;
      block[i] = (b >>> rotation) | ((a << 1) << ~rotation);
      block[i + 1] = (a >>> rotation) | ((b << 1) << ~rotation);
    }
    state[0] = s0;
    state[1] = s1;
    state[2] = s2;
    state[3] = s3;
    this.at = 0;
  }
}
