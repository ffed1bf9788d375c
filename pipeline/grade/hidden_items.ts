/**
 * Takes out of a grade what its reader may not see yet. Of a hidden item there remain its status and its
 * points, so that sums can be checked.
 */
import type { Grade, ItemResult } from "../../schemas/run/graded.ts";

const unseen = "not shown";

/** The grade without what hidden items are, expect or found. */
export const withoutHidden = (grade: Grade): Grade => ({
  ...grade,
  items: grade.items.map((item, i) => item.visibility === "visible" ? item : redacted(item, i + 1)),
});

const redacted = (
  { group, status, level, points, maxPoints, visibility }: ItemResult,
  number: number,
): ItemResult => ({
  id: `hidden-${number}`,
  title: unseen,
  group,
  status,
  level,
  points,
  maxPoints,
  expected: unseen,
  found: unseen,
  value: null,
  range: null,
  offBy: null,
  outside: [],
  explanation: status === "passed" ? null : `${unseen} (${visibility.replaceAll("_", " ")})`,
  visibility,
  source: { from: "document", where: unseen },
});
