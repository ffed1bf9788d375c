/** A line through points, fitted by a program in Python. */
import type { ExperimentInput } from "fanin";

export default {
  name: "line",
  about: "a line through points, fitted by a program",
  metrics: ["line.slope", "line.intercept", "line.loss"],
} satisfies ExperimentInput;
