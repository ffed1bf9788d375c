/** Counts correct predictions, confusions, precision and recall. */

/**
 * Counts the predictions that equal their label.
 *
 * @throws {RangeError} when there are not as many predictions as labels
 */
export function countCorrect(labels: Uint8Array, predictions: Uint8Array): number {
  checkLengths(labels, predictions);
  return labels.reduce((correct, label, i) => label === predictions[i] ? correct + 1 : correct, 0);
}

/**
 * Counts, shape (classes, classes), row-major: row = true class, column = predicted class.
 * @throws {RangeError} when there are not as many predictions as labels, or a class is not below
 * `classes`
 */
export function confusionMatrix(
  labels: Uint8Array,
  predictions: Uint8Array,
  classes: number,
): Uint32Array {
  checkLengths(labels, predictions);
  const counts = new Uint32Array(classes * classes);
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] >= classes || predictions[i] >= classes) {
      throw new RangeError(
        `expected classes 0 to ${classes - 1}, found label ${labels[i]} and prediction ` +
          `${predictions[i]} at sample ${i}`,
      );
    }
    counts[labels[i] * classes + predictions[i]]++;
  }
  return counts;
}

function checkLengths(labels: Uint8Array, predictions: Uint8Array): void {
  if (labels.length === predictions.length) return;
  throw new RangeError(
    `expected a prediction for each of ${labels.length} labels, found ${predictions.length}`,
  );
}

/**
 * Returns each class's precision and recall from a confusion matrix (row = true class). Precision is the
 * share of the predictions of a class that are correct. Recall is the share of a class that is predicted
 * correctly. Null for a share of nothing.
 */
export function precisionAndRecall(
  confusion: readonly (readonly number[])[],
): { precision: (number | null)[]; recall: (number | null)[] } {
  const share = (part: number, whole: number) => whole === 0 ? null : part / whole;
  return {
    precision: confusion.map((_, c) =>
      share(confusion[c][c], confusion.reduce((sum, row) => sum + row[c], 0))
    ),
    recall: confusion.map((row, c) => share(row[c], row.reduce((sum, count) => sum + count, 0))),
  };
}
