/** Reads metrics from what a notebook of the assignment prints. */
import type { ItemInput } from "./expected_item.ts";

type Readings = NonNullable<ItemInput["text"]>;

/** Images that are tested; the assignment prints the share that is correct. */
const tested = 10_000;

/** The line that the assignment prints after each epoch of question 3. */
const trainingLine =
  "Epoch {epoch}, Train loss {train-loss}, Test loss {test-loss}, Test Accuracy {test-accuracy}";

/** A curve of question 3, from printed lines or the columns of a table. */
export function trainingReadings(curve: "train-loss" | "test-loss" | "test-correct"): Readings {
  const at = "epoch";
  if (curve === "test-correct") {
    return [
      { pattern: trainingLine, value: "test-accuracy", at, factor: tested },
      { column: "test-correct", at },
      { column: "test-accuracy", at, factor: tested },
    ];
  }
  return [{ pattern: trainingLine, value: curve, at }, { column: curve, at }];
}

/** A value of question 4 after an epoch, from a line of counts or one of shares. */
export function resultReadings(what: "test-correct" | "test-loss", epoch: number): Readings {
  const where = { epoch };
  const counts = "Epoch {epoch}, Test loss {test-loss}, Test correct {test-correct}";
  const shares = "Epoch {epoch}, Test loss {test-loss}, Test Accuracy {test-accuracy}";
  return [
    { pattern: counts, value: what, where },
    what === "test-correct"
      ? { pattern: shares, value: "test-accuracy", where, factor: tested }
      : { pattern: shares, value: what, where },
  ];
}
