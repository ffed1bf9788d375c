/** Tests the order of names with numbers. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { naturalOrder } from "../../../pipeline/terminal/natural_order.ts";

Deno.test("numbers in names are ordered by value, other names by their letters", () => {
  const names = ["loss.epoch-9", "loss.epoch-10", "Q1", "Q2", "Q2a", "Q10", "width-9.5", "Zoë"];
  assertEquals(names.toReversed().sort(naturalOrder), names);
});

Deno.test("only a name itself has the place of a name", () => {
  for (const other of ["epoch-02", "e\u0301", "Epoch-2", "epoch-2\u200b"]) {
    const first = naturalOrder("epoch-2", other);
    assertEquals(Math.sign(naturalOrder(other, "epoch-2")), -Math.sign(first));
    assertEquals(first === 0, false, other);
  }
  assertEquals(naturalOrder("é", "e\u0301") === 0, false);
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => (naturalOrder(a, b) === 0) === (a === b)),
  );
});
