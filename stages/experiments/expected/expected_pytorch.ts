/**
 * Items that compare question 3's runs with PyTorch's run of the same seed, batch by batch and epoch by
 * epoch.
 */
import { limits } from "../../compare/compare_pytorch.ts";
import { type ItemInput, measured, metric } from "./expected_item.ts";

const group = "Question 3";

/** An item of a distance between two runs of one seed. */
const distanceItem = (
  name: string,
  seed: number,
  from: "pytorch" | "webgpu",
  [what, title]: readonly [string, string],
  limit: number,
): ItemInput => ({
  id: from === "pytorch" ? `${name}.${what}` : `${name}.${from}.${what}`,
  title: `seed ${seed}: ${title}`,
  group,
  target: metric(`${name}.${from}.${what}`),
  expected: { kind: "range", range: { low: 0, high: limit } },
  message: "another order of summation stays within this limit; another seed or program does not",
  source: measured(
    from === "pytorch"
      ? `PyTorch's run of seed ${seed}`
      : `this program's run of seed ${seed} on WebGPU`,
  ),
});

/** Items that compare a run on any backend with the one on WebGPU. */
export const webgpuItems: ItemInput[] = [
  distanceItem(
    "fashion-mlp",
    0,
    "webgpu",
    ["train-loss-distance", "largest distance of the train loss from WebGPU's"],
    limits.trainLoss,
  ),
  distanceItem(
    "fashion-mlp",
    0,
    "webgpu",
    ["test-correct-distance", "largest distance of the correct predictions from WebGPU's"],
    limits.testCorrect,
  ),
];

/** Items of one network that is trained from a seed of which there is a PyTorch run. */
export function parityItems(name: string, seed: number): ItemInput[] {
  const source = measured(`PyTorch's run of seed ${seed}`);
  const distance = (what: string, title: string, limit: number) =>
    distanceItem(name, seed, "pytorch", [what, title], limit);
  return [
    {
      id: `${name}.first-batch`,
      title: `seed ${seed}: the first batch is the one that the seed gives in PyTorch`,
      group,
      target: {
        kind: "value",
        job: `parity/${name}`,
        output: "parity",
        pointer: "/firstBatchLabelsEqual",
      },
      expected: { kind: "exact", value: true },
      message: "check the order of random draws: weights of all layers first, then the permutation",
      source,
    },
    distance(
      "first-losses-relative",
      "relative distance of the first losses from PyTorch's",
      limits.firstLossesRelative,
    ),
    distance(
      "train-loss-distance",
      "largest distance of the train loss from PyTorch's",
      limits.trainLoss,
    ),
    distance(
      "test-correct-distance",
      "largest distance of the correct predictions from PyTorch's",
      limits.testCorrect,
    ),
  ];
}

/** He's initialisation starts lower than the framework's own. */
export const initialisationItem: ItemInput = {
  id: "fashion-initialisations.he-over-default",
  title: "the first epoch's train loss by He's initialisation, over that by the default",
  group,
  target: metric("fashion-initialisations.he-over-default.train-loss.epoch-0"),
  expected: { kind: "range", range: { low: 0, high: 1 } },
  message: "train for an epoch from each initialisation, with the same seed and settings",
  source: { from: "document", where: "question 3: the default initialisation starts slowly" },
};
