/**
 * Defines the type of an artifact: its kind, its form on disk, and how values are encoded and decoded. Each
 * form (JSON, npy, safetensors, plain bytes) has a file of its own beside this one.
 */
import { z } from "zod";
import type { Tolerance } from "../../schemas/run/tolerance.ts";

/**
 * `kind` is a literal type, so that two artifacts of the same form (images and labels, say) cannot
 * be taken for each other when jobs are wired.
 */
export interface ArtifactType<Kind extends string, Value> {
  /** Its name, by which wiring is checked. */
  readonly kind: Kind;
  /** RFC 6838: "application/json". */
  readonly mediaType: string;
  /** With its dot, or empty. */
  readonly extension: string;
  /** The largest difference at which two of them still agree. */
  readonly tolerance: Tolerance;
  /** Checks the value and gives its bytes; the same value gives the same bytes. */
  encode(value: Value): Uint8Array;
  /** Checks the bytes and gives the value. Throws a `FormatError`. */
  decode(bytes: Uint8Array): Value;
}

/** An artifact's type whose kind and value are known only at run time. */
// deno-lint-ignore no-explicit-any
export type AnyArtifactType = ArtifactType<string, any>;

/** The value that an artifact of a type holds. */
export type ValueOf<T> = T extends ArtifactType<string, infer Value> ? Value : never;

/** Bytes or a value that do not fit their artifact's type; the message says what was expected. */
export class FormatError extends Error {
  /** Name that errors of this class print. */
  override name = "FormatError";
}

/** Describes a value: "undefined", "a bigint", "an object of the class Map". */
export function wordType(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  return `an object of the class ${value.constructor?.name || "without a name"}`;
}

/** Parses by a schema; a failure names the artifact's kind and every place that does not fit. */
export function checked<T>(kind: string, schema: z.ZodType<T>, value: unknown): T {
  const result = parsed(kind, schema, value);
  if (result.success) return result.data;
  throw new FormatError(`${kind} does not fit its schema:\n${problemsIn(result.error)}`);
}

function parsed<T>(kind: string, schema: z.ZodType<T>, value: unknown): z.ZodSafeParseResult<T> {
  try {
    return schema.safeParse(value);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    // A schema that refers to itself follows the value until the call stack is full.
    const message =
      `${kind}: expected a value that ends, found an object that holds itself or is ` +
      "nested too deeply";
    throw new FormatError(message, { cause });
  }
}

/** Words what does not fit a schema, place by place; only the first of very many. */
export function problemsIn({ issues }: z.ZodError): string {
  const most = 20;
  const shown = z.prettifyError({ issues: issues.slice(0, most) });
  return issues.length <= most ? shown : `${shown}\nand ${issues.length - most} more`;
}

/** Options of an artifact's type. */
export interface Declared {
  tolerance?: Tolerance;
}

export const toleranceOf = (declared: Declared): Tolerance =>
  declared.tolerance ?? { kind: "exact" };
