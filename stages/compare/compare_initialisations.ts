/**
 * `compare-initialisations`: compares theory's prediction for each rule's first batch with the
 * measurement, and with the losses of a short training from it.
 */
import { meanAndDeviation, normalDifference } from "../../pipeline/claims/prediction.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import type { BatchMoments } from "../../schemas/assignment/initialisation.ts";
import type { DeviceHistory } from "../../schemas/assignment/training.ts";
import { initialisationMetrics, initialisations } from "./comparison_artifacts.ts";
import { batchMomentsArtifact, deviceHistory } from "../networks/network_artifacts.ts";
import { replicates } from "./pytorch_runs.ts";

/** The rules as the DAG names them; each has two inputs. */
const compared = [
  "default",
  "lecun",
  "glorot",
  "he",
  "he-sixth",
  "he-tenth",
  "he-tenfold",
] as const;
export type Compared = typeof compared[number];

/** The confidence that two runs differ by chance no farther than that. */
const confidence = 0.999;

type Inputs =
  & Record<`${Compared}-moments`, typeof batchMomentsArtifact>
  & Record<`${Compared}-history`, typeof deviceHistory>;

export const compareInitialisations = defineStage({
  name: "compare-initialisations",
  module: import.meta.url,
  about: "compares short trainings under each initialisation with theory",
  inputs: Object.fromEntries(compared.flatMap((name) => [
    [`${name}-moments`, batchMomentsArtifact],
    [`${name}-history`, deviceHistory],
  ])) as Inputs,
  outputs: { initialisations, metrics: initialisationMetrics },
  async run({ inputs }) {
    const rows = compared.map((name) => {
      const moments: BatchMoments = inputs[`${name}-moments`];
      const history: DeviceHistory = inputs[`${name}-history`];
      const logits = moments.layers[moments.layers.length - 1];
      return {
        name,
        rule: moments.rule,
        logitSecondMoment: logits.activation,
        firstLayerGradient: moments.layers[0].gradient,
        trainLosses: history.epochs.map(({ trainLoss }) => trainLoss),
        diverged: history.diverged &&
          `epoch ${history.diverged.epoch}, batch ${history.diverged.batch}: ${history.diverged.where}`,
      };
    });
    const [byDefault, he] = [rows[0], rows[compared.indexOf("he")]];
    const losses = replicates.map(({ epochs: [first] }) => first.train_loss);
    const chance = {
      seeds: losses.length,
      standardDeviation: meanAndDeviation(losses).standardDeviation,
      confidence,
      distance: await normalDifference(losses, confidence),
    };
    const ratio = he.trainLosses[0] / byDefault.trainLosses[0];
    return {
      initialisations: { rows, chance },
      metrics: { "he-over-default.train-loss.epoch-0": ratio },
    };
  },
});
