/** Tests counts of predictions against labels. */
import { assertEquals, assertThrows } from "@std/assert";
import {
  confusionMatrix,
  countCorrect,
  precisionAndRecall,
} from "../../../stages/evaluate/classification.ts";

const labels = Uint8Array.of(0, 1, 2, 2, 1, 2);
const predictions = Uint8Array.of(0, 2, 2, 2, 1, 0);

Deno.test("correct predictions are counted", () => {
  assertEquals(countCorrect(labels, predictions), 4);
});

Deno.test("the confusion matrix has a row for each true class", () => {
  assertEquals([...confusionMatrix(labels, predictions, 3)], [1, 0, 0, 0, 1, 1, 1, 0, 2]);
});

Deno.test("precision is a share of predictions, recall one of a class, and nothing has no share", () => {
  const confusion = [[6, 2, 0], [3, 1, 0], [0, 0, 0]];
  assertEquals(precisionAndRecall(confusion), {
    precision: [6 / 9, 1 / 3, null],
    recall: [6 / 8, 1 / 4, null],
  });
});

Deno.test("classes out of range and missing predictions are refused", () => {
  assertThrows(() => confusionMatrix(labels, predictions, 2), RangeError, "classes 0 to 1");
  assertThrows(() => countCorrect(labels, predictions.subarray(1)), RangeError, "found 5");
});
