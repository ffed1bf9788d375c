/** `judge-question-4`: the claims of question 4, each verdict computed from what was measured. */
import { z } from "zod";
import { ledger } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import {
  gradientCheck,
  gradientScale,
  summationOrders,
  weightedInputs,
} from "../train/by_hand_artifacts.ts";
import { batchMomentsArtifact, evaluation } from "../networks/network_artifacts.ts";
import { ledgerOf } from "../../pipeline/claims/claim.ts";
import { controls, question4 } from "./claims_4/mod.ts";

export const judgeQuestion4 = defineStage({
  name: "judge-question-4",
  module: import.meta.url,
  about: "judges the claims of question 4 by what was measured",
  parameters: z.strictObject({}),
  inputs: {
    described: evaluation,
    listed: evaluation,
    raw: evaluation,
    "scaled-orders": summationOrders,
    "raw-orders": summationOrders,
    gradients: gradientCheck,
    "scaled-gradients": gradientScale,
    "raw-gradients": gradientScale,
    moments: batchMomentsArtifact,
    "weighted-inputs": weightedInputs,
  },
  outputs: { claims: ledger },
  names: () => ({ claims: [...question4, ...controls].map(({ id }) => id) }),
  run: ({ inputs }) => ({ claims: ledgerOf(question4, controls, inputs) }),
});
