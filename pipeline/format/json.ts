/** JSON in canonical form (RFC 8785): the same value has one sequence of bytes. */
import type { z } from "zod";
import canonicalize from "canonicalize";
import { type ArtifactType, checked, type Declared, FormatError, toleranceOf } from "./type.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Canonical JSON text. Throws on what JSON cannot hold (NaN, infinities, cycles). */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new FormatError("expected a JSON value, found undefined");
  return text;
}

/** An artifact held as JSON, checked by its schema when written and when read. */
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
    encode: (value) => new TextEncoder().encode(canonicalJson(checked(kind, schema, value)) + "\n"),
    decode(bytes) {
      let value: unknown;
      try {
        value = JSON.parse(utf8.decode(bytes));
      } catch (cause) {
        throw new FormatError(
          `${kind}: expected JSON in UTF-8, found ${(cause as Error).message}`,
          {
            cause,
          },
        );
      }
      return checked(kind, schema, value);
    },
  };
}
