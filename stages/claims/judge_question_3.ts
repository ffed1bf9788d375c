/** `judge-question-3`: the claims of question 3, each verdict computed from what was measured. */
import { z } from "zod";
import { ledger } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import { curves, initialisations, lossGap, shownSamples } from "../compare/comparison_artifacts.ts";
import {
  batchMomentsArtifact,
  deviceEvaluation,
  deviceHistory,
} from "../networks/network_artifacts.ts";
import { ledgerOf } from "../../pipeline/claims/claim.ts";
import { controls, longerTrainings, question3 } from "./claims_3/mod.ts";
import { readPictures } from "../compare/read_pictures.ts";

export const judgeQuestion3 = defineStage({
  name: "judge-question-3",
  module: import.meta.url,
  about: "judges the claims of question 3 by what was measured",
  parameters: z.strictObject({}),
  inputs: {
    history: deviceHistory,
    evaluation: deviceEvaluation,
    curves,
    gap: lossGap,
    samples: shownSamples,
    initialisations,
    "default-moments": batchMomentsArtifact,
    "he-moments": batchMomentsArtifact,
    "logistic-history": deviceHistory,
  },
  outputs: { claims: ledger },
  names: () => ({ claims: [...question3, ...controls].map(({ id }) => id) }),
  run: ({ inputs }) => ({
    claims: ledgerOf(question3, controls, {
      ...inputs,
      longer: longerTrainings,
      pictures: readPictures,
    }),
  }),
});
