/** Tests IDX files, whole and damaged: their contents, and that every flaw is reported with its place. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { IdxError, parseIdxImages, parseIdxLabels } from "../../../stages/normalize/idx.ts";

type Bytes = Uint8Array<ArrayBuffer>;

function encodeIdx(sizes: readonly number[], elements: ArrayLike<number>): Bytes {
  const bytes = new Uint8Array(4 + 4 * sizes.length + elements.length);
  bytes.set([0, 0, 0x08, sizes.length]);
  const view = new DataView(bytes.buffer);
  sizes.forEach((size, i) => view.setUint32(4 + 4 * i, size));
  bytes.set(elements, 4 + 4 * sizes.length);
  return bytes;
}

const size = fc.integer({ min: 1, max: 7 });

const images = fc.tuple(size, size, size).chain(([count, rows, columns]) => {
  const length = count * rows * columns;
  return fc.record({
    sizes: fc.constant([count, rows, columns]),
    pixels: fc.uint8Array({ minLength: length, maxLength: length }),
  });
});

const labels = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 50 });

function fails(offset: number, includes: string, parse: () => unknown): void {
  const error = assertThrows(parse, IdxError, includes);
  assertEquals(error.offset, offset);
}

Deno.test("images come back as they were written", () => {
  fc.assert(fc.property(images, ({ sizes, pixels }) => {
    const [count, rows, columns] = sizes;
    const parsed = parseIdxImages(encodeIdx(sizes, pixels), { count, rows, columns });
    assertEquals([parsed.count, parsed.rows, parsed.columns], sizes);
    assertEquals([...parsed.pixels], [...pixels]);
  }));
});

Deno.test("labels come back as they were written", () => {
  fc.assert(fc.property(labels, (values) => {
    assertEquals([...parseIdxLabels(encodeIdx([values.length], values))], values);
  }));
});

Deno.test("a file inside a larger buffer is read from its own place", () => {
  const file = encodeIdx([1, 2, 2], [5, 6, 7, 8]);
  const buffer = new Uint8Array(file.length + 20).fill(255);
  buffer.set(file, 3);
  const parsed = parseIdxImages(buffer.subarray(3, 3 + file.length));
  assertEquals([...parsed.pixels], [5, 6, 7, 8]);
});

Deno.test("any other byte in the header is an error", () => {
  const change = fc.integer({ min: 1, max: 255 });
  fc.assert(fc.property(images, fc.nat(15), change, ({ sizes, pixels }, at, difference) => {
    const bytes = encodeIdx(sizes, pixels);
    bytes[at] ^= difference;
    assertThrows(() => parseIdxImages(bytes), IdxError);
  }));
  fc.assert(fc.property(labels, fc.nat(7), change, (values, at, difference) => {
    const bytes = encodeIdx([values.length], values);
    bytes[at] ^= difference;
    assertThrows(() => parseIdxLabels(bytes), IdxError);
  }));
});

Deno.test("any other length is an error", () => {
  const other = (bytes: Bytes, length: number) => {
    const resized = new Uint8Array(length);
    resized.set(bytes.subarray(0, length));
    return resized;
  };
  fc.assert(fc.property(images, fc.nat(400), ({ sizes, pixels }, length) => {
    const bytes = encodeIdx(sizes, pixels);
    fc.pre(length !== bytes.length);
    assertThrows(() => parseIdxImages(other(bytes, length)), IdxError);
  }));
  fc.assert(fc.property(labels, fc.nat(100), (values, length) => {
    const bytes = encodeIdx([values.length], values);
    fc.pre(length !== bytes.length);
    assertThrows(() => parseIdxLabels(other(bytes, length)), IdxError);
  }));
});

Deno.test("arbitrary bytes are parsed or an IdxError, nothing else", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    for (const parse of [parseIdxImages, parseIdxLabels]) {
      try {
        parse(new Uint8Array(bytes));
      } catch (error) {
        assert(error instanceof IdxError, String(error));
      }
    }
  }));
});

Deno.test("each flaw is reported with its place, expected and found", () => {
  const image = encodeIdx([1, 2, 2], [5, 6, 7, 8]);
  const changed = (at: number, byte: number) => {
    const bytes = image.slice();
    bytes[at] = byte;
    return bytes;
  };
  const parse = (bytes: Bytes) => () => parseIdxImages(bytes);
  fails(
    0,
    "magic number at byte 0: expected bytes 00 00, found bytes 1f 00",
    parse(changed(0, 31)),
  );
  fails(2, "element type at byte 2: expected 08 (unsigned byte), found 0d", parse(changed(2, 13)));
  fails(3, "number of dimensions at byte 3: expected 3, found 1", parse(changed(3, 1)));
  fails(4, "count at byte 4: expected at least 1, found 0", parse(changed(7, 0)));
  fails(3, "header at byte 3: expected 16 bytes, found 3 bytes", parse(image.slice(0, 3)));
  fails(
    18,
    "end of file at byte 18: expected 16 + 1 × 2 × 2 = 20 bytes, found 18 bytes",
    parse(image.slice(0, 18)),
  );
  fails(20, "= 20 bytes, found 21 bytes", parse(encodeIdx([1, 2, 2], [5, 6, 7, 8, 9])));
  fails(
    12,
    "columns at byte 12: expected 28, found 2",
    () => parseIdxImages(image, { columns: 28 }),
  );
  fails(3, "expected 1, found 3", () => parseIdxLabels(image));
});

Deno.test("a label beyond the classes is reported with its place", () => {
  const bytes = encodeIdx([3], [0, 3, 10]);
  fails(10, "label 2 at byte 10: expected 0 to 9, found 10", () => parseIdxLabels(bytes));
  fails(9, "label 1 at byte 9: expected 0 to 2, found 3", () => parseIdxLabels(bytes, 3));
  assertEquals([...parseIdxLabels(bytes, 11)], [0, 3, 10]);
});

Deno.test("sizes that no file can have are refused, not allocated", () => {
  const huge = encodeIdx([0xffffffff, 0xffffffff, 0xffffffff], [1, 2, 3]);
  fails(19, "found 19 bytes", () => parseIdxImages(huge));
  // 2^22 × 2^21 × 2^21 = 2^64 is 0 in 64-bit arithmetic.
  fails(16, "found 16 bytes", () => parseIdxImages(encodeIdx([2 ** 22, 2 ** 21, 2 ** 21], [])));
});
