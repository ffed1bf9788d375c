/** The DAG, top to bottom. */
import { defineDag } from "fanin";
import { evaluateNetwork } from "./evaluate_network.ts";
import { makeRings } from "./make_rings.ts";
import { trainNetwork } from "./train_network.ts";

export const dag = defineDag((job) => {
  const training = job("points/training", makeRings, { inputs: {}, parameters: { seed: 1 } });
  const test = job("points/test", makeRings, { inputs: {}, parameters: { seed: 2 } });
  const { weights } = job("train/rings", trainNetwork, { inputs: { points: training.points } });
  job("evaluate/rings", evaluateNetwork, { inputs: { points: test.points, weights } });
});
