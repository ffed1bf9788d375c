/**
 * Question 3 from all ten seeds of which there are PyTorch's runs, each held against its own.
 *
 *     deno task reproduce --experiment parity
 */
import type { ExperimentInput } from "../../schemas/run/experiment.ts";

const otherSeeds = [1, 2, 3, 4, 5, 6, 7, 8, 9];

export default {
  name: "parity",
  backends: ["webgpu", "wasm"],
  about: "question 3 from ten seeds, each beside PyTorch's run of the same seed",
  jobs: ["parity/fashion-mlp", ...otherSeeds.map((seed) => `parity/fashion-mlp-seed-${seed}`)],
} satisfies ExperimentInput;
