/** `new-stage`: gives the squares of the first numbers. */
import { defineStage, json, metrics } from "fanin";
import { z } from "zod";

/** The stage's output. A type that other stages take belongs in a file of its own. */
export const squares = json("new-stage", z.array(z.int()));

export const newStage = defineStage({
  name: "new-stage",
  module: import.meta.url,
  about: "squares numbers",
  parameters: z.strictObject({ count: z.int().positive().default(10) }),
  outputs: { squares, metrics },
  run({ parameters: { count } }) {
    const values = Array.from({ length: count }, (_, i) => (i + 1) ** 2);
    return { squares: values, metrics: { sum: values.reduce((a, b) => a + b) } };
  },
});
