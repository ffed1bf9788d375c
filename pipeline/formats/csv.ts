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
} from "./artifact_type.ts";
import { text } from "./bytes.ts";

/** A field with what ends it. */
const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;

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

/** The text of rows; a field is quoted where it must be. */
export const formatCsv = (rows: readonly (readonly string[])[]): string =>
  rows.map((row) =>
    row.map((field) => /[",\r\n]|^$/.test(field) ? `"${field.replaceAll('"', '""')}"` : field).join(
      ",",
    ) + "\n"
  ).join("");

/**
 * An artifact held as CSV. Its value has an object for each row, checked by `row`, which is given text:
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
      const names = Object.keys(value[0] ?? {});
      const rows = checked(kind, table, value).map((row) =>
        names.map((name) => String(row[name] ?? ""))
      );
      return form.encode(names.length === 0 ? "" : formatCsv([names, ...rows]));
    },
    decode(bytes) {
      let names: string[], rows: string[][];
      try {
        [names = [], ...rows] = parseCsv(form.decode(bytes));
      } catch (cause) {
        throw new FormatError(`${kind}: ${(cause as Error).message}`, { cause });
      }
      const double = names.find((name, i) => names.indexOf(name) !== i);
      if (double !== undefined) {
        throw new FormatError(`${kind}: expected each column once, found ${double} twice`);
      }
      const values = rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
      return checked(kind, table, values);
    },
  };
}
