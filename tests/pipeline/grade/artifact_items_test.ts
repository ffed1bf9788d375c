/** Tests items of a grade that look into artifacts: tensors, values in JSON, charts and tables. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { encodeIdx } from "../../../pipeline/formats/idx.ts";
import { encodeNpy } from "../../../pipeline/formats/npy.ts";
import { encodeSafetensors } from "../../../pipeline/formats/safetensors.ts";
import { atPointer } from "../../../pipeline/formats/json_pointer.ts";
import { type ItemInput, judged } from "../../support/grade_subject.ts";
import { utf8 } from "../../support/utf8.ts";

Deno.test("an artifact of tensors has the expected names, shapes and element types, and no others", () => {
  const vector = { dtype: "float32" as const, shape: [2], data: new Float32Array(2) };
  const artifacts = {
    "a/weights": encodeSafetensors({ w: { ...vector, shape: [1, 2] }, b: vector }),
    "a/text": utf8("no tensors"),
  };
  const [w, b] = [
    { name: "w", dtype: "float32" as const, shape: [1, 2] },
    { name: "b", dtype: "float32" as const, shape: [2] },
  ];
  type Described = Extract<ItemInput["expected"], { kind: "tensors" }>["tensors"];
  const of = (tensors: Described, output = "weights") =>
    judged({
      target: { kind: "artifact", job: "a", output },
      expected: { kind: "tensors", tensors },
    }, { artifacts });
  assertEquals(of([w, b]).status, "passed");
  assertStringIncludes(
    of([{ ...w, shape: [2, 1] }, b]).explanation!,
    "w: expected float32 of shape (2, 1), found float32 of shape (1, 2)",
  );
  assertEquals(of([{ ...w, dtype: "float64" }, b]).status, "failed");
  assertStringIncludes(of([w]).explanation!, "unexpected: b");
  const more = { ...b, name: "c" };
  assertStringIncludes(of([w, b, more]).explanation!, "c: expected float32 of shape (2), found no");
  assertStringIncludes(of([w, b], "text").explanation!, "not readable as safetensors");
  assertEquals(of([w, b], "gone").status, "missing");
});

Deno.test("values in JSON artifacts are found by their pointer, tensors by name and statistic", () => {
  const artifacts = {
    "a/json": utf8(`{"rows":[{"a/b":0.5},{"~":"yes"}],"deep":{"on":true},"loss":"NaN"}`),
    "a/npy": encodeNpy({ dtype: "float64", shape: [4], data: Float64Array.of(3, -4, 0, 1) }),
    "a/idx": encodeIdx({ dtype: "uint8", shape: [2, 2], data: Uint8Array.of(3, 4, 0, 1) }),
    "a/weights": encodeSafetensors({
      w: { dtype: "float32", shape: [2], data: Float32Array.of(NaN, 1) },
    }),
  };
  const value = (pointer: string, value: number | string | boolean) =>
    judged({
      target: { kind: "value", job: "a", output: "json", pointer },
      expected: { kind: "exact", value },
    }, { artifacts }).status;
  assertEquals(value("/rows/0/a~1b", 0.5), "passed");
  assertEquals(value("/rows/1/~0", "yes"), "passed");
  assertEquals(value("/deep/on", true), "passed");
  assertEquals(value("/deep/on", false), "failed");
  assertEquals(value("/loss", 1), "failed");
  assertEquals(value("/loss", "NaN"), "failed");
  assertEquals(value("/rows/2/x", 1), "missing");
  assertEquals(value("/rows", 1), "missing");
  const tensor = (output: string, name: string | undefined, statistic: string, value: number) =>
    judged({
      target: { kind: "tensor", job: "a", output, name, statistic } as ItemInput["target"],
      expected: { kind: "exact", value },
    }, { artifacts }).status;
  assertEquals(tensor("npy", undefined, "mean", 0), "passed");
  assertEquals(tensor("npy", undefined, "minimum", -4), "passed");
  assertEquals(tensor("npy", undefined, "maximum", 3), "passed");
  assertEquals(tensor("npy", undefined, "norm", Math.sqrt(26)), "passed");
  assertEquals(tensor("npy", undefined, "standard-deviation", Math.sqrt(6.5)), "passed");
  assertEquals(tensor("weights", "w", "not-finite", 1), "passed");
  assertEquals(tensor("weights", "w", "count", 2), "passed");
  assertEquals(tensor("weights", "w", "minimum", 1), "failed");
  assertEquals(tensor("weights", "v", "count", 2), "missing");
  assertEquals(tensor("npy", "w", "count", 4), "missing");
  assertEquals(tensor("idx", undefined, "mean", 2), "passed");
  assertEquals(tensor("idx", "w", "count", 4), "missing");
});

Deno.test("a JSON Pointer finds what RFC 6901 says, and nothing inherited", () => {
  const document = { foo: ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, " ": 7 };
  const found = ["", "/foo/0", "/", "/a~1b", "/m~0n", "/ ", "/foo/-", "/foo/01", "/constructor"]
    .map((pointer) => atPointer(document, pointer));
  assertEquals(found, [document, "bar", 0, 1, 8, 7, undefined, undefined, undefined]);
});

Deno.test("charts and tables are judged by their form", () => {
  const png = Uint8Array.from(
    atob(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    ),
    (char) => char.charCodeAt(0),
  );
  const artifacts: Record<string, Uint8Array> = {
    "a/svg": utf8(`<svg width="300" height="200" viewBox="0 0 9 9"><path d=""/></svg>\n`),
    "a/empty": utf8(`<svg width="300" height="200"></svg>`),
    "a/png": png,
    "a/cut": png.subarray(0, 50),
    "a/spec": utf8(
      `{"$schema":"https://vega.github.io/schema/vega-lite/v6.json","mark":"bar"}`,
    ),
    "a/other": utf8(`{"mark":"bar"}`),
    "a/csv": utf8("a,b\n1,2\n"),
    "a/idx": encodeIdx({ dtype: "uint8", shape: [1], data: Uint8Array.of(3) }),
  };
  const of = (output: string, form: string, more = {}) =>
    judged({
      target: { kind: "artifact", job: "a", output },
      expected: { kind: "form", form, ...more } as ItemInput["expected"],
    }, { artifacts });
  assertEquals(of("svg", "svg", { atLeastWidth: 300, contains: ["<path"] }).status, "passed");
  assertStringIncludes(of("svg", "svg", { atLeastWidth: 301 }).explanation!, "found 300");
  assertStringIncludes(of("svg", "svg", { contains: ["<text"] }).explanation!, `hold "<text"`);
  assertStringIncludes(of("empty", "svg").explanation!, "it draws nothing");
  for (const drawn of ["polyline", "polygon", "ellipse", "image", "use"]) {
    artifacts["a/drawn"] = utf8(`<svg width='300' viewBox = ' 0 0 9 20'><${drawn}/></svg>`);
    const drawing = of("drawn", "svg", { atLeastWidth: 300, atLeastHeight: 20 });
    assertEquals(drawing.status, "passed", drawing.explanation ?? "");
  }
  assertEquals(of("png", "png", { atLeastWidth: 1 }).status, "passed");
  assertStringIncludes(of("cut", "png").explanation!, "cut off");
  assertEquals(of("spec", "vega-lite").status, "passed");
  assertStringIncludes(of("other", "vega-lite").explanation!, `"$schema"`);
  assertEquals(of("csv", "csv").status, "passed");
  assertEquals(of("csv", "json").status, "failed");
  assertEquals(of("idx", "idx").status, "passed");
  assertStringIncludes(of("csv", "idx").explanation!, "magic number at byte 0");
  assertEquals(of("gone", "svg").status, "missing");
  const hash = (sha256: string) =>
    judged({
      target: { kind: "artifact", job: "a", output: "csv" },
      expected: { kind: "hash", sha256 },
    }, { artifacts }).status;
  assertEquals([hash("a".repeat(64)), hash("c".repeat(64))], ["passed", "failed"]);
});
