/**
 * Runs the whole assignment at full size, the default of every command.
 *
 *     deno task reproduce
 */
import type { ExperimentInput } from "../../schemas/run/experiment.ts";
import { mainMetricsOfQuestions } from "./main_metrics_of_questions.ts";
import { replicateSeeds } from "./replicate_seeds.ts";

export default {
  name: "assignment",
  backends: ["webgpu", "wasm"],
  about: "Deep Learning assignment 1, Spring 2025: all four questions at full size",
  metrics: mainMetricsOfQuestions,
  replicate: replicateSeeds(10_000),
} satisfies ExperimentInput;
