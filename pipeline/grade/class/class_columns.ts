/** The columns that tables of a class share: its groups and items, and the level of a submission. */
import type { Grade, GroupResult } from "../../../schemas/run/graded.ts";
import type { Submission } from "./grade_class.ts";

/** Ids of all items, in the order of the first submission that has them. */
export const itemIds = (submissions: readonly Submission[]): string[] => [
  ...new Set(submissions.flatMap(({ grade }) => grade.items.map(({ id }) => id))),
];

/**
 * Names of all groups, in the same order; null is that of items without a group. Where no item has a group,
 * there is none.
 */
export function groupNames(submissions: readonly Submission[]): (string | null)[] {
  const names = new Set(submissions.flatMap(({ grade }) => grade.groups.map(({ group }) => group)));
  return names.size === 1 && names.has(null) ? [] : [...names];
}

/** Groups whose points say more than those of all items; none where there is one group alone. */
export const comparedGroups = (submissions: readonly Submission[]): (string | null)[] => {
  const names = groupNames(submissions);
  return names.length > 1 ? names : [];
};

export const groupOf = ({ groups }: Grade, name: string | null): GroupResult | undefined =>
  groups.find(({ group }) => group === name);

/** The level of a submission's points. Metrics alone are claimed, even those without points. */
export const levelOf = ({ form, trust }: Grade): string =>
  form === "metrics-alone" ? "claimed" : trust.level ?? "";

/** The files of expected values that the class was graded against. */
export const expectedFiles = (submissions: readonly Submission[]): string[] => [
  ...new Set(submissions.map(({ grade }) => grade.expected.file)),
];
