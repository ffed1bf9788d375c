/** Chooses the expectation that an item is judged by, where another metric of the run decides. */
import type { Expectation, PlainExpectation } from "../../schemas/run/expected.ts";
import { precise } from "../terminal/numbers.ts";
import type { Evidence } from "./evidence.ts";

export interface Choice {
  expected: PlainExpectation;
  /** Jobs whose metric decided. */
  jobs: readonly string[];
  /** The reason for the choice: "seed is 3". Absent where an item has one expectation alone. */
  because?: string;
  /** True if no case has the metric's value, so that `otherwise` holds. */
  otherwise: boolean;
  /** The reason why the metric that decides cannot be trusted. */
  untrusted?: string;
}

export function choose(expected: Expectation, evidence: Evidence): Choice {
  if (expected.kind !== "by") return { expected, jobs: [], otherwise: false };
  const { metric, cases, otherwise } = expected;
  const found = evidence.metric(metric);
  if ("missing" in found) {
    const because = `${metric} is missing`;
    const untrusted = found.untrusted ? found.missing : undefined;
    return { expected: otherwise, jobs: [], because, otherwise: true, untrusted };
  }
  const { value, jobs } = found;
  const because = `${metric} is ${precise(value)}`;
  const its = cases.find((one) => one.value === value);
  return its === undefined
    ? { expected: otherwise, jobs, because, otherwise: true }
    : { expected: its.expected, jobs, because, otherwise: false };
}
