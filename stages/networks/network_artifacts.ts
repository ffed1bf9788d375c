/**
 * Declares the artifacts of networks: initial weights with their report, weights of each epoch,
 * evaluations.
 */
import { z } from "zod";
import { bytes } from "../../pipeline/formats/bytes.ts";
import { json } from "../../pipeline/formats/json.ts";
import { npy } from "../../pipeline/formats/npy.ts";
import { safetensors } from "../../pipeline/formats/safetensors.ts";
import { Metrics } from "../../schemas/run/metric_values.ts";
import {
  BatchMoments,
  GeneratorState,
  InitialisationReport,
} from "../../schemas/assignment/initialisation.ts";
import {
  DeviceEvaluation,
  DeviceHistory,
  Evaluation,
  History,
} from "../../schemas/assignment/training.ts";
import {
  ofBatchLosses,
  ofEvaluation,
  ofHistory,
  ofMetrics,
  ofProbabilities,
  ofState,
  ofWeights,
} from "./device_tolerance.ts";

const LayersModel = z.object({
  format: z.string().optional(),
  generatedBy: z.string().nullish(),
  modelTopology: z.unknown(),
  weightsManifest: z.array(z.strictObject({
    paths: z.array(z.string()),
    weights: z.array(z.object({
      name: z.string(),
      shape: z.array(z.int()),
      dtype: z.string(),
    })),
  })),
});

/**
 * A weight in float64 has shape (inputs, outputs), as x·W + b takes it; in float32 it has PyTorch's
 * (outputs, inputs). Each file says which.
 */
const layout = {
  float64: "weight: (inputs, outputs), bias: (outputs)",
  float32: "weight: (outputs, inputs), bias: (outputs)",
};

/** Weights and biases by layer: `<layer>.weight` and `<layer>.bias`. */
export const initialWeights = safetensors("initial-weights", ["float64", "float32"], { layout });

export const initialisationReport = json("initialisation-report", InitialisationReport);
export const generatorState = json("generator-state", GeneratorState);

/** Weights like the initial ones, each name after `epoch-0.`, `epoch-1.`, … */
export const weightsByEpoch = safetensors("weights-by-epoch", "float64", { layout });

export const history = json("training-history", History);

export const evaluation = json("evaluation", Evaluation);

/** Weights like the initial ones, each name after `epoch-0.` (the first epoch trained), `epoch-1.`, … */
export const weightsByEpochFloat32 = safetensors("weights-by-epoch-float32", "float32", {
  ...ofWeights,
  layout,
});

/** The last epoch's weights alone, under PyTorch's names. */
export const trainedFloat32 = safetensors("trained-weights-float32", "float32", {
  ...ofWeights,
  layout,
});

/** State after one epoch: its weights, and `batch-losses` of shape (batches). */
export const epochState = safetensors("epoch-state", "float32", { ...ofState, layout });

/** Shape (epochs, batches): the mean loss of each batch in nats, before its update. */
export const batchLosses = npy("batch-losses", "float32", [null, null], ofBatchLosses);

/** Shape (samples, classes): what the last epoch's network says of the test set. */
export const probabilities = npy("probabilities", "float32", [null, null], ofProbabilities);

/** The same of a network that is computed in float64. */
export const probabilitiesFloat64 = npy("probabilities-float64", "float64", [null, null]);

export const deviceHistory = json("device-history", DeviceHistory, ofHistory);
/** Metrics that come from a device. */
export const deviceMetrics = json("metrics", Metrics, ofMetrics);
export const deviceEvaluation = json("device-evaluation", DeviceEvaluation, ofEvaluation);

/** A tfjs LayersModel: its topology, which names the file of weights beside it, and these. */
export const layersModel = json("tfjs-layers-model", LayersModel);
export const layersModelWeights = bytes("tfjs-layers-model-weights", {
  // The tensors in the model's order, without a header.
  mediaType: "application/octet-stream; dtype=float32",
  extension: ".bin",
  ...ofWeights,
});

export const batchMomentsArtifact = json("batch-moments", BatchMoments);
