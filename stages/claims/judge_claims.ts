/** `judge-claims`: judges the claims of questions 1 and 2. */
import {
  approximationErrors,
  dimensions,
  distanceContrasts,
  exactness,
  nearestNeighbourDistances,
} from "../expressivity/expressivity_artifacts.ts";
import {
  activationTheory,
  assumptions,
  depthTheory,
  layerTheory,
} from "../init_check/theory_artifacts.ts";
import { type Question1, question1 } from "./claims_1.ts";
import { controls, type Question2, question2 } from "./claims_2/mod.ts";
import { judgeStage } from "./judge_stage.ts";

export const judgeClaims = judgeStage({
  name: "judge-claims",
  module: import.meta.url,
  inputs: {
    exactness,
    errors: approximationErrors,
    dimensions,
    distances: nearestNeighbourDistances,
    contrasts: distanceContrasts,
    forward: layerTheory,
    backward: layerTheory,
    depth: depthTheory,
    activations: activationTheory,
    assumptions,
  },
  questions: "questions 1 and 2",
  claims: [...question1, ...question2],
  controls,
  measurements: (inputs): Question1 & Question2 => inputs,
});
