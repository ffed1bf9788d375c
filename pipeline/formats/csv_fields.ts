/**
 * Passes fields of CSV, which are text, to the schemas of their columns. Zod's coercion makes 0 of an empty field and
 * true of "false", so these are found here.
 */
import type { z } from "zod";
import { FormatError, type Schema } from "./artifact_type.ts";

/** A schema's definition, as far as it says how it takes text. */
interface Definition {
  type: string;
  coerce?: boolean;
  innerType?: z.core.$ZodType;
}

const definitionOf = (schema: z.core.$ZodType): Definition => schema._zod.def as Definition;

/** Types that take no text unless they are coerced. */
const coercible = ["number", "bigint", "date"];

/** Gives what a field says to its column's schema. Throws a `FormatError` where the schema would misread it. */
export type ReadField = (text: string, row: number) => unknown;

/** Throws a `FormatError` for a column whose schema takes no text. `kind` is that of the table. */
export function fieldReader(kind: string, name: string, row: Schema): ReadField {
  const { shape } = row as { shape?: Record<string, z.core.$ZodType> };
  if (shape === undefined || !Object.hasOwn(shape, name)) return (text) => text;
  const wrappers: string[] = [];
  let definition = definitionOf(shape[name]);
  while (definition.innerType !== undefined) {
    wrappers.push(definition.type);
    definition = definitionOf(definition.innerType);
  }
  const { type, coerce = false } = definition;
  const refuse = (found: string, advice: string): never => {
    throw new FormatError(
      `${kind}: expected a column ${name} that takes text, found ${found}. ${advice}`,
    );
  };
  if (type === "boolean") {
    const found = coerce ? 'z.coerce.boolean(), which makes true of "false"' : "z.boolean()";
    return refuse(found, "Declare z.union([z.boolean(), z.stringbool()]).");
  }
  if (!coercible.includes(type)) return (text) => text;
  if (!coerce) return refuse(`z.${type}()`, `Declare z.coerce.${type}().`);
  return (text, row) => {
    if (text.trim() !== "") return text;
    if (wrappers.includes("nullable")) return null;
    if (wrappers.length > 0) return undefined;
    throw new FormatError(
      `${kind}, ${name} of row ${row}, counted from 0: expected a ${type}, found an empty field. ` +
        "Fill it, or declare the column as .optional()",
    );
  };
}
