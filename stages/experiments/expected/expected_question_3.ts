/**
 * Expects of question 3: prediction intervals from PyTorch's runs of the same program,
 * and what must hold between the run's own metrics.
 */
import { predicted, type PredictedItem } from "../../../pipeline/grade/expected_from_replicates.ts";
import type { Replicates } from "../../../schemas/run/expected.ts";
import { replicates } from "../../compare/pytorch_runs.ts";
import { type ItemInput, metric } from "./expected_item.ts";
import { initialisationItem, parityItems, webgpuItems } from "./expected_pytorch.ts";
import { trainingReadings } from "./expected_text.ts";
import { batchItems, seedItems, structureItems } from "./expected_training.ts";

const group = "Question 3";
const curves = ["train-loss", "test-loss", "test-correct"] as const;

/** The seed of the experiment `assignment`, whose run is judged by the other seeds. */
const ownSeed = 0;

const others = replicates.filter(({ seed }) => seed !== ownSeed);

const series = (name: string, valueOf: (run: typeof others[number], epoch: number) => number) =>
  others[0].epochs.map(({ epoch }) =>
    [`fashion-mlp.${name}.epoch-${epoch}`, others.map((run) => valueOf(run, epoch))] as const
  );

/** PyTorch's runs, under the names that our metrics have. */
export const pytorchReplicates: Replicates = {
  what: `PyTorch's runs of the same program, seeds ${others[0].seed} to ${
    others[others.length - 1].seed
  }`,
  seeds: others.map(({ seed }) => seed),
  statedBy: {
    parameters: [{ job: "init-check/fashion-mlp", parameter: "seed" }],
    metric: "fashion-mlp.seed",
  },
  level: 0.95,
  bounds: {
    "fashion-mlp.test-correct.epoch-*": { low: 0, high: 10_000 },
    "fashion-mlp.train-loss.epoch-*": { low: 0 },
    "fashion-mlp.test-loss.epoch-*": { low: 0 },
    "fashion-mlp.first-losses.batch-*": { low: 0 },
  },
  samples: Object.fromEntries([
    ...series("train-loss", ({ epochs }, epoch) => epochs[epoch].train_loss),
    ...series("test-loss", ({ epochs }, epoch) => epochs[epoch].test_loss),
    ...series("test-correct", ({ epochs }, epoch) => epochs[epoch].test_correct),
    ...others[0].first20_batch_losses.map((_, batch) => [
      `fashion-mlp.first-losses.batch-${batch}`,
      others.map((run) => Number(run.first20_batch_losses[batch].toPrecision(9))),
    ]),
  ]),
};

const advice: Record<string, Pick<ItemInput, "message" | "ifLow" | "ifHigh">> = {
  "train-loss": {
    message:
      "check the learning rate (0.01), the batch size (64), that the training set is shuffled",
    ifHigh:
      "it learns too slowly: check the learning rate (0.01), that batches have 64 samples and " +
      "that the loss is the mean over the batch; or train for more epochs",
    ifLow:
      "it learns too fast: check the learning rate (0.01), that there is no momentum, and the " +
      "initialisation (uniform within 1/√fan_in)",
  },
  "test-loss": {
    message:
      "check that the test set is not trained on and that the loss is the mean of batch means",
  },
  "test-correct": {
    message: "check the order of labels and that the test set is evaluated after each epoch",
    ifLow: "train for more epochs, or check the network's widths (784-256-128-64-10) and the ReLUs",
    ifHigh: "more than this program reaches: check that the test set is not trained on",
  },
};

const nameOf = (target: PredictedItem["target"]): string =>
  "name" in target ? target.name ?? "" : "";

export async function question3Items(): Promise<ItemInput[]> {
  const { items: all } = await predicted(pytorchReplicates);
  const items = all.flatMap((item): ItemInput[] => {
    const name = nameOf(item.target);
    const curve = curves.find((curve) => name.includes(`.${curve}.`));
    return curve === undefined ? [] : [{
      ...item,
      id: name.replace(".epoch-*", ""),
      title: `${curve} over 25 epochs`,
      group,
      text: trainingReadings(curve),
      points: 5,
      credit: { kind: "linear", width: 0.25 },
      ...advice[curve],
    }];
  });
  return [
    ...items,
    ...relations,
    ...structureItems("fashion-mlp"),
    ...batchItems("fashion-mlp"),
    ...seedItems("fashion-mlp", all.find(({ target }) => nameOf(target).includes("first-losses"))!),
    ...parityItems("fashion-mlp", 0),
    ...webgpuItems,
    initialisationItem,
  ];
}

const last = "epoch-24";

const relations: ItemInput[] = [
  {
    id: "fashion-mlp.gap",
    title: "the test loss ends above the train loss",
    group,
    target: metric(`fashion-mlp.test-loss.${last}`),
    expected: {
      kind: "relation",
      relation: "at-least",
      metric: "fashion-mlp.train-loss-after-last-epoch",
    },
    message: "evaluate the training set after the last epoch, not during it",
    source: { from: "document", where: "question 3, its two loss curves" },
  },
  {
    id: "fashion-mlp.above-logistic",
    title: "the network beats the logistic regression",
    group,
    target: metric(`fashion-mlp.test-correct.${last}`),
    expected: {
      kind: "relation",
      relation: "at-least",
      metric: `fashion-logistic.test-correct.${last}`,
    },
    message: "the logistic regression is one linear layer, trained in the same way",
    source: { from: "document", where: "the course's baseline for the same data" },
  },
  {
    id: "fashion-mlp.finite",
    title: "every trained weight is a number",
    group,
    target: {
      kind: "tensor",
      job: "train/fashion-mlp",
      output: "trained",
      name: "oply.weight",
      statistic: "not-finite",
    },
    expected: { kind: "exact", value: 0 },
    message: "the training diverged: lower the learning rate",
    source: {
      from: "theory",
      equation: "a softmax regression on finite inputs has finite weights",
    },
  },
];
