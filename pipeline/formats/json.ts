/** Reads JSON, and writes it in canonical form (RFC 8785): the same value has one sequence of bytes. */
import { z } from "zod";
import canonicalize from "canonicalize";
import {
  type ArtifactType,
  checked,
  type Declared,
  FormatError,
  type Schema,
  toleranceOf,
  wordType,
} from "./artifact_type.ts";

/** JSON nested deeper than this is refused: what walks a value may recurse, and the call stack is finite. */
export const deepest = 200;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses JSON that somebody else wrote. Throws a `FormatError` for what is no JSON, is nested more than
 * 200 deep or has a string that is no Unicode. Takes as much memory as `JSON.parse` does, in proportion to the text.
 */
export function parseJson(text: string): unknown {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (inString) {
      if (character === "\\") i++;
      else if (character === '"') inString = false;
    } else if (character === '"') {
      inString = true;
    } else if (character === "[" || character === "{") {
      depth++;
      if (depth > deepest) throw new FormatError(`expected JSON nested at most ${deepest} deep`);
    } else if (character === "]" || character === "}") {
      depth--;
    }
  }
  try {
    // Strings that are no Unicode have no bytes (RFC 8785); only an escape can bring one in.
    return /\\u[dD][89a-fA-F]/.test(text) ? JSON.parse(text, wellFormed) : JSON.parse(text);
  } catch (cause) {
    const { message } = cause as Error;
    const problem = message.slice(0, 1).toLowerCase() + message.slice(1);
    throw new FormatError(`expected JSON, found a text that is none: ${problem}`, { cause });
  }
}

function wellFormed(name: string, value: unknown): unknown {
  if (name.isWellFormed() && (typeof value !== "string" || value.isWellFormed())) return value;
  throw new SyntaxError("a string with half of a surrogate pair");
}

/** Canonical JSON text. Throws on what JSON cannot hold (NaN, infinities, cycles). */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new FormatError("expected a JSON value, found undefined");
  return text;
}

/** Options of an artifact held as JSON. */
export interface JsonOptions extends Declared {
  /** By default "application/json". */
  mediaType?: string;
  /** By default ".json". */
  extension?: string;
}

/**
 * An artifact held as JSON, checked by its schema when written and when read. What is written is read
 * back as it was given, or refused with its place.
 *
 * @example
 * ```ts
 * import { json } from "fanin";
 * import { assertEquals } from "@std/assert";
 * import { z } from "zod";
 *
 * const draws = json("draws", z.array(z.number()), {
 *   tolerance: { kind: "close", absolute: 0, relative: 1e-6 },
 * });
 * assertEquals(new TextDecoder().decode(draws.encode([1, 2.5])), "[1,2.5]\n");
 * ```
 */
export function json<const Kind extends string, T>(
  kind: Kind,
  schema: Schema<T>,
  declared: JsonOptions = {},
): ArtifactType<Kind, T> {
  return {
    kind,
    mediaType: declared.mediaType ?? "application/json",
    extension: declared.extension ?? ".json",
    tolerance: toleranceOf(declared),
    encode(value) {
      const written = asWritten(schema, checked(kind, schema, value));
      checkJsonValue(kind, written);
      return new TextEncoder().encode(canonicalJson(written) + "\n");
    },
    decode(bytes) {
      let value: unknown;
      try {
        value = parseJson(utf8.decode(bytes));
      } catch (cause) {
        const { message } = cause as Error;
        const found = cause instanceof FormatError ? message : "expected UTF-8, found other bytes";
        throw new FormatError(`${kind}: ${found}`, { cause });
      }
      return checked(kind, schema, value);
    },
  };
}

/** Canonical JSON text of a value that its schema has checked. */
export const canonicalText = <T>(schema: Schema<T>, value: T): string =>
  canonicalJson(asWritten(schema, value));

/** A checked value in the form that its schema's codecs give it in JSON. */
function asWritten<T>(schema: Schema<T>, value: T): unknown {
  try {
    return z.encode(schema as z.ZodType<T>, value);
  } catch (error) {
    // A transform has no way back: what it gave is written.
    if (error instanceof z.core.$ZodEncodeError) return value;
    throw error;
  }
}

/** Hints by the type of the value that was found. */
const hints: Record<string, string> = {
  undefined: "leave the property out, or give null",
  number: "give null, or declare the place with fanin's schema Float, which holds it",
  bigint: "make it a number or text",
  object: "make it a plain object, an array, a number or text",
};

/**
 * Checks that a value is read back from JSON as it is. `JSON.stringify` drops or changes the rest without
 * a word: undefined, functions, NaN, a Map, an object of a class. Only the sign of zero is lost: RFC 8785
 * writes -0 as 0.
 * @throws FormatError for the first place that is not
 */
export function checkJsonValue(kind: string, value: unknown): void {
  const path: (string | number)[] = [];
  const open = new Set<object>();
  const refuse = (found: string, hint?: string): never => {
    const place = path.length === 0 ? "" : ` at ${z.core.toDotPath(path)}`;
    const advice = hint === undefined ? "" : `; ${hint}`;
    throw new FormatError(`${kind}: expected a JSON value${place}, found ${found}${advice}`);
  };
  const visit = (value: unknown): void => {
    if (value === null || typeof value === "boolean") return;
    if (typeof value === "number") {
      if (!Number.isFinite(value)) refuse(String(value), hints.number);
      return;
    }
    if (typeof value === "string") {
      if (!value.isWellFormed()) refuse("text with half of a surrogate pair");
      return;
    }
    const isArray = Array.isArray(value);
    if (!isArray && !isPlain(value)) return refuse(wordType(value), hints[typeof value]);
    if (open.has(value)) refuse("an object that holds itself");
    if (open.size === deepest) refuse(`values nested more than ${deepest} deep`);
    open.add(value);
    for (const key of isArray ? value.keys() : Object.keys(value)) {
      path.push(key);
      if (typeof key === "string" && !key.isWellFormed()) refuse("a name that is no Unicode");
      visit((value as Record<string | number, unknown>)[key]);
      path.pop();
    }
    open.delete(value);
  };
  visit(value);
}

/** Tells whether a value is an object that is of no class: `{ … }`. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
