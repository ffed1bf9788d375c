/** `judge-claims`: the claims of questions 1 and 2, each verdict computed from what was measured. */
import { z } from "zod";
import { ledger } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import {
  approximationErrors,
  dimensions,
  exactness,
  nearestNeighbourDistances,
} from "../expressivity/expressivity_artifacts.ts";
import { activationTheory, depthTheory, layerTheory } from "../init_check/theory_artifacts.ts";
import { ledgerOf } from "../../pipeline/claims/claim.ts";
import { type Question1, question1 } from "./claims_1.ts";
import { controls, type Question2, question2 } from "./claims_2/mod.ts";

export const judgeClaims = defineStage({
  name: "judge-claims",
  module: import.meta.url,
  about: "judges the claims of questions 1 and 2 by what was measured",
  parameters: z.strictObject({}),
  inputs: {
    exactness,
    errors: approximationErrors,
    dimensions,
    distances: nearestNeighbourDistances,
    forward: layerTheory,
    backward: layerTheory,
    depth: depthTheory,
    activations: activationTheory,
  },
  outputs: { claims: ledger },
  names: () => ({ claims: [...question1, ...question2, ...controls].map(({ id }) => id) }),
  machine: ["arch", "v8"],
  run: ({ inputs }) => ({
    claims: ledgerOf<Question1 & Question2>([...question1, ...question2], controls, inputs),
  }),
});
