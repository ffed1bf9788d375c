/** The measurements that the claims of question 2 are judged by. */
import {
  activationTheory,
  assumptions,
  depthTheory,
  layerTheory,
} from "../../init_check/theory_artifacts.ts";
import type { Values } from "../../../pipeline/engine/stage.ts";

/** The artifacts of `init-check-layer`, forward and backward, `-depth`, `-activations`, `-assumptions`. */
export const measurements2 = {
  forward: layerTheory,
  backward: layerTheory,
  depth: depthTheory,
  activations: activationTheory,
  assumptions,
};
export type Question2 = Values<typeof measurements2>;

/** The rows whose cells have these settings. */
export const ofCells = <Row extends { cell: object }>(
  rows: readonly Row[],
  settings: Partial<Row["cell"]>,
): Row[] => {
  const names = Object.keys(settings) as (keyof Row["cell"])[];
  return rows.filter(({ cell }: { cell: Row["cell"] }) =>
    names.every((name) => cell[name] === settings[name])
  );
};

/**
 * The rows that are wanted, of which there must be some.
 * @throws Error if there is none
 */
export function wanted<Row>(rows: readonly Row[], what: string, is: (row: Row) => boolean): Row[] {
  const found = rows.filter(is);
  if (found.length > 0) return found;
  throw new Error(
    `question 2: expected measurements of ${what}, found none; do the artifacts come from this ` +
      "version of the stages?",
  );
}

/**
 * The rows whose cells have these settings, of which there must be some.
 * @throws Error if there is none
 */
export function wantedCells<Row extends { cell: object }>(
  rows: readonly Row[],
  settings: Partial<Row["cell"]>,
): Row[] {
  const words = Object.entries(settings).map(([name, value]) => `${name} ${value}`).join(" and ");
  return wanted(ofCells(rows, settings), `cells of ${words}`, () => true);
}
