/**
 * Gathers curves, point by point, while JSON or metrics are compared. A curve is a list of numbers that a
 * word in their names or elements counts: epoch, step. Curves that differ somewhere are reported.
 */
import type { CurveComparison } from "../../schemas/run/comparison.ts";
import type { KnownAgreement } from "../../schemas/run/agreement_level.ts";
import { isWorse, worstOf } from "./agreement.ts";

interface Point {
  at: number;
  a: number | null;
  b: number | null;
  agreement: KnownAgreement;
}

interface Curves {
  /** A point of the curve `name`; a side without it is null. */
  add(name: string, point: Point): void;
  /** The curves that are not the same everywhere. */
  differing(): CurveComparison[];
}

export function gatherCurves(): Curves {
  const curves = new Map<string, Point[]>();
  return {
    add(name, point) {
      const points = curves.get(name);
      if (points === undefined) curves.set(name, [point]);
      else points.push(point);
    },
    differing: () =>
      [...curves].flatMap(([name, points]) => {
        points.sort((a, b) => a.at - b.at);
        const apart = points.filter(({ agreement }) => isWorse(agreement, "equal"));
        // One point makes no curve.
        if (apart.length === 0 || points.length < 2) return [];
        const distances = apart.flatMap(({ at, a, b }) =>
          a === null || b === null || !Number.isFinite(a - b)
            ? []
            : [{ at, absolute: Math.abs(a - b) }]
        );
        return [{
          name,
          agreement: worstOf(apart.map(({ agreement }) => agreement)),
          points: points.map(({ at, a, b }) => ({ at, a, b })),
          first: apart[0].at,
          largest: distances.length === 0
            ? null
            : distances.reduce((most, one) => one.absolute > most.absolute ? one : most),
        }];
      }),
  };
}

/** Fields by which the elements of a JSON array may be counted; the first that an element has holds. */
const axes = ["epoch", "step", "iteration"];

/** The position of an array's element on its curve. */
export function positionOf(element: unknown): number | undefined {
  if (typeof element !== "object" || element === null) return undefined;
  const fields = element as Record<string, unknown>;
  const axis = axes.find((name) => fields[name] !== undefined);
  return axis !== undefined && Number.isInteger(fields[axis]) ? fields[axis] as number : undefined;
}

/** A metric's name that ends in a counted word: `mlp.loss.epoch-3` is point 3 of `mlp.loss.epoch-*`. */
export function curvePointOf(name: string): { curve: string; at: number } | undefined {
  const match = /^((?:.*[./_-])?[a-z]+-)(\d{1,9})$/.exec(name);
  return match === null ? undefined : { curve: `${match[1]}*`, at: Number(match[2]) };
}

/** The word that a curve counts: "step" of `loss.step-*`; "position" for an array's elements. */
export const axisOf = (curve: string): string => /([a-z]+)-\*$/.exec(curve)?.[1] ?? "position";
