/**
 * Reads metrics of another program: a flat JSON object or a CSV file of names and numbers. NaN and
 * Infinity, which Python writes into JSON, are read too.
 */
import { Metrics } from "../../schemas/run/metric_values.ts";
import { parseJson } from "../formats/json.ts";
import { problemsIn } from "../formats/artifact_type.ts";
import { invalidFile, readText } from "../formats/read_json.ts";

/** Cap on the size of a file, in bytes. */
const largest = 4 << 20;

const hint =
  `Expected a flat JSON object, { "name": number }, or CSV: a row "name,value" for each ` +
  "metric, or a row of names and a row of numbers.";

/** Name → value, which may be NaN or infinite. */
export function readFlatMetrics(path: string): Map<string, number> {
  const { text } = readText(path, { limit: largest, hint });
  try {
    return path.endsWith(".csv") ? fromCsv(text) : fromJson(text);
  } catch (error) {
    throw invalidFile(path, (error as Error).message, hint);
  }
}

/** Strings of JSON, which stay as they are, and the words that are no JSON. */
const tokens = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;

export function fromJson(text: string): Map<string, number> {
  const json = text.replace(tokens, (token) => token.startsWith('"') ? token : `"${token}"`);
  return checkedMetrics(parseJson(json));
}

/** Name → number, once the names are those of metrics. */
function checkedMetrics(value: unknown): Map<string, number> {
  const result = Metrics.safeParse(value);
  if (!result.success) throw new Error(problemsIn(result.error));
  return new Map(Object.entries(result.data));
}

/** Fields of a row; quoted ones may hold commas and doubled quotes. */
const fieldsOf = (row: string): string[] =>
  [...row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/g)]
    .map(([, quoted, plain]) => (quoted?.replaceAll('""', '"') ?? plain).trim());

function numberOf(text: string): number {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  const word = /^([+-]?)(nan|inf|infinity)$/i.exec(text);
  if (word === null) throw new Error(`expected a number, found "${text}"`);
  return word[2].toLowerCase() === "nan" ? NaN : word[1] === "-" ? -Infinity : Infinity;
}

const isNumber = (text: string): boolean => {
  try {
    numberOf(text);
    return true;
  } catch {
    return false;
  }
};

export function fromCsv(text: string): Map<string, number> {
  const rows = text.replace(/^\ufeff/, "").split(/\r?\n/).filter((row) => row.trim() !== "")
    .map(fieldsOf);
  const [head, ...rest] = rows;
  if (head === undefined) throw new Error("expected a row, found none");
  const isWide = rest.length === 1 && head.length === rest[0].length &&
    rest[0].every(isNumber) && !head.some(isNumber);
  const pairs = isWide
    ? head.map((name, i) => [name, rest[0][i]])
    : (head.length === 2 && !isNumber(head[1]) ? rest : rows);
  const metrics = new Map<string, number>();
  for (const pair of pairs) {
    if (pair.length !== 2) {
      throw new Error(`expected two fields, a name and a number, found ${pair.length}`);
    }
    const [name, value] = pair;
    if (metrics.has(name)) throw new Error(`expected each name once, found "${name}" again`);
    metrics.set(name, numberOf(value));
  }
  return checkedMetrics(Object.fromEntries(metrics));
}
