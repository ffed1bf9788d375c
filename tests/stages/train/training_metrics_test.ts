/** Metrics of how a network was trained. */
import { assertEquals } from "@std/assert";
import { layerMetrics, trainingMetrics } from "../../../stages/train/training_metrics.ts";

Deno.test("labels of a first batch count as repeated where those of epoch 0 stand", () => {
  const metrics = trainingMetrics({
    firstLabels: [[0, 1, 1, 2], [0, 1, 1, 2], [1, 1, 2, 0]],
    losses: [3, 2, 1],
    lastBatchSize: 2,
    classes: 3,
  });
  assertEquals(metrics, {
    "batches": 3,
    "last-batch-size": 2,
    "first-losses.batch-0": 3,
    "first-losses.batch-1": 2,
    "first-losses.batch-2": 1,
    "first-batch-labels.class-0": 1,
    "first-batch-labels.class-1": 2,
    "first-batch-labels.class-2": 1,
    "labels-repeated.epoch-1": 4,
    "labels-repeated.epoch-2": 1,
  });
});

Deno.test("a layer without biases has none", () => {
  const weight = { dtype: "float32" as const, shape: [2, 3], data: new Float32Array(6) };
  assertEquals(layerMetrics({ "a.weight": weight }, ["a"]), {
    "layer-1.inputs": 3,
    "layer-1.outputs": 2,
    "layer-1.biases": 0,
  });
});
