/**
 * Seals the text of a small JSON file with a checksum of itself, so that one flipped bit is noticed
 * whenever the file is read. The checksum is FNV-1a of 32 bits: SHA-256 would take longer to load than a
 * run with nothing to do takes. Texts that differ in one ASCII character never have the same.
 */

/** The checksum's state before any text. */
export const checksumStart = 0x811c9dc5;

/** FNV-1a over a text's UTF-16 code units, in 8 hexadecimal digits. */
export const checksumOf = (text: string): string =>
  checksumText(checksumAfter(checksumStart, text));

/** A checksum's state after some more text. */
export function checksumAfter(hash: number, text: string): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >> 8), 0x01000193);
  }
  return hash;
}

/** A checksum's state in 8 hexadecimal digits. */
export const checksumText = (hash: number): string => (hash >>> 0).toString(16).padStart(8, "0");

/**
 * FNV-1a over bytes, four at a time: for files so large that `checksumOf` takes longer than all else that reads them.
 * Their number is a multiple of 4. Bytes that differ within four never have the same.
 */
export function checksumOfBytes(bytes: Uint8Array<ArrayBuffer>): string {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  let hash = checksumStart;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i], 0x01000193);
  return checksumText(hash);
}

/** JSON that holds a value and its checksum. */
export function sealed(value: unknown): string {
  const content = JSON.stringify(value);
  return `{"checksum":"${checksumOf(content)}","content":${content}}\n`;
}

/** Tells whether a text is one of `sealed`, damaged or not. */
export const isSealed = (text: string): boolean => text.startsWith('{"checksum":');

/** The JSON of a sealed value. Throws where the text is another than `sealed` gave. */
export function contentOf(text: string): string {
  const [, checksum, content] = /^\{"checksum":"([0-9a-f]{8})","content":(.*)\}\n$/s.exec(text) ??
    [];
  if (content === undefined) {
    throw new SyntaxError("expected JSON with its checksum, found another text");
  }
  const found = checksumOf(content);
  if (found === checksum) return content;
  throw new SyntaxError(`expected content with the checksum ${checksum}, found ${found}`);
}

/** The value of a sealed text. Throws as `contentOf` does. */
export const unsealed = (text: string): unknown => JSON.parse(contentOf(text));
