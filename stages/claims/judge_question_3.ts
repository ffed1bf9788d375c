/** `judge-question-3`: judges the claims of question 3. */
import {
  curves,
  initialisations,
  lossGap,
  pairedPredictions,
  shownSamples,
} from "../compare/comparison_artifacts.ts";
import {
  batchMomentsArtifact,
  deviceEvaluation,
  deviceHistory,
} from "../networks/network_artifacts.ts";
import { controls, longerTrainings, type Question3, question3 } from "./claims_3/mod.ts";
import { judgeStage } from "./judge_stage.ts";
import { readPictures } from "../compare/read_pictures.ts";

export const judgeQuestion3 = judgeStage({
  name: "judge-question-3",
  module: import.meta.url,
  inputs: {
    history: deviceHistory,
    evaluation: deviceEvaluation,
    curves,
    gap: lossGap,
    samples: shownSamples,
    predictions: pairedPredictions,
    initialisations,
    "default-moments": batchMomentsArtifact,
    "he-moments": batchMomentsArtifact,
    "logistic-history": deviceHistory,
  },
  questions: "question 3",
  claims: question3,
  controls,
  measurements: (inputs): Question3 => ({
    ...inputs,
    longer: longerTrainings,
    pictures: readPictures,
  }),
});
