/**
 * Small files that only save time: written so that a reader sees the old content or the new, also
 * while other processes write the same file. Not synced, as losing one loses nothing.
 */

export function replaceFile(path: string, text: string): void {
  const partial = `${path}.${crypto.randomUUID()}`;
  try {
    Deno.writeTextFileSync(partial, text);
    Deno.renameSync(partial, path);
  } catch (error) {
    try {
      Deno.removeSync(partial);
    } catch { /* The first error is the one to tell. */ }
    throw error;
  }
}
