/** Names the likely source of a difference, from the conditions that cause it and from the bytes. */
import type { ConditionName, Finding, SourceKind } from "../../../schemas/run/audit_report.ts";
import { listed } from "../../terminal/numbers.ts";
import type { Evidence } from "./bytes_evidence.ts";

/** A condition that changes an artifact alone names the source. `again` changes nothing, so it names none. */
const kinds: Record<Exclude<ConditionName, "again">, SourceKind> = {
  path: "path",
  zone: "time zone",
  locale: "locale",
  clock: "time",
  user: "user",
  umask: "umask",
  terminal: "terminal",
  workers: "workers",
  order: "order",
  cores: "cores",
  backend: "backend",
};

export interface Signs {
  changedBy: readonly ConditionName[];
  together: boolean;
  follows: readonly string[];
  evidence?: Evidence;
  /** Clocks that the job's stage reads, as the engine reported them. */
  clocks: readonly string[];
  /** True if two runs under a clock that stands still gave the same bytes; undefined if not tried. */
  keptByStandingClock?: boolean;
}

export function likelySource(signs: Signs): Finding["source"] {
  const { changedBy: [first, ...others], follows, evidence } = signs;
  if (follows.length > 0) {
    return { kind: "unknown", why: `it takes what differs of ${listed(follows)}` };
  }
  const also = evidence === undefined ? "" : `; ${evidence.why}`;
  if (first === undefined) {
    const why = `it differed in one run and in no other, as from chance or a race${also}`;
    return { kind: evidence?.kind ?? "random", why };
  }
  if (first === "again") return fromChance(signs);
  if (signs.together) {
    const why = `none of ${listed([first, ...others])} changes it alone${also}`;
    return { kind: evidence?.kind ?? kinds[first], why };
  }
  return { kind: kinds[first], why: `another ${nouns[first]} alone changes it${also}` };
}

const nouns: Record<Exclude<ConditionName, "again">, string> = {
  path: "path",
  zone: "time zone",
  locale: "locale",
  clock: "date",
  user: "user",
  umask: "umask",
  terminal: "terminal",
  workers: "number of workers",
  order: "order of jobs",
  cores: "number of cores",
  backend: "backend",
};

/** Names the source of a difference between two runs of the same: time, an order that nothing fixes, or chance. */
function fromChance({ evidence, clocks, keptByStandingClock }: Signs): Finding["source"] {
  if (evidence !== undefined) return evidence;
  if (keptByStandingClock) {
    return { kind: "time", why: "under a clock that stands still it keeps its bytes" };
  }
  if (clocks.length > 0) {
    return { kind: "time", why: `its stage reads the clock (${clocks.join(", ")})` };
  }
  const clock = keptByStandingClock === false ? ", and a clock that stands still is no help" : "";
  return {
    kind: "random",
    why: `a second run of the same changes it; no time and no order is seen in it${clock}`,
  };
}
