/**
 * Draws words from the Mersenne Twister MT19937 (M. Matsumoto and T. Nishimura, 1998), the bit
 * generator of PyTorch on the CPU. `pytorch.ts` turns them into PyTorch's draws.
 */
import type { GeneratorState } from "../../schemas/assignment/initialisation.ts";

type Mt19937State = Extract<GeneratorState, { bit_generator: "MT19937" }>;

const words = 624;
const shift = 397;

export class Mt19937 {
  readonly #state = new Int32Array(words);
  /** Index of the next word to give. */
  #at = words;

  /**
   * Starts from a seed, as the reference code's `init_genrand` does, or continues from a state. Only
   * a seed's low 32 bits count.
   */
  constructor(start: number | bigint | Mt19937State) {
    const state = this.#state;
    if (typeof start === "object") {
      state.set(start.state.key);
      this.#at = start.state.pos;
      return;
    }
    state[0] = Number(BigInt.asIntN(32, BigInt(start)));
    for (let i = 1; i < words; i++) {
      state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    }
  }

  /** The state between two draws, as `numpy.random.MT19937().state` has it. */
  state(): Mt19937State {
    return {
      bit_generator: "MT19937",
      state: { key: Array.from(this.#state, (word) => word >>> 0), pos: this.#at },
    };
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < words; i++) {
      const joined = (state[i] & 0x80000000) | (state[(i + 1) % words] & 0x7fffffff);
      state[i] = state[(i + shift) % words] ^ (joined >>> 1) ^ (-(joined & 1) & 0x9908b0df);
    }
    this.#at = 0;
  }

  /** The next word, 0 ≤ value < 2^32. */
  next32(): number {
    if (this.#at === words) this.#twist();
    let y = this.#state[this.#at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }
}
