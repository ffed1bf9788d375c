/** Signs in two versions of an artifact. */
import { assertEquals } from "@std/assert";
import { evidenceIn, type Traces } from "../../../../pipeline/diff/audit/bytes_evidence.ts";

const runAt = (time: string, place: string): Traces => ({
  from: Date.parse(time),
  to: Date.parse(time) + 60_000,
  places: [place],
  user: [`/home/of ${place}`],
});
const runs = [
  runAt("2026-03-01T10:00:00Z", "/a/first"),
  runAt("2026-03-01T10:05:00Z", "/b/other"),
] as const;

const kindOf = (a: string | Uint8Array, b: string | Uint8Array): string | undefined => {
  const [x, y] = [a, b].map((one) => typeof one === "string" ? new TextEncoder().encode(one) : one);
  return evidenceIn(x, y, runs)?.kind;
};

Deno.test("a time is one of the run that it is found in", () => {
  const times: [string, string][] = [
    ["made 2026-03-01T10:00:30.123Z", "made 2026-03-01T10:05:30.999Z"],
    ["made 2026-03-01 11:00:30+01:00", "made 2026-03-01 11:05:30+01:00"],
    ["made 2026-03-01 15:45:30", "made 2026-03-01 15:50:30"],
    ["Sun Mar 01 2026 10:00:01 GMT+0000", "Sun Mar 01 2026 10:05:01 GMT+0000"],
    ["Sun, 01 Mar 2026 10:00:01 GMT", "Sun, 01 Mar 2026 10:05:01 GMT"],
    ...[1e-3, 1, 1e3].map((unit): [string, string] => [
      `{"at":${Math.floor((runs[0].from + 5000) * unit)}}`,
      `{"at":${Math.floor((runs[1].from + 5000) * unit)}}`,
    ]),
  ];
  for (const [a, b] of times) assertEquals(kindOf(a, b), "time", a);
  // Another day's, or that of the other run.
  assertEquals(kindOf("made 2026-02-01T10:00:30Z", "made 2026-02-01T10:05:30Z"), undefined);
  assertEquals(kindOf("made 2026-03-01T10:05:30Z", "made 2026-03-01T10:00:30Z"), undefined);
  assertEquals(kindOf('{"n":1234567890123}', '{"n":3210987654321}'), undefined);
});

Deno.test("a path and a user are those of the run", () => {
  assertEquals(kindOf("in /a/first/x", "in /b/other/x"), "path");
  assertEquals(kindOf("in /b/other/x", "in /a/first/x"), undefined);
  assertEquals(kindOf("/home/of /a/first", "/home/of /b/other"), "path");
  const apart = runs.map((run) => ({ ...run, places: [] })) as unknown as typeof runs;
  const [x, y] = runs.map(({ user }) => new TextEncoder().encode(user[0]));
  assertEquals(evidenceIn(x, y, apart)?.kind, "user");
});

Deno.test("another order has the same words, or the same bytes", () => {
  assertEquals(kindOf("one two\nthree", "three\none two"), "order");
  assertEquals(kindOf("[1.5, 2, 3]", "[3, 1.5, 2]"), "order");
  assertEquals(kindOf("17", "71"), undefined);
  assertEquals(kindOf("one two", "one two two"), undefined);
  assertEquals(kindOf(Uint8Array.of(0, 1, 2), Uint8Array.of(2, 0, 1)), "order");
  assertEquals(kindOf(Uint8Array.of(0, 1, 2), Uint8Array.of(2, 0, 2)), undefined);
});
