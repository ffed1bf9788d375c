/** Tests with random numbers that an item's status, its range and its distance say the same. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { formats } from "../../../pipeline/grade/formats/mod.ts";
import { grade } from "../../../pipeline/grade/grade_run.ts";
import { Grade } from "../../../schemas/run/graded.ts";
import { fileOf, type ItemInput, judged, subjectOf } from "../../support/grade_subject.ts";

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -2000, max: 2000 }).map((value) => value / 1000),
  fc.constantFrom(0, -0, 5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 2 ** 53),
);
const size = number.map(Math.abs);
const expectation: fc.Arbitrary<ItemInput["expected"]> = fc.oneof(
  fc.record({ kind: fc.constant("exact"), value: number }),
  fc.record({
    kind: fc.constant("rounded"),
    value: number,
    digits: fc.integer({ min: 0, max: 15 }),
  }),
  fc.record({ kind: fc.constant("close"), value: number, absolute: size, relative: size }),
  fc.record({ kind: fc.constantFrom("at-least", "at-most"), value: number }),
  fc.record({
    kind: fc.constant("relation"),
    relation: fc.constantFrom("at-least", "at-most"),
    metric: fc.constant("baseline"),
    factor: number,
    offset: number,
  }),
) as fc.Arbitrary<ItemInput["expected"]>;

Deno.test("a metric passes where it lies in the range that its grade states, however large the numbers are", () => {
  fc.assert(
    fc.property(expectation, number, number, (expected, accuracy, baseline) => {
      const given = subjectOf({ metrics: { accuracy, baseline } });
      const result = Grade.parse(
        JSON.parse(formats.json(grade(given, fileOf([{ expected }])))),
      );
      const [{ status, range, offBy }] = result.items;
      if (range === null) return assertEquals(status, "failed");
      const { low, high } = range;
      const isInside = (low === null || accuracy >= low) && (high === null || accuracy <= high);
      assertEquals([status === "passed", offBy === 0], [isInside, isInside]);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("a rounded value passes as any program rounds it, and halves either way", () => {
  const status = (value: number, digits: number, accuracy: number) =>
    judged({ expected: { kind: "rounded", value, digits } }, { metrics: { accuracy } }).status;
  // Python prints 0.125 as 0.12, JavaScript as 0.13.
  for (const value of [0.12, 0.13]) assertEquals(status(value, 2, 0.125), "passed");
  assertEquals(status(2, 0, 2.5), "passed");
  // Digits of the value beyond those that are expected do not count.
  for (const near of [0.115, 0.125]) assertEquals(status(0.1239, 2, near), "passed");
  for (const far of [0.1149, 0.1251, 0.128]) assertEquals(status(0.1239, 2, far), "failed");
});

Deno.test("an integer lies at its own bound, and the next one beyond it", () => {
  const value = 2 ** 52 + 1;
  const expectations: ItemInput["expected"][] = [
    { kind: "close", value },
    { kind: "close", value: value - 5, absolute: 5 },
    { kind: "relation", relation: "at-most", metric: "baseline" },
    { kind: "relation", relation: "at-most", metric: "baseline", factor: 2, offset: -value },
  ];
  for (const expected of expectations) {
    const of = (accuracy: number) =>
      judged({ expected }, { metrics: { accuracy, baseline: value } });
    assertEquals([of(value).status, of(value + 1).offBy], ["passed", 1]);
  }
});

Deno.test("a relation to a number whose bound is beyond all numbers passes nothing", () => {
  const { status, explanation } = judged(
    { expected: { kind: "relation", relation: "at-least", metric: "baseline", factor: 10 } },
    { metrics: { accuracy: 1, baseline: -1e308 } },
  );
  assertEquals(status, "failed");
  assertEquals(
    explanation,
    'expected at least 10 × baseline, found 1, "baseline", to which it is compared, is -1e+308',
  );
});
