/**
 * Reads and writes named tensors as `.safetensors` (https://huggingface.co/docs/safetensors): eight bytes with the
 * header's length, the header in JSON, then the data without holes. Names are written in sorted
 * order, so that the same tensors give the same bytes.
 */
import { z } from "zod";
import { isPlain, parseJson } from "./json.ts";
import type { ArtifactType, Declared } from "./artifact_type.ts";
import { checked, FormatError, toleranceOf } from "./artifact_type.ts";
import type { DType, Tensor } from "./tensor.ts";
import { bytesPerElement, checkTensor, dataBytes, elements, elementsFrom } from "./tensor.ts";

/** Tensors by their names. */
export type Tensors = Record<string, Tensor>;

const dtypeNames = {
  float64: "F64",
  float32: "F32",
  int32: "I32",
  uint32: "U32",
  uint8: "U8",
} as const;
const dtypes = Object.fromEntries(
  Object.entries(dtypeNames).map(([dtype, name]) => [name, dtype as DType]),
) as Record<string, DType>;

const Header = z.record(
  z.string(),
  z.strictObject({
    dtype: z.enum(Object.values(dtypeNames)),
    shape: z.array(z.int().nonnegative()).max(8),
    data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
  }),
);

/** A name that a JavaScript object cannot hold as data. */
const impossible = "__proto__";

/** Tells whether a tensor can have a name: one is impossible, and one is that of the header's metadata. */
export const isTensorName = (name: string): boolean =>
  name !== impossible && name !== "__metadata__";

/** A header longer than this is refused, as the reference implementation does. */
const longestHeader = 100_000_000;

/** Texts by name that say more of a file's tensors; readers of the tensors pass over them. */
type Metadata = Readonly<Record<string, string>>;

/** The file's bytes. */
export function encodeSafetensors(tensors: Tensors, metadata?: Metadata): Uint8Array {
  const named = Object.entries(tensors).sort(([a], [b]) => a < b ? -1 : 1);
  for (const [name, tensor] of named) checkTensor(`safetensors, the tensor ${name}`, tensor);
  const head = safetensorsHead(
    named.map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    metadata,
  );
  const parts = [head, ...named.map(([, tensor]) => dataBytes(tensor))];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/**
 * The head of a file: the header's length, and the header, padded with spaces so that the
 * data start at a multiple of 8. The data follow in the order given, which is that of the names.
 */
export function safetensorsHead(
  tensors: readonly { name: string; dtype: DType; shape: readonly number[] }[],
  metadata?: Metadata,
): Uint8Array {
  let offset = 0;
  const entries = tensors.map(({ name, dtype, shape }) => {
    if (!isTensorName(name)) {
      throw new FormatError(`safetensors: no tensor can be named ${name}`);
    }
    const begin = offset;
    offset += elements(shape) * bytesPerElement[dtype];
    return [name, { dtype: dtypeNames[dtype], shape, data_offsets: [begin, offset] }];
  });
  const all = { ...(metadata && { __metadata__: metadata }), ...Object.fromEntries(entries) };
  const header = new TextEncoder().encode(JSON.stringify(all));
  const length = Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(header, 8);
  return bytes;
}

/**
 * Reads all tensors. The data must be covered exactly, without holes or overlaps. Takes the header as
 * text and as values, and of the data what does not lie at a multiple of its elements' size, once.
 * Throws a `FormatError`.
 */
export function decodeSafetensors(bytes: Uint8Array): Tensors {
  if (bytes.length < 8) {
    throw new FormatError(`safetensors: expected 8 bytes or more, found ${bytes.length}`);
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > longestHeader || 8 + length > bytes.length) {
    throw new FormatError(`safetensors: expected a header within the file, found length ${length}`);
  }
  let parsed: unknown;
  try {
    parsed = parseJson(
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length)),
    );
  } catch (cause) {
    throw new FormatError("safetensors: expected a header in JSON", { cause });
  }
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) {
    if (Object.hasOwn(parsed, impossible)) {
      throw new FormatError(`safetensors: no tensor can be named ${impossible}`);
    }
    const { __metadata__: metadata, ...rest } = parsed as Record<string, unknown>;
    if (metadata !== undefined) {
      checked("safetensors metadata", z.record(z.string(), z.string()), metadata);
    }
    parsed = rest;
  }
  const header = checked("safetensors header", Header, parsed);
  const data = bytes.subarray(8 + length);
  const tensors: Tensors = {};
  let end = 0;
  // Empty tensors begin where their neighbour does, and end there too.
  const inOrder = Object.entries(header).sort(([, { data_offsets: a }], [, { data_offsets: b }]) =>
    a[0] - b[0] || a[1] - b[1]
  );
  for (const [name, { dtype: dtypeName, shape, data_offsets }] of inOrder) {
    const dtype = dtypes[dtypeName];
    const [begin, stop] = data_offsets;
    if (
      begin !== end || stop - begin !== elements(shape) * bytesPerElement[dtype] ||
      stop > data.length
    ) {
      throw new FormatError(
        `safetensors: expected ${name} at byte ${end} with ${
          elements(shape)
        } elements of ${dtypeName}, ` +
          `found bytes ${begin} to ${stop} of ${data.length}`,
      );
    }
    end = stop;
    tensors[name] = { dtype, shape, data: elementsFrom(dtype, data.subarray(begin, stop)) };
  }
  if (end !== data.length) {
    throw new FormatError(`safetensors: expected data to end at byte ${end}, found ${data.length}`);
  }
  return tensors;
}

/** Options of an artifact of tensors. */
export interface DeclaredTensors extends Declared {
  /**
   * Element type → what the axes of its tensors are. A file with tensors of that type has the text in its
   * `__metadata__`, under the name `layout`.
   */
  layout?: Readonly<Partial<Record<DType, string>>>;
}

/**
 * An artifact held as named tensors, each of an element type that `dtypes` allows.
 *
 * @example
 * ```ts
 * import { safetensors } from "fanin";
 * import { assertEquals } from "@std/assert";
 *
 * const weights = safetensors("weights", "float32");
 * const bias = { dtype: "float32" as const, shape: [2], data: new Float32Array([0.5, -0.5]) };
 * assertEquals(weights.decode(weights.encode({ bias })), { bias });
 * ```
 */
export function safetensors<const Kind extends string>(
  kind: Kind,
  dtypes: DType | readonly DType[],
  declared: DeclaredTensors = {},
): ArtifactType<Kind, Tensors> {
  const allowed = [dtypes].flat();
  const metadataOf = (tensors: Tensors): Metadata | undefined => {
    const present = new Set(Object.values(tensors).map(({ dtype }) => dtype));
    const texts = allowed.filter((dtype) => present.has(dtype))
      .flatMap((dtype) => declared.layout?.[dtype] ?? []);
    return texts.length === 0 ? undefined : { layout: [...new Set(texts)].join("; ") };
  };
  const check = (tensors: Tensors): Tensors => {
    if (!isPlain(tensors)) {
      throw new FormatError(`${kind}: expected an object with each tensor by its name`);
    }
    for (const [name, tensor] of Object.entries<Tensor>(tensors)) {
      checkTensor(`${kind}, the tensor ${name}`, tensor);
      if (!allowed.includes(tensor.dtype)) {
        throw new FormatError(
          `${kind}: expected ${allowed.join(" or ")} in ${name}, found ${tensor.dtype}`,
        );
      }
    }
    return tensors;
  };
  return {
    kind,
    mediaType: "application/vnd.safetensors",
    extension: ".safetensors",
    tolerance: toleranceOf(declared),
    encode: (tensors) => encodeSafetensors(check(tensors), metadataOf(tensors)),
    decode: (bytes) => check(decodeSafetensors(bytes)),
  };
}
