/** Tests points: the credit for near misses, and what keeps a run from passing. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Credit } from "../../../schemas/run/expected.ts";
import { shareAt } from "../../../pipeline/grade/credit.ts";
import { grade } from "../../../pipeline/grade/grade_run.ts";
import { offBy } from "../../../pipeline/grade/interval.ts";
import { fileOf, judged, subjectOf } from "../../support/grade_subject.ts";

const accuracy = (value: number) => ({ metrics: { accuracy: value } });

const credits: fc.Arbitrary<Credit> = fc.oneof(
  fc.constant({ kind: "none" as const }),
  fc.record({
    kind: fc.constant("linear" as const),
    width: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
  }),
  fc.uniqueArray(fc.nat(1000), { minLength: 1, maxLength: 5 }).chain((distances) =>
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
      minLength: distances.length,
      maxLength: distances.length,
    }).map((shares) => {
      const falling = shares.sort((a, b) => b - a);
      return {
        kind: "tiers" as const,
        tiers: distances.sort((a, b) => a - b)
          .map((distance, i) => ({ distance, share: falling[i] })),
      };
    })
  ),
);
const distance = fc.double({ min: 0, max: 2000, noNaN: true });

Deno.test("credit is a share, and a longer distance is never worth more", () => {
  fc.assert(fc.property(credits, distance, distance, (credit, a, b) => {
    const [near, far] = [Math.min(a, b), Math.max(a, b)].map((d) => shareAt(d, credit));
    assert(0 <= far && far <= near && near <= 1);
  }));
});

Deno.test("an item gives all its points if it passes, and a share of them if it does not", () => {
  const number = fc.double({ min: -1000, max: 1000, noNaN: true });
  fc.assert(fc.property(credits, number, number, number, (credit, a, b, value) => {
    const range = { low: Math.min(a, b), high: Math.max(a, b) };
    const { status, points, offBy: away } = judged(
      { expected: { kind: "range", range }, credit, points: 8 },
      accuracy(value),
    );
    const inside = range.low <= value && value <= range.high;
    assertEquals(status === "passed", inside);
    assertEquals(away === 0, inside);
    assert(inside ? points === 8 : 0 <= points && points <= 8);
    assert((status === "partial") === (!inside && points > 0) || points === 0);
    // The nearest value that passes is as far away as it says.
    if (!inside) assert(Math.abs(offBy(value - away!, range)) < 1e-9);
  }));
});

Deno.test("an item that does not pass has never all its points by rounding", () => {
  const near = (points: number, share: number) =>
    judged(
      {
        expected: { kind: "at-most", value: 1 },
        credit: { kind: "tiers", tiers: [{ distance: 1, share }] },
        points,
      },
      accuracy(1.5),
    ).points;
  assertEquals(near(2, 0.999999), 1.9999);
  assertEquals(near(2, 0.99995), 1.9999);
  assertEquals(near(1 / 3, 0.999999), 0.3332);
  assertEquals(near(0.00001, 0.5), 0);
  assertEquals(near(2, 0.5), 1);
  // The file of expected values says so.
  assertEquals(near(2, 1), 2);
});

Deno.test("items of a third of a point that pass add up to a whole point", () => {
  const third = { expected: { kind: "at-least" as const, value: 0 }, points: 1 / 3 };
  const file = fileOf(["a", "b", "c"].map((id) => ({ ...third, id })));
  const { points, maxPoints } = grade(subjectOf(accuracy(1)), file);
  assertEquals([points, maxPoints], [1, 1]);
});

Deno.test("a run that ended early or is inconsistent does not pass, whatever its points", () => {
  const file = fileOf([{ expected: { kind: "at-least", value: 0 } }]);
  const of = (more: Parameters<typeof subjectOf>[1]) => {
    const { passed, points } = grade(subjectOf(accuracy(1), more), file);
    return [passed, points];
  };
  const problem = (jobs: string[]) => ({
    trust: { problems: [{ where: "x", message: "edited", jobs }] },
  });
  assertEquals(of({}), [true, 1]);
  assertEquals(of({ form: "failed" }), [false, 1]);
  assertEquals(of({ form: "metrics-alone" }), [false, 0]);
  assertEquals(of({ form: "metrics-alone", trust: { required: "claimed" } }), [true, 1]);
  assertEquals(of(problem([])), [false, 1]);
  assertEquals(of(problem(["evaluate/it"])), [false, 0]);
  assertEquals(of(problem(["another/job"])), [false, 1]);
});
