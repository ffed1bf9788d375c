/** Chooses some of the planted errors by a commit, so that each is tried in some commit. */
import type { Plant } from "./plant.ts";

/**
 * `count` of the plants, evenly spread over the list from a place that the commit gives.
 * @param commit hexadecimal digits; "0" where there is no commit
 */
export function sampleOf(plants: readonly Plant[], count: number, commit: string): Plant[] {
  const start = Number(BigInt(`0x${commit}`) % BigInt(plants.length));
  const most = Math.min(count, plants.length);
  return Array.from(
    { length: most },
    (_, i) => plants[(start + Math.floor(i * plants.length / most)) % plants.length],
  );
}
