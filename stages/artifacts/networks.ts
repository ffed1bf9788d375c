/** Artifacts of networks: initial weights with their report, weights of each epoch, evaluations. */
import { json } from "../../pipeline/format/json.ts";
import { safetensors } from "../../pipeline/format/safetensors.ts";
import { InitialisationReport } from "../../schemas/initialisation.ts";
import { Evaluation, History } from "../../schemas/training.ts";

/** `layer-1.weight` of shape (inputs, outputs), `layer-1.bias`, …, as `x·W + b` takes them. */
export const initialFloat64 = safetensors("initial-weights-float64", "float64");

/** PyTorch's names and layout: `ly1.weight` of shape (outputs, inputs), `ly1.bias`, … */
export const initialFloat32 = safetensors("initial-weights-float32", "float32");

export const initialisationReport = json("initialisation-report", InitialisationReport);

/** As the initial weights, each name after `epoch-0.`, `epoch-1.`, … */
export const weightsByEpoch = safetensors("weights-by-epoch", "float64");

export const history = json("training-history", History);

export const evaluation = json("evaluation", Evaluation);
