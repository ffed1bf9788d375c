/**
 * `judge-claims`: the ledger of claims, each verdict computed from what was measured. Of questions 1
 * and 2 so far. A control of the method that misbehaves fails the job: its verdicts could not be
 * believed.
 */
import { z } from "zod";
import { findings } from "../pipeline/format/metrics.ts";
import { defineStage } from "../pipeline/stage.ts";
import {
  approximationErrors,
  dimensions,
  exactness,
  nearestNeighbourDistances,
} from "./artifacts/expressivity.ts";
import { ledger } from "./artifacts/ledger.ts";
import { activationTheory, depthTheory, layerTheory } from "./artifacts/theory.ts";
import { judge, judgeControl } from "./claims/claim.ts";
import { question1 } from "./claims/question_1.ts";
import { controls, question2 } from "./claims/question_2.ts";

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
  outputs: { claims: ledger, findings },
  machine: ["arch", "v8"],
  run({ inputs }) {
    const judgedControls = controls.map((control) => judgeControl(control, inputs));
    const misbehaved = judgedControls.filter((control) => !control.behaved);
    if (misbehaved.length > 0) {
      throw new Error(
        "expected every control of the method to come out as it must, found " +
          misbehaved.map(({ id, kind, part }) =>
            `${id}, which ${kind === "negative" ? "must fail and" : "must hold and"} came out as ` +
            `"${part.outcome}"`
          ).join("; ") +
          ". No verdict of this run can be believed: look for what was changed in stages/initialisation",
      );
    }
    const claims = [
      ...question1.map((claim) => judge(claim, inputs)),
      ...question2.map((claim) => judge(claim, inputs)),
    ];
    const undecided = claims.filter(({ verdict }) => verdict === "undecided").length;
    return {
      claims: { claims, controls: judgedControls },
      findings: [{
        metric: "undecided",
        source: "every claim is to be decided",
        expected: { kind: "exact" as const, value: 0 },
        measured: undecided,
        agrees: undecided === 0,
      }],
    };
  },
});
