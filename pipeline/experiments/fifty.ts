/**
 * Question 3 for 50 epochs, to see whether the test loss begins to rise after 20. Where the
 * assignment has been run it goes on from its 25.
 *
 *     deno task reproduce --experiment fifty
 */
import type { ExperimentInput } from "../../schemas/experiment.ts";

export default {
  name: "fifty",
  about: "question 3 for 50 epochs",
  backends: ["webgpu", "wasm"],
  jobs: ["evaluate/fashion-mlp"],
  parameters: { "train/fashion-mlp": { epochs: 50 } },
} satisfies ExperimentInput;
