/**
 * Compares one output of two runs: reads its bytes on either side and compares them by their media type.
 */
import type { ArrayComparison, OutputComparison } from "../../schemas/run/comparison.ts";
import type { ManifestOutput } from "../../schemas/run/manifest.ts";
import type { Tolerance } from "../../schemas/run/tolerance.ts";
import { decodeNpy, dtypeOfNpy } from "../formats/npy.ts";
import { decodeSafetensors, type Tensors } from "../formats/safetensors.ts";
import { type DType, elementsFrom } from "../formats/tensor.ts";
import { FormatError } from "../formats/artifact_type.ts";
import type { Inspected } from "../runs/run_source.ts";
import { compareArrays, equalBytes } from "./arrays.ts";
import { boundsOf } from "./tolerance_bounds.ts";
import { compareBytes } from "./byte_difference.ts";
import { compareImages } from "./images.ts";
import { agreementOfParts, byInterest } from "./agreement.ts";
import { compareText } from "./text_difference.ts";
import { compareValues } from "./json_difference.ts";

/** An output as one run declares it, and how to come by its bytes. */
interface OutputSide {
  declared: ManifestOutput;
  inspect(): Inspected;
}

export type Compared = Pick<OutputComparison, "agreement" | "a" | "b" | "note" | "detail">;

const sideOf = (
  { declared: { sha256, size } }: OutputSide,
  state: Inspected["state"] | "not-read",
) => ({ sha256, size, state });

/**
 * Compares an output. If the manifests name the same hash, its bytes are read only with `rehash`; a side
 * whose bytes do not have that hash is then named.
 */
export async function compareOutput(
  a: OutputSide,
  b: OutputSide,
  tolerance: Tolerance,
  { rehash, pictures }: { rehash: boolean; pictures: boolean },
): Promise<Compared> {
  const same = a.declared.sha256 === b.declared.sha256;
  if (same && !rehash) {
    const [sideA, sideB] = [sideOf(a, "not-read"), sideOf(b, "not-read")];
    return { agreement: "identical", a: sideA, b: sideB, note: null, detail: null };
  }
  const [x, y] = [a.inspect(), b.inspect()];
  const sides = { a: sideOf(a, x.state), b: sideOf(b, y.state) };
  const damaged = [
    ...(x.state === "damaged" ? ["A"] : []),
    ...(y.state === "damaged" ? ["B"] : []),
  ];
  const damage = damaged.length === 0
    ? null
    : `its bytes in ${damaged.join(" and in ")} are not those that the manifest names`;
  if (x.state === "absent" || y.state === "absent") {
    if (same && damage === null) {
      return { ...sides, agreement: "identical", note: null, detail: null };
    }
    const absent = x.state === "absent" ? y.state === "absent" ? "either run" : "A" : "B";
    const note = damage ?? `other bytes by their hashes; those of ${absent} are not available`;
    return { ...sides, agreement: damage === null ? "unknown" : "different", note, detail: null };
  }
  if (equalBytes(x.bytes, y.bytes) && damage === null) {
    return { ...sides, agreement: "identical", note: null, detail: null };
  }
  if (damage !== null) {
    // Damaged bytes are no result of the run, however close they are.
    return {
      ...sides,
      agreement: "different",
      note: damage,
      detail: compareBytes(x.bytes, y.bytes),
    };
  }
  const { mediaType } = b.declared;
  return { ...sides, ...await compareContent(x.bytes, y.bytes, mediaType, tolerance, pictures) };
}

async function compareContent(
  a: Uint8Array,
  b: Uint8Array,
  mediaType: string,
  tolerance: Tolerance,
  pictures: boolean,
): Promise<Pick<Compared, "agreement" | "note" | "detail">> {
  const boundsAt = boundsOf(tolerance);
  const whole = boundsAt("");
  try {
    const arrays = readArrays(a, mediaType);
    if (arrays !== undefined) {
      const detail = compareTensors(arrays, readArrays(b, mediaType)!, boundsAt);
      const agreement = agreementOfParts(detail.map((one) => one.agreement));
      return { agreement, note: null, detail: { kind: "arrays", arrays: detail } };
    }
    if (/^application\/(.*\+)?json\b/.test(mediaType)) {
      return { ...compareValues(parseJson(a), parseJson(b), boundsAt), note: null };
    }
    if (mediaType === "image/png") {
      const images = await compareImages(a, b, whole, pictures);
      if ("problem" in images) {
        return { agreement: "different", note: images.problem, detail: null };
      }
      return { ...images, note: null };
    }
    if (/^text\/|\bsvg\b|\bxml\b/.test(mediaType)) {
      return { ...compareText(textOf(a), textOf(b), whole), note: null };
    }
  } catch (error) {
    const [reason] = (error as Error).message.split("\n");
    const note = `not as its media type ${mediaType} says: ${reason}`;
    return { agreement: "different", note, detail: compareBytes(a, b) };
  }
  return { agreement: "different", note: null, detail: compareBytes(a, b) };
}

export function compareTensors(
  a: Tensors,
  b: Tensors,
  boundsAt: (pointer: string) => { absolute: number; relative: number },
): ArrayComparison[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names.map((name) => {
    const own = (tensors: Tensors) => Object.hasOwn(tensors, name) ? tensors[name] : undefined;
    return compareArrays(name, own(a), own(b), boundsAt(name === "" ? "" : `/${name}`));
  });
}

/** The arrays in a file by their names, one without a name as ""; undefined of other media types. */
export function readArrays(bytes: Uint8Array, mediaType: string): Tensors | undefined {
  const [type, ...parameters] = mediaType.split(/; */);
  if (type === "application/vnd.safetensors") return decodeSafetensors(bytes);
  if (type === "application/x-npy") return { "": decodeNpy(bytes, dtypeOfNpy(bytes)) };
  // Plain numbers of a type that the media type tells.
  const dtype = /^dtype=(float32|float64)$/.exec(parameters[0] ?? "")?.[1] as DType | undefined;
  if (dtype === undefined) return undefined;
  const size = dtype === "float64" ? 8 : 4;
  if (bytes.length % size !== 0) {
    throw new FormatError(`expected a multiple of ${size} bytes, found ${bytes.length}`);
  }
  return { "": { dtype, shape: [bytes.length / size], data: elementsFrom(dtype, bytes) } };
}

const textOf = (bytes: Uint8Array): string =>
  new TextDecoder("utf-8", { fatal: true }).decode(bytes);

const parseJson = (bytes: Uint8Array): unknown => JSON.parse(textOf(bytes));

/** The tensor to name: the worst by agreement, then by distance. */
export const furthest = (arrays: readonly ArrayComparison[]): ArrayComparison | undefined =>
  arrays.reduce<ArrayComparison | undefined>((worst, one) => {
    if (worst === undefined) return one;
    const interest = byInterest(one.agreement, worst.agreement);
    if (interest !== 0) return interest < 0 ? one : worst;
    const far = ({ absolute }: ArrayComparison) =>
      absolute === null ? -1 : absolute.value ?? Infinity;
    return far(one) > far(worst) ? one : worst;
  }, undefined);
