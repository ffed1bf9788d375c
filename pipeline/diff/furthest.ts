/** Finds the array that says most about a difference. */
import type { ArrayComparison } from "../../schemas/run/comparison.ts";
import { byInterest } from "./agreement.ts";

/** The tensor to name: the worst by agreement, then by distance. */
export const furthest = (arrays: readonly ArrayComparison[]): ArrayComparison | undefined =>
  arrays.reduce<ArrayComparison | undefined>((worst, one) => {
    if (worst === undefined) return one;
    const interest = byInterest(one.agreement, worst.agreement);
    if (interest !== 0) return interest < 0 ? one : worst;
    const far = ({ absolute, infinite }: ArrayComparison) => {
      if (infinite !== null) return Infinity;
      return absolute === null ? -1 : absolute.value ?? Infinity;
    };
    return far(one) > far(worst) ? one : worst;
  }, undefined);
