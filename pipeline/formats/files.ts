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

/** The type of an input that takes a directory: `inputs: { pages: files }`. */
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
