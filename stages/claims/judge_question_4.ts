/** `judge-question-4`: judges the claims of question 4. */
import {
  deltaOperations,
  gradientCheck,
  gradientScale,
  sigmoidForms,
  summationOrders,
  untrained,
  weightedInputs,
} from "../train/by_hand_artifacts.ts";
import {
  batchMomentsArtifact,
  evaluation,
  initialisationReport,
} from "../networks/network_artifacts.ts";
import { controls, type Question4, question4 } from "./claims_4/mod.ts";
import { judgeStage } from "./judge_stage.ts";

export const judgeQuestion4 = judgeStage({
  name: "judge-question-4",
  module: import.meta.url,
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
    untrained,
    operations: deltaOperations,
    forms: sigmoidForms,
    "described-weights": initialisationReport,
    "listed-weights": initialisationReport,
    "widening-weights": initialisationReport,
  },
  questions: "question 4",
  claims: question4,
  controls,
  measurements: (inputs): Question4 => inputs,
});
