/** Declares the artifacts of question 4's measurements besides evaluations. */
import { json } from "../../pipeline/formats/json.ts";
import {
  GradientCheck,
  GradientScale,
  SummationOrders,
  WeightedInputs,
} from "../../schemas/assignment/by_hand_measurements.ts";

export const summationOrders = json("summation-orders", SummationOrders);
export const gradientCheck = json("gradient-check", GradientCheck);
export const gradientScale = json("gradient-scale", GradientScale);
export const weightedInputs = json("weighted-inputs", WeightedInputs);
