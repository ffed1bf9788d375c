/** Keeps artifacts as they are: files of other programs (IDX, PNG) and text (SVG, Markdown). */
import {
  type ArtifactType,
  type Declared,
  FormatError,
  toleranceOf,
  wordType,
} from "./artifact_type.ts";

/** The name and media type of a file of bytes or text. */
export interface FileForm extends Declared {
  /** RFC 6838: "image/png". */
  mediaType: string;
  /** With its dot: ".png". */
  extension: string;
}

/**
 * Any bytes. What reads them checks them.
 *
 * @example
 * ```ts
 * import { bytes } from "fanin";
 * import { assertEquals } from "@std/assert";
 *
 * const picture = bytes("picture", { mediaType: "image/png", extension: ".png" });
 * assertEquals(picture.encode(new Uint8Array([137, 80])), new Uint8Array([137, 80]));
 * ```
 */
export function bytes<const Kind extends string>(
  kind: Kind,
  file: FileForm,
): ArtifactType<Kind, Uint8Array> {
  return {
    kind,
    mediaType: file.mediaType,
    extension: file.extension,
    tolerance: toleranceOf(file),
    encode(value) {
      if (value instanceof Uint8Array) return value;
      throw new FormatError(`${kind}: expected a Uint8Array, found ${wordType(value)}`);
    },
    decode: (value) => value,
  };
}

/**
 * Text in UTF-8.
 *
 * @example
 * ```ts
 * import { text } from "fanin";
 * import { assertEquals } from "@std/assert";
 *
 * const notes = text("notes", { mediaType: "text/markdown", extension: ".md" });
 * assertEquals(notes.decode(notes.encode("# Café")), "# Café");
 * ```
 */
export function text<const Kind extends string>(
  kind: Kind,
  file: FileForm,
): ArtifactType<Kind, string> {
  return {
    ...bytes(kind, file),
    encode(value) {
      if (typeof value === "string" && value.isWellFormed()) return new TextEncoder().encode(value);
      const found = typeof value === "string" ? "half of a surrogate pair" : wordType(value);
      throw new FormatError(`${kind}: expected text in Unicode, found ${found}`);
    },
    decode(value) {
      try {
        return new TextDecoder("utf-8", { fatal: true }).decode(value);
      } catch (cause) {
        throw new FormatError(`${kind}: expected text in UTF-8, found other bytes`, { cause });
      }
    },
  };
}
