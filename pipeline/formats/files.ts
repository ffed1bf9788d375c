/**
 * Holds a directory as one artifact: safetensors with one array of bytes for each file, by its path. So other
 * tools can read it, and `diff` names the files that differ.
 */
import {
  decodeSafetensors,
  encodeSafetensors,
  safetensorsHead,
  type Tensors,
} from "./safetensors.ts";
import { type ArtifactType, FormatError, toleranceOf } from "./artifact_type.ts";

/** Path within the directory, with "/" between its parts → the file's bytes. */
export type Files = Record<string, Uint8Array>;

/**
 * The type of an input that takes a directory: `inputs: { pages: files }`.
 *
 * @example
 * ```ts
 * import { defineStage, files, metrics } from "fanin";
 *
 * export const count = defineStage({
 *   name: "count",
 *   module: import.meta.url,
 *   about: "adds up the sizes of files",
 *   inputs: { pages: files },
 *   outputs: { metrics },
 *   run: ({ inputs: { pages } }) => ({
 *     metrics: { bytes: Object.values(pages).reduce((sum, { length }) => sum + length, 0) },
 *   }),
 * });
 * ```
 */
export const files: ArtifactType<"directory", Files> = {
  kind: "directory",
  mediaType: "application/vnd.safetensors",
  extension: ".safetensors",
  tolerance: toleranceOf({}),
  encode: (value) =>
    encodeSafetensors(
      Object.fromEntries(
        Object.entries(value).map(([path, data]): [string, Tensors[string]] => [
          path,
          { dtype: "uint8", shape: [data.length], data },
        ]),
      ),
    ),
  decode: (value) =>
    Object.fromEntries(
      Object.entries(decodeSafetensors(value)).map(([path, { dtype, data }]) => {
        if (dtype === "uint8") return [path, data as Uint8Array];
        throw new FormatError(`directory: expected uint8 in ${path}, found ${dtype}`);
      }),
    ),
};

/** The head of the artifact. The bytes of its files follow in the order given: by path. */
export const filesHead = (sizes: readonly { path: string; size: number }[]): Uint8Array =>
  safetensorsHead(
    sizes.map(({ path, size }) => ({ name: path, dtype: "uint8", shape: [size] })),
  );
