/** Lists the estimates of a row of networks, which are tested together. */
import type { Estimate, NetworkRow } from "../../../schemas/assignment/theory.ts";

export const networkEstimates = (
  { factor, endToEnd, varianceAtEnd, logGrowth }: NetworkRow,
): (Estimate | null | undefined)[] => [
  factor,
  endToEnd,
  varianceAtEnd,
  logGrowth?.mean,
  logGrowth?.variance,
];
