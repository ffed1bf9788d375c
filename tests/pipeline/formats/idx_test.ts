/** Tests IDX files, whole and damaged: their contents, and that every flaw is reported with its place. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FormatError } from "../../../pipeline/formats/artifact_type.ts";
import { decodeIdx, encodeIdx, idx, idxArray } from "../../../pipeline/formats/idx.ts";
import { elements, type Tensor } from "../../../pipeline/formats/tensor.ts";
import { contentInMemory } from "../../../pipeline/store/content_pieces.ts";

/** A file by hand, of any sizes and elements. */
function fileOf(sizes: readonly number[], values: readonly number[]): Uint8Array {
  const bigEndian = sizes.flatMap((size) => [size >>> 24, size >>> 16, size >>> 8, size]);
  return Uint8Array.from([0, 0, 8, sizes.length, ...bigEndian, ...values]);
}

const tensors = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 })
  .chain((shape) => {
    const length = elements(shape);
    return fc.uint8Array({ minLength: length, maxLength: length })
      .map((data): Tensor<"uint8"> => ({ dtype: "uint8", shape, data }));
  });

const fails = (includes: string, run: () => unknown): unknown =>
  assertThrows(run, FormatError, includes);

Deno.test("arrays of any number of axes come back as they were written", () => {
  fc.assert(fc.property(tensors, (tensor) => {
    const bytes = encodeIdx(tensor);
    assertEquals(bytes, fileOf(tensor.shape, [...tensor.data]));
    assertEquals(decodeIdx(bytes), tensor);
  }));
});

Deno.test("an array shares the memory of its file, which may lie in a larger buffer", () => {
  const file = fileOf([1, 2, 2], [5, 6, 7, 8]);
  const buffer = new Uint8Array(file.length + 20).fill(255);
  buffer.set(file, 3);
  const { shape, data } = decodeIdx(buffer.subarray(3, 3 + file.length));
  assertEquals([shape, [...data]], [[1, 2, 2], [5, 6, 7, 8]]);
  assertEquals(data.buffer, buffer.buffer);
});

Deno.test("any other byte in the header is an error", () => {
  const change = fc.integer({ min: 1, max: 255 });
  fc.assert(fc.property(tensors, fc.nat(), change, (tensor, at, difference) => {
    const bytes = encodeIdx(tensor);
    bytes[at % (4 + 4 * tensor.shape.length)] ^= difference;
    // Another number of axes may happen to account for every byte.
    const sameShape = idx("array", tensor.shape);
    fails("", () => sameShape.decode(bytes));
  }));
});

Deno.test("any other length is an error", () => {
  fc.assert(fc.property(tensors, fc.nat(400), (tensor, length) => {
    const bytes = encodeIdx(tensor);
    fc.pre(length !== bytes.length);
    const other = new Uint8Array(length);
    other.set(bytes.subarray(0, length));
    fails("", () => decodeIdx(other));
  }));
});

Deno.test("arbitrary bytes are parsed or a FormatError, nothing else", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.uint8Array({ maxLength: 64 }).map((rest) => Uint8Array.of(0, 0, 8, ...rest)),
  );
  fc.assert(fc.property(bytes, (bytes) => {
    try {
      decodeIdx(bytes);
    } catch (error) {
      assert(error instanceof FormatError, String(error));
    }
  }));
});

Deno.test("each flaw is reported with its place, expected and found", () => {
  const image = fileOf([1, 2, 2], [5, 6, 7, 8]);
  const flaws: [string, Uint8Array][] = [
    ["magic number at byte 0: expected bytes 00 00, found bytes 1f 00", image.with(0, 0x1f)],
    ["element type at byte 2: expected 08 (unsigned byte), found 0d", image.with(2, 0x0d)],
    ["number of axes at byte 3: expected at least 1, found 0", image.with(3, 0)],
    ["length of axis 0 at byte 4: expected at least 1, found 0", image.with(7, 0)],
    ["header at byte 3: expected at least 8 bytes, found 3 bytes", image.slice(0, 3)],
    ["header at byte 12: expected 16 bytes, found 12 bytes", image.slice(0, 12)],
    [
      "end of file at byte 18: expected 16 + 1 × 2 × 2 = 20 bytes, found 18 bytes; " +
      "the file is damaged or another one",
      image.slice(0, 18),
    ],
    [
      "end of file at byte 20: expected 16 + 1 × 2 × 2 = 20 bytes, found 21 bytes",
      Uint8Array.of(...image, 9),
    ],
  ];
  for (const [message, bytes] of flaws) {
    fails(`idx: ${message}`, () => decodeIdx(bytes));
    fails(`idx: ${message}`, () => idxArray(contentInMemory(bytes)));
  }
});

Deno.test("an array of another shape, or with an element that is too large, is refused either way", () => {
  const images = idx("images", [null, 28, 28]);
  const small: Tensor<"uint8"> = { dtype: "uint8", shape: [1, 2, 2], data: new Uint8Array(4) };
  const found = "images: expected uint8 of shape (any,28,28), found uint8 of shape (1,2,2)";
  fails(found, () => images.decode(encodeIdx(small)));
  fails(found, () => images.encode(small));

  const labels = idx("labels", [null], { below: 10 });
  const of = (...values: number[]): Tensor<"uint8"> => ({
    dtype: "uint8",
    shape: [values.length],
    data: Uint8Array.from(values),
  });
  const beyond = "labels: expected elements from 0 to 9, found 10 as element 2";
  fails(beyond, () => labels.decode(encodeIdx(of(0, 3, 10))));
  fails(beyond, () => labels.encode(of(0, 3, 10)));
  assertEquals(labels.decode(labels.encode(of(0, 3, 9))), of(0, 3, 9));
  fails("labels: expected uint8 of shape (any)", () => labels.decode(encodeIdx(small)));
});

Deno.test("shapes that a header cannot hold are not written", () => {
  const none = new Uint8Array();
  fails("found shape ()", () => encodeIdx({ dtype: "uint8", shape: [], data: Uint8Array.of(1) }));
  fails("found shape (2,0)", () => encodeIdx({ dtype: "uint8", shape: [2, 0], data: none }));
  fails(
    "found shape (4294967296,0)",
    () => encodeIdx({ dtype: "uint8", shape: [2 ** 32, 0], data: none }),
  );
  const shape = new Array(256).fill(1);
  fails("found shape (1,1", () => encodeIdx({ dtype: "uint8", shape, data: Uint8Array.of(1) }));
});

Deno.test("sizes that no file can have are refused, not allocated", () => {
  const most = 0xffffffff;
  fails("found 19 bytes", () => decodeIdx(fileOf([most, most, most], [1, 2, 3])));
  // 2^22 × 2^21 × 2^21 = 2^64 is 0 in 64-bit arithmetic.
  fails("found 16 bytes", () => decodeIdx(fileOf([2 ** 22, 2 ** 21, 2 ** 21], [])));
  const all = fileOf(new Array(255).fill(most), []);
  fails("found 1024 bytes", () => decodeIdx(all));
});
