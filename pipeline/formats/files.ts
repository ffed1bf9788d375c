/**
 * A directory as one artifact: its files' bytes by their paths, kept as safetensors with one array of
 * bytes for each file, so that other tools read it and `diff` names the files that differ.
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

/** What the artifact has before the bytes of its files, which follow in the order given: by path. */
export const filesHead = (sizes: readonly { path: string; size: number }[]): Uint8Array =>
  safetensorsHead(
    sizes.map(({ path, size }) => ({ name: path, dtype: "uint8", shape: [size] })),
  );
