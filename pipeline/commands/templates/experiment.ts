/**
 * Every job of the DAG, each with the parameters that it has there.
 *
 *     deno task reproduce --experiment new-experiment
 */
import type { ExperimentInput } from "fanin";

export default {
  name: "new-experiment",
  about: "every job of the DAG",
  parameters: {},
} satisfies ExperimentInput;
