/** Declares the artifacts of step networks: their parameter tables and measurements. */
import { json } from "../../pipeline/formats/json.ts";
import {
  Contrasts,
  Dimensions,
  Distances,
  Errors,
  Exactness,
  Networks,
  Samples,
} from "../../schemas/assignment/step_networks.ts";

const stepNetworks = json("step-networks", Networks);
export const exactness = json("step-network-exactness", Exactness);
export const approximationErrors = json("approximation-errors", Errors);
const approximationSamples = json("approximation-samples", Samples);
export const dimensions = json("step-network-dimensions", Dimensions);
export const nearestNeighbourDistances = json("nearest-neighbour-distances", Distances);
export const distanceContrasts = json("distance-contrasts", Contrasts);

/** Measurements of which charts are drawn, by the names of outputs. */
export const drawnMeasurements = {
  networks: stepNetworks,
  exactness,
  errors: approximationErrors,
  samples: approximationSamples,
  dimensions,
  distances: nearestNeighbourDistances,
};
