/** Declares question 2's artifacts: the design and its measurements. */
import { json } from "../../pipeline/formats/json.ts";
import {
  ActivationTheory,
  Assumptions,
  DepthTheory,
  LayerTheory,
  TheoryDesign,
} from "../../schemas/assignment/theory.ts";

export const theoryDesign = json("theory-design", TheoryDesign);
export const layerTheory = json("layer-theory", LayerTheory);
export const depthTheory = json("depth-theory", DepthTheory);
export const activationTheory = json("activation-theory", ActivationTheory);
export const assumptions = json("assumptions", Assumptions);
