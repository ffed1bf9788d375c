/** Declares the artifacts of comparisons with PyTorch's runs and with the assignment's values. */
import { json } from "../../pipeline/formats/json.ts";
import { Metrics } from "../../schemas/run/metric_values.ts";
import { z } from "zod";
import { LongerTraining } from "../../schemas/assignment/longer_training.ts";
import { PairedPredictions } from "../../schemas/assignment/paired_predictions.ts";
import { Curves, LossGap, Parity } from "../../schemas/assignment/pytorch_parity.ts";
import { ShownSamples } from "../../schemas/assignment/samples.ts";
import { Initialisations } from "../../schemas/assignment/short_trainings.ts";
import {
  ofCurves,
  ofGap,
  ofInitialisationMetrics,
  ofInitialisations,
  ofLonger,
  ofPairedPredictions,
  ofParity,
  ofParityMetrics,
  ofSamples,
} from "../networks/device_tolerance.ts";

export const parity = json("parity", Parity, ofParity);
export const curves = json("curves", Curves, ofCurves);
export const lossGap = json("loss-gap", LossGap, ofGap);
export const initialisations = json("initialisations", Initialisations, ofInitialisations);
export const longerTrainings = json("longer-trainings", z.array(LongerTraining), ofLonger);
export const pairedPredictions = json("paired-predictions", PairedPredictions, ofPairedPredictions);
export const shownSamples = json("shown-samples", ShownSamples, ofSamples);

/** Metrics that come from a device. */
export const parityMetrics = json("metrics", Metrics, ofParityMetrics);
export const initialisationMetrics = json("metrics", Metrics, ofInitialisationMetrics);
