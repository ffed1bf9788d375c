/**
 * Question 3 for 50 epochs from two seeds, to see whether the test loss begins to rise after 20. Where
 * the assignment has been run, the first seed goes on from its 25. What it found is kept in
 * `artifacts/reference/fifty-epochs.json`, which the assignment's ledger reads.
 *
 *     deno task reproduce --experiment fifty
 */
import type { ExperimentInput } from "../../schemas/run/experiment.ts";

const epochs = 50;

export default {
  name: "fifty",
  about: "question 3 for 50 epochs from two seeds",
  backends: ["webgpu", "wasm"],
  jobs: ["compare/fashion-longer"],
  parameters: {
    "train/fashion-mlp": { epochs },
    "train/fashion-mlp-seed-1": { epochs },
  },
} satisfies ExperimentInput;
