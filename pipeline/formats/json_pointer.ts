/** JSON Pointer (RFC 6901): names a place in a JSON document, and finds its value. */

/** A name as a part of a pointer, without the "/" before it. */
export const pointerPart = (name: string): string =>
  name.replaceAll("~", "~0").replaceAll("/", "~1");

/**
 * The value that a pointer names, undefined where there is none. The pointer has been checked for its
 * form. An index has no sign and no leading zeros, and "-" names no value that exists.
 */
export function atPointer(document: unknown, pointer: string): unknown {
  let value = document;
  for (const part of pointer.split("/").slice(1)) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(value)) {
      value = /^(0|[1-9]\d*)$/.test(name) ? value[Number(name)] : undefined;
    } else if (typeof value === "object" && value !== null && Object.hasOwn(value, name)) {
      value = (value as Record<string, unknown>)[name];
    } else {
      return undefined;
    }
  }
  return value;
}
