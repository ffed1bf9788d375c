/** Tests that no format shows what a hidden item is, expects or found. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { comparisons, withoutHiddenItems } from "../../../pipeline/grade/class/mod.ts";
import { formats } from "../../../pipeline/grade/formats/mod.ts";
import { grade } from "../../../pipeline/grade/grade_run.ts";
import { withoutHidden } from "../../../pipeline/grade/hidden_items.ts";
import { classPage } from "../../../pipeline/report/class_page.ts";
import { gradeSection } from "../../../pipeline/report/grade_section.ts";
import { root } from "../../support/checkout.ts";
import { fileOf, type ItemInput, subjectOf } from "../../support/grade_subject.ts";
import { workspace } from "../../support/workspace.ts";

const secret: Partial<ItemInput> = {
  group: "Training",
  target: { kind: "metric", name: "covert.metric" },
  message: "covert-advice",
  ifLow: "covert-low",
  ifHigh: "covert-high",
  source: { from: "document", where: "covert-place" },
  points: 2,
};
const hidden = ["hidden", "after_due_date", "after_published"] as const;

/** Expectations that a value fails, is near, passes and lacks, and one that another metric decides. */
const expectations: ItemInput["expected"][] = [
  { kind: "range", range: { low: 4711, high: 4712 } },
  { kind: "close", value: 4711, absolute: 1 },
  { kind: "at-most", value: 4711 },
  { kind: "relation", relation: "at-least", metric: "covert.other" },
  {
    kind: "by",
    metric: "covert.seed",
    cases: [{ value: 4711, expected: { kind: "exact", value: 4711 } }],
    otherwise: { kind: "at-least", value: 4711 },
  },
];

const graded = grade(
  subjectOf({ metrics: { accuracy: 0.9, "covert.metric": 1234.5 } }),
  fileOf([
    { group: "Training", expected: { kind: "at-least", value: 0.8 } },
    ...hidden.flatMap((visibility) =>
      expectations.map((expected, i): Partial<ItemInput> => ({
        ...secret,
        id: `covert-id.${visibility}.${i}`,
        title: `covert-title ${visibility}`,
        expected,
        visibility,
        ...(i === 0 && { credit: { kind: "linear", width: 1e6 } }),
      }))
    ),
  ]),
);

const says = (text: string) => /covert|4711|4712|1234/.exec(text)?.[0];

Deno.test("hidden items leak through no format of a grade", () => {
  assert(new Set(graded.items.map(({ status }) => status)).size >= 4, "each status occurs");
  for (const [name, write] of Object.entries(formats)) {
    if (name === "gradescope") continue;
    assertEquals(says(write(graded)), undefined, name);
    assert(says(write(graded, true)) !== undefined, `${name}: a teacher can see them`);
    assertStringIncludes(write(graded), "not shown (after published)", name);
  }
});

Deno.test("Gradescope gets a hidden item as a test that it hides, and nowhere else", () => {
  const { tests, ...rest } = JSON.parse(formats.gradescope(graded));
  assertEquals(says(JSON.stringify(rest)), undefined);
  for (const test of tests) {
    assertEquals(says(JSON.stringify(test)) === undefined, test.visibility === "visible");
  }
});

Deno.test("hidden items leak through no table of a class and no page", async () => {
  const all = [{ name: "alice", grade: graded }];
  for (const [name, write] of Object.entries(comparisons)) {
    assertEquals(says(write(all)), undefined, name);
    if (name !== "table") assert(says(write(all, true)) !== undefined, name);
  }
  await using place = await workspace();
  assertEquals(
    says(await classPage({ root, artifacts: place.path }, withoutHiddenItems(all))),
    undefined,
  );
  assertEquals(says(gradeSection(graded).body.text), undefined, "the report of a run");
});

Deno.test("a grade without hidden items keeps every point", () => {
  const seen = withoutHidden(graded);
  const points = ({ items }: typeof graded) => items.map(({ points, status }) => [points, status]);
  assertEquals(points(seen), points(graded));
  assertEquals([seen.points, seen.groups], [graded.points, graded.groups]);
});
