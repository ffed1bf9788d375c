/** Shares out the points of groups: items keep their proportions and add up to their group's points. */
import type { Expected } from "../../schemas/run/expected.ts";
import { roundPoints } from "./credit.ts";

/** The expected values with the points that items count for. Sums are exact to 4 decimals. */
export function withGroupPoints(expected: Expected): Expected {
  const points = new Map<string, number>();
  for (const group of expected.groups) {
    if (group.points === undefined) continue;
    const own = expected.items.filter((item) => item.group === group.name);
    const sum = own.reduce((sum, item) => sum + item.points, 0);
    if (roundPoints(sum) === group.points) continue;
    let before = 0;
    for (const item of own) {
      const share = (upTo: number) => roundPoints(group.points! * upTo / sum);
      const after = before + item.points;
      points.set(item.id, roundPoints(share(after) - share(before)));
      before = after;
    }
  }
  if (points.size === 0) return expected;
  return {
    ...expected,
    items: expected.items.map((item) => ({ ...item, points: points.get(item.id) ?? item.points })),
  };
}
