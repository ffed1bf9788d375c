/** Reads from a run's keys which backend computed it. */
import type { Manifest } from "../../schemas/run/manifest.ts";
import { factIn, parseLines } from "../engine/key.ts";

/** The backend that computed the run; undefined if no job's key has one. */
export function backendOf({ jobs }: Pick<Manifest, "jobs">): string | undefined {
  for (const { lines } of jobs) {
    const fact = factIn(parseLines(lines), "backend");
    if (fact !== undefined) return String(JSON.parse(fact));
  }
}
