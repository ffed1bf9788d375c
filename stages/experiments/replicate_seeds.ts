/**
 * Lists what a seed sets in the experiments that train: the generator that draws a network's initial
 * weights and then, where samples are shuffled, their order.
 */
import type { ExperimentInput } from "../../schemas/run/experiment.ts";

const shuffled = ["fashion-mlp", "fashion-logistic"];
const inFileOrder = ["mnist-scratch"];

/** `fashion`: test images of FashionMNIST in the experiment. */
export function replicateSeeds(fashion: number): NonNullable<ExperimentInput["replicate"]> {
  const networks = [...shuffled, ...inFileOrder];
  const samples = (name: string) => shuffled.includes(name) ? fashion : 10_000;
  return {
    jobs: networks.flatMap((name) => [`train/${name}`, `evaluate/${name}`]),
    seeds: [
      ...networks.map((name) => ({ job: `init-check/${name}`, parameter: "seed" })),
    ],
    bounds: Object.fromEntries(networks.flatMap((name) => [
      [`${name}.test-correct.epoch-*`, { low: 0, high: samples(name) }],
      [`${name}.test-accuracy`, { low: 0, high: 1 }],
      [`${name}.test-accuracy.epoch-*`, { low: 0, high: 1 }],
      ...["train", "test"].map((set) => [`${name}.${set}-loss.epoch-*`, { low: 0 }] as const),
    ])),
  };
}
