/**
 * Sets how far float32 results of two devices may differ and still agree. Only the order of
 * summation differs, but training amplifies that from step to step.
 *
 * Measured on question 3's network. WebGPU (llvmpipe) against WebAssembly, the largest difference
 * after 1, 2 and 3 epochs: of a weight 3.2e-4, 9.5e-4 and 1.1e-3, of a batch's loss 1.7e-4, 8.0e-4 and
 * 7.7e-4. Two arithmetics over 25 epochs (WebGPU or float64 against PyTorch's float32, ten seeds): of the
 * mean train loss 5.9e-4, of the mean test loss 5.6e-3, of the correct of 10,000 27. What is computed
 * in float64 has the same bytes everywhere, and no tolerance.
 */
import type { Bounds, Tolerance } from "../../schemas/run/tolerance.ts";

const absolute = (absolute: number): Bounds => ({ absolute, relative: 0 });

const close = (bounds: Bounds, at?: Record<string, Bounds>): { tolerance: Tolerance } => ({
  tolerance: { kind: "close", ...bounds, ...(at === undefined ? {} : { at }) },
});

/** The same bounds at each path. */
const each = (bounds: Bounds, ...paths: string[]): Record<string, Bounds> =>
  Object.fromEntries(paths.map((path) => [path, bounds]));

const none = absolute(0);
const weight = absolute(1e-2);
const batchLoss = absolute(2e-2);
const trainLoss = absolute(1e-3);
const testLoss = absolute(8e-3);
/** Tolerance in the share of zeros among a layer's outputs; seeds differ by 0.05 and more. */
const zeroActivations = absolute(2e-2);
/** Tolerance in the losses of an epoch's first batches. */
const firstLosses = absolute(1e-4);
/** Tolerance in 10,000 test images, and as a share. */
const correct = absolute(40);
const accuracy = absolute(4e-3);
/** Tolerance in 60,000 images. */
const trainCorrect = absolute(240);
/** Tolerance as a share of the 1000 images of one class. */
const share = absolute(4e-2);

export const ofWeights = close(weight);
export const ofBatchLosses = close(batchLoss);
/** Weights, and `batch-losses` beside them. */
export const ofState = close(weight, { "/batch-losses": batchLoss });
/** Tolerance of one image's probabilities. */
export const ofProbabilities = close(absolute(0.1));

export const ofHistory = close(trainLoss, { "/firstBatchLabels": none });

export const ofEvaluation = close(testLoss, {
  ...each(correct, "/epochs/*/correct", "/epochs/*/confusion"),
  ...each(share, "/epochs/*/precision", "/epochs/*/recall"),
  // Sixteen images.
  "/lastBatch/loss": absolute(5e-2),
  "/trainAfter/correct": trainCorrect,
});

export const ofLonger = close(testLoss, { "/*/epochs/*/testCorrect": correct });

/** Metrics of trainings and evaluations, by their names. */
export const ofMetrics = close(testLoss, {
  "/train-loss*": trainLoss,
  "/test-correct*": correct,
  "/test-accuracy": accuracy,
  "/first-losses*": firstLosses,
  "/zero-activations*": zeroActivations,
  ...each(
    none,
    "/batches",
    "/last-batch-size",
    "/first-batch-labels*",
    "/labels-repeated*",
    "/layer-*",
  ),
});

export const ofParity = close(trainLoss, {
  "/firstLossesRelative": absolute(1e-5),
  ...each(testLoss, "/epochs/*/testLoss", "/largest/testLoss", "/webgpu/testLoss"),
  ...each(correct, "/epochs/*/testCorrect", "/largest/testCorrect", "/webgpu/testCorrect"),
});

export const ofParityMetrics = close(none, {
  "/pytorch.first-losses-relative": absolute(1e-5),
  "/pytorch.train-loss-distance": trainLoss,
  "/pytorch.test-correct-distance": correct,
  "/webgpu.train-loss-distance": trainLoss,
  "/webgpu.test-correct-distance": correct,
});

export const ofCurves = close(none, { "/curves/*/epochs/*/measured": testLoss });
export const ofGap = close(none, { "/during": testLoss, "/after": testLoss });

export const ofSamples = close(none, {
  // Sixteen images.
  "/lastBatch/predictionsEqual": absolute(2),
  "/lastBatch/correct/measured": absolute(1),
  "/lastBatch/loss/measured": absolute(5e-2),
  "/second": correct,
});

export const ofPairedPredictions = close(none, {
  ...each(correct, "/paired", "/bin/count", "/bin/correct", "/bin/below"),
  ...each(correct, "/footwear/misclassified", "/footwear/asOtherFootwear"),
  "/improvement": accuracy,
  "/bin/meanProbability": share,
  "/bin/interval": absolute(0.1),
});

/** Means over an epoch of a short training; the larger initialisations learn faster and part sooner. */
const shortTraining = absolute(5e-3);
export const ofInitialisations = close(none, { "/rows/*/trainLosses": shortTraining });
export const ofInitialisationMetrics = close(shortTraining);
