/**
 * Reads logged scalars: TensorBoard's JSON, with a triple of wall time, step and value for each point, and
 * histories that have a list of values for each name.
 */
import { basename } from "node:path";
import { type Exact, float64OrExact } from "../../diff/exact_integers.ts";
import type { Table } from "./readings.ts";

type Triple = readonly [time: Exact, step: Exact, value: unknown];

const isTriple = (value: unknown): value is Triple =>
  Array.isArray(value) && value.length === 3 && isNumeric(value[0]) && isNumeric(value[1]);

const isNumeric = (value: unknown): boolean =>
  typeof value === "number" || typeof value === "bigint";

/** The series of one name; undefined if the value is none. */
export function scalarsIn(name: string, value: unknown): Table | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  if (value.every(isTriple)) {
    return {
      columns: ["step", name],
      rows: value.map(([, step, value]) => [step, numberOf(value)]),
    };
  }
  const isSeries = value.every((one) => one === null || numberOf(one) !== undefined);
  return isSeries ? { columns: [name], rows: value.map((one) => [numberOf(one)]) } : undefined;
}

/** The tag that TensorBoard puts into the name of a file: `run-train-tag-epoch_loss.json`. */
export const tagOf = (path: string): string =>
  basename(path).replace(/\.[^.]*$/, "").replace(/^.*-tag-/, "");

const words: Record<string, number> = { NaN: NaN, Infinity, "-Infinity": -Infinity };

const numberOf = (value: unknown): Exact | undefined =>
  typeof value === "number"
    ? value
    : typeof value === "bigint"
    ? float64OrExact(value)
    : typeof value === "string" && Object.hasOwn(words, value)
    ? words[value]
    : undefined;
