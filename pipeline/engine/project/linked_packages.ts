/** Finds the packages that a project's `deno.json` links in place of published ones. */
import { join } from "node:path";

/** Paths from the project's root, as `deno.json` has them. */
export function linksOf(root: string): string[] {
  const { links = [] }: { links?: string[] } = JSON.parse(
    Deno.readTextFileSync(join(root, "deno.json")),
  );
  return links;
}
