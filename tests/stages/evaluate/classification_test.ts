/** Tests counts of predictions against labels. */
import { assertEquals, assertThrows } from "@std/assert";
import { confusionMatrix, countCorrect } from "../../../stages/evaluate/classification.ts";

const labels = Uint8Array.of(0, 1, 2, 2, 1, 2);
const predictions = Uint8Array.of(0, 2, 2, 2, 1, 0);

Deno.test("correct predictions are counted", () => {
  assertEquals(countCorrect(labels, predictions), 4);
});

Deno.test("the confusion matrix has a row for each true class", () => {
  assertEquals([...confusionMatrix(labels, predictions, 3)], [1, 0, 0, 0, 1, 1, 1, 0, 2]);
});

Deno.test("classes out of range and missing predictions are refused", () => {
  assertThrows(() => confusionMatrix(labels, predictions, 2), RangeError, "classes 0 to 1");
  assertThrows(() => countCorrect(labels, predictions.subarray(1)), RangeError, "found 5");
});
