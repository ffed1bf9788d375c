/** Tests the form of a file of expected values, and its published JSON Schema. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { Expected, expectedJsonSchema } from "../../../schemas/run/expected.ts";
import assignment from "../../../stages/experiments/assignment.ts";
import quick from "../../../stages/experiments/quick.ts";
import { expectedFiles } from "../../../stages/experiments/expected/mod.ts";
import { dag } from "../../../stages/mod.ts";
import { root } from "../../support/checkout.ts";
import { fileOf } from "../../support/grade_subject.ts";

Deno.test("the published JSON Schema is that of the zod schema", async () => {
  const path = join(root, "schemas", "run", "expected.schema.json");
  assertEquals(
    JSON.parse(await Deno.readTextFile(path)),
    JSON.parse(JSON.stringify(expectedJsonSchema())),
    "make it anew: deno task expected",
  );
});

const item = {
  id: "q4.initial",
  title: "correct before training",
  target: { kind: "metric", name: "mnist-scratch.test-correct.epoch-0" },
  expected: { kind: "exact", value: 1028 },
  source: { from: "document", where: "question 4" },
};
const file = (...items: unknown[]) => ({
  version: 1,
  title: "a test",
  about: "",
  experiment: "assignment",
  items,
});
const curve = { kind: "curve", name: "loss.epoch-*", from: 0, to: 2 };
const range = { low: 0, high: 1 };

/** Returns the paths of the schema's issues. */
const problems = (value: unknown): string[] =>
  Expected.safeParse(value).error?.issues.map(({ path }) => path.join(".")) ?? [];

Deno.test("an item needs little: points, credit and visibility have defaults", () => {
  const { points, credit, visibility } = Expected.parse(file(item)).items[0];
  assertEquals({ points, credit, visibility }, {
    points: 1,
    credit: { kind: "none" },
    visibility: "visible",
  });
});

Deno.test("an item that cannot be judged is refused, with its path", () => {
  const of = (change: object) => problems(file({ ...item, ...change }));
  assertEquals(of({}), []);
  assertEquals(problems(file(item, item)), ["items.1.id"]);
  assertEquals(of({ expected: { kind: "verdict", anyOf: ["confirmed"] } }), [
    "items.0.expected.kind",
  ]);
  assertEquals(of({ expected: { kind: "exact", value: NaN } }), ["items.0.expected.value"]);
  assertEquals(of({ expected: { kind: "range", range: { low: 2, high: 1 } } }), [
    "items.0.expected.range",
  ]);
  assertEquals(of({ expected: { kind: "range", range: { low: null, high: null } } }), [
    "items.0.expected.range",
  ]);
  assertEquals(of({ target: curve, expected: { kind: "band", ranges: [range, range] } }), [
    "items.0.expected.ranges",
  ]);
  assertEquals(
    of({ target: curve, expected: { kind: "band", ranges: [range, range, range] } }),
    [],
  );
  const values = { kind: "values", values: [1, 2, 3] };
  assertEquals(of({ target: curve, expected: values }), []);
  assertEquals(of({ target: curve, expected: { ...values, values: [1] } }), [
    "items.0.expected.values",
  ]);
  const by = (expected: object, otherwise: object = values) => ({
    target: curve,
    expected: { kind: "by", metric: "seed", cases: [{ value: 0, expected }], otherwise },
  });
  assertEquals(of(by(values)), []);
  assertEquals(of(by({ ...values, values: [1] })), ["items.0.expected.values"]);
  assertEquals(of(by(values, { kind: "exact", value: 1 })), ["items.0.expected.kind"]);
  assertEquals(of(by(by(values).expected)), ["items.0.expected.cases.0.expected.kind"]);
  assertEquals(of({ target: { kind: "value", job: "a", output: "b", pointer: "x" } }), [
    "items.0.target.pointer",
  ]);
  assertEquals(
    of({
      credit: { kind: "tiers", tiers: [{ distance: 1, share: 0 }, { distance: 2, share: 1 }] },
    }),
    [
      "items.0.credit",
    ],
  );
  assertEquals(of({ id: "../x" }), ["items.0.id"]);
  const pattern = "Epoch {epoch}, loss {loss}";
  assertEquals(of({ text: [{ pattern, value: "loss", where: { epoch: 1 } }] }), []);
  assertEquals(of({ text: [{ pattern, at: "epoch" }, { column: "loss" }] }), []);
  assertEquals(of({ text: [{ pattern: "loss" }] }), ["items.0.text.0.pattern"]);
  assertEquals(of({ text: [{}] }), ["items.0.text.0.pattern"]);
  assertEquals(of({ text: [{ pattern, column: "loss" }] }), ["items.0.text.0.pattern"]);
  assertEquals(of({ text: [{ pattern }] }), ["items.0.text.0.value"]);
  assertEquals(of({ text: [{ pattern, value: "x" }] }), ["items.0.text.0.value"]);
  assertEquals(of({ text: [{ pattern, at: "x" }] }), [
    "items.0.text.0.at",
    "items.0.text.0.value",
  ]);
  assertEquals(of({ text: [{ column: "loss", value: "x" }] }), ["items.0.text.0.value"]);
  assertEquals(
    of({
      target: { kind: "claim", id: "Q1.box" },
      expected: { kind: "verdict", anyOf: ["confirmed"] },
      text: [{ column: "x" }],
    }),
    ["items.0.text"],
  );
  assertEquals(of({ hint: "unknown" }), ["items.0"]);
  assert(problems({ ...file(item), version: 2 }).includes("version"));
});

Deno.test("a group is named once, has items, and points to share", () => {
  const of = (groups: object[], ...items: object[]) =>
    problems({ ...file(...items.map((more, i) => ({ ...item, id: `a-${i}`, ...more }))), groups });
  const one = { name: "Question 1" };
  assertEquals(of([one], { group: "Question 1" }), []);
  assertEquals(of([one], {}), ["groups.0.name"]);
  assertEquals(of([one, one], { group: "Question 1" }), ["groups.1.name"]);
  const points = { ...one, points: 5 };
  assertEquals(of([points], { group: "Question 1", points: 0 }), ["groups.0.name"]);
});

Deno.test("a group's points are shared in proportion, and add up", () => {
  const plain = { expected: { kind: "at-least" as const, value: 0 } };
  const shared = (points: number, ...own: number[]) =>
    fileOf(own.map((points) => ({ ...plain, group: "A", points })), {
      groups: [{ name: "A", points }],
    })
      .expected.items.map(({ points }) => points);
  assertEquals(shared(30, 2, 1), [20, 10]);
  assertEquals(shared(10, 1, 1, 1), [3.3333, 3.3334, 3.3333]);
  assertEquals(shared(3, 1, 2), [1, 2]);
  assertEquals(shared(0, 1, 2), [0, 0]);
  const { items } = fileOf([{ ...plain, group: "A", points: 3 }, { ...plain, points: 2 }], {
    groups: [{ name: "A", points: 1 }],
  }).expected;
  assertEquals(items.map(({ points }) => points), [1, 2], "others keep theirs");
});

Deno.test("every committed item has advice, and every question has a group with points", async () => {
  for (const name of ["expected", "expected-quick", "expected-parity"]) {
    const text = await Deno.readTextFile(join(root, "artifacts", "reference", `${name}.json`));
    const { groups, items } = Expected.parse(JSON.parse(text));
    for (const { id, group, message, ifLow, ifHigh } of items) {
      assert(
        message !== undefined || ifLow !== undefined && ifHigh !== undefined,
        `${name}: ${id}`,
      );
      assert(
        groups.some((one) => one.name === group && one.points !== undefined),
        `${name}: ${id}`,
      );
    }
    const charts = items.filter(({ id }) => id.startsWith("charts.")).map(({ group }) => group);
    assertEquals(charts.length, new Set(charts).size, "charts are one item a question");
  }
});

Deno.test("the committed expected values equal those generated from the reference data", async () => {
  const files = await expectedFiles(dag, { assignment, quick });
  for (const [name, made] of Object.entries(files)) {
    const path = join(root, "artifacts", "reference", name);
    const committed = Expected.parse(JSON.parse(await Deno.readTextFile(path)));
    assertEquals(
      committed,
      Expected.parse(JSON.parse(JSON.stringify(made))),
      `${name} is out of date: deno task expected`,
    );
  }
});
