/**
 * Reads and writes tables as CSV (RFC 4180): a row of names, then rows of as many fields. Lines may end in LF
 * or CRLF; they are written with LF.
 */
import { z } from "zod";
import {
  type ArtifactType,
  checked,
  type Declared,
  FormatError,
  type Schema,
  toleranceOf,
  wordType,
} from "./artifact_type.ts";
import { text } from "./bytes.ts";
import { fieldReader } from "./csv_fields.ts";

/** A field with what ends it. */
const field = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|$)/y;

/** Rows of fields. Throws a `FormatError` that names the line. */
export function parseCsv(content: string): string[][] {
  const text = content.replace(/^\ufeff/, "");
  const rows: string[][] = [];
  let row: string[] = [];
  let line = 1;
  for (let at = 0; at < text.length || row.length > 0;) {
    field.lastIndex = at;
    const match = field.exec(text);
    if (match === null) {
      throw new FormatError(`expected a field of CSV in line ${line}, found a quote within one`);
    }
    const [all, quoted, plain, end] = match;
    row.push(quoted?.replaceAll('""', '"') ?? plain);
    at += all.length;
    line += all.split("\n").length - 1;
    if (end === ",") continue;
    const width = rows[0]?.length ?? row.length;
    if (row.length !== width) {
      const last = end === "" ? line : line - 1;
      throw new FormatError(`expected ${width} fields in line ${last}, found ${row.length}`);
    }
    rows.push(row);
    row = [];
  }
  return rows;
}

/** The text of rows. A field is quoted where it must be, also behind a mark that would be no part of it. */
export const formatCsv = (rows: readonly (readonly string[])[]): string =>
  rows.map((row) => row.map(quoted).join(",") + "\n").join("");

const quoted = (field: string): string =>
  /[",\r\n]|^$|^\ufeff/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;

/**
 * An artifact held as CSV. Its value has an object for each row, checked by `row`, which is given text. An empty field
 * of a number is refused, unless its column is `.optional()`:
 *
 * @example
 * ```ts
 * import { csv } from "fanin";
 * import { assertEquals } from "@std/assert";
 * import { z } from "zod";
 *
 * const measurements = csv(
 *   "measurements",
 *   z.strictObject({ site: z.string(), depth: z.coerce.number() }),
 * );
 * const table = new TextEncoder().encode("site,depth\nnorth,1.5\n");
 * assertEquals(measurements.decode(table), [{ site: "north", depth: 1.5 }]);
 * ```
 */
export function csv<const Kind extends string, Row extends Record<string, unknown>>(
  kind: Kind,
  row: Schema<Row>,
  declared: Declared = {},
): ArtifactType<Kind, Row[]> {
  const form = text(kind, { mediaType: "text/csv", extension: ".csv" });
  const table = z.array(row as z.ZodType<Row>);
  return {
    ...form,
    tolerance: toleranceOf(declared),
    encode(value) {
      const rows = checked(kind, table, value);
      const columns = new Set(rows.flatMap(Object.keys));
      // In the order of the value. A later row may have a column that the first one lacks.
      const names = [...new Set([...value, ...rows].flatMap(Object.keys))]
        .filter((name) => columns.has(name));
      if (names.length === 0 && rows.length > 0) {
        throw new FormatError(`${kind}: expected a column, found rows without any`);
      }
      const fields = rows.map((row, i) =>
        names.map((name) => fieldOf(row[name], `${kind}, ${name} of row ${i}, counted from 0`))
      );
      return form.encode(names.length === 0 ? "" : formatCsv([names, ...fields]));
    },
    decode(bytes) {
      let names: string[], rows: string[][];
      try {
        [names = [], ...rows] = parseCsv(textIn(bytes));
      } catch (cause) {
        throw new FormatError(`${kind}: ${(cause as Error).message}`, { cause });
      }
      const double = names.find((name, i) => names.indexOf(name) !== i);
      if (double !== undefined) {
        throw new FormatError(`${kind}: expected each column once, found ${double} twice`);
      }
      const readers = rows.length === 0 ? [] : names.map((name) => fieldReader(kind, name, row));
      const values = rows.map((row, at) =>
        Object.fromEntries(names.map((name, i) => [name, readers[i](row[i], at)]))
      );
      return checked(kind, table, values);
    },
  };
}

/** The text of a table. Throws a `FormatError` that does not name it. */
function textIn(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError("expected text in UTF-8, found other bytes", { cause });
  }
}

/** The text of a value, empty if there is none. Throws a `FormatError` for a value that its text would not hold. */
function fieldOf(value: unknown, about: string): string {
  if (value === undefined || value === null) return "";
  if (["string", "number", "bigint", "boolean"].includes(typeof value)) return String(value);
  throw new FormatError(
    `${about}: expected text, a number or a boolean, found ${wordType(value)}; make it text`,
  );
}
