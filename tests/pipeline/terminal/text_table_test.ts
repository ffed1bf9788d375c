/** Tests tables as plain text: their columns, and what they do where the terminal is too narrow. */
import { assert, assertEquals } from "@std/assert";
import { cellWidth } from "../../../pipeline/terminal/cell_width.ts";
import { fittedTable, textTable } from "../../../pipeline/terminal/text_table.ts";

const rows = [
  ["Item", "Expected", "Points"],
  ["Data", "", "2/2"],
  ["  data.mnist.train-images-idx3-ubyte", "sha256:ba891046e650…, of 44.9 MiB", "0.25/0.25"],
  ["  学习率", "值".repeat(40), "1/1"],
];

Deno.test("a table that fits, or has no bound, is the same as one that is not fitted", () => {
  assertEquals(fittedTable(rows, Infinity, [2]), textTable(rows, [2]));
  assertEquals(fittedTable(rows.slice(0, 2), 30, [2]), textTable(rows.slice(0, 2), [2]));
  assertEquals(fittedTable([], 80), []);
});

const lettersOf = (texts: readonly string[]): string =>
  [...texts.join("").replaceAll(" ", "")].sort().join("");

Deno.test("a table takes the columns there are, and leaves nothing out", () => {
  for (const columns of [40, 60, 80]) {
    const lines = fittedTable(rows, columns, [2]);
    for (const line of lines) assert(cellWidth(line) <= columns, `${columns}: ${line}`);
    assertEquals(lettersOf(lines), lettersOf(rows.flat()));
  }
});

Deno.test("names are broken between their parts, and keep their indent", () => {
  assertEquals(
    fittedTable([["  data.mnist.train-images", "10000 of 60000 images"]], 32),
    ["  data.mnist.  10000 of 60000", "train-images   images"],
  );
});

Deno.test("a name is whole as long as another column can be narrower", () => {
  assertEquals(
    fittedTable([["train.first-batch.size", "16 of 60000 images"]], 32),
    [
      "train.first-batch.size  16 of",
      "                        60000",
      "                        images",
    ],
  );
});

Deno.test("a word is whole as long as another column can be narrower", () => {
  const lines = fittedTable([["unreadable", "metrics alone and more of them"]], 24);
  assertEquals(lines, ["unreadable  metrics", "            alone and", "            more of them"]);
});

const numbers = [
  ["Metric", "Mean", "Deviation", "Largest", "Smallest", "Median"],
  ["fashion-mlp.test-accuracy", "0.861321", "0.0031415", "0.862781", "0.854112", "0.86"],
];

Deno.test("numbers are never broken: where they do not fit beside a name, they are below it", () => {
  const right = [1, 2, 3, 4, 5];
  assertEquals(fittedTable(numbers, 64, right), [
    "Metric             Mean  Deviation   Largest  Smallest  Median",
    "fashion-mlp.   0.861321  0.0031415  0.862781  0.854112    0.86",
    "test-accuracy",
  ]);
  assertEquals(fittedTable(numbers, 56, right), [
    "Metric",
    "      Mean  Deviation   Largest  Smallest  Median",
    "fashion-mlp.test-accuracy",
    "  0.861321  0.0031415  0.862781  0.854112    0.86",
  ]);
  assertEquals(fittedTable(numbers, 30, right), [
    "Metric",
    "  Mean  Deviation  Largest",
    "  Smallest  Median",
    "fashion-mlp.test-accuracy",
    "  0.861321  0.0031415",
    "  0.862781  0.854112  0.86",
  ]);
});

Deno.test("a row that is below its name is set in from it, as the name is", () => {
  const items = [["Item", "Points"], ["Data", "1/1"], ["  mnist-images", "0.25/0.25"]];
  assertEquals(fittedTable(items, 16, [1]), [
    "Item",
    "     Points",
    "Data",
    "        1/1",
    "  mnist-images",
    "    0.25/0.25",
  ]);
});

Deno.test("names in the first column are below each other before one is broken within a word", () => {
  const metrics = [["expressivity.order.gaussian", "0.998795", "0.999765", "+0.0009699"]];
  assertEquals(fittedTable(metrics, 40, [1, 2, 3]), [
    "expressivity.order.gaussian",
    "  0.998795  0.999765  +0.0009699",
  ]);
});
