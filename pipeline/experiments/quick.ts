/**
 * Every kind of job: question 4 at full size, as it takes seconds, small versions of the rest.
 *
 *     deno task reproduce --experiment quick
 */
import type { ExperimentInput } from "../../schemas/experiment.ts";

export default {
  name: "quick",
  backends: ["webgpu", "wasm"],
  about: "every kind of job, small where the full size takes long",
  parameters: {
    expressivity: {
      largestN: 1024,
      dimensions: 3,
      errors: [0.45, 0.3, 0.22],
      nearest: { dimensions: 3, points: [32, 128], sets: 24 },
    },
    "normalize/fashion-mnist": { trainLimit: 6400, testLimit: 1000 },
  },
} satisfies ExperimentInput;
