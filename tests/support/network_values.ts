/** Step networks of property tests: their values, and numbers to build them from. */
import fc from "fast-check";
import type { StepNetwork } from "../../schemas/assignment/step_networks.ts";
import { evaluate } from "../../stages/expressivity/step_network.ts";

/** The network's value at one point. */
export const at = (network: StepNetwork, ...point: number[]): number =>
  evaluate(network, Float64Array.from(point))[0];

export const finite = (min: number, max: number): fc.Arbitrary<number> =>
  fc.double({ min, max, noNaN: true });
