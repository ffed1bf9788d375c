/** Tests when a file that a job read is another one. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { changedReads } from "../../../pipeline/engine/sandbox/discovered_inputs.ts";
import { openStore } from "../../../pipeline/store/store.ts";
import { shell } from "../../support/shell.ts";
import { workspace } from "../../support/workspace.ts";

Deno.test("a file that gave no bytes is the same until it gives some", async () => {
  await using place = await workspace();
  const { table } = openStore(join(place.path, "store"));
  const paths = ["absent", "directory", "file/within", "loop"];
  const prepared = await shell("mkdir directory && touch file && ln -s loop loop", place.path);
  assertEquals(prepared.code, 0, prepared.err);
  const changed = () =>
    changedReads(paths.map((path) => ({ path, sha256: null })), { table, root: place.path })
      .map(({ read }) => read.path);
  assertEquals(changed(), []);
  const edited = await shell("rm loop file && mkdir file", place.path);
  assertEquals(edited.code, 0, edited.err);
  for (const path of ["absent", "file/within", "loop"]) {
    await Deno.writeTextFile(join(place.path, path), "bytes");
  }
  assertEquals(changed(), ["absent", "file/within", "loop"]);
});
