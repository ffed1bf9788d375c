/** Checks which Deno runs fanin. Imports nothing, so that the check comes before all that could fail. */

/** The oldest release that the tests run with. */
const oldest = "2.9.6";

/** One sentence for a Deno that is older than the tests know; undefined for others. */
export function unsupportedDeno(version = Deno.version.deno): string | undefined {
  const [found, needed] = [version, oldest].map(numbersOf);
  const first = needed.findIndex((number, i) => number !== found[i]);
  return first < 0 || found[first] > needed[first]
    ? undefined
    : `fanin needs Deno ${oldest} or later, found ${version}: "deno upgrade" brings it.`;
}

/** Major, minor and patch of `2.9.6`, `2.10.0-rc.1` or `2.9.6+1a2b3c`. */
const numbersOf = (version: string): number[] => version.split(/[.+-]/).slice(0, 3).map(Number);
