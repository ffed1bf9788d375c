/**
 * Reads items' metrics from printed lines and logged tables, as each item says. Where a program ran twice,
 * its numbers begin again: the last series counts, whole.
 */
import type { Item, Reading } from "../../../schemas/run/expected.ts";
import { curveMetrics } from "../../../schemas/run/metric_name.ts";
import { parsePattern, patternNames } from "../../../schemas/run/text_pattern.ts";
import type { Exact } from "../../diff/exact_integers.ts";
import { matchesIn } from "./line_pattern.ts";

/** Numbers by column; a cell without one is undefined. */
export interface Table {
  columns: readonly string[];
  rows: readonly (readonly (Exact | undefined)[])[];
}

/** Lines and tables of a submission, which has no metrics with names. */
export interface Shown {
  /** Lines with white space as one space each. */
  lines: readonly string[];
  tables: readonly Table[];
}

interface ReadMetrics {
  values: Map<string, Exact>;
  /** Metric → why it was not found. */
  unusable: Map<string, string>;
  notes: string[];
}

/** Numbers of a line or a row, by name. */
type Row = ReadonlyMap<string, Exact>;

/** `name` is that of the submission. */
export function readItems(items: readonly Item[], shown: Shown, name: string): ReadMetrics {
  const read: ReadMetrics = { values: new Map(), unusable: new Map(), notes: [] };
  const rowsOf = cachedRows(shown);
  const notes = new Set<string>();
  for (const { target, text = [], visibility } of items) {
    if (target.kind !== "metric" && target.kind !== "curve") continue;
    const series = text.map((reading) => ({ reading, ...lastSeries(rowsOf(reading), reading) }));
    const best = series.find(({ rows }) => rows.length > 0);
    const names = target.kind === "metric" ? [target.name] : curveMetrics(target);
    if (best !== undefined) {
      for (const [i, value] of pointsOf(best.rows, best.reading, target)) {
        read.values.set(names[i], value);
      }
      if (best.others > 0 && visibility === "visible") {
        notes.add(
          `${name} has ${best.others + 1} series of lines like ${named(best.reading)}: ` +
            "the last one is graded.",
        );
      }
    }
    if (series.length === 0) continue;
    const reason = `${name} has no ${text.map(named).join(", and no ")}${nearLine(shown, text)}`;
    for (const name of names) if (!read.values.has(name)) read.unusable.set(name, reason);
  }
  return { ...read, notes: [...notes] };
}

function named({ pattern, column, where = {} }: Reading): string {
  const at = Object.entries(where).map(([name, value]) => `${name} ${value}`);
  return (pattern === undefined ? `column "${column}"` : `line "${pattern}"`) +
    (at.length === 0 ? "" : ` with ${at.join(", ")}`);
}

/** Longest part of a line that is shown, in characters. */
const longest = 100;

/** The first line that begins as a pattern does, to show how it differs. */
function nearLine({ lines }: Shown, readings: readonly Reading[]): string {
  for (const { pattern } of readings) {
    const first = pattern && parsePattern(pattern)[0];
    if (!first || first.kind !== "text") continue;
    const line = lines.find((line) => line.toLowerCase().startsWith(first.text));
    if (line !== undefined) return `; it has "${line.slice(0, longest)}"`;
  }
  return "";
}

/** The rows of each reading, of which many items have the same. */
function cachedRows({ lines, tables }: Shown): (reading: Reading) => Row[] {
  const known = new Map<string, Row[]>();
  return ({ pattern, column, at, where = {} }) => {
    const names = [column ?? "", ...at === undefined ? [] : [at], ...Object.keys(where)];
    const key = JSON.stringify(pattern ?? names);
    const rows = known.get(key) ??
      (pattern === undefined
        ? tables.flatMap((table) => rowsIn(table, names))
        : matchesIn(lines, parsePattern(pattern)));
    known.set(key, rows);
    return rows;
  };
}

/** Letters and digits of a name in lower case: "Train loss", "train_loss" and "train/loss" are one. */
const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/** Longest name of a column that is compared, in characters. */
const longestColumn = 500;

/** True for a column of the name, also behind a path such as a run's. */
const isNamed = (column: string, name: string): boolean =>
  column.length <= longestColumn &&
  column.split("/").some((_, i, parts) => plain(parts.slice(i).join("/")) === plain(name));

/** Rows of a table that has the first of the names, without those that lack one of its own. */
function rowsIn({ columns, rows }: Table, names: readonly string[]): Row[] {
  const places = names.map((name, i) => {
    const place = columns.findIndex((column) => isNamed(column, name));
    return place < 0 && i > 0 ? columns.findIndex((column) => isNamed(column, "step")) : place;
  });
  if (places[0] < 0) return [];
  return rows.flatMap((row) => {
    const numbers = names.flatMap((name, i): [string, Exact][] => {
      const number = places[i] < 0 ? undefined : row[places[i]];
      return number === undefined ? [] : [[name, number]];
    });
    const own = places.filter((place) => place >= 0).length;
    return numbers.length === own ? [new Map(numbers)] : [];
  });
}

/** The name by which rows are in order. */
const orderedBy = ({ at, where = {} }: Reading): string | undefined => at ?? Object.keys(where)[0];

/** The rows from where their number last begins again, and how many series come before. */
function lastSeries(all: readonly Row[], reading: Reading): { rows: Row[]; others: number } {
  const name = orderedBy(reading);
  let rows: Row[] = [];
  let others = 0;
  let last = -Infinity;
  for (const row of all) {
    const found = name === undefined ? undefined : row.get(name);
    if (found !== undefined) {
      const number = Number(found);
      if (!Number.isInteger(number)) continue;
      if (number < last) {
        rows = [];
        others++;
      }
      last = number;
    }
    rows.push(row);
  }
  const where = Object.entries(reading.where ?? {});
  return {
    rows: rows.filter((row) => where.every(([name, value]) => row.get(name) === value)),
    others,
  };
}

/** Points of a target by their index; of several values for one the last. */
function pointsOf(
  rows: readonly Row[],
  reading: Reading,
  target: Extract<Item["target"], { kind: "metric" | "curve" }>,
): Map<number, Exact> {
  const { factor, at } = reading;
  const name = valueName(reading);
  const length = target.kind === "metric" ? 1 : target.to - target.from + 1;
  const first = reading.firstAt ?? (target.kind === "curve" ? target.from : 0);
  const points = new Map<number, Exact>();
  rows.forEach((row, i) => {
    const number = at === undefined ? undefined : row.get(at);
    const index = target.kind === "metric" ? 0 : number === undefined
      // Without numbers the last rows count.
      ? i - Math.max(0, rows.length - length)
      : Number(number) - first;
    const value = row.get(name);
    if (value === undefined || index < 0 || index >= length) return;
    // A share of a count, times the count, is whole but for the last binary digits.
    points.set(index, factor === 1 ? value : Number((Number(value) * factor).toPrecision(12)));
  });
  return points;
}

function valueName({ pattern, column, value, at, where = {} }: Reading): string {
  if (pattern === undefined) return column!;
  return value ??
    patternNames(parsePattern(pattern)).find((name) => name !== at && !Object.hasOwn(where, name))!;
}
