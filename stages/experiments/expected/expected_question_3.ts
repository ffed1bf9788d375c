/**
 * Expects of question 3: prediction intervals from PyTorch's runs of the same program,
 * and what must hold between the run's own metrics.
 */
import {
  predicted,
  quantitiesOf,
  samplesOf,
} from "../../../pipeline/grade/expected_from_replicates.ts";
import { replicates } from "../../compare/pytorch_runs.ts";
import { type ItemInput, metric } from "./expected_item.ts";
import { bandItems, initialisationItem, parityItems } from "./expected_pytorch.ts";
import { batchItems, seedItems, structureItems } from "./expected_training.ts";

const group = "Question 3";
const curves = ["train-loss", "test-loss", "test-correct"] as const;

/** The metrics of PyTorch's runs under the names that ours have. */
const metrics = new Map(replicates.map(({ seed, epochs }) => [
  `seed ${seed}`,
  Object.fromEntries([
    ...epochs.flatMap(({ epoch, train_loss, test_loss, test_correct }) => [
      [`fashion-mlp.train-loss.epoch-${epoch}`, train_loss],
      [`fashion-mlp.test-loss.epoch-${epoch}`, test_loss],
      [`fashion-mlp.test-correct.epoch-${epoch}`, test_correct],
    ]),
    ["fashion-mlp.test-accuracy", epochs[epochs.length - 1].test_correct / 10_000],
  ]),
]));

/** Probability that all points of a good run's three curves lie inside, and that its accuracy does. */
const level = 0.95;

const bounds = {
  "fashion-mlp.test-correct.epoch-*": { low: 0, high: 10_000 },
  "fashion-mlp.test-accuracy": { low: 0, high: 1 },
  "fashion-mlp.train-loss.epoch-*": { low: 0 },
  "fashion-mlp.test-loss.epoch-*": { low: 0 },
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

export async function question3Items(): Promise<ItemInput[]> {
  const made = {
    what: `PyTorch's runs of the same program, seeds ${
      replicates.map(({ seed }) => seed).join(", ")
    }`,
    bounds,
  };
  const items: ItemInput[] = [];
  for (const quantity of quantitiesOf(samplesOf(metrics).samples)) {
    const { target } = quantity;
    const isCurve = target.kind === "curve";
    // Bonferroni over the curves, so that the level is that of all three.
    const own = isCurve ? 1 - (1 - level) / curves.length : level;
    const name = isCurve
      ? curves.find((curve) => target.name.includes(`.${curve}.`))!
      : "test-correct";
    items.push({
      ...await predicted(quantity, { ...made, level: own }),
      id: target.name.replace(".epoch-*", ""),
      title: isCurve ? `${name} over 25 epochs` : "final test accuracy",
      group,
      points: 5,
      credit: { kind: "linear", width: isCurve ? 0.25 : 0.03 },
      ...advice[name],
    });
  }
  return [
    ...items,
    ...relations,
    ...structureItems("fashion-mlp"),
    ...batchItems("fashion-mlp"),
    ...await seedItems("fashion-mlp"),
    ...parityItems("fashion-mlp", 0),
    ...bandItems,
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
