/**
 * Loads what runs in a page: its own script, from `client/`, and vega and Vega-Lite as their packages ship
 * them for browsers.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Project } from "../engine/project/project.ts";
import { cachesPath } from "../store/store_place.ts";
import { browserScript } from "./browser_bundle.ts";

export interface Scripts {
  /** The page's own, to run at once. */
  page: string;
  /** Defines `vega`, and for the report `vegaLite`. */
  library: string;
}

/** Directory of the sources. */
const sources = fileURLToPath(new URL("./client", import.meta.url));

/** A file of a package, by the module that the package names. */
const packageFile = (name: string, beside = ""): string =>
  Deno.readTextFileSync(new URL(beside, import.meta.resolve(name)));

/** A project, as far as the scripts of its pages depend on it. */
export type PageProject = Pick<Project, "root" | "artifacts">;

/** Reads or makes the scripts whose entry is `client/ENTRY_client.ts`. */
export async function loadScripts(
  entry: string,
  { root, artifacts }: PageProject,
): Promise<Scripts> {
  const minified = (path: string, name: string) =>
    packageFile(path, name).replace(/\n\/\/# sourceMappingURL=.*\n?$/, "\n");
  // Only the report draws from specifications of Vega-Lite.
  const library = minified("vega", "vega.min.js") +
    (entry === "report" ? minified("vega-lite", "vega-lite.min.js") : "");
  const page = await browserScript({
    root,
    entry: join(sources, `${entry}_client.ts`),
    cache: join(cachesPath(artifacts), `report-${entry}.json`),
    packages: {
      "vega-interpreter": packageFile("vega-interpreter"),
      // vega's functions are in the library, once.
      "vega-util": "module.exports = globalThis.vega;",
    },
  });
  return { page, library };
}
