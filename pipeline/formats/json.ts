/** JSON in canonical form (RFC 8785): the same value has one sequence of bytes. */
import { z } from "zod";
import canonicalize from "canonicalize";
import { checkJsonValue, deepest } from "./json_value.ts";
import {
  type ArtifactType,
  checked,
  type Declared,
  FormatError,
  toleranceOf,
} from "./artifact_type.ts";

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
    throw new FormatError(`expected JSON, found ${(cause as Error).message}`, { cause });
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

/**
 * An artifact held as JSON, checked by its schema when written and when read. What is written is read
 * back as it was given, or refused with its place: see `json_value.ts`.
 */
export function json<const Kind extends string, T>(
  kind: Kind,
  schema: z.ZodType<T>,
  declared: Declared & { mediaType?: string; extension?: string } = {},
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
export const canonicalText = <T>(schema: z.ZodType<T>, value: T): string =>
  canonicalJson(asWritten(schema, value));

/** A checked value in the form that its schema's codecs give it in JSON. */
function asWritten<T>(schema: z.ZodType<T>, value: T): unknown {
  try {
    return z.encode(schema, value);
  } catch (error) {
    // A transform has no way back: what it gave is written.
    if (error instanceof z.core.$ZodEncodeError) return value;
    throw error;
  }
}
