/**
 * Every kind of job: questions 1 and 4 nearly at full size, as they take seconds, question 2
 * with the widest bands in which its rules can be told apart, question 3 on a
 * tenth of its data, where comparing with PyTorch's runs on all of them would say nothing.
 *
 *     deno task reproduce --experiment quick
 */
import type { ExperimentInput } from "../../schemas/run/experiment.ts";
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
  replicate: replicateSeeds(1_000),
} satisfies ExperimentInput;
