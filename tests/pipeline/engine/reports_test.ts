/** Tests that a job's progress is passed on at a pace, whatever the pace of its reports. */
import { assert, assertEquals } from "@std/assert";
import { paced } from "../../../pipeline/engine/reports.ts";

Deno.test("of much progress at once the first and the latest are passed on", () => {
  const passed: number[] = [];
  const { progress, flush } = paced(({ done }) => void passed.push(done));
  const total = 100_000;
  for (let done = 1; done <= total; done++) progress({ done, total, unit: "rows" });
  flush();
  flush();
  assertEquals([passed[0], passed.at(-1)], [1, total]);
  assert(passed.length < total / 100, `${passed.length}`);
  assertEquals(passed, [...new Set(passed)].sort((a, b) => a - b));
});

Deno.test("progress that waits is passed on though none follows", async () => {
  const last = Promise.withResolvers<number>();
  const { progress } = paced(({ done }) => done === 2 && last.resolve(done));
  for (const done of [1, 2]) progress({ done, total: 3, unit: "rows" });
  assertEquals(await last.promise, 2);
});
