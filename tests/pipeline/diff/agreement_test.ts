/** Tests levels of agreement: known perturbations, their order, symmetry. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import fc from "fast-check";
import { decode, encode } from "fast-png";
import type { Bounds, Tolerance } from "../../../schemas/run/tolerance.ts";
import { compareArrays as compareStored } from "../../../pipeline/diff/arrays.ts";
import {
  boundsOf,
  isWithin,
  noBounds,
  relativeDistance,
} from "../../../pipeline/diff/tolerance_bounds.ts";
import { axisOf, curvePointOf } from "../../../pipeline/diff/curve_difference.ts";
import { divergenceByCheckpoints, divergenceByTensors } from "../../../pipeline/diff/divergence.ts";
import { fits } from "../../../pipeline/engine/project/wildcard.ts";
import { compareBytes } from "../../../pipeline/diff/byte_difference.ts";
import { compareImages } from "../../../pipeline/diff/images.ts";
import {
  agreementOfParts,
  agreesAt,
  differsAt,
  isWorse,
  levels,
  order,
  worstOf,
} from "../../../pipeline/diff/agreement.ts";
import { compareText } from "../../../pipeline/diff/text_difference.ts";
import { ulps32, ulps64 } from "../../../pipeline/diff/ulp.ts";
import { parseExactJson } from "../../../pipeline/diff/exact_integers.ts";
import { verdictOn } from "../../support/exact_tolerance.ts";
import { compareValues } from "../../../pipeline/diff/json_difference.ts";
import { arrayInMemory } from "../../../pipeline/formats/stored_array.ts";
import type { Tensor } from "../../../pipeline/formats/tensor.ts";
import { contentInMemory } from "../../../pipeline/store/content_pieces.ts";
import { workspace } from "../../support/workspace.ts";
import { deno, permissions } from "../../support/deno_command.ts";

const compareArrays = (name: string, a: Tensor, b: Tensor | undefined, bounds: Bounds) =>
  compareStored(name, arrayInMemory(a), b && arrayInMemory(b), bounds);

const float32 = (...values: number[]): Tensor<"float32"> => ({
  dtype: "float32",
  shape: [values.length],
  data: Float32Array.from(values),
});
const float64 = (...values: number[]): Tensor<"float64"> => ({
  dtype: "float64",
  shape: [values.length],
  data: Float64Array.from(values),
});

/** The number `steps` representable numbers further up, by its bits. */
function stepped64(value: number, steps: number): number {
  const bits = new BigInt64Array(Float64Array.of(value).buffer);
  const order = (n: bigint) => n < 0n ? -(n & 0x7fffffffffffffffn) : n;
  const moved = order(bits[0]) + BigInt(steps);
  bits[0] = moved < 0n ? -moved | -0x8000000000000000n : moved;
  return new Float64Array(bits.buffer)[0];
}
function stepped32(value: number, steps: number): number {
  const bits = new Int32Array(Float32Array.of(value).buffer);
  const moved = (bits[0] < 0 ? -(bits[0] & 0x7fffffff) : bits[0]) + steps;
  bits[0] = moved < 0 ? -moved | -0x80000000 : moved;
  return new Float32Array(bits.buffer)[0];
}

const steps = fc.integer({ min: 1, max: 1_000_000 });
const finite = { noNaN: true, noDefaultInfinity: true };

Deno.test("a perturbation of k ULP is reported as k ULP, whichever side has it", () => {
  fc.assert(fc.property(fc.double(finite), steps, (value, k) => {
    const other = stepped64(value, k);
    fc.pre(Number.isFinite(other));
    assertEquals([ulps64(value, other), ulps64(other, value)], [k, k]);
    const array = compareArrays("", float64(1, value, 2), float64(1, other, 2), noBounds);
    assertEquals([array.ulp, array.differing], [{ value: k, index: [1] }, 1]);
  }));
  fc.assert(fc.property(fc.float(finite), steps, (value, k) => {
    const other = stepped32(value, k);
    fc.pre(Number.isFinite(other));
    assertEquals([ulps32(value, other), ulps32(other, value)], [k, k]);
    const array = compareArrays("", float32(value), float32(other), noBounds);
    assertEquals(array.ulp?.value, k);
  }));
});

Deno.test("zeros lie 0 ULP apart, the largest number and infinity 1, a number and NaN infinitely far", () => {
  const largest32 = (2 - 2 ** -23) * 2 ** 127;
  assertEquals([ulps64(0, -0), ulps32(0, -0)], [0, 0]);
  assertEquals([ulps64(Number.MAX_VALUE, Infinity), ulps32(largest32, Infinity)], [1, 1]);
  assertEquals([ulps64(NaN, NaN), ulps64(NaN, 1), ulps32(1, NaN)], [0, Infinity, Infinity]);
  assertEquals([ulps64(-Number.MIN_VALUE, Number.MIN_VALUE), ulps32(-(2 ** -149), 2 ** -149)], [
    2,
    2,
  ]);
  assertEquals(ulps64(-Infinity, Infinity), 2 * 0x7ff00000 * 2 ** 32);
});

Deno.test("an array with other zeros or NaN of another payload has equal values, not identical bytes", () => {
  const other = float32(0, 1, 2);
  new Uint32Array(other.data.buffer)[0] = 0x7fc00001;
  assertEquals(compareArrays("", float32(NaN, 1, 2), other, noBounds).agreement, "equal");
  assertEquals(compareArrays("", float64(0, 1), float64(-0, 1), noBounds).agreement, "equal");
  assertEquals(compareArrays("", float64(0, 1), float64(0, 1), noBounds).agreement, "identical");
});

Deno.test("NaN and infinity are within no tolerance of a number", () => {
  const wide: Bounds = { absolute: 1e300, relative: 1e300 };
  for (const [a, b] of [[NaN, 1], [1, NaN], [Infinity, 1], [1, -Infinity], [Infinity, -Infinity]]) {
    const array = compareArrays("", float64(a), float64(b), wide);
    assertEquals([array.agreement, array.beyond, array.absolute?.value], ["different", 1, null]);
  }
  assertEquals(
    compareArrays("", float64(Infinity), float64(Infinity), noBounds).agreement,
    "identical",
  );
});

const anyDouble = fc.oneof(fc.double(), fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1e-320));
const bounds = fc.record({
  absolute: fc.double({ ...finite, min: 0, max: 1e6 }),
  relative: fc.double({ ...finite, min: 0, max: 1 }),
});
const doubles = fc.array(fc.tuple(anyDouble, anyDouble), { minLength: 1, maxLength: 8 });

Deno.test("comparing is symmetric: arrays, JSON and text", () => {
  fc.assert(fc.property(doubles, bounds, (pairs, bounds) => {
    const [a, b] = [0, 1].map((side) => float64(...pairs.map((pair) => pair[side])));
    const [x, y] = [compareArrays("", a, b, bounds), compareArrays("", b, a, bounds)];
    const turned = ({ values, infinite, ...rest }: typeof y) => ({
      ...rest,
      values: values?.toReversed() ?? null,
      infinite: infinite && { ...infinite, values: infinite.values.toReversed() },
    });
    assertEquals({ ...x }, turned(y));
  }));
  fc.assert(fc.property(fc.json(), fc.json(), bounds, (a, b, bounds) => {
    const [x, y] = [JSON.parse(a), JSON.parse(b)];
    const forth = compareValues(x, y, () => bounds);
    const back = compareValues(y, x, () => bounds);
    assertEquals(forth.agreement, back.agreement);
    assertEquals(forth.detail.differing, back.detail.differing);
    assertEquals(compareText(a, b, bounds).agreement, compareText(b, a, bounds).agreement);
    assertEquals(compareValues(x, x, () => noBounds).detail.differing, 0);
  }));
});

Deno.test("a wider tolerance never makes a verdict worse, and a perturbation inside it is within", () => {
  fc.assert(
    fc.property(
      doubles,
      bounds,
      fc.double({ ...finite, min: 0, max: 9 }),
      (pairs, bounds, more) => {
        const [a, b] = [0, 1].map((side) => float64(...pairs.map((pair) => pair[side])));
        const wider = { absolute: bounds.absolute + more, relative: bounds.relative };
        const [narrow, wide] = [bounds, wider].map((bounds) =>
          compareArrays("", a, b, bounds).agreement
        );
        assert(!isWorse(wide, narrow), `${narrow} became ${wide}`);
      },
    ),
  );
  fc.assert(fc.property(fc.double({ ...finite, min: -1e9, max: 1e9 }), bounds, (value, bounds) => {
    const moved = value + bounds.absolute / 2;
    if (moved !== value) {
      assertEquals(compareArrays("", float64(value), float64(moved), bounds).agreement, "within");
    }
  }));
});

Deno.test("agreement is in order: the worst of several, and what agrees at which level", () => {
  fc.assert(fc.property(fc.array(fc.constantFrom(...order), { minLength: 1 }), (some) => {
    const worst = worstOf(some);
    assert(some.includes(worst));
    assert(some.every((agreement) => !isWorse(agreement, worst)));
  }));
  assertEquals(worstOf([]), "identical");
  for (const [i, level] of levels.entries()) {
    assertEquals(order.filter((agreement) => agreesAt(agreement, level)), order.slice(0, i + 1));
    for (const one of order) assert(agreesAt(one, level) !== differsAt(one, level), one);
    // Unknown bytes agree at no level, and differ at the one that asks for the same bytes.
    assert(!agreesAt("unknown", level));
    assertEquals(differsAt("unknown", level), level === "identical");
  }
});

Deno.test("a file that lacks a part is different, and a missing part hides no other", () => {
  fc.assert(fc.property(fc.array(fc.constantFrom(...order)), (parts) => {
    const whole = agreementOfParts(parts);
    assertEquals(differsAt(whole, "within"), parts.some((part) => differsAt(part, "within")));
    assert(whole !== "missing" && whole !== "identical");
  }));
});

Deno.test("an array comparison reports distance, place, count and direction", () => {
  const a = { ...float32(1, 2, 3, 4, 5, 6), shape: [2, 3] };
  const b = { ...float32(1, 2, 3, 4, 5.5, 6.25), shape: [2, 3] };
  const found = compareArrays("w", a, b, { absolute: 0.3, relative: 0 });
  assertEquals(found.absolute, { value: 0.5, index: [1, 1] });
  assertEquals(found.relative, { value: 0.5 / 5.5, index: [1, 1] });
  assertEquals(found.ulp, { value: 2 ** 23 / 8, index: [1, 1] });
  assertEquals([found.differing, found.beyond, found.elements], [2, 1, 6]);
  assertEquals(found.values, ["5", "5.5"]);
  const [dot, own, other] = [1 + 4 + 9 + 16 + 27.5 + 37.5, 91, 1 + 4 + 9 + 16 + 30.25 + 39.0625];
  assert(Math.abs(found.cosine! - dot / Math.sqrt(own * other)) < 1e-12);
  assertEquals(
    compareArrays("w", a, float32(1), noBounds).problem,
    "float32 (2, 3) in A, float32 (1) in B",
  );
  assertEquals(compareArrays("w", a, undefined, noBounds).agreement, "missing");
});

Deno.test("distances are the largest of all pairs, at the first that has it, and bounds those of each pair", () => {
  fc.assert(fc.property(doubles, bounds, (some, bounds) => {
    const pairs = [...some, ...some];
    const finitePairs = pairs.map(([a, b], i) => ({ a, b, i }))
      .filter(({ a, b }) => Number.isFinite(a) && Number.isFinite(b) && a !== b);
    const largest = (of: (a: number, b: number) => number) => {
      const all = finitePairs.map(({ a, b }) => of(a, b));
      const at = all.indexOf(Math.max(...all));
      const value = Number.isFinite(all[at]) ? all[at] : null;
      return at < 0 ? undefined : { value, index: [finitePairs[at].i] };
    };
    const [a, b] = [0, 1].map((side) => float64(...pairs.map((pair) => pair[side])));
    const found = compareArrays("", a, b, bounds);
    if (finitePairs.length > 0) {
      assertEquals(found.absolute, largest((a, b) => Math.abs(a - b)));
      assertEquals(found.relative, largest(relativeDistance));
      assertEquals(found.ulp, largest(ulps64));
    }
    const verdicts = pairs.map(([a, b]) => verdictOn(a, b, bounds));
    const surely = verdicts.filter((verdict) => verdict === "beyond").length;
    const perhaps = verdicts.filter((verdict) => verdict === "near").length;
    assert(found.beyond >= surely && found.beyond <= surely + perhaps, `${found.beyond} beyond`);
  }));
});

Deno.test("JSON is compared by path, with the bounds of each place", () => {
  const tolerance: Tolerance = {
    kind: "close",
    absolute: 0.01,
    relative: 0,
    at: { "/epochs/*/confusion": { absolute: 5, relative: 0 }, "/exact": noBounds },
  };
  const document = (loss: number, count: number, exact: number) => ({
    epochs: [{ epoch: 0, loss: 1, confusion: [[3, 4]] }, {
      epoch: 1,
      loss,
      confusion: [[3, count]],
    }],
    exact,
    "a/b": "1.5 seconds",
  });
  const compare = (b: unknown) => compareValues(document(0.5, 7, 1), b, boundsOf(tolerance));
  assertEquals(compare(document(0.505, 9, 1)).agreement, "within");
  const found = compare({ ...document(0.6, 20, 1.001), "a/b": "1.6 seconds" });
  assertEquals(
    found.detail.places.filter(({ agreement }) => agreement === "different").map((p) => p.pointer)
      .sort(),
    [
      "/a~1b",
      "/epochs/1/confusion/0/1",
      "/epochs/1/loss",
      "/exact",
    ],
  );
  assertEquals(found.detail.curves, [{
    name: "/epochs/*/loss",
    agreement: "different",
    points: [{ at: 0, a: 1, b: 1 }, { at: 1, a: 0.5, b: 0.6 }],
    first: 1,
    largest: { at: 1, absolute: 0.09999999999999998 },
  }]);
  const more = compare({ ...document(0.5, 7, 1), more: 1 });
  assertEquals([more.agreement, more.detail.missing], ["different", 1]);
});

Deno.test("epochs are matched by their number, so that more epochs do not shift the others", () => {
  const epochs = (...numbers: number[]) => ({
    epochs: numbers.map((epoch) => ({ epoch, loss: epoch })),
  });
  const { detail } = compareValues(epochs(0, 1, 2), epochs(1, 2, 3), () => noBounds);
  assertEquals(detail.places.map(({ pointer, agreement }) => [pointer, agreement]).sort(), [
    ["/epochs/0", "missing"],
    ["/epochs/2", "missing"],
  ]);
});

Deno.test("a curve counts what its name or elements say, whatever the word", () => {
  assertEquals(curvePointOf("net.loss.epoch-3"), { curve: "net.loss.epoch-*", at: 3 });
  assertEquals(curvePointOf("net.error.depth-12"), { curve: "net.error.depth-*", at: 12 });
  assertEquals(curvePointOf("net.loss"), undefined);
  assertEquals(["epoch-*", "net.loss.step-*"].map(axisOf), ["epoch", "step"]);

  const steps = (...losses: number[]) => losses.map((loss, step) => ({ step, loss }));
  const { detail } = compareValues(steps(4, 2, 1), steps(4, 2, 1.5), () => noBounds);
  assertEquals(detail.curves.map(({ name, first }) => [name, first]), [["/*/loss", 2]]);

  const states = (last: number) => ({
    "step-1.w": arrayInMemory(float32(1)),
    "step-2.w": arrayInMemory(float32(last)),
  });
  const divergence = divergenceByTensors("fit", states(2), states(3));
  assertEquals([divergence?.unit, divergence?.first?.step], ["step", 2]);
});

Deno.test("a training that diverges by NaN does so by an infinite distance, however near its other weights are", () => {
  const states = (a: number[], b: number[]) => ({
    "step-1.near": arrayInMemory(float32(...a)),
    "step-1.other": arrayInMemory(float32(...b)),
  });
  const rowOf = (...sides: [a: number[], b: number[]][]) => {
    const [a, b] = sides.map((side) => states(...side));
    return divergenceByTensors("fit", a, b)?.rows[0];
  };
  assertEquals(rowOf([[1, 2], [3, 4]], [[NaN, 2.5], [3, 14]]), {
    step: 1,
    tensor: "near",
    absolute: null,
    ulp: null,
    share: 0.75,
  });
  assertEquals(rowOf([[1, 2], [3, 4]], [[1, 2], [3]])?.share, 0.5);
  assertEquals(rowOf([[], []], [[1], [2]])?.share, 1);

  const json = (text: string) => contentInMemory(new TextEncoder().encode(text));
  const divergence = divergenceByCheckpoints(
    "fit",
    { unit: "step", count: 1 },
    () => json('{"loss":[1,"NaN"]}'),
    () => json('{"loss":[1.5,"NaN"]}'),
  );
  assertEquals(divergence?.first, { step: 1, tensor: "", absolute: 0.5, ulp: 2 ** 51 });
  assertEquals(divergence?.rows[0].share, 0.5);
});

Deno.test("the same epochs in another order are another array", () => {
  const of = (...epochs: number[]) => epochs.map((epoch) => ({ epoch, loss: 1 }));
  const { agreement, detail } = compareValues(of(0, 1, 2), of(0, 2, 1), () => noBounds);
  assertEquals([agreement, detail.differing], ["different", 2]);
});

const by = (absolute: number) => ({ absolute, relative: 0 });

Deno.test("text agrees within a tolerance if only numbers differ", () => {
  assertEquals(
    compareText("<path d='M1,2.5'/>", "<path d='M1,2.6'/>", by(0.2)).agreement,
    "within",
  );
  assertEquals(
    compareText("<path d='M1,2.5'/>", "<path d='M1,2.6'/>", noBounds).agreement,
    "different",
  );
  const { agreement, detail } = compareText("one\ntwo 2\n", "one\ntoo 2\n", by(9));
  assertEquals([agreement, detail.differing, detail.first], [
    "different",
    1,
    { line: 2, a: "two 2", b: "too 2" },
  ]);
});

Deno.test("integers that float64 rounds to one number are other numbers, in text and in JSON", () => {
  const text = (a: string, b: string, bounds = noBounds) => compareText(a, b, bounds).agreement;
  assertEquals(text("t 1700000000000000001\n", "t 1700000000000000009\n"), "different");
  assertEquals(text("t 1700000000000000001\n", "t 1700000000000000009\n", by(8)), "within");
  assertEquals(text("t 1700000000000000001\n", "t 1700000000000000009\n", by(7)), "different");
  assertEquals(text("1e500", "1e501", by(9)), "different", "float64 has neither");
  assertEquals(text("1.50 9007199254740993", "1.5 +9007199254740993"), "equal");
  const json = (a: string, b: string, bounds = noBounds) =>
    compareValues(parseExactJson(a), parseExactJson(b), () => bounds);
  const [one, other] = ['{"id":9007199254740992}', '{"id":9007199254740993}'];
  const { agreement, detail: { places } } = json(one, other);
  assertEquals([agreement, places[0].b], ["different", "9007199254740993"]);
  assertEquals(json(one, other, by(1)).agreement, "within");
  assertEquals(json(`[${other}]`, "[null]").detail.places[0].a, other);
  assertEquals(json(one, '{"id":9.007199254740992e15}').agreement, "equal");
  assertEquals(json('["9007199254740993"]', '["9007199254740993"]').detail.differing, 0);
  assertEquals(parseExactJson("[0.12345678901234567890,1e400,12]"), [
    0.12345678901234567890,
    Infinity,
    12,
  ]);
});

Deno.test("an image comparison reports and shows the changed pixels", async () => {
  const image = (...first: number[]) => {
    const data = new Uint8Array(4 * 4 * 4).fill(255);
    data.set(first);
    return encode({ width: 4, height: 4, data, channels: 4, depth: 8 });
  };
  const compare = (other: Uint8Array, absolute = 0) =>
    compareImages(image(), other, { absolute, relative: 0 }, true);
  const changed = await compare(image(204, 255, 255));
  assert("detail" in changed);
  assertEquals(changed.agreement, "different");
  assertEquals([
    changed.detail.changed,
    changed.detail.pixels,
    Math.round(255 * changed.detail.largest),
  ], [
    1,
    16,
    51,
  ]);
  const { data } = decode(Uint8Array.fromBase64(changed.detail.picture!));
  assertEquals([...data.subarray(0, 8)], [213, 75, 0, 255, 255, 255, 255, 255]);
  const within = await compare(image(204), 0.25);
  assert("agreement" in within && within.agreement === "within");
  const larger = encode({ width: 1, height: 1, data: new Uint8Array(4), channels: 4, depth: 8 });
  const other = await compare(larger);
  assert("problem" in other);
  assertStringIncludes(other.problem, "4 × 4 pixels in A, 1 × 1 in B");
});

Deno.test("images are compared by their colours, whatever channels and bits hold them", async () => {
  const image = ([channels, depth]: number[], changed: number) => {
    const data = new (depth === 8 ? Uint8Array : Uint16Array)(6 * channels).fill(2 ** depth - 1);
    data.fill(0, 4 * channels, 4 * channels + Math.min(3, channels) * changed);
    return encode({ width: 3, height: 2, data, channels, depth: depth as 8 | 16 });
  };
  const forms = [1, 3, 4].flatMap((channels) => [8, 16].map((depth) => [channels, depth]));
  for (const [a, b] of forms.flatMap((a) => forms.map((b) => [a, b]))) {
    for (const changed of [0, 1]) {
      const [x, y] = [image(a, 0), image(b, changed)];
      const found = await compareImages(x, y, noBounds, false);
      assert("detail" in found);
      assertEquals([found.detail.changed, found.detail.largest], [changed, changed], `${a}, ${b}`);
    }
  }
});

Deno.test("a PNG that inflates beyond its declared size is refused early", async () => {
  const chunk = (type: string, data: Uint8Array) => {
    const bytes = new Uint8Array(12 + data.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, data.length);
    bytes.set(new TextEncoder().encode(type), 4);
    bytes.set(data, 8);
    view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
    return bytes;
  };
  const header = Uint8Array.of(0, 0, 0, 10, 0, 0, 0, 10, 8, 6, 0, 0, 0);
  const bomb = Buffer.concat([
    Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(new Uint8Array(100e6))),
    chunk("IEND", new Uint8Array()),
  ]);
  // In a process of its own, as other test files may run in this one.
  await using place = await workspace();
  const [image, script] = ["bomb.png", "compare.ts"].map((name) => join(place.path, name));
  await Deno.writeFile(image, bomb);
  await Deno.writeTextFile(
    script,
    `import { compareImages } from "${import.meta.resolve("../../../pipeline/diff/images.ts")}";
    const bomb = Deno.readFileSync(Deno.args[0]);
    const before = Deno.memoryUsage().rss;
    const tolerance = { absolute: 0, relative: 0 };
    await compareImages(bomb, bomb, tolerance, false).catch((error) => console.log(error.message));
    console.log(Deno.memoryUsage().rss - before);`,
  );
  const { out, err } = await deno(["run", "--frozen", ...permissions, script, image]);
  const [refused, taken] = out.trim().split("\n");
  assertStringIncludes(refused, "larger than", err);
  assert(Number(taken) < 50e6, `${taken} bytes`);
});

Deno.test("a byte comparison reports the count, the first difference and its bits", () => {
  const of = (...bytes: number[]) => contentInMemory(Uint8Array.from(bytes));
  assertEquals(compareBytes(of(1, 2, 3), of(1, 6, 2)), {
    kind: "bytes",
    differing: 2,
    first: { offset: 1, a: 2, b: 6, bits: 1 },
  });
  assertEquals(compareBytes(of(1, 2, 3), of(1)).first, null);
});

Deno.test("the bounds are those of the schema: absolute + relative times the larger of the two", () => {
  assert(isWithin(100, 109, { absolute: 0, relative: 0.1 }));
  assert(isWithin(109, 100, { absolute: 0, relative: 0.1 }));
  assert(!isWithin(100, 112, { absolute: 0, relative: 0.1 }));
  assert(fits("train/*", "train/mlp") && !fits("train/*", "init/train/mlp") && !fits("a.b", "axb"));
});
