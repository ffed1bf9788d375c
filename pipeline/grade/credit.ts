/** Computes partial credit: the share of an item's points at a distance from passing. */
import type { Credit } from "../../schemas/run/expected.ts";

/** From 0 to 1, never rising with the distance, which is 0 or more. */
export function shareAt(distance: number, credit: Credit): number {
  switch (credit.kind) {
    case "none":
      return 0;
    case "linear":
      return Math.max(0, 1 - distance / credit.width);
    case "tiers":
      return credit.tiers.find((tier) => distance <= tier.distance)?.share ?? 0;
  }
}

/** Points to so many decimals, so that sums of shares can be read. */
const decimals = 4;

/** The smallest difference of points that such sums show. */
export const leastPoints = 10 ** -decimals;

export const roundPoints = (points: number): number => Number(points.toFixed(decimals));
