/** Declares question 3's measurements and what its claims share. */
import {
  curves,
  initialisations,
  lossGap,
  pairedPredictions,
  shownSamples,
} from "../../compare/comparison_artifacts.ts";
import {
  batchMomentsArtifact,
  deviceEvaluation,
  deviceHistory,
} from "../../networks/network_artifacts.ts";
import type { Values } from "../../../pipeline/engine/stage.ts";
import type { LongerTraining } from "../../../schemas/assignment/longer_training.ts";
import type { ReadPicture } from "../../compare/read_pictures.ts";
import longer from "../../../artifacts/reference/fifty-epochs.json" with { type: "json" };
import reported from "../../../artifacts/reference/reported-figures.json" with { type: "json" };

export { ruleOfParts } from "../rule_of_parts.ts";

/** The artifacts of question 3's jobs. */
export const measurements3 = {
  history: deviceHistory,
  evaluation: deviceEvaluation,
  curves,
  gap: lossGap,
  samples: shownSamples,
  predictions: pairedPredictions,
  initialisations,
  "default-moments": batchMomentsArtifact,
  "he-moments": batchMomentsArtifact,
  /** The course's baseline, for a control. */
  "logistic-history": deviceHistory,
};

/** The measurements, and the trainings of 50 epochs that an experiment left. */
export interface Question3 extends Values<typeof measurements3> {
  longer: readonly LongerTraining[];
  /** Pictures with the probabilities that the assignment shows. */
  pictures: readonly ReadPicture[];
}

/** Results of `deno task reproduce --experiment fifty`, kept with the command and its machine. */
export const longerTrainings: readonly LongerTraining[] = longer.trainings;

export const reportedValues = reported.question3_fashion_mnist;

/** Test of a printed or counted value, which has no uncertainty of its own. */
export const exactValue = { test: "exact: the values themselves", confidence: 1 };

/** Number of batches; the last one may be short. */
export const batchesOf = ({ samples, batchSize }: { samples: number; batchSize: number }): number =>
  Math.ceil(samples / batchSize);
