/** Records a dependency of a cached output: a path, an environment variable or a program, with its state. */
import {
  printedVersion,
  type VersionCommand,
  versionProgram,
} from "../../engine/program/declared_environment.ts";
import { checksumOfVariable, namesIn, presenceOf } from "./look_state.ts";

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

/** The output of a version command; empty where the program fails: no output of one that does is cached. */
function versionNow(asked: VersionCommand): string {
  const { success, stdout } = versionProgram(asked).outputSync();
  return success ? printedVersion(stdout) : "";
}
