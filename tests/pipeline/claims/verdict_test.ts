/** Tests the rule of verdicts: where an interval lies, what a part says, what a claim is. */
import { assertEquals } from "@std/assert";
import type { Condition, Part } from "../../../schemas/run/judged_claims.ts";
import { exactly, printed } from "../../../pipeline/claims/claim.ts";
import { judgePart, positionOf, verdictOf } from "../../../pipeline/claims/verdict.ts";

const between = (low: number, high: number, band: Condition["band"]): Condition => ({
  ...exactly("a condition", (low + high) / 2, band),
  interval: { low, high },
});
const margin = { low: 1, high: 2 };

Deno.test("an interval lies inside, outside or across an end of its margin", () => {
  const positions: [number, number, Condition["band"], string][] = [
    [1, 2, margin, "inside"],
    [1.2, 1.3, margin, "inside"],
    [0.9, 1.5, margin, "straddles"],
    [1.5, 2.1, margin, "straddles"],
    [0.9, 2.1, margin, "straddles"],
    [0.5, 1, margin, "straddles"],
    [2, 2.5, margin, "straddles"],
    [0.5, 0.9, margin, "outside"],
    [2.1, 2.5, margin, "outside"],
    [0.5, 0.9, { low: null, high: 1 }, "inside"],
    [1.1, 1.2, { low: null, high: 1 }, "outside"],
    [1.1, 1.2, { low: 1, high: null }, "inside"],
    [-Infinity, 0.5, { low: null, high: 1 }, "straddles"],
    [3, Infinity, margin, "straddles"],
    [NaN, NaN, margin, "straddles"],
  ];
  for (const [low, high, band, expected] of positions) {
    assertEquals(positionOf(between(low, high, band)), expected, `${low} to ${high}`);
  }
});

const part = (...intervals: [number, number][]) => {
  const text: Omit<Part, "conditions"> = {
    assertion: "It is so.",
    quantity: "a value",
    bandReason: "a reason",
    test: "a test",
    confidence: 1,
  };
  return judgePart({ ...text, conditions: intervals.map(([a, b]) => between(a, b, margin)) });
};
const inside: [number, number] = [1.1, 1.2];
const outside: [number, number] = [3, 4];
const across: [number, number] = [0, 1.5];

Deno.test("a part holds or fails in every condition; one across an end leaves it undecided", () => {
  assertEquals(part(inside, inside).outcome, "holds");
  assertEquals(part(outside, outside).outcome, "fails");
  assertEquals(part(inside, outside).outcome, "mixed");
  assertEquals(part(inside, across).outcome, "undecided");
  assertEquals(part(outside, across).outcome, "undecided");
});

Deno.test("a claim is confirmed or refuted by all parts, qualified by some, undecided by one", () => {
  const [holds, fails, mixed, open] = [
    part(inside),
    part(outside),
    part(inside, outside),
    part(across),
  ];
  assertEquals(verdictOf([holds, holds]), "confirmed");
  assertEquals(verdictOf([fails, fails]), "refuted");
  assertEquals(verdictOf([holds, fails]), "qualified");
  assertEquals(verdictOf([fails, mixed]), "qualified");
  assertEquals(verdictOf([mixed]), "qualified");
  assertEquals(verdictOf([holds, fails, open]), "undecided");
});

Deno.test("a printed value is one that rounds to it", () => {
  assertEquals(printed(2.36, 2), { low: 2.355, high: 2.3649999999999998 });
});
