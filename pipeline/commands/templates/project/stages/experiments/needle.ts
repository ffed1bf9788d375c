/** Buffon's needle as Lazzarini threw it in 1901, 500 times over. */
import type { ExperimentInput } from "fanin";

export default {
  name: "needle",
  about: "Buffon's needle, as Lazzarini threw it",
  parameters: { "throw/lazzarini": { series: 500 } },
  metrics: ["lazzarini.pi"],
  replicate: {
    jobs: ["judge/lazzarini"],
    seeds: [{ job: "throw/lazzarini", parameter: "seed" }],
  },
} satisfies ExperimentInput;
