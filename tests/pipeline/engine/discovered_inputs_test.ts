/** Tests when a file that a job read is another one. */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { changedReads } from "../../../pipeline/engine/sandbox/discovered_inputs.ts";
import { servicesFor } from "../../../pipeline/engine/sandbox/services.ts";
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

Deno.test("a job that looks for what can be no file gets an error at once, and its result counts", async () => {
  await using place = await workspace();
  const root = place.path;
  const made = await shell("mkfifo pipe && mkdir directory", root);
  assertEquals(made.code, 0, made.err);
  const services = servicesFor({
    ...{ stage: "s", access: {}, data: {}, root, settings: {}, scratch: join(root, "scratch") },
    signal: AbortSignal.timeout(20_000),
  }, { readCheckpoint: () => undefined, saveCheckpoint() {} });
  const { table } = openStore(join(root, "store"));
  for (
    const [path, problem] of [
      ["pipe", "pipe is no plain file"],
      ["directory", "Is a directory"],
      ["a\0b", ""],
      ["a".repeat(300), ""],
    ]
  ) {
    await assertRejects(() => services.readFile(path, false), Error, problem);
  }
  assertEquals(services.reads.map(({ sha256 }) => sha256), [null, null, null, null]);
  assertEquals(changedReads(services.reads, { table, root }), []);
});
