/** Artifacts of comparisons: with PyTorch's runs, and with the document's figures. */
import { json } from "../../pipeline/format/json.ts";
import { Initialisations } from "../../schemas/initialisation.ts";
import { Curves, Parity } from "../../schemas/parity.ts";

export const parity = json("parity", Parity);
export const curves = json("curves", Curves);
export const initialisations = json("initialisations", Initialisations);
