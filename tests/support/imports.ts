/** Finds what a module imports and names, by its text. */
import { posix } from "node:path";

export interface Import {
  /** Path from the root, with "/". */
  target: string;
  /** An import at once, of types alone, or later; or a file or folder that `new URL` names. */
  kind: "static" | "type" | "later" | "named";
  /** Imported names, and what they are called here; absent for a whole module. */
  names?: { from: string; as: string }[];
}

const whole = /^(?:import|export)\s+(type\s)?([^;"]*?from\s+)?"(\.[^"]+)"/gm;
const later = /(?:import|resolve)\(\s*"(\.[^"]+)"/g;
const named = /new URL\(\s*["`](\.[^"`$]+)/g;

/** Imports of files beside or above. */
export function importsOf(path: string, text: string): Import[] {
  const at = (specifier: string) => posix.join(posix.dirname(path), specifier);
  return [
    ...[...text.matchAll(whole)].map(([, type, what, specifier]): Import => ({
      target: at(specifier),
      kind: type === undefined ? "static" : "type",
      names: namesIn(what ?? ""),
    })),
    ...[...text.matchAll(later)].map(([, specifier]): Import => ({
      target: at(specifier),
      kind: "later",
    })),
    ...[...text.matchAll(named)].map(([, specifier]): Import => ({
      target: at(specifier),
      kind: "named",
    })).filter(({ target }) => !path.startsWith(target.replace(/\/*$/, "/")) && target !== "./"),
  ];
}

/** Names in the braces of an import. */
function namesIn(what: string): Import["names"] {
  const [, list] = /^\s*\{([^}]*)\}/.exec(what) ?? [];
  return list?.split(",").map((one) => one.trim().replace(/^type /, "")).filter((one) => one !== "")
    .map((one) => {
      const [from, as = from] = one.split(" as ");
      return { from, as };
    });
}
