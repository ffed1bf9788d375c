/** Tests invalid outputs: the failure names the stage, the output and the place within it. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { z } from "zod";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { bytes, text } from "../../../pipeline/formats/bytes.ts";
import { json } from "../../../pipeline/formats/json.ts";
import { metrics } from "../../../pipeline/formats/metrics.ts";
import { npy } from "../../../pipeline/formats/npy.ts";
import { safetensors } from "../../../pipeline/formats/safetensors.ts";
import type { AnyArtifactType } from "../../../pipeline/formats/artifact_type.ts";
import { defineStage } from "../../../pipeline/engine/stage.ts";
import { encodeOutput } from "../../../pipeline/engine/sandbox/stage_outputs.ts";

const stageGiving = (type: AnyArtifactType) =>
  defineStage({
    name: "measure",
    module: import.meta.url,
    about: "",
    outputs: { course: type },
    run: () => ({ course: undefined }),
  });

/** Returns the message about a stage with this output. */
function said(type: AnyArtifactType, given: unknown): string {
  const { failure, message } = assertThrows(
    () => encodeOutput(stageGiving(type), "course", given, Failed),
    Failed,
  );
  assertEquals(failure.reason, "unfit-output");
  assertStringIncludes(
    message,
    'its stage measure gave an output "course" that cannot be stored: ',
  );
  return message;
}

const file = { mediaType: "application/octet-stream", extension: "" };

Deno.test("a missing output is reported with the given ones", () => {
  const any = json("any", z.any());
  assertStringIncludes(said(any, undefined), "found undefined");
  assertStringIncludes(said(any, new Map()), "found an object of the class Map");
  assertStringIncludes(said(any, { corse: 1 }), "found undefined among the outputs given: corse");
  assertStringIncludes(said(any, {}), "outputs given: none");
});

Deno.test("a value that JSON cannot hold is named with its place", () => {
  const itself: Record<string, unknown> = {};
  itself.again = { here: [itself] };
  const deep = Array.from({ length: 201 }).reduce<unknown>((inner) => [inner], 1);
  const places: [value: unknown, words: string][] = [
    [{ rows: [1, { loss: NaN }] }, "at rows[1].loss, found NaN"],
    [{ rows: [-Infinity] }, "at rows[0], found -Infinity"],
    [{ a: { b: undefined } }, "at a.b, found undefined; leave the property out"],
    [[1, undefined], "at [1], found undefined"],
    // deno-lint-ignore no-sparse-arrays
    [[1, , 3], "at [1], found undefined"],
    [{ f: () => 1 }, "at f, found a function"],
    [{ s: Symbol("s") }, "at s, found a symbol"],
    [{ count: 12n }, "at count, found a bigint; make it a number or text"],
    [{ "by name": new Map([[1, 2]]) }, 'at ["by name"], found an object of the class Map'],
    [new Set([1]), "expected a JSON value, found an object of the class Set"],
    [{ at: new Date(0) }, "at at, found an object of the class Date"],
    [{ losses: Float32Array.of(1) }, "at losses, found an object of the class Float32Array"],
    [{ text: "\ud800" }, "at text, found text with half of a surrogate pair"],
    [{ "\udc00": 1 }, "found a name that is no Unicode"],
    [itself, "at again.here[0], found an object that holds itself"],
    [deep, "found values nested more than 200 deep"],
  ];
  for (const [value, words] of places) {
    assertStringIncludes(said(json("any", z.any()), { course: value }), words);
  }
  const recursive = json("recursive", z.json()) as AnyArtifactType;
  assertStringIncludes(said(recursive, { course: itself }), "found an object that holds itself");
});

Deno.test("a schema that does not fit names the place too; -0 and shared values are no problem", () => {
  const losses = json("losses", z.array(z.strictObject({ loss: z.number() })));
  const message = said(losses, { course: [{ loss: 1 }, { loss: NaN }] });
  assertStringIncludes(message, "losses does not fit its schema");
  assertStringIncludes(message, "expected number, received NaN");
  assertStringIncludes(message, "[1].loss");
  const shared = { a: -0 };
  const encoded = encodeOutput(
    stageGiving(json("any", z.any())),
    "course",
    { course: [shared, shared] },
    Failed,
  );
  assertEquals(new TextDecoder().decode(encoded), '[{"a":0},{"a":0}]\n');
});

Deno.test("the name __proto__, which a schema drops, fails its output", () => {
  const table = json("table", z.record(z.string(), z.array(z.record(z.string(), z.number()))));
  const problem = "expected another name than __proto__";
  assertStringIncludes(said(table, { course: { a: [{ ["__proto__"]: 1 }] } }), problem);
  assertStringIncludes(said(metrics, { course: { ["__proto__"]: 1, loss: 2 } }), problem);
});

Deno.test("arrays of another length, type or form name their output", () => {
  const array = npy("losses", "float32", [null]);
  const given = (tensor: unknown) => said(array, { course: tensor });
  assertStringIncludes(
    given({ dtype: "float32", shape: [3], data: new Float32Array(2) }),
    "that holds 3 elements, found float32 of shape (3) with 2 elements",
  );
  assertStringIncludes(
    given({ dtype: "float32", shape: [2], data: new Float64Array(2) }),
    "found float32 of shape (2) with 2 elements in a Float64Array",
  );
  assertStringIncludes(
    given({ dtype: "float32", shape: [2, 1], data: new Float32Array(2) }),
    "expected float32 of shape (any), found float32 of shape (2,1)",
  );
  assertStringIncludes(given([1, 2]), "expected { dtype, shape, data }");
  assertStringIncludes(given(null), "found null");
  const named = safetensors("weights", "float32");
  const short = { w: { dtype: "float32", shape: [3], data: new Float32Array(2) } };
  assertStringIncludes(
    said(named, { course: short }),
    "the tensor w: expected { dtype, shape, data } with a typed array of that type that holds 3",
  );
  assertStringIncludes(said(named, { course: new Map() }), "expected an object with each tensor");
});

Deno.test("values of the wrong type are refused, not converted to bytes or text", () => {
  assertStringIncludes(said(bytes("file", file), { course: "text" }), "found a string");
  assertStringIncludes(
    said(bytes("file", file), { course: [1] }),
    "found an object of the class Arr",
  );
  assertStringIncludes(said(text("note", file), { course: 5 }), "found a number");
  assertStringIncludes(said(text("note", file), { course: "\ud800" }), "half of a surrogate pair");
});
