/** Declares the artifacts of question 4's measurements besides evaluations. */
import { json } from "../../pipeline/formats/json.ts";
import {
  DeltaOperations,
  GradientCheck,
  GradientScale,
  SigmoidForms,
  SummationOrders,
  Untrained,
  WeightedInputs,
} from "../../schemas/assignment/by_hand_measurements.ts";

export const summationOrders = json("summation-orders", SummationOrders);
export const gradientCheck = json("gradient-check", GradientCheck);
export const gradientScale = json("gradient-scale", GradientScale);
export const weightedInputs = json("weighted-inputs", WeightedInputs);
export const untrained = json("untrained-networks", Untrained);
export const deltaOperations = json("delta-operations", DeltaOperations);
export const sigmoidForms = json("sigmoid-forms", SigmoidForms);
