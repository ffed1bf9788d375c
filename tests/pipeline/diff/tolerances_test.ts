/** Tests declared tolerances: their places exist, none where float64 is exact, and those of a file. */
import fc from "fast-check";
import { join } from "node:path";
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  isWithin,
  noBounds,
  relativeDistance,
  toleranceFor,
} from "../../../pipeline/diff/tolerance_bounds.ts";
import { fits } from "../../../pipeline/engine/project/wildcard.ts";
import { compareRuns } from "../../../pipeline/diff/compare.ts";
import { compareValues } from "../../../pipeline/diff/json_difference.ts";
import type { AnyArtifactType } from "../../../pipeline/formats/artifact_type.ts";
import { openRun } from "../../../pipeline/runs/open_run.ts";
import { sourceFrom } from "../../../pipeline/runs/run_source.ts";
import type { Bounds } from "../../../schemas/run/tolerance.ts";
import { Tolerances } from "../../../schemas/run/tolerances.ts";
import { madeUpRun } from "../../support/made_up_run.ts";
import { inUnits, sizesOf, verdictOn } from "../../support/exact_tolerance.ts";
import { utf8 } from "../../support/utf8.ts";
import { dag } from "../../../stages/mod.ts";
import { root } from "../../support/checkout.ts";

const reference = await openRun(
  "artifacts",
  join(root, "artifacts", "reference"),
);

const outputs = dag.flatMap(({ name: job, stage, inputs }) =>
  Object.entries<AnyArtifactType>(stage.outputs).map(([output, type]) => ({
    job,
    output,
    type,
    machine: [...stage.machine ?? []],
    inputs,
  }))
);

Deno.test("only artifacts computed on a device have a tolerance", () => {
  const onDevice = new Set(
    dag.filter(({ stage }) => stage.machine?.includes("backend")).map(({ name }) => name),
  );
  for (const { job, output, type } of outputs) {
    const exact = type.tolerance.kind === "exact";
    if (onDevice.has(job)) assert(!exact || output === "model", `${job} ${output} is exact`);
    else if (!/^(parity|compare)\//.test(job)) assert(exact, `${job} ${output} is not exact`);
  }
  assert(onDevice.size > 5);
});

Deno.test("every path of a declared tolerance exists in the reference run", () => {
  const found = new Map<AnyArtifactType, string[]>();
  for (const { job, output, type } of outputs) {
    if (type.tolerance.kind === "exact" || type.mediaType !== "application/json") continue;
    const known = reference.manifest.jobs.find(({ name }) => name === job)?.outputs[output];
    const bytes = known && reference.read(job, output);
    if (bytes === undefined) continue;
    const document = JSON.parse(new TextDecoder().decode(bytes));
    // With every number raised, every number's place is asked for its bounds.
    const raised = JSON.parse(
      JSON.stringify(document),
      (_, value) => typeof value === "number" ? value + 1 : value,
    );
    const places = found.get(type) ?? [];
    compareValues(document, raised, (pointer) => {
      places.push(pointer);
      return noBounds;
    });
    found.set(type, places);
  }
  for (const [{ kind, tolerance }, places] of found) {
    for (const pattern of Object.keys(tolerance.kind === "exact" ? {} : tolerance.at ?? {})) {
      const expression = new RegExp(`^${pattern.replaceAll("*", "[^/]*")}(/|$)`);
      assert(places.some((pointer) => expression.test(pointer)), `${kind}: ${pattern}`);
    }
  }
  assert(found.size >= 7, "expected the artifacts of question 3");
});

Deno.test("a tolerance file replaces declared tolerances; its last matching entry counts", () => {
  const file = Tolerances.parse({
    version: 1,
    outputs: [
      { job: "train/*", tolerance: { kind: "close", absolute: 1, relative: 0 } },
      { job: "train/a", output: "weights", tolerance: { kind: "exact" } },
    ],
  });
  const declared = Object.values(reference.manifest.jobs[0].outputs)[0];
  const kindOf = (job: string, output: string) => toleranceFor(file, job, output, declared).kind;
  assertEquals(kindOf("train/a", "weights"), "exact");
  assertEquals(kindOf("train/a", "history"), "close");
  assertEquals(toleranceFor(file, "other", "weights", declared), declared.tolerance);
  assert(fits("*", "anything"));
  const broken = Tolerances.safeParse({ version: 1, outputs: [{ tolerance: { kind: "nearly" } }] });
  assertMatch(broken.error!.message, /tolerance/);
});

Deno.test("a relative tolerance is relative to the larger of two values, whatever their order", () => {
  for (const [a, b] of [[100, 110], [110, 100], [-100, -110]]) {
    assert(isWithin(a, b, { absolute: 0, relative: 0.0910 }), `${a} and ${b}`);
    assert(!isWithin(a, b, { absolute: 0, relative: 0.0909 }), `${a} and ${b}`);
    assert(isWithin(a, b, { absolute: 5, relative: 0.0455 }), "both bounds add up");
    assertEquals(relativeDistance(a, b), 10 / 110);
  }
  assertEquals(relativeDistance(0, 3), 1);
  assertEquals(relativeDistance(-3, 3), 2);
});

Deno.test("values whose written difference is the tolerance lie within it, and no others beyond it", () => {
  const isAt = (a: number, b: number, absolute: number, relative = 0) => {
    assertEquals(isWithin(a, b, { absolute, relative }), isWithin(b, a, { absolute, relative }));
    return isWithin(a, b, { absolute, relative });
  };
  for (const [digits, tolerance] of [[1, 1], [1, 3], [2, 7], [4, 10]]) {
    const unit = 10 ** -digits;
    const decimal = (count: number) => Number(`${count}e-${digits}`);
    for (let count = -500; count <= 500; count++) {
      const [value, other] = [decimal(count), decimal(count + tolerance)];
      assert(isAt(value, other, decimal(tolerance)), `${value} and ${other}`);
      assert(!isAt(value, other, decimal(tolerance) - unit / 100), `${value} and ${other}`);
    }
  }
  assert(isAt(0.8, 0.72, 0, 0.1), "a share of the larger");
  assert(isAt(1234567.8, 1234567.7, 0.1));
  assert(!isAt(1, 1 + 2 ** -52, 0), "exact is exact");
  assert(!isAt(1, 1 + 2 ** -51, 2 ** -52), "a tolerance of one unit in the last place");
  assert(!isAt(2 ** 60, 2 ** 60 + 1024, 1000), "integers are not rounded");
});

/** Numbers near each other, so that bounds matter: decimals, integers, and neighbours in float64. */
const pairsNear = fc.oneof(
  fc.tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: -300, max: 300 }), fc.nat(9))
    .map((
      [count, more, digits],
    ) => [Number(`${count}e-${digits}`), Number(`${count + more}e-${digits}`)]),
  fc.tuple(
    fc.double({ min: -1e150, max: 1e150, noNaN: true }),
    fc.double({ min: -1, max: 1, noNaN: true }),
  )
    .map(([value, share]) => [value, value * (1 + share ** 9)]),
  fc.tuple(fc.maxSafeInteger(), fc.integer({ min: -9, max: 9 })).map(([a, more]) => [a, a + more]),
);

const boundsNear = fc.record({
  absolute: fc.oneof(fc.constant(0), fc.nat(300), fc.nat(300).map((count) => count / 1000)),
  relative: fc.oneof(
    fc.constant(0),
    fc.nat(100).map((percent) => percent / 100),
    fc.double({ min: 0, max: 1e-9, noNaN: true }),
  ),
});

Deno.test("tolerances and relative distances are those of exact arithmetic, but for the last digits of a bound", () => {
  const check = ([a, b]: number[], bounds: Bounds) => {
    const verdict = verdictOn(a, b, bounds);
    if (verdict === "near") return;
    assertEquals(isWithin(a, b, bounds), verdict === "within", JSON.stringify({ a, b, bounds }));
  };
  fc.assert(fc.property(pairsNear, boundsNear, check), { numRuns: 5000 });
  const last = fc.integer({ min: -64, max: 64 });
  fc.assert(
    fc.property(pairsNear, boundsNear, last, ([a], bounds, steps) => {
      const bound = bounds.absolute + bounds.relative * Math.abs(a);
      check([a, a + bound + steps * Number.EPSILON * Math.abs(a)], bounds);
    }),
    { numRuns: 5000 },
  );
  fc.assert(
    fc.property(fc.double(), fc.double(), boundsNear, (a, b, bounds) => check([a, b], bounds)),
  );
  fc.assert(fc.property(pairsNear, ([a, b]) => {
    if (a === b) return assertEquals(relativeDistance(a, b), 0);
    const { larger, distance } = sizesOf(a, b);
    const found = inUnits(relativeDistance(a, b)) * larger;
    const exact = distance << 1074n;
    const off = found > exact ? found - exact : exact - found;
    assert(off <= (exact >> 51n) + 2n * larger, `${a} and ${b}: ${relativeDistance(a, b)}`);
  }));
});

Deno.test("an entry of a tolerance file that fits no artifact or metric is reported", async () => {
  const { manifest, files } = madeUpRun([
    { name: "train/net", stage: "train", outputs: { weights: utf8("1") } },
  ]);
  files.set("metrics.json", utf8('{"net.loss": 1}'));
  const run = sourceFrom({ read: (path) => files.get(path)?.slice() }, {
    name: manifest.run,
    form: "directory",
    place: manifest.run,
    artifacts: "nowhere",
  });
  const tolerance = { kind: "exact" };
  const tolerances = Tolerances.parse({
    version: 1,
    outputs: [
      { job: "train/*", output: "weights", tolerance },
      { job: "tain/*", tolerance },
      { output: "weights", type: "arrays", tolerance },
    ],
    metrics: [
      { name: "net.*", absolute: 1, relative: 0 },
      { name: "nett.loss", absolute: 1, relative: 0 },
    ],
  });
  const { notes } = await compareRuns(run, run, {
    level: "within",
    tolerances,
    rehash: true,
    pictures: false,
  });
  const unused = "outputs tain/* *, outputs * weights (arrays), metric nett.loss";
  assertEquals(notes, [`Tolerances that fit nothing in these runs: ${unused}.`]);
});
