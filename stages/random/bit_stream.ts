/**
 * Reads the outputs of a bit generator, 64 bits each, as numpy's distributions read them. A generator
 * makes outputs a block at a time, so that its arithmetic stays in one loop without calls, and readers
 * that draw in bulk read the block themselves.
 */

const blockOutputs = 256;

export abstract class BitStream {
  /** Raw outputs in order, each as two words, low word first. Words before `at` are spent. */
  readonly block = new Uint32Array(2 * blockOutputs);
  /** Index into `block` of the next output's low word; always even. */
  at = 2 * blockOutputs;
  /** The high half of an output of which `next32` has given the low half; -1 when there is none. */
  protected half = -1;

  /** Makes the next block and sets `at` to its start. */
  abstract refill(): void;

  /** The next output, 0 ≤ value < 2^64. Slow: for checks and for ranges beyond 32 bits. */
  next64(): bigint {
    if (this.at === this.block.length) this.refill();
    const low = this.block[this.at++];
    const high = this.block[this.at++];
    return BigInt(high) << 32n | BigInt(low);
  }

  /**
   * Half of an output, 0 ≤ value < 2^32: the low half, then at the next call the high half, however
   * many whole outputs are drawn between the two.
   */
  next32(): number {
    const kept = this.half;
    if (kept >= 0) {
      this.half = -1;
      return kept;
    }
    if (this.at === this.block.length) this.refill();
    const low = this.block[this.at++];
    this.half = this.block[this.at++];
    return low;
  }

  /** Uniform on [0, 1): the next output's upper 53 bits, times 2^-53. */
  nextDouble(): number {
    if (this.at === this.block.length) this.refill();
    const low = this.block[this.at++];
    const high = this.block[this.at++];
    return (high * 2 ** 21 + (low >>> 11)) * 2 ** -53;
  }
}
