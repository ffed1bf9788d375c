/** Adds up points: of all items, and of each group, as people read them. */
import type { GroupResult, ItemResult } from "../../schemas/run/graded.ts";
import { count } from "../terminal/numbers.ts";
import { roundPoints } from "./credit.ts";

/** Points of some items. */
type Points = Pick<ItemResult, "points" | "maxPoints">;

export const total = (items: readonly Points[]): Points => ({
  points: roundPoints(items.reduce((sum, { points }) => sum + points, 0)),
  maxPoints: roundPoints(items.reduce((sum, { maxPoints }) => sum + maxPoints, 0)),
});

/** The subtotals of the groups: those of `order` first, then as items name them. */
export function subtotals(
  items: readonly ItemResult[],
  order: readonly string[] = [],
): GroupResult[] {
  const groups = new Map<string | null, ItemResult[]>(order.map((group) => [group, []]));
  for (const item of items) groups.set(item.group, [...groups.get(item.group) ?? [], item]);
  return [...groups].filter(([, items]) => items.length > 0).map(([group, items]) => ({
    group,
    items: items.length,
    passed: items.filter(({ status }) => status === "passed").length,
    ...total(items),
  }));
}

/** The name of a group for people. */
export const groupName = (group: string | null): string => group ?? "Other items";

/** The share of points in percent, rounded down to a tenth: what is not all is never 100 %. */
export const percentOf = ({ points, maxPoints }: Points): number =>
  maxPoints === 0 ? 0 : Math.floor(1000 * points / maxPoints + 1e-9) / 10;

/** "20.5 of 25 points (82 %)" */
export const pointsText = (of: Points): string =>
  `${of.points} of ${count(of.maxPoints, "point")}` +
  (of.maxPoints === 0 ? "" : ` (${percentOf(of)} %)`);

/** "Question 3: 20.5 of 25 points (82 %)", a line each; none where there is one group alone. */
export const subtotalLines = (groups: readonly GroupResult[]): string[] =>
  groups.length < 2 ? [] : groups.map((one) => `${groupName(one.group)}: ${pointsText(one)}`);
