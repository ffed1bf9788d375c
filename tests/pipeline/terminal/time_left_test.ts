/** Tests the estimate of how long a run still takes. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { followJobs } from "../../../pipeline/terminal/job_progress.ts";
import { timeLeft, type Upcoming } from "../../../pipeline/terminal/time_left.ts";

const job = (name: string, seconds?: number, ...needs: string[]): Upcoming => ({
  job: name,
  needs,
  seconds,
});

const left = (
  jobs: readonly Upcoming[],
  { width = 1, running = {}, ended = {}, now = 0 }: {
    width?: number;
    running?: Record<string, { since: number; share?: number }>;
    ended?: Record<string, number>;
    now?: number;
  } = {},
) =>
  timeLeft({
    jobs,
    width,
    running: new Map(Object.entries(running)),
    ended: new Map(Object.entries(ended)),
  }, now);

Deno.test("jobs follow those that they need, side by side up to the width", () => {
  const chain = [job("a", 10), job("b", 20, "a"), job("c", 30, "b")];
  assertEquals(left(chain, { width: 3 }), 60);
  const apart = [job("a", 10), job("b", 20), job("c", 30)];
  assertEquals([1, 2, 3].map((width) => left(apart, { width })), [60, 30, 30]);
  assertEquals(left([job("a", 0), job("b", 0, "a")]), 0, "stored results take no time");
});

Deno.test("a running job counts by what it reports, else by what it took before", () => {
  const jobs = [job("a", 100), job("b", 5, "a")];
  assertEquals(left(jobs, { running: { a: { since: 0, share: 0.25 } }, now: 10 }), 35);
  assertEquals(left(jobs, { running: { a: { since: 0 } }, now: 10 }), 95);
  assertEquals(left(jobs, { running: { a: { since: 0 } }, now: 200 }), 25, "it takes longer");
});

Deno.test("a machine that is slower than before is found out from the jobs that ended", () => {
  const jobs = [job("a", 1000), job("b", 500, "a")];
  assertAlmostEquals(left(jobs, { ended: { a: 2000 } })!, 1000, 10);
  // A job of a second says little.
  assertAlmostEquals(left([job("a", 1), job("b", 500, "a")], { ended: { a: 2 } })!, 545, 1);
});

Deno.test("jobs that nobody knows take as long as the others, and nothing is said without any", () => {
  const jobs = [job("a"), job("b"), job("c")];
  assertEquals(left(jobs), undefined);
  assertEquals(left(jobs, { running: { a: { since: 0 } }, now: 3 }), undefined);
  assertEquals(left(jobs, { ended: { a: 4 } }), 8);
  assertEquals(left([job("a", 6), job("b")]), 12);
});

Deno.test("the time left of very many jobs is estimated once a second", () => {
  let second = 0;
  const jobs = followJobs(() => second);
  const named = Array.from({ length: 1000 }, (_, i) => job(`${i}`, 10));
  jobs.note({ type: "begun", width: 1, jobs: named });
  assertEquals(jobs.left(), 10_000);
  const end = (i: number) =>
    jobs.note({ type: "success", reason: "cached", job: `${i}`, seconds: 0 });
  end(0);
  second = 0.9;
  assertEquals(jobs.left(), 10_000);
  second = 1;
  assertEquals(jobs.left(), 9990);
});
