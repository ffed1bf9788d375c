/** Flags that say how much a command prints about a run. */
import { Failed } from "../../engine/failed.ts";
import type { Verbosity } from "../../terminal/progress.ts";
import { type Given, short, toggle } from "./flags.ts";
import { json } from "./shared_flags.ts";

export const telling = {
  verbose: short("v", toggle("prints all jobs, claims and differences before the summary")),
  quiet: short("q", toggle("prints one line")),
  json,
};

export function tellingOf(
  { verbose, quiet, json }: Omit<Given<typeof telling>, "operands">,
): { json: boolean; verbosity: Verbosity } {
  const given = Object.entries({ verbose, quiet, json }).filter(([, isGiven]) => isGiven);
  if (given.length > 1) {
    const found = given.map(([name]) => `--${name}`).join(" and ");
    const message = `expected one of --verbose, --quiet and --json, found ${found}.`;
    throw new Failed({ reason: "usage", message });
  }
  return { json, verbosity: verbose ? "verbose" : quiet ? "quiet" : "short" };
}
