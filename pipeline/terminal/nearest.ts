/** Finds the known name that a mistyped one was probably meant to be. */
import leven from "leven";

/** The known name nearest to `name`, if any is near enough to have been meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(3, Math.ceil(name.length / 2));
  for (const candidate of known) {
    const distance = leven(name, candidate, { maxDistance: least });
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}
