/** Runs the examples of docs/grading.md: the assignment's notebook, metrics files, points and credit. */
import { assert, assertEquals } from "@std/assert";
import reported from "../../../artifacts/reference/reported-figures.json" with { type: "json" };
import { join } from "node:path";
import { readExpected } from "../../../pipeline/grade/expected_file.ts";
import { formats } from "../../../pipeline/grade/formats/mod.ts";
import { fromCsv, fromJson } from "../../support/named_metrics.ts";
import { gradeMetrics, gradeValues } from "../../../pipeline/grade/submission.ts";
import { notebookText } from "../../../pipeline/grade/submitted/notebook_text.ts";
import type { Project } from "../../../pipeline/engine/project/project.ts";
import { Item } from "../../../schemas/run/expected.ts";
import { trainingReadings } from "../../../stages/experiments/expected/expected_text.ts";
import { workspace } from "../../support/workspace.ts";
import { root } from "../../support/checkout.ts";

const guide = Deno.readTextFileSync(join(root, "docs", "grading.md"));

/** The fenced blocks of a section in a language. */
function blocks(section: string, language: string): string[] {
  const text = guide.split(`\n## ${section}\n`)[1].split("\n## ")[0];
  return [...text.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\n\`\`\``, "g"))]
    .map(([, block]) => block);
}

/** True if a text has the lines of a block in order; "…" stands for any lines. */
function shows(text: string, block: string): boolean {
  let at = 0;
  return block.split("\n…\n").every((part) => {
    at = text.indexOf(part, at);
    return at >= 0;
  });
}

const notebook = "docs/examples/assignment.ipynb";
const printed = notebookText(JSON.parse(Deno.readTextFileSync(join(root, notebook))));

Deno.test("the notebook of the guide prints what the assignment prints", () => {
  const lines = printed.split("\n").filter((line) => line !== "");
  assertEquals(
    lines.slice(0, -4),
    reported.question3_fashion_mnist.per_epoch.map((row) =>
      `Epoch ${row.epoch}, Train loss ${row.train_loss}, Test loss ${row.test_loss}, ` +
      `Test Accuracy ${row.test_accuracy}`
    ),
  );
  assertEquals(
    lines.slice(-4),
    reported.question4_mnist_from_scratch.test_results.map((row) =>
      `Epoch ${row.after_epoch}, Test loss ${row.loss_2dp}, Test correct ${row.correct}`
    ),
  );
  const [block] = blocks("Notebooks and logs", "text");
  assert(shows(printed, block));
});

const project: Project = {
  root,
  artifacts: join(root, "artifacts"),
  dag: [],
  dagModule: "",
  experiments: {},
};
const how = { experiment: "assignment", onStart() {}, onEnd() {}, onNotice() {} };

Deno.test("the assignment's notebook is graded as the guide shows", () => {
  const grade = gradeMetrics(project, join(root, notebook), how);
  const [command] = blocks("Notebooks and logs", "sh");
  const [, output] = blocks("Notebooks and logs", "text");
  assertEquals(command, `deno task grade --metrics ${notebook}`);
  assert(shows(formats.table(grade), output), formats.table(grade));
  assertEquals([grade.passed, grade.trust.level], [true, "claimed"]);
});

Deno.test("the guide's item with text is one of the assignment's", () => {
  const [block] = blocks("Notebooks and logs", "json");
  const item = JSON.parse(block);
  assertEquals(item.text, trainingReadings("test-loss"));
  const { expected } = readExpected(join(root, "artifacts", "reference", "expected.json"));
  const committed = expected.items.find(({ id }) => id === item.id)!;
  assertEquals(committed.target, item.target);
  assertEquals(committed.text, Item.parse({ ...committed, text: item.text }).text);
});

Deno.test("the guide's forms of a metrics file say the same", () => {
  const [long, wide] = blocks("Metrics files", "csv");
  const [json] = blocks("Metrics files", "json");
  const values = [...fromJson(json).values];
  assertEquals(values.length, 2);
  assertEquals([...fromCsv(long).values], values);
  assertEquals([...fromCsv(wide).values], values);
});

Deno.test("the guide's example of partial credit holds at its bounds", async () => {
  await using place = await workspace();
  const path = join(place.path, "expected.json");
  Deno.writeTextFileSync(path, blocks("Points and partial credit", "json")[0]);
  const file = readExpected(path);
  const [, rows] = /<!-- partial credit -->([^]*)<!-- end of partial credit -->/.exec(guide)!;
  const cases = rows.trim().split("\n").slice(2)
    .map((row) => row.split("|").map((cell) => cell.trim().replaceAll("`", "")));
  assert(cases.length >= 10);
  for (const [, metric, found, points] of cases) {
    const values = new Map([[metric, Number(found)]]);
    const { items } = gradeValues("a metrics file", { values }, file);
    const item = items.find(({ id }) => id === metric)!;
    assertEquals([metric, found, item.points], [metric, found, Number(points)]);
  }
});
