/** Makes files of expected metrics for tests. */
import type { ExpectedInput } from "../../schemas/run/expected.ts";

type Item = ExpectedInput["items"][number];

/** An item on one metric. */
export const metricItem = (id: string, name: string, expected: Item["expected"]): Item => ({
  id,
  title: id,
  target: { kind: "metric", name },
  expected,
  source: { from: "measured", where: "a test" },
});

export const expectedFile = (experiment: string, ...items: Item[]): ExpectedInput => ({
  version: 1,
  title: "A test",
  about: "",
  experiment,
  items,
});
