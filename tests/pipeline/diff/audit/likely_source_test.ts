/** The likely source of a difference, from its signs. */
import { assertEquals, assertMatch } from "@std/assert";
import { likelySource, type Signs } from "../../../../pipeline/diff/audit/likely_source.ts";

const source = (signs: Partial<Signs>) =>
  likelySource({ changedBy: ["again"], together: false, follows: [], clocks: [], ...signs });

Deno.test("a condition that changes an artifact alone names the source, and the bytes add to it", () => {
  assertEquals(source({ changedBy: ["zone", "locale"] }), {
    kind: "time zone",
    why: "another time zone alone changes it",
  });
  const evidence = { kind: "path", why: "each has the path of its own run in it" } as const;
  assertMatch(source({ changedBy: ["path"], evidence }).why, /alone changes it; each has the path/);
  assertEquals(source({ changedBy: ["clock"] }).kind, "time");
});

Deno.test("between two runs of the same the bytes decide, then the clock, then it is chance", () => {
  const evidence = { kind: "order", why: "both have the same words" } as const;
  assertEquals(source({ evidence, keptByStandingClock: true }), evidence);
  assertEquals(source({ keptByStandingClock: true }).kind, "time");
  assertEquals(source({ clocks: ["Date.now"] }), {
    kind: "time",
    why: "its stage reads the clock (Date.now)",
  });
  assertEquals(source({}).kind, "random");
  assertMatch(source({ keptByStandingClock: false }).why, /a clock that stands still is no help$/);
  assertEquals(source({ changedBy: [] }).kind, "random");
});

Deno.test("what follows from another job has that job for its source", () => {
  const { kind, why } = source({ follows: ["a/b"], clocks: ["Date.now"] });
  assertEquals([kind, why], ["unknown", "it takes what differs of a/b"]);
});
