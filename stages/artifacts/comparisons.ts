/** Artifacts of comparisons: with PyTorch's runs, and with the document's figures. */
import { json } from "../../pipeline/format/json.ts";
import { Findings } from "../../schemas/findings.ts";
import { Initialisations } from "../../schemas/initialisation.ts";
import { Curves, Parity } from "../../schemas/parity.ts";
import {
  ofCurves,
  ofInitialisationFindings,
  ofInitialisations,
  ofParity,
  ofParityFindings,
} from "./device_tolerance.ts";

export const parity = json("parity", Parity, ofParity);
export const curves = json("curves", Curves, ofCurves);
export const initialisations = json("initialisations", Initialisations, ofInitialisations);

/** Findings whose figures come from a device. */
export const parityFindings = json("findings", Findings, ofParityFindings);
export const initialisationFindings = json("findings", Findings, ofInitialisationFindings);
