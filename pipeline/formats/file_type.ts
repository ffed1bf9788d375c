/** Chooses the type of a file of which only the path is known: its bytes, with the media type of its extension. */
import { posix } from "node:path";
import type { ArtifactType } from "./artifact_type.ts";
import { bytes } from "./bytes.ts";

/** Media types by extension, as far as `diff` and the report make use of them. */
const mediaTypes: Readonly<Record<string, string>> = {
  ".cfg": "text/plain",
  ".csv": "text/csv",
  ".idx": "application/x-idx",
  ".ini": "text/plain",
  ".ipynb": "application/json",
  ".jl": "text/plain",
  ".json": "application/json",
  ".md": "text/markdown",
  ".npy": "application/x-npy",
  ".png": "image/png",
  ".py": "text/x-python",
  ".r": "text/plain",
  ".safetensors": "application/vnd.safetensors",
  ".sh": "text/plain",
  ".svg": "image/svg+xml",
  ".toml": "text/plain",
  ".tsv": "text/tab-separated-values",
  ".txt": "text/plain",
  ".yaml": "text/plain",
  ".yml": "text/plain",
};

/** The bytes of a file. The extension decides how `diff` and the report show them. */
export function fileType(path: string): ArtifactType<"file", Uint8Array> {
  const [extension = ""] = /\.[A-Za-z0-9]+$/.exec(posix.basename(path)) ?? [];
  const mediaType = mediaTypes[extension.toLowerCase()] ?? "application/octet-stream";
  return bytes("file", { mediaType, extension });
}
