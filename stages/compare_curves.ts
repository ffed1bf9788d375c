/**
 * `compare-curves`: the curves of a training beside the document's 25 rows and the band in which one
 * new run of the same program lies. Whether the document's rows lie in it is measured here and judged
 * elsewhere; of our own run it is a finding.
 */
import { z } from "zod";
import { findings } from "../pipeline/format/metrics.ts";
import { defineStage } from "../pipeline/stage.ts";
import type { Curves } from "../schemas/parity.ts";
import reported from "../artifacts/reference/reported-figures.json" with { type: "json" };
import { curves } from "./artifacts/comparisons.ts";
import { deviceEvaluation, deviceHistory } from "./artifacts/networks.ts";
import { replicates, standardDeviation } from "./replicates/pytorch_runs.ts";

const rows = reported.question3_fashion_mnist.per_epoch;
const quantities = ["train-loss", "test-loss", "test-accuracy"] as const;
const level = 0.95;

export const compareCurves = defineStage({
  name: "compare-curves",
  module: import.meta.url,
  about: "holds a training's curves against the document's and the replicates' band",
  parameters: z.strictObject({}),
  inputs: { history: deviceHistory, evaluation: deviceEvaluation },
  outputs: { curves, findings },
  async run({ inputs: { history, evaluation } }) {
    const { qt } = await import("lib-r-math.js");
    const n = replicates.length;
    // Bonferroni over every point of every curve, so that the whole of a new run lies inside at once.
    const points = rows.length * quantities.length;
    const factor = qt(1 - (1 - level) / (2 * points), n - 1) * Math.sqrt(1 + 1 / n);
    const measured = {
      "train-loss": history.epochs.map((row) => row.trainLoss),
      "test-loss": evaluation.epochs.map((row) => row.lossOfBatches),
      "test-accuracy": evaluation.epochs.map((row) => row.correct / evaluation.samples),
    };
    const ofReplicates = {
      "train-loss": (epoch: number) => replicates.map((run) => run.epochs[epoch].train_loss),
      "test-loss": (epoch: number) => replicates.map((run) => run.epochs[epoch].test_loss),
      "test-accuracy": (epoch: number) =>
        replicates.map((run) => run.epochs[epoch].test_correct / 10_000),
    };
    const ofDocument = {
      "train-loss": (epoch: number) => rows[epoch].train_loss,
      "test-loss": (epoch: number) => rows[epoch].test_loss,
      "test-accuracy": (epoch: number) => rows[epoch].test_accuracy,
    };
    const result: Curves = {
      band: `simultaneous ${100 * level} % prediction band for one new run from ${n} runs of the ` +
        `same program: mean ± t·s·√(1 + 1/${n}), Bonferroni over ${points} points`,
      curves: quantities.map((quantity) => {
        const epochs = rows.slice(0, history.epochs.length).map((_, epoch) => {
          const values = ofReplicates[quantity](epoch);
          const mean = values.reduce((sum, value) => sum + value, 0) / n;
          const deviation = standardDeviation(values);
          return {
            epoch,
            measured: measured[quantity][epoch],
            reported: ofDocument[quantity](epoch),
            replicates: { mean, standardDeviation: deviation },
            band: { low: mean - factor * deviation, high: mean + factor * deviation },
          };
        });
        const outside = (of: "measured" | "reported") =>
          epochs.filter(({ band, ...row }) => row[of] < band.low || row[of] > band.high)
            .map(({ epoch }) => epoch);
        return {
          quantity,
          epochs,
          outside: { measured: outside("measured"), reported: outside("reported") },
        };
      }),
    };
    return {
      curves: result,
      findings: result.curves.flatMap(({ quantity, outside }) =>
        (["measured", "reported"] as const).map((of) => ({
          metric: `${quantity}.${of === "measured" ? "" : "document-"}epochs-outside-band`,
          source: "PyTorch's runs of ten seeds",
          expected: { kind: "exact" as const, value: 0 },
          measured: outside[of].length,
          agrees: outside[of].length === 0,
        }))
      ),
    };
  },
});
