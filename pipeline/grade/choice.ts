/** Chooses the expectation that an item is judged by, where another metric of the run decides. */
import type { Expectation, PlainExpectation } from "../../schemas/run/expected.ts";
import { precise } from "../terminal/numbers.ts";
import type { Evidence } from "./evidence.ts";

interface Choice {
  expected: PlainExpectation;
  /** The reason for the choice: "seed is 3". Absent where an item has one expectation alone. */
  because?: string;
  /** True if no case has the metric's value, so that `otherwise` holds. */
  otherwise: boolean;
}

export function choose(expected: Expectation, evidence: Evidence): Choice {
  if (expected.kind !== "by") return { expected, otherwise: false };
  const { metric, cases, otherwise } = expected;
  const found = evidence.metric(metric);
  if ("missing" in found) {
    return { expected: otherwise, because: `${metric} is missing`, otherwise: true };
  }
  const { value } = found;
  const because = `${metric} is ${precise(value)}`;
  const its = cases.find((one) => one.value === value);
  return its === undefined
    ? { expected: otherwise, because, otherwise: true }
    : { expected: its.expected, because, otherwise: false };
}
