/**
 * Runs the whole assignment at full size, the default of every command.
 *
 *     deno task reproduce
 */
import type { ExperimentInput } from "../../schemas/run/experiment.ts";
import { replicateSeeds } from "./replicate_seeds.ts";

export default {
  name: "assignment",
  backends: ["webgpu", "wasm"],
  about: "the whole assignment at full size",
  replicate: replicateSeeds(10_000),
} satisfies ExperimentInput;
