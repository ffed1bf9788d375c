/** Tests that integers which float64 rounds keep their last digit where they are read, judged and shown. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import fc from "fast-check";
import { gradeValues } from "../../../../pipeline/grade/submission.ts";
import { readSubmitted } from "../../../../pipeline/grade/submitted/submitted_metrics.ts";
import { precise } from "../../../../pipeline/terminal/numbers.ts";
import { fileOf, type ItemInput } from "../../../support/grade_subject.ts";
import { workspace } from "../../../support/workspace.ts";

const place = await workspace();
Deno.test.afterAll(async () => await place[Symbol.asyncDispose]());

/** The one item's result for a file of some content. */
function judged(name: string, text: string, item: Partial<ItemInput>) {
  const path = join(place.path, name);
  Deno.writeTextFileSync(path, text);
  const file = fileOf([item]);
  return gradeValues(name, readSubmitted(path, file.expected), file).items[0];
}

/** A submission of the metric `count` in every form that has one. */
const forms: Record<string, (count: string) => string> = {
  "flat.json": (count) => `{"count": ${count}}`,
  "pairs.csv": (count) => `name,value\ncount,${count}\n`,
  "wide.csv": (count) => `count,loss\n${count},0.5\n`,
  "table.csv": (count) => `step,count,loss\n0,5,0.5\n1,${count},0.5\n`,
  "scalars.json": (count) => `{"count": [[1700000000000000001, 0, 5], [17e17, 1, ${count}]]}`,
  "printed.log": (count) => `done\ncount: ${count}\n`,
};

const item = (value: number): Partial<ItemInput> => ({
  target: { kind: "metric", name: "count" },
  expected: { kind: "exact", value },
  text: [{ pattern: "count: {count}" }, { column: "count" }],
});

Deno.test("an integer beyond 2^53 is another one than its neighbour, in every form of metrics", () => {
  for (const [name, text] of Object.entries(forms)) {
    for (const count of ["9007199254740993", "-9007199254740993", "18446744073709551615"]) {
      const { status, found, explanation } = judged(name, text(count), item(Number(count)));
      assertEquals([name, status, found], [name, "failed", count]);
      assertEquals(explanation?.includes(`found ${count}, 1 too `), true, explanation ?? "");
    }
    const { status, found } = judged(name, text("9007199254740992"), item(2 ** 53));
    assertEquals([name, status, found], [name, "passed", "9007199254740992"]);
  }
});

Deno.test("an integer beyond 2^53 passes a range in which it lies, and nothing that it rounds to", () => {
  const passes = (count: string, expected: ItemInput["expected"]) =>
    judged("flat.json", `{"count": ${count}}`, { ...item(0), expected }).status === "passed";
  const beyond = 2 ** 53 + 2;
  assertEquals(passes("9007199254740993", { kind: "at-least", value: 2 ** 53 }), true);
  assertEquals(passes("9007199254740993", { kind: "at-most", value: 2 ** 53 }), false);
  assertEquals(passes("9007199254740993", { kind: "at-most", value: beyond }), true);
  assertEquals(passes("9007199254740993", { kind: "rounded", value: 2 ** 53, digits: 0 }), false);
});

Deno.test("an integer of 64 bits is shown with all its digits", () => {
  assertEquals(precise(2 ** 53), "9007199254740992");
  assertEquals(precise(-(2 ** 63)), "-9223372036854775808");
  assertEquals(precise(2 ** 64), "18446744073709551616");
  assertEquals(precise(1.5e300), "1.5e+300");
  fc.assert(fc.property(fc.bigInt(-(2n ** 64n), 2n ** 64n), (integer) => {
    assertEquals(precise(integer), String(integer));
    assertEquals(BigInt(precise(Number(integer))), BigInt(Number(integer)));
  }));
});
