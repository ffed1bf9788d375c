/** `judge-claims`: judges the claims of questions 1 and 2. */
import { measurements1, type Question1, question1 } from "./claims_1.ts";
import { controls, type Question2, question2 } from "./claims_2/mod.ts";
import { measurements2 } from "./claims_2/measured_2.ts";
import { judgeStage } from "./judge_stage.ts";

export const judgeClaims = judgeStage({
  name: "judge-claims",
  module: import.meta.url,
  inputs: { ...measurements1, ...measurements2 },
  questions: "questions 1 and 2",
  claims: [...question1, ...question2],
  controls,
  measurements: (inputs): Question1 & Question2 => inputs,
});
