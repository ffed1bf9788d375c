/**
 * Measures how a training was run, so that a grade sees more than its curves: its seed's first batches,
 * the order of its samples, the sizes of its batches and layers.
 */
import type { Tensors } from "../../pipeline/formats/safetensors.ts";

/** Batches at the start of the first epoch whose losses are metrics. */
const firstLosses = 20;

interface TrainingFacts {
  /** For each epoch, the labels of its first batch in order. */
  firstLabels: readonly (readonly number[])[];
  /** Mean loss of each batch of the first epoch, in nats. */
  losses: ArrayLike<number>;
  /** Samples in the last batch of an epoch. */
  lastBatchSize: number;
  classes: number;
}

export function trainingMetrics(
  { firstLabels, losses, lastBatchSize, classes }: TrainingFacts,
): Record<string, number> {
  const [first, ...later] = firstLabels;
  const counted = (values: readonly number[], is: (value: number, i: number) => boolean) =>
    values.filter(is).length;
  return {
    "batches": losses.length,
    "last-batch-size": lastBatchSize,
    ...numbered(
      Array.from(losses).slice(0, firstLosses),
      0,
      (batch) => `first-losses.batch-${batch}`,
    ),
    ...numbered(
      Array.from({ length: classes }, (_, c) => counted(first, (label) => label === c)),
      0,
      (c) => `first-batch-labels.class-${c}`,
    ),
    ...numbered(
      later.map((labels) => counted(labels, (label, i) => label === first[i])),
      1,
      (epoch) => `labels-repeated.epoch-${epoch}`,
    ),
  };
}

/** The sizes of a network's layers, counted from 1. Weights have PyTorch's shape (outputs, inputs). */
export const layerMetrics = (tensors: Tensors, names: readonly string[]): Record<string, number> =>
  Object.fromEntries(names.flatMap((name, i) => {
    const [outputs, inputs] = tensors[`${name}.weight`].shape;
    const bias = tensors[`${name}.bias`];
    return Object.entries({ inputs, outputs, biases: bias?.shape[0] ?? 0 })
      .map(([what, size]) => [`layer-${i + 1}.${what}`, size]);
  }));

const numbered = (
  values: readonly number[],
  from: number,
  nameOf: (number: number) => string,
): Record<string, number> =>
  Object.fromEntries(values.map((value, i) => [nameOf(from + i), value]));
