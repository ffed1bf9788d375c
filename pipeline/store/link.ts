/** Shows a file under another path: by a hard link, or by a copy where no link can be made. */
import { dirname } from "node:path";

/** Makes `path`, which must not exist yet. Gives why it is a copy, or undefined for a link. */
export function linkOrCopy(file: string, path: string): string | undefined {
  Deno.mkdirSync(dirname(path), { recursive: true });
  try {
    Deno.linkSync(file, path);
  } catch (error) {
    // A copy onto what is there would go through a link into the store.
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    Deno.copyFileSync(file, path);
    return (error as Error).message;
  }
}
