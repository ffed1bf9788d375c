/**
 * Computes means over batches and over samples, and the softmax cross-entropy of logits, in
 * float64.
 */

/** The mean of each batch of `batchSize` values; the last may be short. */
export function batchMeans(values: ArrayLike<number>, batchSize: number): Float64Array {
  return Float64Array.from({ length: Math.ceil(values.length / batchSize) }, (_, batch) => {
    const end = Math.min(values.length, (batch + 1) * batchSize);
    let sum = 0;
    for (let i = batch * batchSize; i < end; i++) sum += values[i];
    return sum / (end - batch * batchSize);
  });
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

interface Classified {
  /** Shape (samples, classes), row-major. */
  probabilities: Float64Array;
  /** Loss of each sample, in nats: log Σ exp(logit) less the label's logit. */
  losses: Float64Array;
  /** The most probable class, the first of equals. */
  predictions: Uint8Array;
}

/** Softmax, cross-entropy and predictions. `logits` has shape (labels.length, classes). */
export function classify(logits: Float32Array, labels: Uint8Array, classes: number): Classified {
  const probabilities = new Float64Array(logits.length);
  const losses = new Float64Array(labels.length);
  const predictions = new Uint8Array(labels.length);
  for (let sample = 0; sample < labels.length; sample++) {
    const row = logits.subarray(sample * classes, (sample + 1) * classes);
    let best = 0;
    for (let c = 1; c < classes; c++) if (row[c] > row[best]) best = c;
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(row[c] - row[best]);
    for (let c = 0; c < classes; c++) {
      probabilities[sample * classes + c] = Math.exp(row[c] - row[best]) / sum;
    }
    losses[sample] = Math.log(sum) + row[best] - row[labels[sample]];
    predictions[sample] = best;
  }
  return { probabilities, losses, predictions };
}
