/**
 * Records a dependency of a cached output: a path or an environment variable, with its state. Imports
 * nothing that takes time to load, because every run that has nothing to do checks hundreds of them.
 */
import {
  printedVersion,
  type VersionCommand,
  versionProgram,
} from "../../engine/program/declared_environment.ts";
import { checksumOf } from "../sealed.ts";

/**
 * - `content`: the SHA-256 of a file, empty where there is no file;
 * - `names`: a checksum of the names in a directory, empty where there is no directory;
 * - `presence`: `file`, `directory`, `other`, or empty where there is nothing;
 * - `variable`: a checksum of its value, empty where it is not set;
 * - `version`: what a version command prints; the command is the name, as JSON.
 */
export type Kind = "content" | "names" | "presence" | "variable" | "version";

export type Dependency = [kind: Kind, name: string, state: string];

/** The state of something now; `digest` gives the SHA-256 of a file, undefined where there is none. */
export function stateOf(
  kind: Kind,
  name: string,
  digest: (path: string) => string | undefined,
): string {
  switch (kind) {
    case "content":
      return digest(name) ?? "";
    case "names":
      return namesIn(name);
    case "presence":
      return presenceOf(name);
    case "variable":
      return checksumOfVariable(name);
    case "version":
      return versionNow(JSON.parse(name));
  }
}

function namesIn(path: string): string {
  try {
    return checksumOf([...Deno.readDirSync(path)].map(({ name }) => `${name}\n`).sort().join(""));
  } catch (error) {
    return isAbsence(error) ? "" : String(error);
  }
}

function presenceOf(path: string): string {
  try {
    const { isFile, isDirectory } = Deno.statSync(path);
    return isFile ? "file" : isDirectory ? "directory" : "other";
  } catch (error) {
    return isAbsence(error) ? "" : String(error);
  }
}

const isAbsence = (error: unknown): boolean =>
  error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;

/** Empty where the program fails: no output of one that does is cached. */
function versionNow(asked: VersionCommand): string {
  const { success, stdout } = versionProgram(asked).outputSync();
  return success ? printedVersion(stdout) : "";
}

/** Not the value itself: it may be a secret. */
function checksumOfVariable(name: string): string {
  const value = Deno.env.get(name);
  return value === undefined ? "" : `${value.length} ${checksumOf(value)}`;
}
