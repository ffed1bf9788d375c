/** Arrays are compared by value, whatever type, byte order, arrangement and file version hold them. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { compareArrays } from "../../../pipeline/diff/arrays.ts";
import { compareOutput } from "../../../pipeline/diff/output.ts";
import { arrayWords, outputWords } from "../../../pipeline/diff/render/describe.ts";
import { compareValues } from "../../../pipeline/diff/json_difference.ts";
import { boundsOf, noBounds } from "../../../pipeline/diff/tolerance_bounds.ts";
import { encodeIdx } from "../../../pipeline/formats/idx.ts";
import {
  npyArray,
  safetensorsArrays,
  type StoredArray,
} from "../../../pipeline/formats/stored_array.ts";
import { contentInMemory } from "../../../pipeline/store/content_pieces.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import type { Bounds, Tolerance } from "../../../schemas/run/tolerance.ts";

interface Npy {
  descriptor: string;
  shape: readonly number[];
  data: ArrayBufferView;
  fortran?: boolean;
  version?: 1 | 2 | 3;
}

/** A file as numpy writes it, which checked these bytes once: numpy.load reads each of them. */
function npy({ descriptor, shape, data, fortran = false, version = 1 }: Npy): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const order = fortran ? "True" : "False";
  const text = `{'descr': '${descriptor}', 'fortran_order': ${order}, 'shape': (${tuple}), }`;
  const prefix = version === 1 ? 10 : 12;
  const header = text.padEnd(Math.ceil((prefix + text.length + 1) / 64) * 64 - prefix - 1) + "\n";
  const bytes = new Uint8Array(prefix + header.length + data.byteLength);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, header.length, true);
  else view.setUint32(8, header.length, true);
  bytes.set(new TextEncoder().encode(header), prefix);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), prefix + header.length);
  return bytes;
}

const of = (one: Npy): StoredArray => npyArray(contentInMemory(npy(one)));
const compared = (a: Npy, b: Npy, bounds: Bounds = noBounds) =>
  compareArrays("", of(a), of(b), bounds);

function bigEndian(data: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(data.byteLength));
  data.forEach((value, i) => view.setFloat32(4 * i, value, false));
  return new Uint8Array(view.buffer);
}

const f4 = (...values: number[]): Npy => ({
  descriptor: "<f4",
  shape: [values.length],
  data: Float32Array.from(values),
});
const f8 = (...values: number[]): Npy => ({
  descriptor: "<f8",
  shape: [values.length],
  data: Float64Array.from(values),
});

Deno.test("float32 against float64: equal where the values are, otherwise after rounding", () => {
  const same = compared(f4(0.5, 1, NaN), f8(0.5, 1, NaN));
  assertEquals([same.agreement, same.note], [
    "equal",
    "the same values; float32 in A, float64 in B",
  ]);
  const rounded = compared(f8(0.1, 0.2), f4(0.1, 0.2));
  assertEquals([rounded.agreement, rounded.ulp], ["different", null]);
  assertEquals(rounded.note, "equal after rounding to float32; float64 in A, float32 in B");
  assertEquals(
    compared(f8(0.1, 0.2), f4(0.1, 0.2), { absolute: 1e-7, relative: 0 }).agreement,
    "within",
  );
  assertEquals(compared(f8(0.1, 0.2), f4(0.1, 0.3)).note, "float64 in A, float32 in B");
});

Deno.test("byte order, storage order and file version change no value", () => {
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);
  const rows: Npy = { descriptor: "<f4", shape: [2, 3], data: values };
  const big: Npy = { descriptor: ">f4", shape: [2, 3], data: bigEndian(values) };
  const columns: Npy = {
    descriptor: "<f4",
    shape: [2, 3],
    data: Float32Array.of(1, 4, 2, 5, 3, 6),
    fortran: true,
  };
  const words = (one: Npy) => [compared(rows, one).agreement, compared(rows, one).note];
  assertEquals(words(big), ["equal", "the same values; little-endian in A, big-endian in B"]);
  assertEquals(words(columns), ["equal", "the same values; row-major in A, column-major in B"]);
  for (const version of [1, 2, 3] as const) {
    assertEquals(words({ ...rows, version }), ["identical", null]);
  }
  // An index is that of the element, in whatever order it is stored.
  const moved: Npy = { ...columns, data: Float32Array.of(1, 4, 2, 5, 3, 6.5) };
  assertEquals(compared(rows, moved).absolute, { value: 0.5, index: [1, 2] });
  assertEquals(compared(rows, moved).ulp?.value, 2 ** 20);
  const other: Npy = { ...columns, data: Float32Array.of(1, 4.5, 2, 5, 3, 6) };
  assertEquals(compared(columns, other).absolute, { value: 0.5, index: [1, 0] });
});

Deno.test("booleans, integers of 64 bits and float16 are read, integers to the last bit", () => {
  const bool = (...values: number[]): Npy => ({
    descriptor: "|b1",
    shape: [values.length],
    data: Uint8Array.from(values),
  });
  assertEquals(compared(bool(1, 0, 1), bool(1, 1, 1)).differing, 1);
  const int64 = (...values: bigint[]): Npy => ({
    descriptor: "<i8",
    shape: [values.length],
    data: BigInt64Array.from(values),
  });
  const large = 2n ** 60n;
  const apart = compared(int64(1n, large), int64(1n, large + 1n));
  assertEquals([apart.agreement, apart.absolute], ["different", { value: 1, index: [1] }]);
  assertEquals(apart.values, [`${large}`, `${large + 1n}`]);
  assertEquals(compared(int64(large), f8(2 ** 60)).agreement, "equal");
  assertEquals(compared(int64(large + 1n), f8(2 ** 60)).agreement, "different");
  assertEquals(apart.note, null, "no rows in another order");
  const half = (...values: number[]): Npy => ({
    descriptor: "<f2",
    shape: [values.length],
    data: Float16Array.from(values),
  });
  assertEquals(compared(half(1, 2), half(1, 2.5)).absolute, { value: 0.5, index: [1] });
  assertMatch(compared(half(0.1), f4(0.1)).note!, /^equal after rounding to float16;/);
});

Deno.test("rows in another order, transposed and reshaped arrays are recognized and said", () => {
  const data = Float32Array.from({ length: 12 }, (_, i) => i + 1 / (i + 1));
  const whole: Npy = { descriptor: "<f4", shape: [4, 3], data };
  const rows = [0, 1, 2, 3].map((row) => [...data.subarray(3 * row, 3 * row + 3)]);
  const arranged = (shape: readonly number[], values: number[]): Npy => ({
    descriptor: "<f4",
    shape,
    data: Float32Array.from(values),
  });
  const permuted = compared(whole, arranged([4, 3], [2, 1, 0, 3].flatMap((row) => rows[row])));
  assertEquals([permuted.agreement, permuted.note], [
    "different",
    "the same rows in another order, 2 of 4 rows moved",
  ]);
  assertEquals(
    compared(f8(1, 2, 3), f8(3, 1, 2)).note,
    "the same elements in another order, 3 of 3 elements moved",
  );
  const columns = [0, 1, 2].flatMap((column) => rows.map((row) => row[column]));
  assertEquals(
    compared(whole, arranged([3, 4], columns)).problem,
    "B is A transposed: float32 (4, 3) in A, float32 (3, 4) in B",
  );
  assertEquals(
    compared(whole, arranged([2, 6], [...data])).problem,
    "the same values in the same order, in another shape: float32 (4, 3) in A, float32 (2, 6) in B",
  );
  const square = arranged([2, 2], [1, 2, 3, 4]);
  assertEquals(compared(square, arranged([2, 2], [1, 3, 2, 4])).note, "B is A transposed");
  // The same values, arranged in none of these ways, are not said to be the same.
  assertEquals(compared(square, arranged([2, 2], [1, 4, 3, 2])).note, null);
  assertEquals(
    compared(whole, arranged([3, 4], columns.reverse())).problem?.includes("trans"),
    false,
  );
});

Deno.test("scalars and empty arrays are worded without an index or a share of nothing", () => {
  const scalar = (value: number): Npy => ({ ...f8(value), shape: [] });
  const words = (a: Npy, b: Npy) => arrayWords(compared(a, b), true);
  assertEquals(
    words(scalar(2), scalar(3)),
    "±1 (0.333 relative), 2.25e+15 ULP",
  );
  assertEquals(words(scalar(2), f8(1, 2)), "a float64 scalar in A, float64 (2) in B");
  const empty: Npy = { ...f8(), shape: [0, 3] };
  assertEquals(compared(empty, empty).agreement, "identical");
  assertEquals(words(empty, f8(1)), "float64 (0, 3) in A, float64 (1) in B");
  const other = compared({ ...f4(), shape: [0] }, f8());
  assertEquals([other.agreement, arrayWords(other, true)], [
    "equal",
    "the same values; float32 in A, float64 in B",
  ]);
});

Deno.test("NaN against a number hides no finite difference", () => {
  const found = compared(f8(NaN, 1, 2, 3), f8(0, 1, 2.5, Infinity));
  assertEquals(found.absolute, { value: 0.5, index: [2] });
  assertEquals(found.values, ["2", "2.5"]);
  assertEquals(found.infinite, { count: 2, index: [0], values: ["NaN", "0"] });
  assertEquals([found.differing, found.beyond], [3, 3]);
  assertEquals(
    arrayWords({ ...found, ulp: null }, false),
    "±0.5 (0.2 relative) at [2], NaN against 0 at [0] and 1 more such, 75 % differ",
  );
});

Deno.test("numbers in a text of JSON are text, unless the tolerance names its place", () => {
  const agreement = (tolerance: Tolerance) =>
    compareValues({ note: "seed 100" }, { note: "seed 101" }, boundsOf(tolerance)).agreement;
  const close = { kind: "close", absolute: 5, relative: 0 } as const;
  assertEquals(agreement(close), "different");
  assertEquals(agreement({ ...close, at: { "/note": { absolute: 5, relative: 0 } } }), "within");
});

/** A safetensors file of one tensor for each type, with zeros for data. */
function safetensors(types: Record<string, number>): Uint8Array {
  let end = 0;
  const entries = Object.entries(types).map(([dtype, size]) => {
    const begin = end;
    end += 2 * size;
    return [dtype.toLowerCase(), { dtype, shape: [2], data_offsets: [begin, end] }];
  });
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const bytes = new Uint8Array(8 + header.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  return bytes;
}

Deno.test("safetensors of half precision, of integers and of booleans are read", () => {
  const types = { F16: 2, BF16: 2, I64: 8, BOOL: 1, U16: 2 };
  const bytes = safetensors(types);
  const other = bytes.slice();
  // The first elements of F16, BF16, I64 and BOOL: 1, 1, 1 and true.
  const start = bytes.length - 2 * (2 + 2 + 8 + 1 + 2);
  other.set([0x00, 0x3c], start);
  other.set([0x80, 0x3f], start + 4);
  other[start + 8] = 1;
  other[start + 24] = 1;
  const [x, y] = [bytes, other].map((one) => safetensorsArrays(contentInMemory(one)));
  assertEquals(Object.keys(x), ["f16", "bf16", "i64", "bool", "u16"]);
  for (const name of ["f16", "bf16", "i64", "bool"]) {
    const { values, differing } = compareArrays(name, x[name], y[name], noBounds);
    assertEquals([values, differing], [["0", "1"], 1], name);
  }
  assertEquals(compareArrays("", x.u16, y.u16, noBounds).agreement, "identical");
  assertThrows(
    () => safetensorsArrays(contentInMemory(safetensors({ F8_E4M3: 1 }))),
    Error,
    "expected f8_e4m3 of F64, F32, F16, BF16",
  );
});

/** Compares two files, of one media type unless B has its own, without tolerance. */
function comparedFiles(typeOfA: string, a: Uint8Array, b: Uint8Array, typeOfB = typeOfA) {
  const side = (bytes: Uint8Array, mediaType: string) => ({
    declared: {
      ...{ sha256: sha256Of(bytes), size: bytes.length, file: "w", type: "w", mediaType },
      tolerance: { kind: "exact" as const },
    },
    inspect: () => ({ state: "whole" as const, content: contentInMemory(bytes) }),
  });
  const options = { rehash: true, pictures: false };
  return compareOutput(side(a, typeOfA), side(b, typeOfB), { kind: "exact" }, options);
}

Deno.test("a file that cannot be read gives its reason, and the side", async () => {
  const good = safetensors({ F16: 2 });
  const compare = (a: Uint8Array, b: Uint8Array) =>
    comparedFiles("application/vnd.safetensors", a, b);
  const cut = await compare(good, good.subarray(0, good.length - 1));
  assertEquals([cut.agreement, cut.detail?.kind], ["different", "bytes"]);
  assertMatch(
    outputWords(cut),
    /^B cannot be read as application\/vnd\.safetensors: safetensors: expected f16 within the file/,
  );
  const unknown = await compare(safetensors({ F8_E5M2: 1 }), good);
  assertMatch(outputWords(unknown), /^A cannot be read as .*, found F8_E5M2; \d+ bytes, first/);
  assert(!outputWords(unknown).includes("B cannot"));
});

Deno.test("IDX files are compared by their elements", async () => {
  const file = (shape: number[], ...values: number[]) =>
    encodeIdx({ dtype: "uint8", shape, data: Uint8Array.from(values) });
  const compare = (a: Uint8Array, b: Uint8Array) => comparedFiles("application/x-idx", a, b);
  const images = file([2, 1, 2], 1, 2, 3, 4);
  const { agreement, detail } = await compare(images, file([2, 1, 2], 1, 2, 3, 9));
  assert(detail?.kind === "arrays");
  const [{ shape, differing, absolute, values }] = detail.arrays;
  assertEquals([agreement, shape, differing], ["different", [2, 1, 2], 1]);
  assertEquals([absolute, values], [{ value: 5, index: [1, 0, 1] }, ["4", "9"]]);
  assertMatch(
    outputWords(await compare(images, file([2, 1, 2], 3, 4, 1, 2))),
    /the same rows in another order, 2 of 2 rows moved/,
  );
  assertMatch(
    outputWords(await compare(images, images.slice(0, -1))),
    /^B cannot be read as application\/x-idx: idx: end of file at byte 19: expected 16 \+ 2/,
  );
});

Deno.test("an array is compared with one of another format", async () => {
  const data = Uint8Array.of(5, 0, 4);
  const inIdx = encodeIdx({ dtype: "uint8", shape: [3], data });
  const inNpy = npy({ descriptor: "|u1", shape: [3], data });
  const types = ["application/x-npy", "application/x-idx"] as const;
  const same = await comparedFiles(types[0], inNpy, inIdx, types[1]);
  assertEquals([same.agreement, same.note], ["equal", null]);
  assertEquals((await comparedFiles(types[1], inIdx, inNpy, types[0])).agreement, "equal");
  const { agreement, detail } = await comparedFiles(types[0], inNpy, inIdx.with(10, 6), types[1]);
  assert(detail?.kind === "arrays");
  assertEquals([agreement, detail.arrays[0].values], ["different", ["4", "6"]]);
  // A text has no arrays: it is read as B says.
  assertMatch(
    outputWords(await comparedFiles("text/plain", inNpy, inIdx, types[1])),
    /^A cannot be read as application\/x-idx: idx: magic number/,
  );
});

Deno.test("a media type that begins as one of arrays is compared by its bytes", async () => {
  const a = encodeIdx({ dtype: "uint8", shape: [1], data: Uint8Array.of(1) });
  for (const type of ["application/x-idx+gzip", "application/x-npy-2"]) {
    const { agreement, detail } = await comparedFiles(type, a, a.with(8, 2));
    assertEquals([agreement, detail?.kind], ["different", "bytes"], type);
  }
  const spaced = await comparedFiles("application/x-idx ; of=bytes", a, a.with(8, 2));
  assertEquals(spaced.detail?.kind, "arrays");
});

Deno.test("a tolerance holds for the distance of integers, not for that of their rounded values", () => {
  const int64 = (...values: bigint[]): Npy => ({
    descriptor: "<i8",
    shape: [values.length],
    data: BigInt64Array.from(values),
  });
  const large = 2n ** 60n;
  const agreement = (apart: bigint, absolute: number, relative = 0) =>
    compared(int64(large), int64(large + apart), { absolute, relative }).agreement;
  assertEquals(agreement(1n, 1), "within");
  assertEquals(agreement(100n, 1), "different", "both round to one float64");
  assertEquals(agreement(129n, 129), "within", "rounded they lie 256 apart");
  assertEquals(agreement(1n, 0, 1e-6), "within");
  assertEquals(agreement(1n, 0, 1e-19), "different");
  const mixed = compared(int64(large + 100n), f8(2 ** 60), { absolute: 1, relative: 0 });
  assertEquals([mixed.agreement, mixed.absolute?.value], ["different", 100]);
});

Deno.test("integers of 64 bits that float64 holds are compared in any order of storage", () => {
  const int64 = (fortran: boolean, ...values: bigint[]): Npy => ({
    descriptor: "<i8",
    shape: [2, 2],
    data: BigInt64Array.from(values),
    fortran,
  });
  const rows = int64(false, 1n, 2n, 3n, 4n);
  assertEquals(compared(rows, int64(true, 1n, 3n, 2n, 4n)).agreement, "equal");
  assertEquals(compared(rows, int64(true, 1n, 2n, 3n, 4n)).agreement, "different");
  assertMatch(
    compared(rows, int64(true, 1n, 3n, 2n, 2n ** 53n + 1n)).problem!,
    /compared up to 4194304 elements and 53 bits/,
  );
});
