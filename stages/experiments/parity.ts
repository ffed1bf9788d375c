/**
 * Trains question 3 from ten seeds that PyTorch was run with, and compares each with its own run.
 *
 *     deno task reproduce --experiment parity
 */
import type { ExperimentInput } from "../../schemas/run/experiment.ts";

export const paritySeeds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

export default {
  name: "parity",
  backends: ["webgpu", "wasm"],
  about: "question 3 from ten seeds, each compared with PyTorch's run",
  jobs: paritySeeds.map((seed) => `parity/fashion-mlp${seed === 0 ? "" : `-seed-${seed}`}`),
  metrics: ["fashion-mlp.test-accuracy", "fashion-mlp.pytorch.test-correct-distance"],
} satisfies ExperimentInput;
