/**
 * Defines the type of an artifact: its kind, its form on disk, and how values are encoded and decoded. Each
 * form (JSON, npy, IDX, safetensors, plain bytes) has a file of its own beside this one.
 */
import { z } from "zod";
import type { OutputTolerance } from "../../schemas/public/project_settings.ts";

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
  readonly tolerance: OutputTolerance;
  /** Checks the value and gives its bytes; the same value gives the same bytes. */
  encode(value: Value): Uint8Array;
  /** Checks the bytes and gives the value. Throws a `FormatError`. */
  decode(bytes: Uint8Array): Value;
}

/** An artifact's type whose kind and value are known only at run time. */
// deno-lint-ignore no-explicit-any
export type AnyArtifactType = ArtifactType<string, any>;

/** A schema of zod 4, by the type that it gives when it has checked a value and the one that it accepts. */
export interface Schema<Output = unknown, Input = unknown> {
  /** Both types, as zod keeps them. */
  readonly _zod: { readonly output: Output; readonly input: Input };
}

/** The type of the values that a schema gives. */
export type Parsed<S extends Schema> = S["_zod"]["output"];

/** The type of the values that a schema accepts: what has a default may be left out. */
export type Accepted<S extends Schema> = S["_zod"]["input"];

/** The value that an artifact of a type holds. */
export type ValueOf<T> = T extends ArtifactType<string, infer Value> ? Value : never;

/**
 * Bytes or a value that do not fit their artifact's type; the message says what was expected.
 *
 * @example
 * ```ts
 * import { FormatError, json } from "fanin";
 * import { assertThrows } from "@std/assert";
 * import { z } from "zod";
 *
 * const draws = json("draws", z.array(z.number()));
 * const read = () => draws.decode(new TextEncoder().encode('["one"]'));
 * assertThrows(read, FormatError, "draws does not fit its schema");
 * ```
 */
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
export function checked<T>(kind: string, schema: Schema<T>, value: unknown): T {
  const result = parsed(kind, schema as z.ZodType<T>, value);
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
  /** The largest difference at which two artifacts still agree; by default none. */
  tolerance?: OutputTolerance;
}

export const toleranceOf = (declared: Declared): OutputTolerance =>
  declared.tolerance ?? { kind: "exact" };
