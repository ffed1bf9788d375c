/**
 * Makes jobs of own data: files and directories of the repository that other jobs take as inputs. Such a job
 * has no stage code, the path as its name, and the bytes as its one output. So the store, `diff`, a
 * manifest and a report see an artifact like any other. `read_data.ts` reads the data.
 */
import { posix, win32 } from "node:path";
import { z } from "zod";
import { longestName } from "../../../schemas/run/experiment.ts";
import { Failed } from "../failed.ts";
import { fileType } from "../../formats/file_type.ts";
import { files } from "../../formats/files.ts";
import type { AnyArtifactType } from "../../formats/artifact_type.ts";
import { sha256Of } from "../../store/sha256.ts";
import type { AnyStage } from "../stage.ts";

/** A file or directory of the repository. */
export interface OwnData {
  /** A file's bytes are the artifact; a directory's files are in one. */
  readonly kind: "file" | "directory";
  /** Relative to the directory of `deno.json`, with "/" between its parts, without "." and "..". */
  readonly path: string;
}

/** The name of the one output that own data has. */
export const contentOutput = "content";

/** Own data at a path. Throws a `Failed` for a path that leads out of the repository. */
export function ownData(kind: OwnData["kind"], path: string): OwnData {
  const normal = posix.normalize(path).replace(/\/$/, "");
  // Windows' notion of an absolute path includes that of the others.
  const isOutside = win32.isAbsolute(path) || /^\.{0,2}$|^\.\.\//.test(normal);
  if (isOutside || path.includes("\0") || !path.isWellFormed()) {
    throw new Failed({ reason: "data-outside", path });
  }
  return { kind, path: normal };
}

/** The name of the job that own data are: their path, made so that it can be the name of a job. */
export const jobNameOf = ({ path }: OwnData): string => path.split("/").map(fitPart).join("/");

/** "_" for what a name cannot have; of a part that is too long its beginning, and a hash of it all. */
function fitPart(part: string): string {
  const fit = part.replace(/[^\p{L}\p{M}\p{N}_ .-]/gu, "_").replace(/^[^\p{L}\p{N}_]/u, "_");
  if (fit.length <= longestName) return fit;
  const hash = sha256Of(part).slice(0, 12);
  return `${fit.slice(0, longestName - 1 - hash.length).replace(/[\uD800-\uDBFF]$/, "")}-${hash}`;
}

/** A file's form goes by its extension; the types of the inputs that it is wired to say nothing of it. */
export const typeOf = ({ kind, path }: OwnData): AnyArtifactType =>
  kind === "directory" ? files : fileType(path);

/** Stands in for the stage of own data. It has no code: the main process reads the data itself. */
export const stageOf = (data: OwnData): AnyStage => ({
  name: data.kind,
  module: "",
  about: `a ${data.kind} of the repository`,
  parameters: z.strictObject({}),
  inputs: {},
  outputs: { [contentOutput]: typeOf(data) },
  run() {
    throw new Error(`the ${data.kind} ${data.path} is read, not run`);
  },
});
