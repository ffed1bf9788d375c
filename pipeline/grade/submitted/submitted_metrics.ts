/**
 * Reads a file that was submitted in place of a run: named metrics as JSON or CSV, a notebook, a log, a
 * table, or scalars that TensorBoard exported. Nothing of it is verified.
 */
import { basename } from "node:path";
import type { Expected, Item } from "../../../schemas/run/expected.ts";
import type { Exact } from "../../diff/exact_integers.ts";
import { problemsIn } from "../../formats/artifact_type.ts";
import { isPlain } from "../../formats/json.ts";
import { invalidFile, readText } from "../../formats/read_json.ts";
import {
  csvRows,
  fromRows,
  isTable,
  isWide,
  namedIn,
  type NamedMetrics,
  numberOf,
  parsePythonJson,
} from "../metrics_file.ts";
import { z } from "zod";
import { linesOf } from "./line_pattern.ts";
import { metricsForm } from "./metrics_names.ts";
import { isNotebook, notebookText } from "./notebook_text.ts";
import { readItems, type Shown } from "./readings.ts";
import { scalarsIn, tagOf } from "./scalars.ts";
import { hasMetrics, isUsed, unknownMetrics } from "./unknown_metrics.ts";

export interface SubmittedMetrics {
  /** Name → value, which may be NaN or infinite. */
  values: ReadonlyMap<string, Exact>;
  /** Name → why it has no value. */
  unusable?: ReadonlyMap<string, string>;
  /** Only items that say how they are read from text are judged: no metric has its name there. */
  isText?: boolean;
  notes?: readonly string[];
}

const mebibyte = 1 << 20;

/** Caps on the sizes of files, in bytes. Notebooks have their pictures in them. */
const largest = { notebook: 64 * mebibyte, log: 16 * mebibyte, named: 4 * mebibyte };

const hint = `Expected metrics as a flat JSON object, { "name": number }, or as CSV; a notebook ` +
  "(.ipynb), a log (.txt, .log), a CSV table, or TensorBoard's JSON. docs/grading.md has the forms.";

/**
 * Reads the metrics that the expected items name. Throws a failure for a file that has none of the forms. `read`
 * reads a file in an archive.
 */
export function readSubmitted(
  path: string,
  expected: Expected,
  read?: (limit: number) => Uint8Array,
): SubmittedMetrics {
  const name = basename(path);
  const form = metricsForm(path) ?? "named";
  const isLog = form === "log";
  const { text } = readText(path, { limit: largest[form], hint, isLog, read });
  try {
    if (isLog) return fromText(expected.items, { lines: linesOf(text), tables: [] }, name);
    const parse = path.toLowerCase().endsWith(".csv") ? csvFile : jsonFile;
    const { shown, named } = parse(path, text);
    const ofText = readItems(expected.items, shown, name);
    if (named === undefined || ofText.values.size > 0 && !isUsed(named, expected)) {
      return { ...ofText, isText: true };
    }
    if (ofText.values.size === 0 && !hasMetrics(named, expected)) {
      const [problem = "expected metrics, found none"] = named.unusable.values();
      throw new Error(problem);
    }
    return {
      // A name in the file says more than a series with a similar one.
      values: new Map([...ofText.values, ...named.values]),
      unusable: named.unusable,
      notes: unknownMetrics(named, expected),
    };
  } catch (error) {
    const { message } = error as Error;
    throw invalidFile(path, error instanceof z.ZodError ? problemsIn(error) : message, hint);
  }
}

/** Metrics that a text shows, in place of a file. */
const fromText = (
  items: readonly Item[],
  shown: Shown,
  name: string,
): SubmittedMetrics => ({ ...readItems(items, shown, name), isText: true });

interface Read {
  shown: Shown;
  /** Absent where the file has no metrics with names. */
  named?: NamedMetrics;
}

function csvFile(path: string, text: string): Read {
  const rows = csvRows(text);
  const named = isTable(rows) ? undefined : fromRows(rows);
  // One row of numbers beneath names is a table of one row, too.
  if (named !== undefined && !isWide(rows)) return { shown: { lines: [], tables: [] }, named };
  const [head, ...rest] = rows;
  // TensorBoard's CSV has the tag in the file's name alone.
  const columns = head.map((name) => name.toLowerCase() === "value" ? tagOf(path) : name);
  return {
    named,
    shown: {
      lines: linesOf(text),
      tables: [{ columns, rows: rest.map((row) => row.map(numberOf)) }],
    },
  };
}

function jsonFile(path: string, text: string): Read {
  const value = parsePythonJson(text);
  if (isNotebook(value)) return { shown: { lines: linesOf(notebookText(value)), tables: [] } };
  if (!isPlain(value)) {
    const table = scalarsIn(tagOf(path), value);
    if (table === undefined) throw new Error("expected an object or a series of scalars");
    return { shown: { lines: [], tables: [table] } };
  }
  const series = Object.entries(value).flatMap(([name, value]) => scalarsIn(name, value) ?? []);
  const isSeries = series.length > 0 && series.length === Object.keys(value).length;
  return {
    shown: { lines: [], tables: series },
    named: isSeries ? undefined : namedIn(value),
  };
}
