/** Estimates a share from trials, with an exact interval. */
import type { Rate } from "../../schemas/run/expected.ts";
import { distributions } from "./distributions.ts";

/** Clopper and Pearson's exact 95 % interval of a share (Biometrika 26, 1934). */
export async function rateOf(failed: number, of: number): Promise<Rate> {
  const { qbeta } = await distributions();
  return {
    failed,
    of,
    interval: {
      low: failed === 0 ? 0 : qbeta(0.025, failed, of - failed + 1),
      high: failed === of ? 1 : qbeta(0.975, failed + 1, of - failed),
    },
  };
}
