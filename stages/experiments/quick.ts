/**
 * Runs every kind of job in minutes. Questions 1 and 4 are nearly at full size. Question 2 has the
 * widest equivalence margins that tell its rules apart. Question 3 has a tenth of its data, too little
 * for a comparison with PyTorch's runs.
 *
 *     deno task reproduce --experiment quick
 */
import type { ExperimentInput } from "../../schemas/run/experiment.ts";
import { mainMetricsOfQuestions } from "./main_metrics_of_questions.ts";
import { replicateSeeds } from "./replicate_seeds.ts";

const short = { epochs: 2 };

export default {
  name: "quick",
  backends: ["webgpu", "wasm"],
  about: "every kind of job, small where the full size takes long",
  jobs: [
    "claims/theory",
    "claims/mnist",
    "visualize/question-1",
    "visualize/question-2",
    "visualize/question-3",
    "visualize/question-3-initialisations",
    "visualize/question-4",
  ],
  parameters: {
    expressivity: {
      largestN: 1024,
      dimensions: 3,
      errors: [0.45, 0.3, 0.22],
      nearest: { dimensions: 3, points: [32, 128], sets: 24 },
    },
    "init-check/theory-design": { epsilon: 0.18, depth: 10 },
    "normalize/fashion-mnist": { trainLimit: 6400, testLimit: 1000 },
    "train/fashion-mlp": short,
    "train/fashion-logistic": short,
    "train/fashion-default": short,
    "train/fashion-lecun": short,
    "train/fashion-glorot": short,
    "train/fashion-he": short,
    "train/fashion-he-sixth": short,
    "train/fashion-he-tenth": short,
    "train/fashion-he-tenfold": short,
  },
  metrics: mainMetricsOfQuestions,
  replicate: replicateSeeds(1_000),
} satisfies ExperimentInput;
