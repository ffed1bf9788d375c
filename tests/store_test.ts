import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { Failed } from "../pipeline/event.ts";
import { sha256Of } from "../pipeline/sha256.ts";
import {
  digestOf,
  loadStatTable,
  noteWritten,
  saveStatTable,
  settle,
} from "../pipeline/stat_table.ts";
import {
  actionsIn,
  blobPath,
  blobsIn,
  isWhole,
  lock,
  openStore,
  putBlob,
  readAction,
  readBlob,
  sweepScratch,
  tryLock,
  writeAction,
} from "../pipeline/store.ts";
import type { Action } from "../schemas/action.ts";
import { workspace } from "./workspace.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Moves a file's times into the past, as if it had been written a while ago. */
const age = (path: string, seconds: number) => {
  const then = new Date(Date.now() - seconds * 1000);
  Deno.utimeSync(path, then, then);
};

const nextSecond = () => new Promise((resolve) => setTimeout(resolve, 1010 - Date.now() % 1000));

const actionOf = (key: string, outputs: Action["outputs"]): Action => ({
  version: 1,
  key,
  stage: "test",
  outputs,
  finished: "2026-01-01T00:00:00.000Z",
  seconds: 1,
});

Deno.test("bytes come back as they were stored, once under their name, read-only", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  const one = putBlob(store, bytes("one"));
  putBlob(store, bytes("one"));
  assertEquals(one, { sha256: sha256Of("one"), size: 3 });
  assertEquals(readBlob(store, one.sha256), bytes("one"));
  assertEquals([...blobsIn(store)].length, 1);
  if (Deno.build.os !== "windows") {
    assertEquals(Deno.statSync(blobPath(store, one.sha256)).mode! & 0o222, 0);
  }
  assertEquals([...Deno.readDirSync(join(store.root, "tmp"))], []);
});

Deno.test("a blob that was changed, cut or removed is never read as if it were whole", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  const { sha256 } = putBlob(store, bytes("some bytes"));
  const path = blobPath(store, sha256);
  const damages: [string, () => void][] = [
    ["damaged-blob", () => {
      Deno.chmodSync(path, 0o644);
      Deno.writeFileSync(path, bytes("sOme bytes"));
    }],
    ["damaged-blob", () => Deno.truncateSync(path, 4)],
    ["missing-blob", () => Deno.removeSync(path)],
  ];
  for (const [reason, damage] of damages) {
    damage();
    assertEquals(assertThrows(() => readBlob(store, sha256), Failed).failure.reason, reason);
    assertEquals(isWhole(store, actionOf(sha256, { out: { sha256, size: 10 } })), false);
  }
  putBlob(store, bytes("some bytes"));
  assertEquals(readBlob(store, sha256), bytes("some bytes"));
});

Deno.test("storing over a damaged blob mends it", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  const { sha256 } = putBlob(store, bytes("some bytes"));
  const path = blobPath(store, sha256);
  Deno.chmodSync(path, 0o644);
  Deno.writeFileSync(path, bytes("sOme bytes"));
  putBlob(store, bytes("some bytes"));
  assertEquals(readBlob(store, sha256), bytes("some bytes"));
});

Deno.test("an action that is cut off or names another key counts as none, and says so", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  const key = sha256Of("key");
  writeAction(store, actionOf(key, {}));
  assertEquals(readAction(store, key, () => {}), actionOf(key, {}));
  const [{ path }] = actionsIn(store);
  Deno.chmodSync(path, 0o644);
  const whole = Deno.readTextFileSync(path);
  for (const content of [whole.slice(0, 40), whole.replace(key, sha256Of("other")), "{}", ""]) {
    Deno.writeTextFileSync(path, content);
    const told: string[] = [];
    assertEquals(readAction(store, key, (message) => told.push(message)), undefined);
    assertEquals(told.length, 1);
  }
});

Deno.test("a lock is exclusive, tells that it waits, and is free when its holder lets go", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  const waiting = Promise.withResolvers<void>();
  let second: Promise<Disposable>;
  {
    using _held = await lock(store, "key", true, () => waiting.reject(new Error("nobody held it")));
    assertEquals(await tryLock(store, "key", true), undefined);
    second = lock(store, "key", true, waiting.resolve);
    await waiting.promise;
  }
  using _held = await second;
});

Deno.test("runs share the store's lock, and what removes from the store gets it alone", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  {
    using one = await tryLock(store, "store", false);
    using other = await tryLock(store, "store", false);
    assert(one !== undefined && other !== undefined);
    assertEquals(await tryLock(store, "store", true), undefined);
  }
  using alone = await tryLock(store, "store", true);
  assert(alone !== undefined);
});

Deno.test("the table answers without reading, and notices every change of content", async () => {
  await using place = await workspace();
  const path = join(place.path, "file");
  const table = loadStatTable(join(place.path, "stat.tsv"));
  Deno.writeTextFileSync(path, "one");
  assertEquals(digestOf(table, path), sha256Of("one"));
  assert(table.changed);

  // Made in the second of the file's own ctime, the row is not believed yet.
  table.changed = false;
  await nextSecond();
  assertEquals(digestOf(table, path), sha256Of("one"));
  assert(table.changed, "a row of the same second must be made again");
  table.changed = false;
  assertEquals(digestOf(table, path), sha256Of("one"));
  assert(!table.changed, "a row of a later second must be believed");

  // Same size and mtime, and in the end the same inode: only ctime tells.
  const { mtime } = Deno.statSync(path);
  Deno.writeTextFileSync(path, "two");
  Deno.utimeSync(path, mtime!, mtime!);
  assertEquals(digestOf(table, path), sha256Of("two"));
  Deno.removeSync(path);
  assertEquals(digestOf(table, path), undefined);
});

Deno.test("the table survives a round trip, and a damaged one is told and made anew", async () => {
  await using place = await workspace();
  const file = join(place.path, "stat.tsv");
  const path = join(place.path, "file");
  Deno.writeTextFileSync(path, "one");
  const table = loadStatTable(file);
  await nextSecond();
  digestOf(table, path);
  saveStatTable(table);
  const again = loadStatTable(file);
  assertEquals(again.problem, undefined);
  digestOf(again, path);
  assert(!again.changed);
  const whole = Deno.readTextFileSync(file);
  for (const damaged of [whole.slice(0, -5), whole.replace("\t", " "), "another file", ""]) {
    Deno.writeTextFileSync(file, damaged);
    const empty = loadStatTable(file);
    assertEquals(empty.rows.size, 0);
    assert(empty.problem !== undefined);
  }
});

Deno.test("a file touched after it was linked gets no row from settling", async () => {
  await using place = await workspace();
  const path = join(place.path, "file");
  const table = loadStatTable(join(place.path, "stat.tsv"));
  Deno.writeTextFileSync(path, "one");
  noteWritten(table, path, sha256Of("one"));
  Deno.writeTextFileSync(path, "two");
  age(path, 5);
  settle(table);
  assertEquals(digestOf(table, path), sha256Of("two"));
});

Deno.test("temporary files that nobody has touched for a day are swept, younger ones are not", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  sweepScratch(store);
  const [old, young] = ["old", "young"].map((name) => join(store.root, "tmp", name));
  Deno.mkdirSync(old);
  Deno.writeTextFileSync(young, "");
  age(old, 25 * 60 * 60);
  sweepScratch(store);
  assertEquals([...Deno.readDirSync(join(store.root, "tmp"))].map(({ name }) => name), ["young"]);
});

Deno.test("messages of a missing and a damaged blob say what to do", () => {
  const sha256 = sha256Of("x");
  for (
    const failure of [{ reason: "missing-blob", sha256 }, {
      reason: "damaged-blob",
      sha256,
      found: sha256,
    }] as const
  ) {
    assertStringIncludes(new Failed(failure).message, "deno task reproduce");
  }
});
