/**
 * Checks names of an archive's entries: each must mean the same file on every system, and lead nowhere
 * but into the directory that it is unpacked to.
 */
import { RunPath } from "../../schemas/run/manifest.ts";
import { escaped } from "../terminal/escape.ts";

/** Names that Windows opens as a device, whatever its directory and extension. */
const device = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])$/i;

/** Returns why a name cannot be an entry's, to complete "its entry … "; undefined if it can. */
export function nameProblem(name: string): string | undefined {
  if (!RunPath.safeParse(name).success) return "has no name that leads into the run";
  if (!name.isWellFormed()) return "has a name that is no text";
  if (escaped(name) !== name) return "has a name with characters that a terminal would act on";
  for (const part of name.split("/")) {
    if (new TextEncoder().encode(part).length > 255) return "has a part of more than 255 bytes";
    const [stem] = part.split(".");
    if (/[:*?"<>|]|[. ]$/.test(part) || device.test(stem.trimEnd())) {
      return "has a name that means something else on Windows";
    }
  }
}

/** Under which a system that folds case and Unicode forms finds a name. */
const folded = (name: string): string => name.normalize("NFC").toLowerCase().normalize("NFC");

/** Returns why the names cannot lie in one directory, to end a sentence; undefined if they can. */
export function namingProblem(names: readonly string[]): string | undefined {
  const files = new Map<string, string>();
  for (const name of names) {
    const problem = nameProblem(name);
    if (problem !== undefined) return `its entry ${JSON.stringify(name)} ${problem}`;
    const other = files.get(folded(name));
    if (other !== undefined) {
      return other === name
        ? `it has two entries ${JSON.stringify(name)}`
        : `its entries ${JSON.stringify(other)} and ${
          JSON.stringify(name)
        } are one file where case ` +
          `or Unicode form does not count`;
    }
    files.set(folded(name), name);
  }
  for (const [key, name] of files) {
    for (let at = key.lastIndexOf("/"); at > 0; at = key.lastIndexOf("/", at - 1)) {
      const directory = files.get(key.slice(0, at));
      if (directory !== undefined) {
        return `its entry ${JSON.stringify(directory)} is a file and, for ${
          JSON.stringify(name)
        }, a ` +
          `directory`;
      }
    }
  }
}
