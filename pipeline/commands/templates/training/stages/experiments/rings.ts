/** A small network learns to tell two rings apart. */
import type { ExperimentInput } from "fanin";

export default {
  name: "rings",
  about: "a small network learns to tell two rings apart",
  metrics: ["rings.accuracy", "rings.loss"],
  replicate: {
    jobs: ["evaluate/rings"],
    seeds: [{ job: "train/rings", parameter: "seed" }],
    bounds: { "rings.accuracy": { low: 0, high: 1 }, "rings.loss": { low: 0 } },
  },
} satisfies ExperimentInput;
