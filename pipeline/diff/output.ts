/**
 * Compares one output of two runs: reads its bytes on either side and compares them by their media type.
 */
import type { OutputComparison } from "../../schemas/run/comparison.ts";
import type { ManifestOutput } from "../../schemas/run/manifest.ts";
import type { Tolerance } from "../../schemas/run/tolerance.ts";
import { idxArray } from "../formats/idx.ts";
import {
  type ElementType,
  npyArray,
  plainArray,
  safetensorsArrays,
  type StoredArrays,
} from "../formats/stored_array.ts";
import type { Inspected } from "../runs/run_source.ts";
import { type Content, wholeOf } from "../store/content_pieces.ts";
import { bytes, listed } from "../terminal/numbers.ts";
import { compareTensors } from "./arrays.ts";
import { boundsOf } from "./tolerance_bounds.ts";
import { compareBytes } from "./byte_difference.ts";
import { compareImages } from "./images.ts";
import { agreementOfParts } from "./agreement.ts";
import { compareText } from "./text_difference.ts";
import { compareValues } from "./json_difference.ts";
import { parseExactJson } from "./exact_integers.ts";

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
  const of = (state: Inspected["state"]) =>
    [["A", x], ["B", y]].flatMap(([side, one]) => (one as Inspected).state === state ? [side] : []);
  const damaged = of("damaged");
  const damage = damaged.length === 0
    ? null
    : `its bytes in ${damaged.join(" and in ")} are not those that the manifest names`;
  if (x.state === "absent" || y.state === "absent") {
    if (same && damage === null) {
      return { ...sides, agreement: "identical", note: null, detail: null };
    }
    const absent = listed(of("absent") as string[]);
    const note = damage ?? `other bytes by their hashes; those of ${absent} are not available`;
    return { ...sides, agreement: damage === null ? "unknown" : "different", note, detail: null };
  }
  if (same && damage === null) {
    return { ...sides, agreement: "identical", note: null, detail: null };
  }
  if (damage !== null) {
    // Damaged bytes are no result of the run, however close they are.
    return {
      ...sides,
      agreement: "different",
      note: damage,
      detail: compareBytes(x.content, y.content),
    };
  }
  const mediaTypes = { a: a.declared.mediaType, b: b.declared.mediaType };
  return {
    ...sides,
    ...await compareContent(x.content, y.content, mediaTypes, tolerance, pictures),
  };
}

/** Caps files that are parsed whole, in bytes; larger ones are compared byte by byte. */
const largestParsed = 32 << 20;

/** Compares arrays of any two formats that hold them; anything else as B's media type says. */
async function compareContent(
  a: Content,
  b: Content,
  mediaTypes: { a: string; b: string },
  tolerance: Tolerance,
  pictures: boolean,
): Promise<Pick<Compared, "agreement" | "note" | "detail">> {
  const boundsAt = boundsOf(tolerance);
  const whole = boundsAt("");
  const byBytes = (note: string | null): Pick<Compared, "agreement" | "note" | "detail"> => ({
    agreement: "different",
    note,
    detail: compareBytes(a, b),
  });
  const problems: string[] = [];
  const mediaType = mediaTypes.b;
  /** Reads either side; where one is not as the media type says, the problem is kept. */
  const both = <T>(
    read: (content: Content, mediaType: string) => T,
    typeOfA = mediaType,
  ): [T, T] | undefined => {
    const sides = [["A", a, typeOfA], ["B", b, mediaType]] as const;
    const values = sides.flatMap(([side, content, mediaType]): T[] => {
      try {
        return [read(content, mediaType)];
      } catch (error) {
        problems.push(`${side} cannot be read as ${mediaType}: ${firstLine(error)}`);
        return [];
      }
    });
    return problems.length === 0 ? values as [T, T] : undefined;
  };
  const unreadable = () => byBytes(problems.join("; "));

  if (arraysOf(mediaType) !== undefined) {
    const typeOfA = arraysOf(mediaTypes.a) === undefined ? mediaType : mediaTypes.a;
    const arrays = both((content, mediaType) => readArrays(content, mediaType)!, typeOfA);
    if (arrays === undefined) return unreadable();
    const detail = compareTensors(...arrays, boundsAt);
    const agreement = agreementOfParts(detail.map((one) => one.agreement));
    return { agreement, note: null, detail: { kind: "arrays", arrays: detail } };
  }
  const isJson = /^application\/(.*\+)?json\b/.test(mediaType);
  const isText = /^text\/|\bsvg\b|\bxml\b/.test(mediaType);
  const isPicture = mediaType === "image/png";
  if (!isJson && !isText && !isPicture) return byBytes(null);
  if (Math.max(a.size, b.size) > largestParsed) {
    return byBytes(`compared byte by byte, because it has more than ${bytes(largestParsed)}`);
  }
  if (isJson) {
    const values = both((content) => parseExactJson(textOf(content)));
    return values === undefined
      ? unreadable()
      : { ...compareValues(...values, boundsAt), note: null };
  }
  if (isText) {
    const texts = both(textOf);
    return texts === undefined ? unreadable() : { ...compareText(...texts, whole), note: null };
  }
  try {
    const images = await compareImages(wholeOf(a), wholeOf(b), whole, pictures);
    if ("problem" in images) return { agreement: "different", note: images.problem, detail: null };
    return { ...images, note: null };
  } catch (error) {
    return byBytes(`not as its media type ${mediaType} says: ${firstLine(error)}`);
  }
}

const firstLine = (error: unknown): string => (error as Error).message.split("\n")[0];

const plainElements = /^[^;]+; *dtype=(float32|float64)$/;

type ReadArrays = (content: Content) => StoredArrays;

/** Media type → how its arrays are found. */
const readers: ReadonlyMap<string, ReadArrays> = new Map<string, ReadArrays>([
  ["application/vnd.safetensors", safetensorsArrays],
  ["application/x-npy", (content) => ({ "": npyArray(content) })],
  ["application/x-idx", (content) => ({ "": idxArray(content) })],
]);

function arraysOf(mediaType: string): ReadArrays | undefined {
  const reader = readers.get(mediaType.split(";")[0].trim());
  const dtype = plainElements.exec(mediaType)?.[1] as ElementType | undefined;
  return reader ?? (dtype && ((content) => ({ "": plainArray(content, dtype) })));
}

/** The arrays in a file by their names, one without a name as ""; undefined of other media types. */
export const readArrays = (content: Content, mediaType: string): StoredArrays | undefined =>
  arraysOf(mediaType)?.(content);

const textOf = (content: Content): string =>
  new TextDecoder("utf-8", { fatal: true }).decode(wholeOf(content));
