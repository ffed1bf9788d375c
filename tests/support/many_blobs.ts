/** Fills a store with small blobs and entries, without syncs, to be quick. */
import { join } from "node:path";
import { sealed } from "../../pipeline/store/sealed.ts";
import { sha256Of } from "../../pipeline/store/sha256.ts";
import { actionPath, blobPath, type Store } from "../../pipeline/store/store.ts";

/** Puts blobs of about ten bytes in an empty store; the first of them are outputs of an entry each. */
export function putMany(store: Store, blobs: number, entries = blobs): void {
  for (let i = 0; i < 256; i++) {
    const prefix = i.toString(16).padStart(2, "0");
    for (const kind of ["blobs", "actions"]) {
      Deno.mkdirSync(join(store.root, kind, prefix), { recursive: true });
    }
  }
  const finished = new Date().toISOString();
  for (let i = 0; i < blobs; i++) {
    const text = `blob ${i}`;
    const output = { sha256: sha256Of(text), size: text.length };
    Deno.writeTextFileSync(blobPath(store, output.sha256), text);
    if (i >= entries) continue;
    const key = sha256Of(`job ${i}`);
    const action = { version: 1, key, stage: "many", outputs: { output }, finished, seconds: 0 };
    Deno.writeTextFileSync(actionPath(store, key), sealed(action));
  }
}
