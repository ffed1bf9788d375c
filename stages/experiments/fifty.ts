/**
 * Trains question 3 for 50 epochs from two seeds, to see whether the test loss rises after 20. After a
 * run of the assignment the first seed continues from its 25. Claims read the result from
 * `artifacts/reference/fifty-epochs.json`.
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
  metrics: ["fashion-mlp.test-loss.epoch-*", "fashion-mlp-seed-1.test-loss.epoch-*"],
  parameters: {
    "train/fashion-mlp": { epochs },
    "train/fashion-mlp-seed-1": { epochs },
  },
} satisfies ExperimentInput;
