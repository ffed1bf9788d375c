/**
 * `summation-orders`: repeats question 4's training under several orders of summation, which
 * floating-point arithmetic does not treat alike. Results that agree belong to the training;
 * results that differ depend on the last bit.
 */
import { metrics } from "../../pipeline/formats/metrics.ts";
import { defineStage } from "../../pipeline/engine/stage.ts";
import type { SummationOrders } from "../../schemas/assignment/by_hand_measurements.ts";
import { summationOrders } from "./by_hand_artifacts.ts";
import { samples } from "../normalize/dataset.ts";
import { initialWeights } from "../networks/network_artifacts.ts";
import { layerSizes } from "../networks/perceptron.ts";
import { createTrainer } from "../networks/wasm/perceptron_kernel.ts";
import { inPlace, type Order, reordered } from "../networks/reordered.ts";
import { layersOf } from "../networks/layers.ts";
import { defaultRng } from "../random/default_rng.ts";
import { streamOf } from "../random/streams.ts";
import { byHandParameters } from "./by_hand_parameters.ts";

const reversed = (n: number): Order => inPlace(n).reverse();

/** Images of 28 × 28 pixels column by column, other layers as they are. */
function byColumns(n: number): Order {
  const side = Math.sqrt(n);
  return Number.isInteger(side)
    ? inPlace(n).map((place) => (place % side) * side + Math.floor(place / side))
    : inPlace(n);
}

/** Orders of the inputs and of each hidden layer's units, given their numbers. */
const orders: Record<string, (sizes: readonly number[]) => Order[]> = {
  "as-written": (sizes) => sizes.map(inPlace),
  "pixels-reversed": (sizes) => sizes.map((n, l) => l === 0 ? reversed(n) : inPlace(n)),
  "units-reversed": (sizes) => sizes.map((n, l) => l === 0 ? inPlace(n) : reversed(n)),
  "by-columns": (sizes) => sizes.map((n, l) => l === 0 ? byColumns(n) : reversed(n)),
  shuffled: (sizes) => {
    const random = defaultRng(streamOf(0, "order of summation"));
    return sizes.map((n) => random.permutation(n));
  },
};

export const measureSummationOrders = defineStage({
  name: "summation-orders",
  module: import.meta.url,
  about: "trains by hand under several orders of summation",
  parameters: byHandParameters,
  inputs: { initial: initialWeights, ...samples },
  outputs: { orders: summationOrders, metrics },
  // Math.exp and Math.log are the engine's.
  machine: ["arch", "v8"],
  async run({ parameters: { epochs, learningRate }, inputs, effects }) {
    const initial = layersOf(inputs.initial, "float64");
    const sizes = layerSizes(initial).slice(0, -1);
    const { divisor } = inputs["pixel-scale"];
    const [trainImages, testImages] = [inputs["train-images"].data, inputs["test-images"].data];
    const [trainLabels, testLabels] = [inputs["train-labels"].data, inputs["test-labels"].data];
    const rows: SummationOrders["orders"] = [];
    // One of each for all orders.
    const trainer = await createTrainer(initial, { bytes: trainImages, divisor }, trainLabels);
    const tester = await createTrainer(initial, { bytes: testImages, divisor }, testLabels);
    for (const [name, ordersOf] of Object.entries(orders)) {
      const order = ordersOf(sizes);
      trainer.load(reordered(initial, order));
      trainer.show({ bytes: trainImages, divisor }, order[0]);
      tester.show({ bytes: testImages, divisor }, order[0]);
      const row: SummationOrders["orders"][number] = { name, epochs: [] };
      for (let epoch = 0; epoch <= epochs; epoch++) {
        if (epoch > 0) trainer.train(0, trainer.samples, learningRate);
        tester.load(trainer.weights());
        const { correct, loss } = tester.evaluate();
        row.epochs.push({ epoch, correct, loss });
      }
      rows.push(row);
      effects.progress(rows.length, Object.keys(orders).length, "orders");
    }
    return {
      orders: { samples: testLabels.length, orders: rows },
      metrics: Object.fromEntries(
        rows.flatMap(({ name, epochs }) =>
          epochs.map(({ epoch, correct }) => [`${name}.test-correct.epoch-${epoch}`, correct])
        ),
      ),
    };
  },
});
