/** Judges one item by what was found: its status, points and explanation. Pure. */
import type { Item, PlainExpectation, Range } from "../../schemas/run/expected.ts";
import { floatTexts } from "../../schemas/run/float_text.ts";
import type { ItemResult, ItemStatus, TrustLevel } from "../../schemas/run/graded.ts";
import { choose } from "./choice.ts";
import { leastPoints, roundPoints, shareAt } from "./credit.ts";
import type { Exact } from "../diff/exact_integers.ts";
import { type Evidence, evidenceJobs, find, type Found, leftOut, othersOf } from "./evidence.ts";
import { problemsOfForm, problemsOfTensors } from "./forms.ts";
import { offBy, type OfNumber, passingRange, rangesOf } from "./interval.ts";
import { precise } from "../terminal/numbers.ts";
import {
  adviceOf,
  distanceText,
  expectedText,
  explanation,
  foundText,
  rangeText,
} from "./wording.ts";

/** The level at which evidence was verified. */
interface Verified {
  level: TrustLevel;
  /** The reason why that is less than the grader demands; undefined if it is enough. */
  lacks?: string;
}

/** Says how well the outputs of jobs were verified that gave an item's evidence. */
export type Verify = (jobs: readonly string[], item: Item) => Verified;

/** An item with the one expectation that it is judged by. */
interface Chosen extends Omit<Item, "expected"> {
  expected: PlainExpectation;
  /** The reason for this expectation, if another metric decided. */
  because?: string;
}

/** The result of an item, before it is worded. */
interface Judged {
  passed: boolean;
  /** Share of the points, from 0 to 1. */
  share: number;
  range?: Range;
  offBy?: number;
  outside?: ItemResult["outside"];
  /** The problem, if no number expresses it. */
  detail?: string;
  /** Reason why the value found cannot be judged. */
  unusable?: string;
}

const all = (passed: boolean, detail?: string): Judged => ({
  passed,
  share: passed ? 1 : 0,
  detail: passed ? undefined : detail,
});

/** Bytes with the hash that the grader's own file expects need no other proof. */
const proven: Verified = { level: "recomputed" };

export function judge(given: Item, evidence: Evidence, verify: Verify): ItemResult {
  const choice = choose(given.expected, evidence);
  const item: Chosen = { ...given, expected: choice.expected, because: choice.because };
  const { target, expected } = item;
  const found = find(evidence, target);
  if ("missing" in found) {
    return missing(item, found.missing, evidence, found.untrusted ? "untrusted" : "missing");
  }
  for (const other of othersOf(evidence, given.expected)) {
    if ("missing" in other && other.untrusted) {
      return missing(item, other.missing, evidence, "untrusted");
    }
  }
  const judged = judgeFound(item, found.value, evidence);
  const { level, lacks: reason } = expected.kind === "hash" && judged.passed
    ? proven
    : verify(evidenceJobs(evidence, given), given);
  if (judged.unusable !== undefined) return missing(item, judged.unusable, evidence);

  const outside = judged.outside ?? [];
  const range = judged.range ?? null;
  const away = judged.offBy ?? null;
  const scale = away ||
    (range?.low !== null && range?.high !== null && range !== null ? range.high - range.low : 0);
  const words = {
    expected: expectedText(expected, {
      range: judged.range,
      offBy: judged.offBy,
      because: item.because,
    }),
    found: foundText(found.value, outside.length, Math.abs(scale)),
  };
  return {
    ...head(item),
    status: reason !== undefined ? "untrusted" : statusOf(judged),
    level,
    points: reason !== undefined ? 0 : pointsAt(judged.share, item),
    ...words,
    value: valueOf(found.value),
    range,
    offBy: away,
    outside,
    explanation: reason !== undefined
      ? `found ${words.found}, which cannot be trusted: ${reason}`
      : judged.passed
      ? null
      : explanation(
        { ...words, offBy: away, detail: judged.detail },
        adviceOf(item, away ?? direction(outside)),
      ),
  };
}

/**
 * An item's points at a share. All of them are not rounded: thirds would not add up to a whole. A share that rounds
 * to all of them is the largest below.
 */
function pointsAt(share: number, { points }: Chosen): number {
  if (share === 1) return points;
  return Math.max(0, roundPoints(Math.min(points * share, points - leastPoints)));
}

function statusOf({ passed, share }: Judged): ItemStatus {
  if (passed) return "passed";
  return share > 0 ? "partial" : "failed";
}

const head = ({ id, title, group, points, visibility, source }: Chosen) => ({
  id,
  title,
  group: group ?? null,
  maxPoints: points,
  visibility,
  source,
});

function missing(
  item: Chosen,
  why: string,
  evidence: Evidence,
  status: ItemStatus = "missing",
): ItemResult {
  const range = rangeOf(item, evidence);
  const expected = expectedText(item.expected, { range, because: item.because });
  const advice = status === "missing" ? adviceOf(item, null) : undefined;
  return {
    ...head(item),
    status,
    level: null,
    points: 0,
    expected,
    found: "nothing",
    value: null,
    range: range ?? null,
    offBy: null,
    outside: [],
    explanation: advice === undefined
      ? `expected ${expected}, found nothing: ${why}`
      : `expected ${expected}, found nothing: ${why.replace(/\.$/, "")}; ${advice}`,
  };
}

const valueOf = (found: Found): ItemResult["value"] => {
  if (found.kind === "number") return Number(found.value);
  if (found.kind === "other") return found.value;
  if (found.kind === "claim") return found.value.verdict;
  return found.kind === "artifact" ? found.value.sha256 : null;
};

const numeric = ["exact", "rounded", "range", "close", "at-least", "at-most", "relation"];

const rangeOf = ({ expected }: Chosen, evidence: Evidence): Range | undefined =>
  numeric.includes(expected.kind)
    ? passingRange(expected as OfNumber, (name) => {
      const found = evidence.metric(name);
      return "missing" in found ? undefined : Number(found.value);
    })
    : undefined;

function judgeFound(item: Chosen, found: Found, evidence: Evidence): Judged {
  const { expected, credit } = item;
  switch (expected.kind) {
    case "verdict":
      return found.kind === "claim"
        ? all(expected.anyOf.includes(found.value.verdict), found.value.sentence)
        : unlike(found, "a claim");
    case "band":
    case "values":
      return found.kind === "curve"
        ? judgeCurve(found, rangesOf(expected), item)
        : unlike(found, "a curve");
    case "hash":
    case "present":
    case "form":
    case "tensors":
      return found.kind === "artifact"
        ? judgeArtifact(found.value, expected)
        : unlike(found, "an artifact");
  }
  const value = numberIn(found);
  if (value !== undefined && !Number.isFinite(Number(value))) {
    // NaN passes nothing, and neither does an infinite value, however large it must be.
    const detail = "which is no finite number";
    return { passed: false, share: 0, range: rangeOf(item, evidence), detail };
  }
  if (expected.kind === "exact" && typeof expected.value !== "number") {
    if (found.kind !== "other" && found.kind !== "number") return unlike(found, "a value");
    const wanted = typeof expected.value;
    const type = found.kind === "number" ? "number" : typeof found.value;
    const detail = type === wanted ? undefined : `which is a ${type}, no ${wanted}`;
    return all(found.value === expected.value, detail);
  }
  if (value === undefined) return unlike(found, "a number");
  const range = rangeOf(item, evidence);
  if (range === undefined) return { passed: false, share: 0, ...otherProblem(item, evidence) };
  const away = offBy(value, range);
  if (away === 0) return { passed: true, share: 1, range, offBy: 0 };
  return { passed: false, share: shareAt(Math.abs(away), credit), range, offBy: away };
}

/** The number that was found; JSON artifacts have NaN and the infinities as texts. */
function numberIn(found: Found): Exact | undefined {
  if (found.kind === "number") return found.value;
  return found.kind === "other" && floatTexts.some((text) => text === found.value)
    ? Number(found.value)
    : undefined;
}

/** Returns why an item that is compared with another metric has no range. */
function otherProblem(
  { expected }: Chosen,
  evidence: Evidence,
): Pick<Judged, "unusable" | "detail"> {
  if (expected.kind !== "relation") return { detail: "which has no range" };
  const other = evidence.metric(expected.metric);
  const it = `"${expected.metric}", to which it is compared,`;
  if ("missing" in other) return { unusable: `${it} is missing` };
  return { detail: `${it} is ${other.value}` };
}

const unlike = (found: Found, wanted: string): Judged => ({
  passed: false,
  share: 0,
  unusable: `expected ${wanted} there, found ${foundText(found, 0)}`,
});

/** Its distance is the share of its points outside; a point that is missing is outside. */
function judgeCurve(
  { metrics, values }: Extract<Found, { kind: "curve" }>,
  ranges: readonly Range[],
  { credit }: Chosen,
): Judged {
  const outside = ranges.flatMap(({ low, high }, i) => {
    const value = values[i];
    const isFinite = value !== undefined && Number.isFinite(Number(value));
    if (isFinite && offBy(value, { low, high }) === 0) return [];
    return [{ metric: metrics[i], found: value === undefined ? null : Number(value), low, high }];
  });
  if (outside.length === 0) return { passed: true, share: 1, outside };
  const [first] = outside;
  const away = first.found === null || !Number.isFinite(first.found)
    ? 0
    : offBy(first.found, first);
  const detail = [
    `first ${first.metric}: expected ${rangeText(first, away)}`,
    `found ${first.found === null ? "nothing" : precise(first.found, Math.abs(away))}`,
    ...(away === 0 ? [] : [distanceText(away)]),
  ].join(", ");
  return { passed: false, share: shareAt(outside.length / ranges.length, credit), outside, detail };
}

/** Returns the sign of the outside points' distance from their ranges; null if both signs occur. */
function direction(outside: ItemResult["outside"]): number | null {
  const signs = new Set(
    outside.map(({ found, low, high }) =>
      found === null ? 0 : Math.sign(offBy(found, { low, high }))
    ),
  );
  return signs.size === 1 && !signs.has(0) ? [...signs][0] : null;
}

function judgeArtifact(
  artifact: Extract<Found, { kind: "artifact" }>["value"],
  expected: Extract<PlainExpectation, { kind: "hash" | "present" | "form" | "tensors" }>,
): Judged {
  const unusable = (message: string): Judged => ({ passed: false, share: 0, unusable: message });
  const isInside = expected.kind === "form" || expected.kind === "tensors";
  let bytes: Uint8Array | undefined;
  try {
    if (isInside) bytes = artifact.read();
    const isThere = isInside ? bytes !== undefined : artifact.isThere();
    if (!isThere) return unusable(leftOut(artifact.file));
  } catch (error) {
    return unusable((error as Error).message);
  }
  if (expected.kind === "present") return all(true);
  if (expected.kind === "hash") return all(artifact.sha256 === expected.sha256);
  const problems = expected.kind === "tensors"
    ? problemsOfTensors(bytes!, expected)
    : problemsOfForm(bytes!, expected);
  return all(problems.length === 0, problems.join("; "));
}
