/**
 * Finds the first divergence of a job that works in steps: the step, the tensor, and the distance after
 * each step. Reads the checkpoints in the store, or tensors of an output whose names are counted, as
 * `epoch-3.weight` is.
 */
import type { ArrayComparison, Divergence } from "../../schemas/run/comparison.ts";
import { floatTexts } from "../../schemas/run/float_text.ts";
import type { ManifestJob } from "../../schemas/run/manifest.ts";
import {
  arrayInMemory,
  npyArray,
  plainArray,
  safetensorsArrays,
  type StoredArrays,
} from "../formats/stored_array.ts";
import { FormatError } from "../formats/artifact_type.ts";
import { type Content, wholeOf } from "../store/content_pieces.ts";
import { parseLines, stepsIn } from "../engine/key.ts";
import { noBounds } from "./tolerance_bounds.ts";
import { furthest } from "./furthest.ts";
import { compareTensors } from "./arrays.ts";

/** Cap on the steps that are compared; a manifest may claim any number. */
const most = 10_000;

/** The parameter that says how many steps a job takes, and their number. */
export function stepsOf({ lines }: ManifestJob): { unit: string; count: number } | undefined {
  const steps = stepsIn(parseLines(lines));
  if (steps === undefined) return undefined;
  const { parameter, count } = steps;
  const unit = parameter.replace(/s$/, "");
  return Number.isInteger(count) && count >= 0 ? { unit, count: Math.min(count, most) } : undefined;
}

type Read = (step: number) => Content | undefined;

/** Steps counted from 1, as checkpoints are. Undefined where the store does not have both sides'. */
export function divergenceByCheckpoints(
  job: string,
  { unit, count }: { unit: string; count: number },
  a: Read,
  b: Read,
): Divergence | undefined {
  const rows: Compared[] = [];
  for (let step = 1; step <= count; step++) {
    const [x, y] = [a(step), b(step)];
    if (x === undefined || y === undefined) return undefined;
    rows.push({ step, arrays: compareTensors(stateOf(x), stateOf(y), () => noBounds) });
  }
  return count === 0 ? undefined : { job, from: "checkpoints", unit, ...divergence(rows) };
}

/** The same from tensors with counted names, such as `epoch-3.weight`; undefined if there are none. */
export function divergenceByTensors(
  job: string,
  a: StoredArrays,
  b: StoredArrays,
): Divergence | undefined {
  const unit = Object.keys(a).map((name) => counted.exec(name)?.[1]).find((one) =>
    one !== undefined
  );
  if (unit === undefined) return undefined;
  const [x, y] = [byStep(a, unit), byStep(b, unit)];
  const both = [...x.keys()].filter((step) => y.has(step)).sort((one, other) => one - other);
  if (both.length === 0) return undefined;
  const rows = both.map((step) => ({
    step,
    arrays: compareTensors(x.get(step)!, y.get(step)!, () => noBounds),
  }));
  return { job, from: "tensors", unit, ...divergence(rows) };
}

interface Compared {
  step: number;
  arrays: ArrayComparison[];
}

const differs = ({ agreement }: ArrayComparison) =>
  agreement !== "identical" && agreement !== "equal";

/** NaN or infinity beside a number is an infinite distance, however near the other values are. */
const distanceOf = ({ name, absolute, ulp, infinite }: ArrayComparison) => ({
  tensor: name,
  absolute: infinite === null ? absolute?.value ?? null : null,
  ulp: infinite === null ? ulp?.value ?? null : null,
});

/** Elements that differ: all of an array that has no counterpart of its shape, also of an empty one. */
const differing = (array: ArrayComparison): number =>
  array.problem === null ? array.differing : Math.max(1, array.elements);

function divergence(rows: readonly Compared[]): Pick<Divergence, "first" | "rows"> {
  const first = rows.find(({ arrays }) => arrays.some(differs));
  const total = (arrays: readonly ArrayComparison[]) =>
    arrays.reduce((sum, { elements }) => sum + elements, 0);
  return {
    first: first === undefined
      ? null
      : { step: first.step, ...distanceOf(first.arrays.find(differs)!) },
    rows: rows.map(({ step, arrays }) => {
      const far = furthest(arrays.filter(differs));
      const different = arrays.reduce((sum, one) => sum + differing(one), 0);
      return {
        step,
        ...(far === undefined ? { tensor: "", absolute: 0, ulp: 0 } : distanceOf(far)),
        share: Math.min(1, different / Math.max(1, total(arrays))),
      };
    }),
  };
}

/** A unit, its number and the tensor's own name. */
const counted = /^([a-z]+)-(\d{1,9})\.(.+)$/;

function byStep(tensors: StoredArrays, unit: string): Map<number, StoredArrays> {
  const steps = new Map<number, StoredArrays>();
  for (const [name, tensor] of Object.entries(tensors)) {
    const [, word, number, own] = counted.exec(name) ?? [];
    if (word !== unit) continue;
    const step = Number(number);
    steps.set(step, { ...steps.get(step), [own]: tensor });
  }
  return steps;
}

/** Caps a state in JSON, in bytes. */
const largestParsed = 32 << 20;

/** The arrays in a state, whose form its bytes tell; of JSON all its numbers in one array. */
function stateOf(content: Content): StoredArrays {
  for (const read of [(state: Content) => ({ "": npyArray(state) }), safetensorsArrays]) {
    try {
      return read(content);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
  if (content.size > largestParsed) return { "": plainArray(content, "uint8") };
  try {
    const data = Float64Array.from(
      numbersIn(JSON.parse(new TextDecoder().decode(wholeOf(content)))),
    );
    return { "": arrayInMemory({ dtype: "float64", shape: [data.length], data }) };
  } catch {
    return { "": plainArray(content, "uint8") };
  }
}

function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (floatTexts.some((text) => text === value)) return [Number(value)];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}
