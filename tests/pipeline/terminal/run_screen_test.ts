/** Tests the short summary of a run on terminals of any size. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { cellWidth } from "../../../pipeline/terminal/cell_width.ts";
import {
  mostLines,
  quietLine,
  runScreen,
  type RunSummary,
} from "../../../pipeline/terminal/run_screen.ts";
import type { Screen } from "../../../pipeline/terminal/screen.ts";
import { plainText } from "../../../pipeline/terminal/styled.ts";
import { assertScreens } from "../../support/terminal/golden_screen.ts";

const terminal = (columns: number): Screen => ({
  isTerminal: true,
  columns,
  rows: 24,
  colour: false,
  moves: true,
});

const ids = Array.from({ length: 30 }, (_, i) => `Q${i % 4 + 1}.claim-${i}`);

const large: RunSummary = {
  experiment: "assignment",
  state: "complete",
  outcome: "warning",
  jobs: "94 jobs: 20 ran, 74 cached",
  metrics: [
    {
      name: "fashion-mlp.test-accuracy",
      found: "0.8661",
      expected: "0.853 to 0.883",
      passed: true,
    },
    { name: "mnist-scratch.test-correct.epoch-3", found: "9277", expected: "9277", passed: true },
    {
      name: "fashion-mlp.test-loss.epoch-24",
      found: "0.512",
      expected: "0.36 to 0.47",
      passed: false,
    },
    { name: "expressivity.order.gaussian", found: "0.9988" },
    { name: "写し.誤差", found: "1.25e-7", expected: "at most 0.00001", passed: true },
  ],
  notes: [
    {
      label: "Claims",
      text: ["57 of the source: 30 confirmed, 14 qualified, 13 refuted; 3 of ours: 3 confirmed"],
      brief: "60 claims: 33 confirmed",
    },
    { label: "", text: [{ style: "strong", text: "refuted" }, ": "], names: ids },
    {
      label: "Grade",
      text: ["113 of 114 items, 110 of 112 points; NOT PASSED"],
      brief: "113 of 114 items",
    },
    { label: "", text: ["not passed: "], names: ["fashion-mlp.test-loss"] },
    {
      label: "Reference",
      text: ["all 305 artifacts are identical to those of a run"],
    },
    { label: "Report", text: ["artifacts/runs/20260101T000000Z-assignment/report.html"] },
  ],
};

const textsOf = (summary: RunSummary, screen: Screen): string[] =>
  runScreen(summary, screen, { took: 63.2 }).map(plainText);

for (const columns of [40, 80, 120]) {
  Deno.test(`the summary of a large run on ${columns} columns`, () => {
    assertScreens({ [`summary-${columns}`]: textsOf(large, terminal(columns)) });
  });
}

Deno.test("a summary in a file has lines of any length, and no symbols", () => {
  const file = { ...terminal(Infinity), isTerminal: false };
  assertScreens({ "summary-in-a-file": textsOf(large, file) });
  assertEquals(
    plainText(quietLine(large, file, 63.2)),
    "assignment complete in 1 min 03 s; 94 jobs: 20 ran, 74 cached; 60 claims: 33 confirmed; " +
      "113 of 114 items",
  );
});

const word = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" })
  .map((text) => text.replaceAll(/\s/g, "_"));
const words = fc.array(word, { minLength: 1, maxLength: 12 }).map((all) => all.join(" "));
const summary: fc.Arbitrary<RunSummary> = fc.record({
  experiment: word,
  state: fc.constant("complete"),
  outcome: fc.constantFrom("good", "warning", "bad"),
  jobs: words,
  metrics: fc.array(fc.record({ name: word, found: word, expected: words }), { maxLength: 40 }),
  notes: fc.array(
    fc.record({
      label: fc.constant("Claims"),
      text: words.map((one) => [one]),
      names: fc.array(word, { maxLength: 60 }),
    }),
    { maxLength: 3 },
  ),
});

Deno.test("a summary has at most 20 lines, and breaks them between words", () => {
  fc.assert(
    fc.property(summary, fc.integer({ min: 80, max: 140 }), (given, columns) => {
      const lines = textsOf(given, terminal(columns));
      assert(lines.length <= mostLines, lines.join("\n"));
      for (const line of lines) assert(cellWidth(line) <= Math.min(columns, 100), line);
    }),
    { numRuns: 200 },
  );
});

Deno.test("a reader who wants all gets every metric and name", () => {
  const all = runScreen(large, terminal(40), { took: 1, isWhole: true }).map(plainText).join(" ");
  for (const name of [...ids, ...large.metrics.map(({ name }) => name)]) {
    assert(all.includes(name), name);
  }
});
