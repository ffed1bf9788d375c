/**
 * Tests the claims of question 3: the verdicts of the measured values, and for each claim a perturbation
 * of its premise that changes its verdict and no other's.
 */
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Effects } from "../../../pipeline/engine/effects.ts";
import type { Verdict } from "../../../schemas/run/claim_verdict.ts";
import { LongerTraining } from "../../../schemas/assignment/longer_training.ts";
import { judge, ledgerOf } from "../../../pipeline/claims/claim.ts";
import {
  controls,
  longerTrainings,
  type Question3,
  question3,
} from "../../../stages/claims/claims_3/mod.ts";
import { question1 } from "../../../stages/claims/claims_1.ts";
import { question2 } from "../../../stages/claims/claims_2/mod.ts";
import { question4 } from "../../../stages/claims/claims_4/mod.ts";
import { compareCurves } from "../../../stages/compare/compare_curves.ts";
import { compareLonger, longerTraining } from "../../../stages/compare/compare_longer.ts";
import { calibrationAbout, compareModels } from "../../../stages/compare/compare_predictions.ts";
import { distributions } from "../../../pipeline/claims/distributions.ts";
import { compareSamples } from "../../../stages/compare/compare_samples.ts";
import { dag } from "../../../stages/mod.ts";
import { readPictures } from "../../../stages/compare/read_pictures.ts";
import { replicates } from "../../../stages/compare/pytorch_runs.ts";
import reported from "../../../artifacts/reference/reported-figures.json" with { type: "json" };
import { goldenFile } from "../../support/checkout.ts";
import { type Perturbed, testPerturbed } from "./perturbed.ts";
import { verdictsOf } from "./verdicts_of.ts";

const effects = {} as Effects;
const { last_test_batch: shown, per_epoch: rows } = reported.question3_fashion_mnist;

/** PyTorch's run of a seed, as a training and an evaluation of ours would have it. */
function trained(seed: number) {
  const { epochs } = replicates.find((run) => run.seed === seed)!;
  const history: Question3["history"] = {
    samples: 60_000,
    batchSize: 64,
    firstBatchLabels: [],
    diverged: null,
    epochs: epochs.map(({ epoch, train_loss }) => ({
      epoch,
      trainLoss: train_loss,
      trainLossOverSamples: train_loss * 1.0002,
    })),
  };
  const evaluation: Question3["evaluation"] = {
    samples: 10_000,
    batchSize: 64,
    epochs: epochs.map(({ epoch, test_loss, test_correct }) => ({
      epoch,
      loss: test_loss * 1.002,
      lossOfBatches: test_loss,
      correct: test_correct,
      confusion: [],
      precision: [],
      recall: [],
    })),
    lastBatch: { labels: shown.true, predictions: shown.predicted, loss: 0.2 },
    trainAfter: { loss: 0.3088, lossOfBatches: 0.3088, correct: 53_440 },
  };
  return { history, evaluation };
}

/** The report of init-check on the initial weights of a seed. */
const initialOf = (seed: number) => ({ generator: "pytorch", seed, level: 0.001, tensors: [] });

const comparing = async (
  { history, evaluation }: Pick<Question3, "history" | "evaluation">,
  seed = 0,
) => {
  const inputs = { initial: initialOf(seed), history, evaluation };
  return await compareCurves.run({ parameters: {}, inputs, effects });
};

const moments = (variances: readonly number[]): Question3["he-moments"] => ({
  rule: "a rule",
  samples: 64,
  input: 0.2,
  layers: variances.map((weightVariance, l) => ({
    name: `ly${l + 1}`,
    weightVariance,
    biasVariance: 0,
    activation: { predicted: 1, measured: 1 },
    gradient: { predicted: 1, measured: 1 },
  })),
});

const ownRun = trained(0);
const { curves, gap } = await comparing(ownRun);

/** Measurements of a run on 2026-11-24, with the curves of PyTorch's seed 0. */
const measured = (): Question3 =>
  structuredClone({
    ...ownRun,
    curves,
    gap,
    samples: {
      lastBatch: {
        samples: 16,
        labelsEqual: 16,
        predictionsEqual: 16,
        correct: { reported: 15, measured: 15 },
        loss: { reported: shown.loss, measured: 0.2006 },
        seeds: {
          count: 30,
          level: 0.967,
          correct: { mean: 15, standardDeviation: 0.2, low: 14, high: 16, apart: 1 },
          loss: { mean: 0.2, standardDeviation: 0.038, low: 0.11, high: 0.29, apart: 0.15 },
        },
      },
      reach: { samples: 10_000, batches: 157, bound: 157, classCounts: [16, 21, 120] },
      second: { misclassified: 1339, trueSecond: 937, asShown: 150 },
    },
    predictions: {
      samples: 10_000,
      paired: { both: 8121, networkAlone: 540, logisticAlone: 218, neither: 1121 },
      improvement: {
        difference: 0.0322,
        standardError: 0.00273,
        confidence: 0.9999,
        interval: { low: 0.0216, high: 0.0428 },
        p: 1e-31,
      },
      bin: {
        read: 0.45,
        from: 0.35,
        to: 0.55,
        count: 783,
        correct: 357,
        meanProbability: 0.4744,
        confidence: 0.95,
        interval: { low: 0.4207, high: 0.4915 },
        below: 301,
      },
      footwear: {
        firstLabel: 9,
        labels: [5, 7, 9],
        images: [1000, 1000, 1000],
        misclassified: 71,
        asOtherFootwear: 69,
      },
    },
    initialisations: {
      rows: Object.entries({
        default: 1.837,
        lecun: 1.037,
        glorot: 0.861,
        he: 0.758,
        "he-sixth": 1.84,
      })
        .map(([name, loss]) => ({
          name,
          rule: name,
          logitSecondMoment: { predicted: 1, measured: 1 },
          firstLayerGradient: { predicted: 1, measured: 1 },
          trainLosses: [loss],
          diverged: null,
        })),
      chance: { seeds: 10, standardDeviation: 0.0246, confidence: 0.999, distance: 0.166 },
    },
    "default-moments": moments([784, 256, 128, 64].map((fan) => 1 / (3 * fan))),
    "he-moments": moments([784, 256, 128, 64].map((fan) => 2 / fan)),
    "logistic-history": {
      ...ownRun.history,
      epochs: ownRun.history.epochs.map((row) => ({ ...row, trainLoss: 0.45 })),
    },
    longer: longerTrainings,
    pictures: readPictures,
  });

const verdicts = (of: Question3) => verdictsOf(question3, of);

const found: Record<string, Verdict> = {
  "Q3.curve": "confirmed",
  "Q3.accuracy": "confirmed",
  "Q3.gap": "confirmed",
  "Q3.fifty": "refuted",
  "Q3.loader": "refuted",
  "Q3.batch": "confirmed",
  "Q3.samples-read": "qualified",
  "Q3.sample": "qualified",
  "Q3.loss-mean": "qualified",
  "Q3.init": "confirmed",
  "Q3.improvement": "confirmed",
  "Q3.shoe": "qualified",
  "Q3.question": "confirmed",
  "Q3.confidence": "qualified",
};

Deno.test("the measured values give the verdicts of an independent check, and the control behaves", () => {
  const ledger = ledgerOf(question3, controls, measured());
  assertEquals(Object.fromEntries(ledger.claims.map(({ id, verdict }) => [id, verdict])), found);
});

const perturbed: Perturbed<Question3> = {
  "Q3.curve": ["qualified", ({ curves: { curves } }) => curves[0].epochs[8].reported += 0.1],
  "Q3.accuracy": ["qualified", ({ curves: { curves } }) => {
    curves[2].epochs[24].measured = 0.79;
  }],
  "Q3.gap": ["qualified", ({ gap }) => gap.after = -0.01],
  "Q3.fifty": ["confirmed", (edited) => {
    edited.longer = edited.longer.map((training) => ({
      ...training,
      lowestTestLossAt: 21,
      epochs: training.epochs.map((row) => ({
        ...row,
        testLoss: 0.4 + 0.001 * Math.abs(row.epoch - 21),
        testCorrect: 8800 - 10 * Math.abs(row.epoch - 21),
      })),
    }));
  }],
  "Q3.loader": ["confirmed", ({ history, evaluation }) => {
    // In batches that the numbers of samples divide by; the last ones then count as the others do.
    history.samples = 60_032;
    evaluation.samples = 10_048;
  }],
  "Q3.batch": ["qualified", ({ samples: { lastBatch } }) => lastBatch.labelsEqual = 15],
  "Q3.samples-read": ["confirmed", ({ pictures }) => pictures[1].label = pictures[1].predicted],
  "Q3.sample": ["confirmed", ({ samples: { reach } }) => reach.bound = 10_000],
  "Q3.loss-mean": ["refuted", ({ history, evaluation }) => {
    for (const row of history.epochs) row.trainLossOverSamples = 1.05 * row.trainLoss;
    for (const row of evaluation.epochs) row.loss = 0.9 * row.lossOfBatches;
  }],
  "Q3.init": ["qualified", ({ initialisations: { rows } }) => {
    rows.find(({ name }) => name === "he-sixth")!.trainLosses[0] = 0.8;
  }],
  "Q3.improvement": ["refuted", ({ predictions: { improvement, paired } }) => {
    Object.assign(paired, { networkAlone: 218, logisticAlone: 540 });
    Object.assign(improvement, { difference: -0.0322, interval: { low: -0.0428, high: -0.0216 } });
  }],
  "Q3.shoe": ["confirmed", ({ predictions: { footwear } }) => {
    Object.assign(footwear, { labels: [9], images: [1000] });
  }],
  "Q3.question": ["qualified", ({ evaluation: { trainAfter } }) => {
    trainAfter.lossOfBatches = 0.9;
  }],
  "Q3.confidence": ["confirmed", ({ predictions: { bin } }) => bin.below = 5000],
};

testPerturbed({
  question: "question 3",
  claims: question3,
  measured,
  found,
  perturbed,
  together: {
    // Samples that fill their last batch also count the same.
    "Q3.loader": ["Q3.loader", "Q3.loss-mean"],
    // The last accuracy is a curve's end.
    "Q3.accuracy": ["Q3.curve", "Q3.accuracy"],
  },
});

Deno.test("losses that differ only by chance do not decide the claim on the start", () => {
  const edited = measured();
  edited.initialisations.chance.distance = 1;
  assertEquals(verdicts(edited)["Q3.init"], "undecided");
});

Deno.test("the logistic regression as question 3's own program fails the judging", () => {
  const blind = measured();
  blind["logistic-history"] = blind.history;
  assertThrows(() => ledgerOf(question3, controls, blind), Error, "Q3-control.other-program");
});

Deno.test("a run of fewer epochs is judged by those that it has", async () => {
  const short = measured();
  short.history.epochs.splice(5);
  short.evaluation.epochs.splice(5);
  short.curves = (await comparing(short)).curves;
  assertEquals(short.curves.curves.map(({ epochs }) => epochs.length), [5, 5, 5]);
  const { sentence } = judge(question3.find(({ id }) => id === "Q3.accuracy")!, short);
  assert(sentence.includes(String(short.evaluation.epochs[4].correct / 10_000)), sentence);
});

Deno.test("the program is the same on average only if its interval lies within the margin", () => {
  const [train] = curves.curves;
  // By numpy and scipy, on the 50 runs' means over the epochs.
  assertEquals(train.offset.reported.mean.toFixed(4), "0.0053");
  assertEquals(train.offset.reported.low.toFixed(4), "-0.0054");
  assertEquals(train.offset.reported.high.toFixed(4), "0.0160");
  const moved = measured();
  moved.curves.curves[0].offset.reported = {
    mean: 0.05,
    standardError: 0.005,
    low: 0.04,
    high: 0.06,
  };
  assertEquals(verdicts(moved)["Q3.curve"], "qualified");
  // Not knowing is no confirmation.
  const unknown = measured();
  unknown.curves.curves[0].offset.reported = { mean: 0, standardError: 0.05, low: -0.1, high: 0.1 };
  assertEquals(verdicts(unknown)["Q3.curve"], "undecided");
});

Deno.test("a run is judged by the seeds that are not its own", async () => {
  const { curves: own, gap } = await comparing(trained(7), 7);
  assertEquals([own.seeds.all, own.seeds.others, own.seeds.own, gap.replicates.count], [
    50,
    49,
    7,
    49,
  ]);
  const { curves: other } = await comparing(trained(7), 1000);
  assertEquals([other.seeds.others, other.curves[0].epochs[3].own], [
    50,
    other.curves[0].epochs[3].band,
  ]);
  assert(
    JSON.stringify(own.curves[0].epochs[3].own) !== JSON.stringify(own.curves[0].epochs[3].band),
  );
  // A run that lies far from all makes the band wide if it is one of them, and not without it.
  const spiked = trained(0);
  spiked.evaluation.epochs[12].lossOfBatches += 1;
  assertEquals((await comparing(spiked)).curves.curves[1].outside.measured, [12]);
});

Deno.test("the results of the experiment fifty have their form, and the lowest losses are recomputed", () => {
  for (const training of longerTrainings) {
    const { epochs, lowestTestLossAt } = LongerTraining.parse(training);
    assertEquals(epochs.length, 50);
    assertEquals(epochs[lowestTestLossAt].testLoss, Math.min(...epochs.map((row) => row.testLoss)));
  }
  assertEquals(longerTrainings.map(({ seed }) => seed), [0, 1]);
});

Deno.test("longer trainings are gathered by seed, and halves of two trainings are refused", async () => {
  const [zero, one] = [trained(0), trained(1)];
  const inputs = {
    "seed-0-history": zero.history,
    "seed-0-evaluation": zero.evaluation,
    "seed-1-history": one.history,
    "seed-1-evaluation": one.evaluation,
  };
  const { trainings, metrics } = await compareLonger.run({ parameters: {}, inputs, effects });
  assertEquals(trainings.map(({ seed, epochs }) => [seed, epochs.length]), [[0, 25], [1, 25]]);
  assertEquals(metrics["seed-1.last-test-correct"], one.evaluation.epochs[24].correct);
  one.evaluation.epochs.pop();
  assertThrows(
    () => longerTraining(1, one.history, one.evaluation),
    Error,
    "each of 25 epochs of seed 1, found 24",
  );
  await assertRejects(
    async () => await compareLonger.run({ parameters: {}, inputs, effects }),
    Error,
  );
});

Deno.test("the pictures shown are compared label by label, and second places are counted", async () => {
  const { evaluation } = trained(0);
  const probabilities = [[0.5, 0.4, 0.1], [0.1, 0.3, 0.6], [0.2, 0.5, 0.3], [0.6, 0.3, 0.1]];
  const { samples } = await compareSamples.run({
    parameters: {},
    inputs: {
      initial: initialOf(0),
      evaluation: {
        ...evaluation,
        lastBatch: { ...evaluation.lastBatch, labels: [0, ...shown.true.slice(1)] },
      },
      probabilities: {
        dtype: "float32",
        shape: [4, 3],
        data: Float32Array.from(probabilities.flat()),
      },
      labels: { dtype: "uint8", shape: [4], data: Uint8Array.of(1, 1, 0, 0) },
    },
    effects,
  });
  // The first is second with 0.4, the next with 0.3, then a third place, then a right one.
  assertEquals(samples.second, { misclassified: 3, trueSecond: 2, asShown: 1 });
  assertEquals(samples.lastBatch.labelsEqual, 15);
  assertEquals(samples.lastBatch.correct.reported, 15);
  assertEquals(samples.reach.batches, 157);
});

Deno.test("models are compared on the same images: McNemar's test, and an interval of the difference", async () => {
  const r = await distributions();
  // 10 images that the network alone predicts, 2 that the other does: p is 2 P(X ≤ 2) of 12 tosses.
  const network = Array.from({ length: 100 }, (_, i) => i < 60);
  const logistic = Array.from({ length: 100 }, (_, i) => i >= 10 && i < 62);
  const { paired, improvement } = compareModels(r, network, logistic);
  assertEquals(paired, { both: 50, networkAlone: 10, logisticAlone: 2, neither: 38 });
  assertAlmostEquals(improvement.p, 2 * (1 + 12 + 66) / 4096, 1e-12);
  assertAlmostEquals(improvement.difference, 0.08, 1e-12);
  assertAlmostEquals(improvement.standardError, Math.sqrt((0.12 - 0.08 ** 2) / 100), 1e-12);
  assertEquals(compareModels(r, network, network).improvement.p, 1);
});

Deno.test("a bin holds the predictions about the probability read, and counts the correct ones", async () => {
  const of = (probability: number, label: number) => ({ probability, label, predicted: 1 });
  const { from, to, count, correct, below, interval } = calibrationAbout(
    await distributions(),
    0.45,
    [of(0.34, 1), of(0.35, 1), of(0.44, 0), of(0.5, 1), of(0.55, 1), of(0.9, 0)],
  );
  assertEquals([from, to, count, correct, below], [0.35, 0.55, 3, 2, 3]);
  assert(interval.low < 2 / 3 && interval.high > 2 / 3);
});

Deno.test("every claim of the list is judged by one job of the DAG, and no other", async () => {
  const ids = (await Deno.readTextFile(goldenFile("claim-ids.txt")))
    .trimEnd().split("\n");
  assertEquals(ids.length, 60);
  const judged = [question1, question2, question3, question4].flat().map(({ id }) => id);
  assertEquals(judged.toSorted(), ids.toSorted());
  const judging = dag.filter(({ stage }) =>
    Object.values(stage.outputs as Record<string, { kind: string }>)
      .some(({ kind }) => kind === "ledger")
  );
  assertEquals(
    judging.filter(({ optional }) => !optional).map(({ name }) => name).toSorted(),
    ["claims/fashion-mnist", "claims/mnist", "claims/theory"],
  );
  assertEquals(rows.length, 25);
});
