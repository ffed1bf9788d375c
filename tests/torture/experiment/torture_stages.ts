/**
 * Stages for the torture: what they compute is of no interest, but for that it is always the same, takes
 * milliseconds, and comes in many blobs, some of them large enough to be cut off half-way.
 */
import { z } from "zod";
import { bytes } from "../../../pipeline/formats/bytes.ts";
import { json } from "../../../pipeline/formats/json.ts";
import { metrics } from "../../../pipeline/formats/metrics.ts";
import { defineStage } from "../../../pipeline/engine/stage.ts";

const block = bytes("block", { mediaType: "application/octet-stream", extension: ".bin" });
const state = json("state", z.strictObject({ value: z.number() }));

/** Pseudo-random bytes (xorshift32), so that no part of a blob looks like another. */
function noise(seed: number, length: number): Uint8Array {
  const words = new Uint32Array(length / 4);
  for (let i = 0, x = seed; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  return new Uint8Array(words.buffer);
}

export const source = defineStage({
  name: "source",
  module: import.meta.url,
  about: "gives bytes",
  parameters: z.strictObject({ seed: z.int().positive(), length: z.int().positive() }),
  outputs: { block },
  run: ({ parameters: { seed, length } }) => ({ block: noise(seed, length) }),
});

export const mix = defineStage({
  name: "mix",
  module: import.meta.url,
  about: "adds bytes to bytes",
  parameters: z.strictObject({ add: z.int() }),
  inputs: { one: block, other: block },
  outputs: { block, reversed: block },
  run({ parameters: { add }, inputs: { one, other } }) {
    const block = one.map((byte, i) => byte + other[i % other.length] + add);
    return { block, reversed: block.toReversed() };
  },
});

/** Says which steps it computes, and which are stored, so that a step computed twice shows. */
export const steps = defineStage({
  name: "steps",
  module: import.meta.url,
  about: "works in steps, each with a checkpoint",
  parameters: z.strictObject({ steps: z.int().positive() }),
  inputs: { block },
  outputs: { state },
  steps: { parameter: "steps", state },
  async run({ parameters, inputs: { block }, effects }) {
    let value = 0;
    for (let step = 1; step <= parameters.steps; step++) {
      const stored = await effects.checkpoints.read(step);
      if (stored !== undefined) {
        value = stored.value;
        continue;
      }
      effects.notice(`computes step ${step}`);
      for (const byte of block) value = (value * 31 + byte + step) % 1_000_003;
      await effects.checkpoints.save(step, { value });
      effects.notice(`stored step ${step}`);
      await effects.delay(1);
    }
    return { state: { value } };
  },
});

export const count = defineStage({
  name: "count",
  module: import.meta.url,
  about: "makes a metric of bytes and a state",
  inputs: { block, state },
  outputs: { metrics },
  run: ({ inputs: { block, state } }) => ({
    metrics: { sum: block.reduce((sum, byte) => sum + byte, 0), value: state.value },
  }),
});
