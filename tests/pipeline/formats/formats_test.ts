import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { canonicalJson, json } from "../../../pipeline/formats/json.ts";
import { decodeNpy, encodeNpy, npy } from "../../../pipeline/formats/npy.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  safetensors,
} from "../../../pipeline/formats/safetensors.ts";
import { section } from "../../../pipeline/formats/section.ts";
import type { DType, Tensor } from "../../../pipeline/formats/tensor.ts";
import { constructors } from "../../../pipeline/formats/tensor.ts";
import { FormatError } from "../../../pipeline/formats/artifact_type.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import type { Section } from "../../../schemas/run/report_section.ts";

const dtypes: DType[] = ["float64", "float32", "int32", "uint32", "uint8"];

/** Any bytes as elements: NaNs with payloads, infinities and subnormal numbers included. */
const tensors = fc.tuple(
  fc.constantFrom(...dtypes),
  fc.array(fc.nat({ max: 4 }), { maxLength: 3 }),
  fc.uint8Array({ minLength: 512, maxLength: 512 }),
).map(([dtype, shape, random]): Tensor => {
  const count = shape.reduce((a, b) => a * b, 1);
  const data = new constructors[dtype](random.slice().buffer).slice(0, count);
  return { dtype, shape, data } as Tensor;
});

const bytesOf = ({ data }: Tensor) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

Deno.test("npy files have the same bytes as numpy's", () => {
  // numpy 2.4.6, and the same from 1.24.2:
  // python3 -c "import numpy as n, io, hashlib
  // for a in (n.arange(6,dtype='f4').reshape(2,3)/n.float32(255), n.arange(5,dtype='u1'), n.float64(0.1)):
  //   f=io.BytesIO(); n.save(f,a); print(len(f.getvalue()), hashlib.sha256(f.getvalue()).hexdigest())"
  const golden: [Tensor, number, string][] = [
    [
      {
        dtype: "float32",
        shape: [2, 3],
        data: Float32Array.from([0, 1, 2, 3, 4, 5], (n) => n / 255),
      },
      152,
      "cf760c09dda459a2f4638814631723d5468b109653ce60b31ff218b594e530e2",
    ],
    [
      { dtype: "uint8", shape: [5], data: Uint8Array.of(0, 1, 2, 3, 4) },
      133,
      "b7b25238bfcd091e399f01c1ca8e20f4edf733f96817b3e44cf974be24b9042c",
    ],
    [
      { dtype: "float64", shape: [], data: Float64Array.of(0.1) },
      136,
      "4656e0df3f722a77d394f11d5bba5dacf92497ad9a0c3e7f0bc93a6101c18613",
    ],
  ];
  for (const [tensor, length, sha256] of golden) {
    const bytes = encodeNpy(tensor);
    assertEquals(bytes.length, length);
    assertEquals(sha256Of(bytes), sha256);
  }
});

Deno.test("npy preserves every bit of every element", () => {
  fc.assert(fc.property(tensors, (tensor) => {
    const read = decodeNpy(encodeNpy(tensor), tensor.dtype);
    assertEquals(read.shape, tensor.shape);
    assertEquals(bytesOf(read), bytesOf(tensor));
  }));
});

Deno.test("safetensors preserves every bit of every tensor, whatever the order of names", () => {
  fc.assert(fc.property(fc.dictionary(fc.string(), tensors, { maxKeys: 4 }), (dictionary) => {
    delete dictionary.__metadata__;
    fc.pre(!Object.hasOwn(dictionary, "__proto__"));
    const bytes = encodeSafetensors(dictionary);
    const reversed = Object.fromEntries(Object.entries(dictionary).reverse());
    assertEquals(encodeSafetensors(reversed), bytes);
    const read = decodeSafetensors(bytes);
    assertEquals(Object.keys(read).sort(), Object.keys(dictionary).sort());
    for (const [name, tensor] of Object.entries(dictionary)) {
      assertEquals(read[name].dtype, tensor.dtype);
      assertEquals(read[name].shape, tensor.shape);
      assertEquals(bytesOf(read[name]), bytesOf(tensor));
    }
  }));
});

Deno.test("a mutated npy or safetensors file is read or refused with a FormatError", () => {
  const npyFile = encodeNpy({ dtype: "float32", shape: [2, 3], data: new Float32Array(6) });
  const safeFile = encodeSafetensors({
    a: { dtype: "float64", shape: [2], data: new Float64Array(2) },
    b: { dtype: "uint8", shape: [3], data: new Uint8Array(3) },
  });
  const readers: [Uint8Array, (bytes: Uint8Array) => unknown][] = [
    [npyFile, (bytes) => decodeNpy(bytes, "float32")],
    [safeFile, decodeSafetensors],
  ];
  for (const [file, read] of readers) {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: file.length - 1 }), fc.nat({ max: 255 })), {
          maxLength: 4,
        }),
        fc.nat({ max: file.length }),
        (changes, length) => {
          const bytes = file.slice(0, length);
          for (const [at, value] of changes) if (at < length) bytes[at] = value;
          try {
            read(bytes);
          } catch (error) {
            assert(error instanceof FormatError, String(error));
          }
        },
      ),
      { numRuns: 2000 },
    );
  }
});

Deno.test("truncated, longer and hostile files are refused with what was expected and found", () => {
  const file = encodeNpy({ dtype: "float32", shape: [2, 3], data: new Float32Array(6) });
  const longer = new Uint8Array(file.length + 1);
  longer.set(file);
  assertThrows(() => decodeNpy(file.subarray(0, -1), "float32"), FormatError, "expected 24 bytes");
  assertThrows(() => decodeNpy(longer, "float32"), FormatError, "found 25");
  assertThrows(() => decodeNpy(file, "float64"), FormatError, "expected elements <f8");

  const huge = new Uint8Array(16);
  new DataView(huge.buffer).setBigUint64(0, 2n ** 63n, true);
  assertThrows(() => decodeSafetensors(huge), FormatError, "expected a header within the file");
  const overlap = JSON.stringify({
    a: { dtype: "U8", shape: [2], data_offsets: [0, 2] },
    b: { dtype: "U8", shape: [2], data_offsets: [1, 3] },
  });
  const bytes = new Uint8Array(8 + overlap.length + 3);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(overlap.length), true);
  bytes.set(new TextEncoder().encode(overlap), 8);
  assertThrows(() => decodeSafetensors(bytes), FormatError, "expected b at byte 2");
});

Deno.test("safetensors say how the axes of their tensors lie, by element type", () => {
  const layout = { float64: "weight: (inputs, outputs)", float32: "weight: (outputs, inputs)" };
  const type = safetensors("weights", ["float64", "float32", "uint8"], { layout });
  const headerOf = (bytes: Uint8Array) => {
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    return JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  };
  const double: Tensor = { dtype: "float64", shape: [1], data: Float64Array.of(1) };
  const single: Tensor = { dtype: "float32", shape: [1], data: Float32Array.of(2) };
  const byte: Tensor = { dtype: "uint8", shape: [1], data: Uint8Array.of(3) };
  const metadata = (tensors: Record<string, Tensor>) => headerOf(type.encode(tensors)).__metadata__;
  assertEquals(metadata({ double }), { layout: layout.float64 });
  assertEquals(metadata({ single, byte }), { layout: layout.float32 });
  assertEquals(metadata({ double, single }), { layout: `${layout.float64}; ${layout.float32}` });
  assertEquals(metadata({ byte }), undefined);
  assertEquals(type.decode(type.encode({ double, byte })), { double, byte });
  const broken = type.encode({ byte, single });
  const text = JSON.stringify(layout.float32);
  const at = new TextDecoder("latin1").decode(broken).indexOf(text);
  broken.set(new TextEncoder().encode("3".padEnd(text.length)), at);
  assertThrows(() => type.decode(broken), FormatError, "safetensors metadata");
});

Deno.test("a tensor named __proto__ is refused, and sets no prototype", () => {
  const tensor = { dtype: "uint8", shape: [1], data: Uint8Array.of(7) } as const;
  const named = (name: string) => Object.fromEntries([[name, { ...tensor, shape: [1] }]]);
  assertThrows(() => encodeSafetensors(named("__proto__")), FormatError, "__proto__");
  const file = encodeSafetensors(named("-proto-xx"));
  const hostile = new TextEncoder().encode(
    new TextDecoder("latin1").decode(file).replace("-proto-xx", "__proto__"),
  );
  assertThrows(() => decodeSafetensors(hostile), FormatError, "__proto__");
});

Deno.test("an array of another shape or type than declared is refused when written and when read", () => {
  const images = npy("images", "float32", [null, 784]);
  const small: Tensor<"float32"> = { dtype: "float32", shape: [2, 3], data: new Float32Array(6) };
  const error = assertThrows(() => images.encode(small), FormatError);
  assertStringIncludes(error.message, "expected float32 of shape (any,784)");
  assertThrows(() => images.decode(encodeNpy(small)), FormatError, "found float32 of shape (2,3)");
});

Deno.test("canonical JSON follows RFC 8785: sorted names, shortest numbers", () => {
  // The example of RFC 8785, section 3.2.4.
  const value = {
    numbers: [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
    string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    literals: [null, true, false],
  };
  assertEquals(
    canonicalJson(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

Deno.test("equal JSON values give equal bytes, and reading restores the value", () => {
  const anything = json("anything", z.json());
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const bytes = anything.encode(value as z.infer<ReturnType<typeof z.json>>);
    assertEquals(anything.encode(anything.decode(bytes)), bytes);
  }));
});

Deno.test("JSON cannot hold NaN or infinities, and says so", () => {
  const number = json("number", z.any());
  assertThrows(() => number.encode(NaN));
  assertThrows(() => number.encode({ deep: [Infinity] }));
});

Deno.test("a text that is no JSON is refused with the place where it ceases to be", () => {
  const cut = () => json("cut", z.any()).decode(new TextEncoder().encode('{"a": 1, b}'));
  const found = "expected JSON, found a text that is none: expected double-quoted property name";
  const { message } = assertThrows(cut, FormatError, found);
  assertStringIncludes(message, "line 1 column 10");
});

Deno.test("a section is refused where a row has too few cells, or a block names no chart", () => {
  const told = (block: unknown) =>
    section.encode({ id: "one", title: "One", blocks: [block] } as Section);
  const columns = [{ label: "epoch", numeric: true }, { label: "loss", numeric: true }];
  told({ kind: "table", caption: "Losses", columns, rows: [[1, "0.25"]] });
  assertThrows(
    () => told({ kind: "table", caption: "Losses", columns, rows: [[1]] }),
    FormatError,
    "as many cells in every row",
  );
  told({ kind: "chart", output: "test-loss.vl.json" });
  assertThrows(
    () => told({ kind: "chart", output: "test-loss.svg" }),
    FormatError,
    "expected the name of a .vl.json output",
  );
});
