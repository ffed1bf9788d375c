/** Two stages that do next to nothing, so that what is measured is the engine. */
import { z } from "zod";
import { json } from "../../../pipeline/formats/json.ts";
import { defineStage } from "../../../pipeline/engine/stage.ts";

const number = json("number", z.strictObject({ value: z.number() }));

export const seed = defineStage({
  name: "seed",
  module: import.meta.url,
  about: "gives the first number",
  parameters: z.strictObject({ value: z.number().default(1) }),
  outputs: { number },
  run: ({ parameters }) => ({ number: { value: parameters.value } }),
});

export const step = defineStage({
  name: "step",
  module: import.meta.url,
  about: "adds to a number",
  parameters: z.strictObject({ add: z.number() }),
  inputs: { number },
  outputs: { number },
  run: ({ parameters, inputs }) => ({ number: { value: inputs.number.value + parameters.add } }),
});
