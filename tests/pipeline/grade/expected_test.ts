/** Tests the form of a file of expected values, and its published JSON Schema. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { Expected, expectedJsonSchema } from "../../../schemas/run/expected.ts";
import assignment from "../../../stages/experiments/assignment.ts";
import quick from "../../../stages/experiments/quick.ts";
import { expectedFiles } from "../../../stages/experiments/expected/mod.ts";
import { dag } from "../../../stages/mod.ts";
import { root } from "../../support/workspace.ts";

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
  assertEquals(of({ hint: "unknown" }), ["items.0"]);
  assert(problems({ ...file(item), version: 2 }).includes("version"));
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
