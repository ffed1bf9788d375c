/** Compares the place of a store with that of its artifacts, links followed. */
import { join, resolve } from "node:path";
import { ifThere } from "./existence.ts";

/** A path without links; of what is not there yet, the path itself. */
export const realPath = (path: string): string =>
  ifThere(() => Deno.realPathSync(path)) ?? resolve(path);

/** True if a store lies in these artifacts and not, by a variable or a link, elsewhere. */
export const isOwnStore = (artifacts: string, store: string): boolean =>
  realPath(store) === join(realPath(artifacts), "store");
