/** `train-network`: trains the network by stochastic gradient descent, in an order that a seed gives. */
import { defineStage, metrics } from "fanin";
import { z } from "zod";
import { type Network, step } from "./tanh_network.ts";
import { points, tensor, weights } from "./rings_artifacts.ts";
import { uniform } from "./uniform.ts";

export const trainNetwork = defineStage({
  name: "train-network",
  module: import.meta.url,
  about: "trains a small network by gradient descent",
  parameters: z.strictObject({
    seed: z.int().nonnegative().default(1),
    units: z.int().positive().default(16),
    epochs: z.int().positive().default(50),
    rate: z.number().positive().default(0.1),
  }),
  inputs: { points },
  outputs: { weights, metrics },
  run({ parameters: { seed, units, epochs, rate }, inputs: { points }, effects }) {
    const random = uniform(seed);
    const draw = (length: number) => Float64Array.from({ length }, () => 2 * random() - 1);
    const network: Network = { hidden: draw(3 * units), output: draw(units + 1) };
    const { places, labels } = points;
    const values = new Float64Array(units);
    const order = Array.from(labels.data.keys());
    for (let epoch = 1; epoch <= epochs; epoch++) {
      shuffle(order, random);
      for (const i of order) {
        const point = [places.data[2 * i], places.data[2 * i + 1], labels.data[i]] as const;
        step(network, point, rate, values);
      }
      effects.progress(epoch, epochs, "epochs");
    }
    return {
      weights: {
        hidden: tensor([units, 3], network.hidden),
        output: tensor([units + 1], network.output),
      },
      metrics: { steps: epochs * order.length },
    };
  },
});

/** Puts a list in another order, each as likely (Fisher and Yates). */
function shuffle(list: number[], random: () => number): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor((i + 1) * random());
    [list[i], list[j]] = [list[j], list[i]];
  }
}
