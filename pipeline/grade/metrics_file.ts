/**
 * Reads metrics of another program: a flat JSON object or a CSV file of names and numbers. NaN and
 * Infinity, which Python writes into JSON, are read too. A value that is no number costs its metric alone.
 */
import { MetricName } from "../../schemas/run/metric_name.ts";
import { floatTexts } from "../../schemas/run/float_text.ts";
import { type Exact, exactNumber, float64OrExact, parseExactJson } from "../diff/exact_integers.ts";
import { prototypeName } from "../formats/lossless_json.ts";
import { pointerPart } from "../formats/json_pointer.ts";
import { parseCsv } from "../formats/csv.ts";
import { withFloatTexts } from "../formats/float_words.ts";
import { repeatedName } from "../formats/repeated_names.ts";
import { problemsIn } from "../formats/artifact_type.ts";

export interface NamedMetrics {
  /** Name → value, which may be NaN or infinite. */
  values: Map<string, Exact>;
  /** Name → why it has no value. */
  unusable: Map<string, string>;
}

/** The value of JSON that Python may have written. Throws where a name occurs twice. */
export function parsePythonJson(text: string): unknown {
  let json = text;
  let value: unknown;
  try {
    value = parseExactJson(json);
  } catch {
    json = withFloatTexts(text);
    value = parseExactJson(json);
  }
  const repeated = repeatedName(json);
  if (repeated === undefined) return value;
  throw new Error(`expected each name once, found "${repeated}" again`);
}

/** The metrics of an object; of a nested one every value is named, and unusable. */
export function namedIn(object: Record<string, unknown>): NamedMetrics {
  const metrics: NamedMetrics = { values: new Map(), unusable: new Map() };
  const visit = (value: unknown, path: readonly string[]) => {
    const name = path.join(".");
    const number = numberIn(value);
    const pointer = `/${path.map(pointerPart).join("/")}`;
    if (path.length > 1) {
      metrics.unusable.set(
        name,
        `expected "${name}": number at the top, found ${kindOf(value)} within it at ${pointer}`,
      );
    } else if (number === undefined) {
      metrics.unusable.set(name, `expected a number at ${pointer}, found ${kindOf(value)}`);
    } else add(metrics, name, number);
    if (typeof value !== "object" || value === null) return;
    for (const [part, inner] of Object.entries(value)) {
      if (metrics.unusable.size < mostUnusable) visit(inner, [...path, part]);
    }
  };
  for (const [name, value] of Object.entries(object)) visit(value, [name]);
  return metrics;
}

/** Cap on the values of nested objects that are named. */
const mostUnusable = 10_000;

function numberIn(value: unknown): Exact | undefined {
  if (typeof value === "bigint") return float64OrExact(value);
  return typeof value === "number" || floatTexts.some((text) => text === value)
    ? Number(value)
    : undefined;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Adds a metric, unusable if its name is none. */
function add({ values, unusable }: NamedMetrics, name: string, value: Exact): void {
  const result = MetricName.safeParse(name);
  if (name === prototypeName) unusable.set(name, "no metric of a run has this name");
  else if (result.success) values.set(name, value);
  else unusable.set(name, problemsIn(result.error));
}

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const word = /^([+-]?)(nan|inf|infinity)$/i;

/** The number of a text; undefined if it is none. */
export function numberOf(text: string): Exact | undefined {
  if (decimal.test(text)) return float64OrExact(exactNumber(text));
  const found = word.exec(text);
  if (found === null) return undefined;
  return found[2].toLowerCase() === "nan" ? NaN : found[1] === "-" ? -Infinity : Infinity;
}

const isNumber = (text: string): boolean => numberOf(text) !== undefined;

/**
 * Rows of fields without the white space around them; empty rows are left out. Throws where the first has
 * semicolons or tabs in place of commas, as spreadsheets write where a decimal has a comma.
 */
export function csvRows(text: string): string[][] {
  const [first] = text.trimStart().split("\n", 1);
  const sign = first.includes(",") ? null : /[;\t]/.exec(first.trimEnd());
  if (sign !== null) {
    const found = sign[0] === ";" ? "semicolons" : "tabs";
    throw new Error(`expected commas between fields and points in decimals, found ${found}`);
  }
  return parseCsv(text.trim().replace(/\n(?:[ \t]*\r?\n)+/g, "\n")).map((row) =>
    row.map((field) => field.trim())
  );
}

type Rows = readonly (readonly string[])[];

/** True for a row of names with rows of numbers beneath it: no metrics with names, but a table. */
export function isTable([head, ...rest]: Rows): boolean {
  if (head === undefined || head.some(isNumber) || rest.length < 2) return false;
  return head.length === 2 ? rest.every(([first]) => isNumber(first)) : head.length > 2;
}

/** True for one row of values beneath a row of names. Two fields may be "name,value" and a metric, too. */
export const isWide = ([head, ...rest]: Rows): boolean =>
  rest.length === 1 && !head.some(isNumber) && (head.length !== 2 || isNumber(rest[0][0]));

/** Metrics of a row "name,value" for each, or of a row of names and a row of numbers. */
export function fromRows(rows: Rows): NamedMetrics {
  const [head, ...rest] = rows;
  if (head === undefined) throw new Error("expected a row, found none");
  const pairs = isWide(rows)
    ? head.map((name, i) => [name, rest[0][i]])
    : (head.length === 2 && !isNumber(head[1]) ? rest : rows);
  const metrics: NamedMetrics = { values: new Map(), unusable: new Map() };
  for (const pair of pairs) {
    if (pair.length !== 2) {
      throw new Error(`expected two fields, a name and a number, found ${pair.length}`);
    }
    const [name, text] = pair;
    if (metrics.values.has(name) || metrics.unusable.has(name)) {
      throw new Error(`expected each name once, found "${name}" again`);
    }
    const value = numberOf(text);
    if (value !== undefined) add(metrics, name, value);
    else metrics.unusable.set(name, `expected a number, found "${text}"`);
  }
  return metrics;
}
