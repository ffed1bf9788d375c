/** Tests how items are judged: each kind of expectation of metrics and claims, and failure messages. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { defineDag } from "../../../pipeline/engine/dag.ts";
import { defineStage } from "../../../pipeline/engine/stage.ts";
import { ledger } from "../../../pipeline/formats/metrics.ts";
import { evidenceOfRun, valuesOf } from "../../../pipeline/grade/run_evidence.ts";
import type { RunSource } from "../../../pipeline/runs/run_source.ts";
import type { Evidence, From } from "../../../pipeline/grade/evidence.ts";
import { grade, type Subject } from "../../../pipeline/grade/grade_run.ts";
import { gradedJobs } from "../../../pipeline/grade/recompute.ts";
import { asCsv } from "../../../pipeline/grade/class/class_csv.ts";
import { formats } from "../../../pipeline/grade/formats/mod.ts";
import { Grade } from "../../../schemas/run/graded.ts";
import { utf8 } from "../../support/utf8.ts";
import {
  fileOf,
  type Given,
  type ItemInput,
  judged,
  subjectOf,
  trustOf,
} from "../../support/grade_subject.ts";

const accuracy = (value: number): Given => ({ metrics: { accuracy: value } });

Deno.test("a metric passes at the ends of its range and not beyond", () => {
  const cases: [ItemInput["expected"], number[], number[]][] = [
    [{ kind: "exact", value: 1028 }, [1028], [1027, 1028.5]],
    [{ kind: "rounded", value: 0.47, digits: 2 }, [0.4725, 0.4651], [0.4649, 0.476]],
    [{ kind: "rounded", value: 0, digits: 2 }, [-0.001, 0, -0, 0.0049], [-0.0051, 0.0051]],
    [{ kind: "rounded", value: -0.001, digits: 2 }, [0.001, -0.001, 0], [0.006, -0.006]],
    // 0.8 - 0.1 is 0.7000000000000001 in binary.
    [{ kind: "close", value: 0.8, absolute: 0.1 }, [0.7, 0.9], [0.6999999, 0.9000001]],
    [{ kind: "close", value: 0.3, relative: 0.1 }, [0.27, 0.33], [0.269999, 0.330001]],
    [{ kind: "close", value: 1e-120, absolute: 1e-121 }, [9e-121, 1.1e-120], [8e-121, 0]],
    [{ kind: "at-most", value: 0.3 }, [0.3], [0.1 + 0.2]],
    [{ kind: "range", range: { low: 1, high: 2 } }, [1, 1.5, 2], [0.999, 2.001]],
    [{ kind: "range", range: { low: null, high: 2 } }, [-1e9, 2], [2.001]],
    [{ kind: "close", value: 10, absolute: 1 }, [9, 11], [8.99, 11.01]],
    [{ kind: "close", value: -10, relative: 0.125 }, [-11.25, -8.75], [-11.26, -8.74]],
    [{ kind: "at-least", value: 0.5 }, [0.5, 1], [0.499]],
    [{ kind: "at-most", value: 0.5 }, [0.5, -1], [0.501]],
  ];
  for (const [expected, passing, failing] of cases) {
    for (const value of passing) {
      assertEquals(judged({ expected }, accuracy(value)).status, "passed", `${value}`);
    }
    for (const value of failing) {
      const { status, explanation } = judged({ expected }, accuracy(value));
      assertEquals(status, "failed", `${expected.kind} ${value}`);
      assertStringIncludes(explanation!, "found ");
    }
  }
});

Deno.test("a failing metric reports expected, found, distance and a hint", () => {
  const expected = { kind: "range" as const, range: { low: 0.847, high: 0.876 } };
  const advice = {
    ifLow: "train for more epochs",
    ifHigh: "do not train on the test set",
    message: "check it",
  };
  const of = (value: number, item: Partial<ItemInput> = advice) =>
    judged({ expected, ...item }, accuracy(value)).explanation;
  assertEquals(
    of(0.8123),
    "expected 0.847 to 0.876, found 0.8123, 0.0347 too low; train for more epochs",
  );
  assertEquals(
    of(0.9, advice),
    "expected 0.847 to 0.876, found 0.9, 0.024 too high; do not train on the test set",
  );
  assertEquals(
    of(0.9, { message: "check it" }),
    "expected 0.847 to 0.876, found 0.9, 0.024 too high; check it",
  );
});

Deno.test("zero is printed without a sign", () => {
  const { expected } = judged(
    { expected: { kind: "rounded", value: -0.001, digits: 2 } },
    accuracy(0.5),
  );
  assertEquals(expected, "0.00");
});

Deno.test("a bound that is computed is that of decimals", () => {
  const expected = { relation: "at-least" as const, metric: "baseline", kind: "relation" as const };
  const of = (value: number, baseline: number, more: object) =>
    judged({ expected: { ...expected, ...more } }, { metrics: { accuracy: value, baseline } })
      .status;
  assertEquals(of(0.7, 0.8, { offset: -0.1 }), "passed");
  assertEquals(of(0.3, 0.1, { factor: 3 }), "passed");
  assertEquals(of(0.2999, 0.1, { factor: 3 }), "failed");
});

Deno.test("what was expected and what was found have the digits in which they differ", () => {
  const cases: [ItemInput["expected"], number, string][] = [
    [{ kind: "at-most", value: 0.12345678 }, 0.12345679, "at most 0.12345678, found 0.12345679"],
    [{ kind: "at-least", value: 0.847213 }, 0.84721, "at least 0.847213, found 0.84721"],
    [{ kind: "exact", value: 0.123456789 }, 0.123456788, "0.123456789, found 0.123456788"],
    [{ kind: "exact", value: 2 ** 53 }, 2 ** 53 - 2, "9007199254740992, found 9007199254740990"],
    [
      { kind: "range", range: { low: 1.2345e-6, high: 1.2347e-6 } },
      1.2348e-6,
      "0.0000012345 to 0.0000012347, found 0.0000012348",
    ],
    [
      { kind: "range", range: { low: 0.84721345, high: 0.84721345 } },
      0.84721346,
      "0.84721345, found 0.84721346",
    ],
    [{ kind: "at-most", value: 1 }, 1 + 2 ** -52, "at most 1, found 1.0000000000000002"],
    [
      { kind: "at-most", value: 1 },
      Number.MAX_VALUE,
      "at most 1, found 1.7976931348623157e+308",
    ],
  ];
  for (const [expected, value, text] of cases) {
    assertStringIncludes(judged({ expected }, accuracy(value)).explanation!, `expected ${text}, `);
  }
  const curve = judged({
    target: { kind: "curve", name: "loss.epoch-*", from: 0, to: 0 },
    expected: { kind: "band", ranges: [{ low: 0.847213, high: null }] },
  }, { metrics: { "loss.epoch-0": 0.84721 } });
  assertStringIncludes(curve.explanation!, "expected at least 0.847213, found 0.84721, ");
});

Deno.test("a value of another type is named with its type, because it may look as expected", () => {
  const target: ItemInput["target"] = { kind: "value", job: "it", output: "json", pointer: "/x" };
  const found = (expected: string | boolean, json: string) =>
    judged(
      { target, expected: { kind: "exact", value: expected } },
      { artifacts: { "it/json": utf8(`{"x":${json}}`) } },
    ).explanation;
  assertEquals(found("0", "0"), "expected 0, found 0, which is a number, no string");
  assertEquals(found(true, `"true"`), "expected true, found true, which is a string, no boolean");
  assertEquals(found("a", `"b"`), "expected a, found b");
  assertEquals(found("a", `"a"`), null);
});

Deno.test("missing values are reported; NaN and infinities are shown and pass nothing", () => {
  const missing = judged({ expected: { kind: "at-least", value: 0 } }, {});
  assertEquals([missing.status, missing.value], ["missing", null]);
  const every: ItemInput["expected"][] = [
    { kind: "exact", value: 1 },
    { kind: "exact", value: "NaN" },
    { kind: "exact", value: "Infinity" },
    { kind: "rounded", value: 1, digits: 2 },
    { kind: "range", range: { low: null, high: 1 } },
    { kind: "range", range: { low: 1, high: null } },
    { kind: "close", value: 1, relative: 1 },
    { kind: "at-least", value: 0 },
    { kind: "at-most", value: 0 },
    { kind: "relation", relation: "at-least", metric: "baseline" },
    { kind: "relation", relation: "at-most", metric: "baseline" },
  ];
  const credit = { kind: "linear" as const, width: 1e300 };
  for (const expected of every) {
    for (const value of [NaN, Infinity, -Infinity]) {
      const given = { metrics: { accuracy: value, baseline: 1 } };
      const { status, points, explanation, ...item } = judged({ expected, credit }, given);
      assertEquals([status, points, item.value, item.found], ["failed", 0, value, String(value)]);
      assertStringIncludes(explanation!, `found ${value}, which is no finite number`);
    }
  }
});

Deno.test("a non-finite value is a word in JSON and CSV", () => {
  const graded = grade(
    subjectOf({ metrics: { accuracy: -Infinity, "loss-0": NaN, "loss-1": 1 } }),
    fileOf([
      { expected: { kind: "at-most", value: 1 } },
      {
        target: { kind: "curve", name: "loss-*", from: 0, to: 1 },
        expected: { kind: "band", ranges: [{ low: 0, high: 2 }, { low: 0, high: 2 }] },
      },
    ], { leaderboard: [{ name: "Accuracy", metric: "accuracy" }] }),
  );
  const parsed = Grade.parse(JSON.parse(formats.json(graded)));
  assertEquals(parsed.items[0].value, -Infinity);
  assertEquals(parsed.items[1].outside, [{ metric: "loss-0", found: NaN, low: 0, high: 2 }]);
  assertStringIncludes(parsed.items[1].explanation!, "first loss-0: expected 0 to 2, found NaN");
  assertEquals(parsed.leaderboard, [{ name: "Accuracy", value: -Infinity, order: "descending" }]);
  const { tests, leaderboard } = JSON.parse(formats.gradescope(graded));
  assertEquals(tests[0].extra_data.found, "-Infinity");
  assertEquals(leaderboard, [{ name: "Accuracy", value: "-Infinity", order: "desc" }]);
  const [, row] = asCsv([{ name: "one", grade: graded }]).split("\r\n");
  assertStringIncludes(row, ",0,-Infinity,");
  for (const format of Object.values(formats)) assertStringIncludes(format(graded), "Infinity");
});

Deno.test("a metric can be compared with another of the same run", () => {
  const expected = {
    kind: "relation" as const,
    relation: "at-least" as const,
    metric: "baseline",
    factor: 2,
    offset: -1,
  };
  const of = (value: number, baseline: number) =>
    judged({ expected }, { metrics: { accuracy: value, baseline } });
  assertEquals(of(5, 3).status, "passed");
  assertEquals(of(4.9, 3).offBy!.toFixed(3), "-0.100");
  assertEquals(of(5, NaN).status, "failed");
  assertStringIncludes(
    of(5, NaN).explanation!,
    'found 5, "baseline", to which it is compared, is',
  );
  assertStringIncludes(of(4, 3).explanation!, "at least 2 × baseline - 1, which is 5");
});

Deno.test("a curve passes if each point does; its credit falls with the share outside", () => {
  const item = {
    target: { kind: "curve" as const, name: "loss.epoch-*", from: 3, to: 6 },
    expected: {
      kind: "band" as const,
      ranges: [4, 3, 2, 1].map((high) => ({ low: 0, high })),
    },
    points: 2,
    credit: { kind: "linear" as const, width: 0.5 },
    ifHigh: "train on",
  };
  const of = (...values: number[]) =>
    judged(item, {
      metrics: Object.fromEntries(values.map((value, i) => [`loss.epoch-${i + 3}`, value])),
    });
  assertEquals(of(4, 3, 2, 1).points, 2);
  const one = of(4, 3, 2, 1.5);
  assertEquals([one.status, one.points], ["partial", 1]);
  assertEquals(one.outside, [{ metric: "loss.epoch-6", found: 1.5, low: 0, high: 1 }]);
  assertEquals(
    one.explanation,
    "expected each of 4 points in its range, found 1 of 4 outside, first loss.epoch-6: " +
      "expected 0 to 1, found 1.5, 0.5 too high; train on",
  );
  assertEquals(of(4, 3, NaN).status, "failed");
  assertEquals(of().status, "missing");
});

Deno.test("a curve can be compared with values, exactly or within a tolerance", () => {
  const of = (tolerance: { absolute?: number; relative?: number }, ...values: number[]) =>
    judged({
      target: { kind: "curve", name: "layer-*.units", from: 1, to: 3 },
      expected: { kind: "values", values: [256, 128, 10], ...tolerance },
    }, {
      metrics: Object.fromEntries(values.map((value, i) => [`layer-${i + 1}.units`, value])),
    });
  assertEquals(of({}, 256, 128, 10).status, "passed");
  assertEquals(of({}, 256, 128).status, "failed", "a missing point does not pass");
  assertEquals(
    of({}, 128, 128, 10).explanation,
    "expected 256, 128, 10, found 1 of 3 outside, first layer-1.units: expected 256, found 128, " +
      "128 too low",
  );
  assertEquals(of({ relative: 0.5 }, 128, 192, 15).status, "passed");
  assertEquals(of({ absolute: 4, relative: 0.5 }, 128, 192, 19).status, "passed");
  const off = of({ absolute: 4, relative: 0.5 }, 128, 192, 19.1);
  assertEquals(off.outside, [{ metric: "layer-3.units", found: 19.1, low: 1, high: 19 }]);
  assertEquals(off.expected, "256, 128, 10, within 4 + 0.5 of it");
});

Deno.test("another metric can decide what is expected; without its value the result says so", () => {
  const exact = (value: number) => ({ kind: "exact" as const, value });
  const item: Partial<ItemInput> = {
    expected: {
      kind: "by",
      metric: "seed",
      cases: [{ value: 0, expected: exact(5) }, { value: 7, expected: exact(6) }],
      otherwise: { kind: "range", range: { low: 0, high: 10 } },
    },
  };
  const of = (metrics: Record<string, number>, more = {}) =>
    grade(subjectOf({ metrics }, more), fileOf([item]));
  const first = (metrics: Record<string, number>, more = {}) => of(metrics, more).items[0];
  assertEquals(first({ accuracy: 5, seed: 0 }).status, "passed");
  assertEquals(first({ accuracy: 5, seed: 7 }).status, "failed");
  assertEquals(of({ accuracy: 6, seed: 7 }).notes, []);
  assertEquals(
    first({ accuracy: 5, seed: 7 }).explanation,
    "expected 6 (seed is 7), found 5, 1 too low",
  );
  for (
    const [given, because] of [[{}, "seed is missing"], [{ seed: 3 }, "seed is 3"], [
      { seed: NaN },
      "seed is NaN",
    ]] as const
  ) {
    const { items, notes } = of({ accuracy: 5, ...given });
    assertEquals([items[0].status, items[0].expected], ["passed", `0 to 10 (${because})`]);
    assertEquals(notes, [`Judged by a wider expectation, because ${because}: item-1.`]);
    assertEquals(first({ accuracy: 11, ...given }).status, "failed");
  }
  assertEquals(of({}).notes, [], "nothing was judged");
  const problems = [{ where: "seed", message: "not its own", jobs: ["evaluate/it"] }];
  const distrusted = first({ accuracy: 5, seed: 0 }, {
    trust: { problems },
  });
  assertEquals([distrusted.status, distrusted.points], ["untrusted", 0]);
});

Deno.test("a metric that decides and cannot be trusted leaves the item untrusted", () => {
  const { evidence, ...subject } = subjectOf({ metrics: { accuracy: 6 } });
  const file = fileOf([{
    expected: {
      kind: "by",
      metric: "seed",
      cases: [{ value: 0, expected: { kind: "exact", value: 6 } }],
      otherwise: { kind: "at-least", value: 0 },
    },
  }]);
  const withSeed = (seed: From<number>): Evidence => ({
    ...evidence,
    metric: (name) => name === "seed" ? seed : evidence.metric(name),
  });
  const known = withSeed({ value: 0, jobs: ["init/it"] });
  const problems = [{ where: "init/it", message: "not its own", jobs: ["init/it"] }];
  const trust = trustOf({ problems });
  const damaged = withSeed({ missing: "its file is damaged", untrusted: true });
  const statusOf = (subject: Subject) => grade(subject, file).items[0].status;
  assertEquals(statusOf({ ...subject, evidence: known }), "passed");
  assertEquals(statusOf({ ...subject, evidence: known, trust }), "untrusted");
  assertEquals(statusOf({ ...subject, evidence: damaged }), "untrusted");
  assertEquals(gradedJobs(file.expected.items, known), new Set(["evaluate/it", "init/it"]));
});

Deno.test("a metric that an item is compared with must be trusted too", () => {
  const { evidence, ...subject } = subjectOf({ metrics: { accuracy: 6 } });
  const file = fileOf([{
    expected: { kind: "relation", relation: "at-least", metric: "baseline" },
  }], { leaderboard: [{ name: "baseline", metric: "baseline" }] });
  const withBaseline = (baseline: From<number>): Evidence => ({
    ...evidence,
    metric: (name) => name === "baseline" ? baseline : evidence.metric(name),
  });
  const of = (baseline: From<number>, trust: Partial<Subject["trust"]> = {}) => {
    const { items: [{ status, points }], leaderboard: [{ value }] } = grade(
      { ...subject, evidence: withBaseline(baseline), trust: trustOf(trust) },
      file,
    );
    return [status, points, value];
  };
  const baseline = { value: 5, jobs: ["train/baseline"] };
  const problems = [{ where: "x", message: "edited", jobs: ["train/baseline"] }];
  const own = { job: "evaluate/it", outcome: "same-bytes" as const, differs: [], message: null };
  assertEquals(of(baseline), ["passed", 1, 5]);
  assertEquals(of(baseline, { problems }), ["untrusted", 0, null]);
  assertEquals(of({ missing: "damaged", untrusted: true }), ["untrusted", 0, null]);
  // Its own job was computed here, and the one that it is compared with was not.
  const required = "recomputed" as const;
  assertEquals(of(baseline, { required, recomputed: [own] }), ["untrusted", 0, null]);
  const both = [own, { ...own, job: "train/baseline" }];
  assertEquals(of(baseline, { required, recomputed: both }), ["passed", 1, 5]);
});

Deno.test("claims are judged by their verdict", () => {
  const item = {
    target: { kind: "claim" as const, id: "Q1.box" },
    expected: { kind: "verdict" as const, anyOf: ["confirmed" as const, "qualified" as const] },
  };
  assertEquals(judged(item, { verdicts: { "Q1.box": "qualified" } }).status, "passed");
  const failing = judged(item, { verdicts: { "Q1.box": "refuted" } });
  assertEquals(
    failing.explanation,
    "expected confirmed or qualified, found refuted, as measured",
  );
});

Deno.test("a missing claim is reported with the failure of its job, whatever the job's name", () => {
  const judge = defineStage({
    name: "judge",
    module: import.meta.url,
    about: "judges",
    outputs: { verdicts: ledger },
    run: () => ({ verdicts: { claims: [], controls: [] } }),
  });
  const dag = defineDag((job) => void job("verdict/all", judge, { inputs: {} }));
  const jobs = [{ name: "verdict/all", error: "verdict/all broke.", outputs: {}, inputs: {} }];
  const source = { manifest: { jobs } } as unknown as RunSource;
  const evidence = evidenceOfRun(source, valuesOf(source), dag);
  assertEquals(evidence.claim("Q1.a"), { missing: "verdict/all broke." });
  const unusable = [{ job: "verdict/all", error: new Error("its claims are damaged") }];
  const values = { ...valuesOf(source), ledgers: { values: [], unusable } };
  assertEquals(evidenceOfRun(source, values, []).claim("Q1.a"), {
    missing: "its claims are damaged",
    untrusted: true,
  });
});
