/**
 * Curves: numbers that follow each other by epoch or step. Gathered while JSON or metrics are compared,
 * point by point, whatever is the same in them; those that differ somewhere are reported.
 */
import type { CurveComparison, KnownAgreement } from "../../schemas/run/comparison.ts";
import { isWorse, worstOf } from "./agreement.ts";

interface Point {
  at: number;
  a: number | null;
  b: number | null;
  agreement: KnownAgreement;
}

export interface Curves {
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

/** The epoch or step that an element of an array says it is of. */
export function epochOf(element: unknown): number | undefined {
  if (typeof element !== "object" || element === null) return undefined;
  const { epoch, step } = element as Record<string, unknown>;
  const at = epoch ?? step;
  return Number.isInteger(at) ? at as number : undefined;
}

/** A metric's name by epoch: `mlp.test-loss.epoch-3` is point 3 of `mlp.test-loss.epoch-*`. */
export function curvePointOf(name: string): { curve: string; at: number } | undefined {
  const match = /^(.*\b(?:epoch|step)-)(\d{1,9})$/.exec(name);
  return match === null ? undefined : { curve: `${match[1]}*`, at: Number(match[2]) };
}
