/** Zip files made byte by byte, as no library would write them: whatever is not set is as it should be. */
import { crc32, deflateRawSync } from "node:zlib";

export interface RawEntry {
  name: string | Uint8Array;
  data: Uint8Array;
  /** 8 deflates the data, anything else stores them. */
  method?: number;
  flags?: number;
  /** Unix mode in the upper half, DOS attributes in the lower. */
  attributes?: number;
  /** Values that the central directory states in place of the true ones. */
  size?: number;
  packedSize?: number;
  crc?: number;
  offset?: number;
  /** Name that the local header states in place of the central directory's. */
  localName?: string;
  /** Bytes that lie between this entry and the next. */
  gap?: Uint8Array;
}

export interface RawArchive {
  before?: Uint8Array;
  after?: Uint8Array;
  comment?: string | Uint8Array;
  /** Entries that the record at the end states. */
  count?: number;
  /** Bytes of the list that it states. */
  listLength?: number;
}

const bytesOf = (text: string | Uint8Array): Uint8Array =>
  typeof text === "string" ? new TextEncoder().encode(text) : text;

/** Little-endian numbers of 2 or 4 bytes. */
const numbers = (...given: [bytes: 2 | 4, value: number][]): Uint8Array => {
  const out = new Uint8Array(given.reduce((sum, [bytes]) => sum + bytes, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const [bytes, value] of given) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return out;
};

export function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const utf8Names = 0x0800;

export function zipBytes(entries: RawEntry[], archive: RawArchive = {}): Uint8Array<ArrayBuffer> {
  const body: Uint8Array[] = [archive.before ?? new Uint8Array()];
  const list: Uint8Array[] = [];
  let at = body[0].length;
  const push = (bytes: Uint8Array) => {
    body.push(bytes);
    at += bytes.length;
  };
  for (const entry of entries) {
    const { data, method = 0, flags = utf8Names, attributes = 0o100644 << 16 } = entry;
    const name = bytesOf(entry.name);
    const packed = method === 8 ? deflateRawSync(data) : data;
    const crc = entry.crc ?? crc32(data);
    const packedSize = entry.packedSize ?? packed.length;
    const size = entry.size ?? data.length;
    const common: [2 | 4, number][] = [
      [2, 20],
      [2, flags],
      [2, method],
      [4, 0x00210000],
      [4, crc],
      [4, packedSize],
      [4, size],
    ];
    const localName = entry.localName === undefined ? name : bytesOf(entry.localName);
    list.push(
      numbers(
        [4, 0x02014b50],
        [2, 3 << 8 | 20],
        ...common,
        [2, name.length],
        [2, 0],
        [2, 0],
        [2, 0],
        [2, 0],
        [4, attributes >>> 0],
        [4, entry.offset ?? at],
      ),
      name,
    );
    push(numbers([4, 0x04034b50], ...common, [2, localName.length], [2, 0]));
    push(localName);
    push(packed);
    push(entry.gap ?? new Uint8Array());
  }
  const start = at;
  const listed = joined(...list);
  const comment = bytesOf(archive.comment ?? "");
  const count = archive.count ?? entries.length;
  const end = numbers(
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, archive.listLength ?? listed.length],
    [4, start],
    [2, comment.length],
  );
  return joined(...body, listed, end, comment, archive.after ?? new Uint8Array());
}
