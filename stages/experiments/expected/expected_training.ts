/**
 * Items on how question 3's network was trained: its layers, the batches and their order, the first
 * losses. Some mistakes leave curves that look right, and only these items see them.
 */
import type { PredictedItem } from "../../../pipeline/grade/expected_from_replicates.ts";
import type { PlainExpectation } from "../../../schemas/run/expected.ts";
import { limits } from "../../compare/compare_pytorch.ts";
import { replicates } from "../../compare/pytorch_runs.ts";
import { assignment, type ItemInput, metric } from "./expected_item.ts";

const group = "Question 3";
const names = ["ly1", "ly2", "ly3", "oply"];
const units = [784, 256, 128, 64, 10];
const [samples, batchSize, epochs] = [60_000, 64, 25];
const classes = 10;

/** The probability that a right run of unknown seed passes an item whose value is up to chance. */
const level = 0.9999;

const described = assignment("question 3, its network and settings");

const values = (values: readonly number[], relative = 0): PlainExpectation => ({
  kind: "values",
  values: [...values],
  absolute: 0,
  relative,
});

/** Items on the layers: as the trained weights have them, as metrics, and by their outputs. */
export function structureItems(name: string): ItemInput[] {
  const layers = (what: string, title: string, sizes: number[], message: string): ItemInput => ({
    id: `${name}.${what}`,
    title,
    group,
    target: { kind: "curve", name: `${name}.layer-*.${what}`, from: 1, to: names.length },
    expected: values(sizes),
    message: `${message}; layers count from 1`,
    source: described,
  });
  return [
    {
      id: `${name}.tensors`,
      title: "the trained weights and biases of 784-256-128-64-10, under PyTorch's names",
      group,
      target: { kind: "artifact", job: `train/${name}`, output: "trained" },
      expected: {
        kind: "tensors",
        tensors: names.flatMap((layer, i) => [
          { name: `${layer}.weight`, dtype: "float32" as const, shape: [units[i + 1], units[i]] },
          { name: `${layer}.bias`, dtype: "float32" as const, shape: [units[i + 1]] },
        ]),
      },
      message: "four linear layers with biases, saved as PyTorch's state_dict has them",
      source: described,
    },
    layers("outputs", "units of each layer", units.slice(1), "expected 784-256-128-64-10"),
    layers("biases", "biases of each layer", units.slice(1), "every linear layer has biases"),
    {
      id: `${name}.zero-activations`,
      title: "share of zeros among the outputs of each hidden layer, over the test set",
      group,
      target: {
        kind: "curve",
        name: `${name}.zero-activations.layer-*`,
        from: 1,
        to: names.length - 1,
      },
      expected: { kind: "band", ranges: Array(names.length - 1).fill({ low: 0.1, high: 0.9 }) },
      message: "each hidden layer ends with a ReLU; count after training, over all test images",
      source: {
        from: "theory",
        equation:
          "ReLU(a) = 0 for a ≤ 0, which half of all a are at the start; GELU, tanh and the " +
          "identity are hardly ever 0",
      },
    },
  ];
}

/** Items on the batches of an epoch and their order. */
export function batchItems(name: string): ItemInput[] {
  const batches = Math.ceil(samples / batchSize);
  return [
    {
      id: `${name}.batches`,
      title: "batches in an epoch",
      group,
      target: metric(`${name}.batches`),
      expected: { kind: "exact", value: batches },
      message: "60,000 images in batches of 64, the short last one included",
      source: { from: "theory", equation: "⌈60,000 / 64⌉" },
    },
    {
      id: `${name}.last-batch-size`,
      title: "images in the last batch of an epoch",
      group,
      target: metric(`${name}.last-batch-size`),
      expected: { kind: "exact", value: samples - (batches - 1) * batchSize },
      message: "60,000 images are not a multiple of 64: train on the short last batch too",
      source: { from: "theory", equation: "60,000 - 937 · 64" },
    },
    {
      id: `${name}.labels-repeated`,
      title: "labels of an epoch's first batch that stand where those of epoch 0 do",
      group,
      target: { kind: "curve", name: `${name}.labels-repeated.epoch-*`, from: 1, to: epochs - 1 },
      expected: {
        kind: "band",
        ranges: Array(epochs - 1).fill({ low: 0, high: mostEqual(epochs - 1) }),
      },
      points: 2,
      message: "shuffle the training set anew in every epoch",
      source: {
        from: "theory",
        equation: `the ${level} quantile of Binomial(64, 1/10), Bonferroni over 24 epochs`,
      },
    },
  ];
}

/** Items on what PyTorch's seed determines: the first batch and the first losses. */
export function seedItems(name: string, losses: PredictedItem): ItemInput[] {
  const seed = `${name}.seed`;
  const seeds = replicates.map((run) => run.seed);
  const known = `PyTorch's runs of seeds ${seeds[0]} to ${seeds[seeds.length - 1]}`;
  const bySeed = (
    of: (run: typeof replicates[number]) => PlainExpectation,
    otherwise: PlainExpectation,
  ): ItemInput["expected"] => ({
    kind: "by",
    metric: seed,
    cases: replicates.map((run) => ({ value: run.seed, expected: of(run) })),
    otherwise,
  });
  return [
    {
      id: `${name}.first-batch-labels`,
      title: "images of each class in the first batch",
      group,
      target: {
        kind: "curve",
        name: `${name}.first-batch-labels.class-*`,
        from: 0,
        to: classes - 1,
      },
      expected: bySeed(
        ({ first_batch_labels: labels }) =>
          values(
            Array.from({ length: classes }, (_, c) => labels.filter((one) => one === c).length),
          ),
        {
          kind: "band",
          ranges: Array(classes).fill({ low: 0, high: mostEqual(classes) }),
        },
      ),
      message:
        "shuffle the training set; with a seed, draw the weights first and then the order. " +
        `State the seed of torch.manual_seed as ${seed}`,
      source: {
        from: "measured",
        where:
          `${known}; of another seed the ${level} quantile of Binomial(64, 1/10), Bonferroni ` +
          "over 10 classes",
      },
    },
    {
      id: `${name}.first-losses`,
      title: "losses of the first 20 batches",
      group,
      target: losses.target,
      expected: bySeed(
        ({ first20_batch_losses: own }) =>
          values(own.map((loss) => Number(loss.toPrecision(9))), limits.firstLossesRelative),
        losses.expected as PlainExpectation,
      ),
      points: 3,
      message:
        "with a seed, these follow from the initial weights, the order, the network and the " +
        `learning rate. State the seed of torch.manual_seed as ${seed}`,
      source: {
        from: "measured",
        where:
          `${known}, within the distance that parity allows; of another seed their prediction ` +
          "together with the curves of 25 epochs",
      },
    },
  ];
}

/**
 * A number that the count of equal labels among 64 exceeds at none of `points` places, with
 * probability `level`. Labels are drawn without replacement, so that their counts vary less.
 */
function mostEqual(points: number): number {
  const share = 1 / classes;
  let probability = (1 - share) ** batchSize;
  let [most, above] = [0, 1 - probability];
  while (above > (1 - level) / points) {
    probability *= (batchSize - most) / (most + 1) * share / (1 - share);
    most++;
    above -= probability;
  }
  return most;
}
