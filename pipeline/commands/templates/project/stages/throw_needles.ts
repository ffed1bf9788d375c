/** `throw-needles`: throws needles on ruled paper and counts those that cross a line. */
import { defineStage } from "fanin";
import { z } from "zod";
import { throws } from "./throws.ts";

export const throwNeedles = defineStage({
  name: "throw-needles",
  module: import.meta.url,
  about: "throws needles and counts those that cross a line",
  parameters: z.strictObject({
    seed: z.int().nonnegative().default(1),
    series: z.int().min(2).default(100),
    needles: z.int().positive().default(3408),
    length: z.number().gt(0).max(1).default(5 / 6),
  }),
  outputs: { throws },
  run({ parameters: { seed, series, needles, length } }) {
    const random = uniform(seed);
    const thrown = () => {
      let crossed = 0;
      for (let i = 0; i < needles; i++) if (crosses(random, length)) crossed++;
      return crossed;
    };
    return { throws: { length, needles, crossings: Array.from({ length: series }, thrown) } };
  },
});

/** True if a needle crosses. It points where a random point of the disc lies, so no π is needed. */
function crosses(random: () => number, length: number): boolean {
  const [x, y] = [random(), random()];
  const square = x * x + y * y;
  if (square > 1 || square === 0) return crosses(random, length);
  return random() < length * y / Math.sqrt(square);
}

/** Numbers in [0, 1) from a seed: mulberry32. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
