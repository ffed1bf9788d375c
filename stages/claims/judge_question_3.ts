/** `judge-question-3`: judges the claims of question 3. */
import { controls, longerTrainings, type Question3, question3 } from "./claims_3/mod.ts";
import { measurements3 } from "./claims_3/measured_3.ts";
import { judgeStage } from "./judge_stage.ts";
import { readPictures } from "../compare/read_pictures.ts";

export const judgeQuestion3 = judgeStage({
  name: "judge-question-3",
  module: import.meta.url,
  inputs: measurements3,
  questions: "question 3",
  claims: question3,
  controls,
  measurements: (inputs): Question3 => ({
    ...inputs,
    longer: longerTrainings,
    pictures: readPictures,
  }),
});
