import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { dirname, join } from "node:path";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { lock, lockNow, storeLock, tryLock, tryLockToRead } from "../../../pipeline/store/lock.ts";
import { exists } from "../../../pipeline/store/existence.ts";
import { pruneStatTable, statTableProblem } from "../../../pipeline/store/stat_table_lines.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import {
  digestOf,
  loadStatTable,
  noteWritten,
  settle,
} from "../../../pipeline/store/stat_cache.ts";
import { saveStatTable } from "../../../pipeline/store/save_stat_table.ts";
import {
  actionPath,
  actionsIn,
  blobPath,
  blobsIn,
  hasBlob,
  isWhole,
  openStore,
  putBlob,
  putRecord,
  quarantineBlob,
  readAction,
  readBlob,
  setEntryAside,
  type Store,
  sweep,
  writeAction,
} from "../../../pipeline/store/store.ts";
import { damageOfStore } from "../../../pipeline/store/store_damage.ts";
import type { Action } from "../../../schemas/run/action.ts";
import { record } from "../../torture/power_loss/recorder.ts";
import { nextSecond } from "../../support/next_second.ts";
import { quoted, shell } from "../../support/shell.ts";
import { succeed } from "../../support/succeed.ts";
import { type Workspace, workspace } from "../../support/workspace.ts";
import { utf8 } from "../../support/utf8.ts";

/** Moves a file's times into the past, as if it had been written a while ago. */
const age = (path: string, seconds: number) => {
  const then = new Date(Date.now() - seconds * 1000);
  Deno.utimeSync(path, then, then);
};

const actionOf = (key: string, outputs: Action["outputs"]): Action => ({
  version: 1,
  key,
  stage: "test",
  outputs,
  finished: "2026-01-01T00:00:00.000Z",
  seconds: 1,
});

Deno.test("a result takes five syncs: of its record, output and entry, and of the last two's names", async () => {
  await using place = await workspace();
  const store = openStore(place.path);
  const text = "stage test\n";
  const output = utf8("one");
  const [key, sha256] = [sha256Of(text), sha256Of(output)];
  const [prefix, outputPrefix] = [key, sha256].map((hash) => hash.slice(0, 2));
  for (const path of [`blobs/${prefix}`, `blobs/${outputPrefix}`, `actions/${prefix}`, "tmp"]) {
    Deno.mkdirSync(join(place.path, path), { recursive: true });
  }
  using recorder = record(place.path);
  assertEquals(putRecord(store, text), { sha256: key, size: text.length });
  writeAction(store, actionOf(key, { one: putBlob(store, output) }));
  const synced = recorder.log
    .flatMap((one) => one.kind === "sync-file" || one.kind === "sync-directory" ? [one.path] : [])
    .map((path) => path.replace(/^tmp\/.*/, "a file"));
  const [blobs, entries] = [`blobs/${outputPrefix}`, `actions/${prefix}`];
  assertEquals(synced, ["a file", "a file", blobs, "a file", entries]);
});

Deno.test("stored bytes are read back unchanged, and their file is read-only", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  const one = putBlob(store, utf8("one"));
  putBlob(store, utf8("one"));
  assertEquals(one, { sha256: sha256Of("one"), size: 3 });
  assertEquals(readBlob(store, one.sha256), utf8("one"));
  assertEquals([...blobsIn(store)].length, 1);
  if (Deno.build.os !== "windows") {
    assertEquals(Deno.statSync(blobPath(store, one.sha256)).mode! & 0o222, 0);
  }
  assertEquals([...Deno.readDirSync(join(store.root, "tmp"))], []);
});

/** Blobs may be written by none but root. */
function truncate(path: string, length: number): void {
  Deno.chmodSync(path, 0o644);
  Deno.truncateSync(path, length);
}

Deno.test("a changed, truncated or removed blob is never read as intact", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  const { sha256 } = putBlob(store, utf8("some bytes"));
  const path = blobPath(store, sha256);
  const damages: [string, () => void][] = [
    ["damaged-blob", () => {
      Deno.chmodSync(path, 0o644);
      Deno.writeFileSync(path, utf8("sOme bytes"));
    }],
    ["damaged-blob", () => truncate(path, 4)],
    ["missing-blob", () => Deno.removeSync(path)],
  ];
  for (const [reason, damage] of damages) {
    putBlob(store, utf8("some bytes"));
    damage();
    assertEquals(isWhole(store, actionOf(sha256, { out: { sha256, size: 10 } })), false);
    assertEquals(assertThrows(() => readBlob(store, sha256), Failed).failure.reason, reason);
    assertEquals(isWhole(store, actionOf(sha256, { out: { sha256, size: 10 } })), false);
  }
  putBlob(store, utf8("some bytes"));
  assertEquals(readBlob(store, sha256), utf8("some bytes"));
});

/** Changes a stored blob's bytes and nothing else that the table looks at, as a failing disk does. */
async function rot(store: Store, sha256: string, content: string): Promise<void> {
  const path = blobPath(store, sha256);
  Deno.chmodSync(path, 0o644);
  Deno.writeFileSync(path, utf8(content));
  const { size, mtime, ctime, ino } = Deno.statSync(path);
  store.table.rows.set(path, [size, +mtime!, +ctime!, ino!, +ctime! + 1000, sha256]);
  store.table.pending.delete(path);
  await nextSecond();
}

Deno.test("a damaged blob is quarantined, reported once, and missing from then on", async () => {
  await using place = await workspace();
  const told: string[] = [];
  const store: Store = {
    ...openStore(join(place.path, "store")),
    onQuarantine: (_sha256, path) => told.push(path),
  };
  const { sha256 } = putBlob(store, utf8("some bytes"));
  await rot(store, sha256, "sOme bytes");
  assert(hasBlob(store, sha256), "the table knows no better");
  const { failure } = assertThrows(() => readBlob(store, sha256), Failed);
  assertEquals(failure.reason, "damaged-blob");
  assertEquals(told.map((path) => Deno.readTextFileSync(path)), ["sOme bytes"]);
  assertEquals(assertThrows(() => readBlob(store, sha256), Failed).failure.reason, "missing-blob");

  // Storing over a damaged one keeps what was found, too, beside the first.
  putBlob(store, utf8("some bytes"));
  truncate(blobPath(store, sha256), 4);
  putBlob(store, utf8("some bytes"));
  assertEquals(readBlob(store, sha256), utf8("some bytes"));
  assertEquals(told.map((path) => Deno.readTextFileSync(path)), ["sOme bytes", "some"]);
});

Deno.test("bytes that are stored again take the place of a blob that rotted unseen", async () => {
  await using place = await workspace();
  const store = openStore(place.path);
  const { sha256 } = putBlob(store, utf8("some bytes"));
  await rot(store, sha256, "sOme bytes");
  putBlob(store, utf8("some bytes"));
  assertEquals(readBlob(store, sha256), utf8("some bytes"));
});

Deno.test("a blob is hashed again before it is quarantined, and stays if it is intact by then", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  const { sha256 } = putBlob(store, utf8("some bytes"));
  const path = blobPath(store, sha256);
  const { size, mtime, ctime, ino } = Deno.statSync(path);
  store.table.rows.set(path, [size, +mtime!, +ctime!, ino!, +ctime! + 1000, sha256Of("a lie")]);
  await nextSecond();
  assert(!hasBlob(store, sha256), "the table says that it is damaged");
  assertEquals(quarantineBlob(store, sha256), undefined);
  assertEquals(readBlob(store, sha256), utf8("some bytes"));
  assertEquals([...blobsIn(store)].length, 1);
});

Deno.test("bytes that change on their way to the disk are not stored", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  const open = Deno.openSync;
  try {
    Deno.openSync = (path, options) => {
      const file = open(path, options);
      const write = file.writeSync.bind(file);
      if (options?.createNew) file.writeSync = (bytes) => write(bytes.map((byte) => byte ^ 1));
      return file;
    };
    assertThrows(() => putBlob(store, utf8("some bytes")), Error, "expected bytes with SHA-256");
  } finally {
    Deno.openSync = open;
  }
  assertEquals([...blobsIn(store)], []);
  assertEquals([...Deno.readDirSync(join(store.root, "tmp"))], []);
});

Deno.test("of writers that store the same bytes at once, the first one's file stays", async () => {
  await using place = await workspace();
  const [store, other] = [openStore(place.path), openStore(place.path)];
  const content = utf8("the same");
  const path = blobPath(store, sha256Of(content));
  const open = Deno.openSync;
  let first: number | null | undefined;
  try {
    Deno.openSync = (name, options) => {
      // The other writer comes after this one has looked and before it has written.
      if (options?.createNew && first === undefined) {
        Deno.openSync = open;
        putBlob(other, content);
        first = Deno.statSync(path).ino;
      }
      return open(name, options);
    };
    putBlob(store, content);
  } finally {
    Deno.openSync = open;
  }
  assert(first !== undefined);
  assertEquals(Deno.statSync(path).ino, first);
  assertEquals(Deno.statSync(path).nlink, 1);
  assertEquals([...Deno.readDirSync(join(store.root, "tmp"))], []);
});

Deno.test("a link that leads to itself in the place of a blob is as good as none", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  const { sha256 } = putBlob(store, utf8("bytes"));
  const path = blobPath(store, sha256);
  await succeed(shell(`ln -sf ${sha256} ${quoted(path)}`, place.path));
  assertEquals(hasBlob(store, sha256), false);
  putBlob(store, utf8("bytes"));
  assertEquals(readBlob(store, sha256), utf8("bytes"));
});

Deno.test("a blob is stored where a file system has no hard links", async () => {
  await using place = await workspace();
  const store = openStore(place.path);
  const link = Deno.linkSync;
  try {
    Deno.linkSync = () => {
      throw new Deno.errors.NotSupported("Operation not permitted");
    };
    const { sha256 } = putBlob(store, utf8("some bytes"));
    assertEquals(readBlob(store, sha256), utf8("some bytes"));
  } finally {
    Deno.linkSync = link;
  }
  assertEquals([...Deno.readDirSync(join(store.root, "tmp"))], []);
});

Deno.test("a blob that another process moves aside while it is looked at is missing, not an error", async () => {
  await using place = await workspace();
  const store = openStore(place.path);
  const { sha256 } = putBlob(store, utf8("some bytes"));
  const path = blobPath(store, sha256);
  const { openSync, linkSync } = Deno;
  try {
    // Gone between the look at the file and the reading of it.
    Deno.openSync = (...opened) => {
      if (opened[0] === path) Deno.removeSync(path);
      return openSync(...opened);
    };
    store.table.rows.clear();
    assertEquals(hasBlob(store, sha256), false);
    // Gone between the link that found it there and the look at what it found.
    Deno.openSync = openSync;
    Deno.linkSync = () => {
      throw new Deno.errors.AlreadyExists("File exists");
    };
    putBlob(store, utf8("some bytes"));
  } finally {
    Object.assign(Deno, { openSync, linkSync });
  }
  assertEquals(readBlob(store, sha256), utf8("some bytes"));
});

Deno.test("something other than a file in a blob's place is damage, and gives way to the bytes", async () => {
  await using place = await workspace();
  const made = [["mkdir", "directory"], ["mkfifo", "pipe"], ["ln -s /", "link to /"]];
  for (const [i, [make, kind]] of made.entries()) {
    const store = openStore(join(place.path, `store-${i}`));
    const bytes = utf8("some bytes");
    const path = blobPath(store, sha256Of(bytes));
    Deno.mkdirSync(dirname(path), { recursive: true });
    const putThere = () => succeed(shell(`${make} ${quoted(path)}`, place.path));
    await putThere();
    assertEquals(hasBlob(store, sha256Of(bytes)), false);
    putBlob(store, bytes);
    assertEquals(readBlob(store, sha256Of(bytes)), bytes);
    Deno.removeSync(path);
    await putThere();
    const { damage } = await damageOfStore(store);
    assertEquals(damage.length, 1);
    assert(damage[0].problem.endsWith(`, found a ${kind}`), damage[0].problem);
    assertEquals([...Deno.readDirSync(join(store.root, "damaged"))].length, 2);
  }
});

Deno.test("a truncated action, or one with another key, counts as missing and is reported", async () => {
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

Deno.test("an entry that another process has moved aside stays where that put it", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  const key = sha256Of("key");
  const path = actionPath(store, key);
  Deno.mkdirSync(dirname(path), { recursive: true });
  Deno.writeTextFileSync(path, "{}");
  assertEquals([0, 1].map(() => setEntryAside(store, key) !== undefined), [true, false]);
});

Deno.test("a result replaces a directory in its entry's place", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  const key = sha256Of("key");
  Deno.mkdirSync(join(actionPath(store, key), "within"), { recursive: true });
  assertEquals(readAction(store, key, () => {}), undefined);
  writeAction(store, actionOf(key, {}));
  assertEquals(readAction(store, key, () => {}), actionOf(key, {}));
  assertEquals([...Deno.readDirSync(join(store.root, "damaged"))].map(({ name }) => name), [
    `${key}.json`,
  ]);
});

Deno.test("a file in the place of a directory of the store is named, with what to do", async () => {
  await using place = await workspace();
  for (const isShared of [false, true]) {
    const root = join(place.path, `store-${isShared}`);
    Deno.mkdirSync(root);
    if (isShared) Deno.chmodSync(root, 0o2775);
    const store = openStore(root);
    const key = sha256Of("key");
    const directories = [blobPath(store, sha256Of("bytes")), actionPath(store, key)].map(dirname);
    for (const directory of directories) {
      Deno.mkdirSync(dirname(directory), { recursive: true });
      Deno.writeTextFileSync(directory, "");
    }
    assertEquals(readAction(store, key, () => {}), undefined);
    const writes = [
      () => putBlob(store, utf8("bytes")),
      () => writeAction(store, actionOf(key, {})),
    ];
    for (const [i, write] of writes.entries()) {
      const { message } = assertThrows(write, Deno.errors.InvalidData);
      assertStringIncludes(message, `${directories[i]} is a file; expected a directory`);
    }
  }
});

Deno.test("a lock whose file is something else is refused by name, and nobody waits for it", async () => {
  await using place = await workspace();
  for (const make of ["mkdir", "mkfifo", "ln -s /dev/null"]) {
    const store = openStore(join(place.path, make.replaceAll(/\W/g, "")));
    const locks = join(store.root, "locks");
    Deno.mkdirSync(locks, { recursive: true });
    for (const name of [storeLock, "key"]) {
      await succeed(shell(`${make} ${quoted(join(locks, name))}`, place.path));
    }
    const takes = [
      () => tryLock(store, "key", true),
      () => lock(store, "key", false, () => {}),
      () => tryLockToRead(store),
      // deno-lint-ignore require-await
      async () => lockNow(store, "key"),
    ];
    for (const take of takes) {
      const { message } = await assertRejects(take, Deno.errors.InvalidData);
      assertMatch(message, /; expected a file, a link to one, or nothing, as fanin makes it\./);
    }
  }
});

Deno.test("gc removes what is no file in the place of the stat table", async () => {
  await using place = await workspace();
  for (const make of ["mkdir", "mkfifo"]) {
    const file = join(place.path, make);
    await succeed(shell(`${make} ${quoted(file)}`, place.path));
    assertEquals(statTableProblem(file), "no plain file");
    pruneStatTable(file, () => true);
    assertEquals(exists(file), false);
  }
});

Deno.test("a lock is exclusive, reports waiting, and is free after release", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  const waiting = Promise.withResolvers<void>();
  let second: Promise<Disposable>;
  {
    using _held = await lock(store, "key", true, () => waiting.reject(new Error("nobody held it")));
    assertEquals(await tryLock(store, "key", true), undefined);
    second = lock(store, "key", true, () => waiting.resolve());
    await waiting.promise;
  }
  using _held = await second;
});

Deno.test("waiting for a lock reports the process that holds it", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  let held = await lock(store, "key", true, () => {});
  for (const _ of ["the first", "one that waited"]) {
    const told = Promise.withResolvers<number | undefined>();
    const next = lock(store, "key", true, told.resolve);
    // Windows lets nobody read a locked file.
    assertEquals(await told.promise, Deno.build.os === "windows" ? undefined : Deno.pid);
    held[Symbol.dispose]();
    held = await next;
  }
  held[Symbol.dispose]();
});

Deno.test("a process that is killed leaves no lock behind", async () => {
  await using place = await workspace();
  const holder = new Deno.Command("deno", {
    args: [
      "eval",
      `import { lock } from ${
        JSON.stringify(import.meta.resolve("../../../pipeline/store/lock.ts"))
      };
       await lock({ root: ${JSON.stringify(place.path)} }, "key", true, () => {});
       console.log("held");
       await new Promise((resolve) => setTimeout(resolve, 60_000));`,
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const out = holder.stdout.getReader();
  await out.read();
  const owner = Promise.withResolvers<number | undefined>();
  const second = lock({ root: place.path }, "key", true, owner.resolve);
  if (Deno.build.os !== "windows") assertEquals(await owner.promise, holder.pid);
  holder.kill("SIGKILL");
  using _held = await second;
  await out.cancel();
  await holder.status;
});

Deno.test("runs share the store's lock, and removal takes it exclusively", async () => {
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

Deno.test("the stat table spares reading, and detects every change of content", async () => {
  await using place = await workspace();
  const path = join(place.path, "file");
  const table = loadStatTable(join(place.path, "stat.tsv"));
  Deno.writeTextFileSync(path, "one");
  assertEquals(digestOf(table, path), sha256Of("one"));
  assert(table.changed);

  // Made in the second of the file's own ctime, the row does not count yet.
  table.changed = false;
  await nextSecond();
  assertEquals(digestOf(table, path), sha256Of("one"));
  assert(table.changed, "a row of the same second must be made again");
  table.changed = false;
  assertEquals(digestOf(table, path), sha256Of("one"));
  assert(!table.changed, "a row of a later second counts");

  // Same size and mtime, and in the end the same inode: only ctime tells.
  const { mtime } = Deno.statSync(path);
  Deno.writeTextFileSync(path, "two");
  Deno.utimeSync(path, mtime!, mtime!);
  assertEquals(digestOf(table, path), sha256Of("two"));
  Deno.removeSync(path);
  assertEquals(digestOf(table, path), undefined);
});

Deno.test("a change of content is detected whatever the clock shows", async () => {
  await using place = await workspace();
  const path = join(place.path, "file");
  const real = Date.now;
  const hour = 3_600_000;
  try {
    for (const [then, later] of [[hour, 0], [-hour, 0], [0, -hour], [hour, -hour]]) {
      const table = loadStatTable(join(place.path, "stat.tsv"));
      Deno.writeTextFileSync(path, "one");
      const { mtime } = Deno.statSync(path);
      Date.now = () => real() + then;
      digestOf(table, path);
      Date.now = () => real() + later;
      Deno.writeTextFileSync(path, "two");
      Deno.utimeSync(path, mtime!, mtime!);
      // As if the system's own clock had come back to the second of the first writing.
      const row = table.rows.get(path)!;
      const { size, mtime: m, ctime, ino } = Deno.statSync(path);
      table.rows.set(path, [size, +m!, +ctime!, ino!, row[4], row[5]]);
      assertEquals(digestOf(table, path), sha256Of("two"), `${then} ${later}`);
    }
  } finally {
    Date.now = real;
  }
});

Deno.test("times in the future or before 1970 are written and read like others", async () => {
  await using place = await workspace();
  const file = join(place.path, "stat.tsv");
  const path = join(place.path, "file");
  Deno.writeTextFileSync(path, "one");
  for (const time of [new Date("2100-01-01"), new Date("1960-01-01")]) {
    Deno.utimeSync(path, time, time);
    const table = loadStatTable(file);
    await nextSecond();
    assertEquals(digestOf(table, path), sha256Of("one"));
    saveStatTable(table);
    const again = loadStatTable(file);
    assertEquals(again.problem, undefined);
    assertEquals(digestOf(again, path), sha256Of("one"));
    assert(!again.changed, "the row counts");
    Deno.writeTextFileSync(path, "two");
    Deno.utimeSync(path, time, time);
    await nextSecond();
    assertEquals(digestOf(again, path), sha256Of("two"));
    Deno.writeTextFileSync(path, "one");
  }
});

/** An empty stat table and a file for it, in a workspace. */
function statTableIn({ path: directory }: Workspace) {
  const [file, path] = [join(directory, "stat.tsv"), join(directory, "file")];
  Deno.writeTextFileSync(path, "one");
  return { file, path, table: loadStatTable(file) };
}

Deno.test("the stat table survives a round trip, and a damaged one is reported and rebuilt", async () => {
  await using place = await workspace();
  const { file, path, table } = statTableIn(place);
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

Deno.test("a stat table that cannot be written is reported and stops nothing", async () => {
  await using place = await workspace();
  const { file, path, table } = statTableIn(place);
  digestOf(table, path);
  Deno.mkdirSync(join(file, "in the way"), { recursive: true });
  const said: string[] = [];
  const { writeSync } = Deno.stderr;
  try {
    Deno.stderr.writeSync = (bytes) => {
      said.push(new TextDecoder().decode(bytes));
      return bytes.length;
    };
    saveStatTable(table);
  } finally {
    Deno.stderr.writeSync = writeSync;
  }
  assertEquals(said.length, 1);
  assertStringIncludes(said[0], "stat.tsv is not written, which only costs time");
  assertEquals([...Deno.readDirSync(place.path)].length, 2);
});

Deno.test("a file touched after linking gets no row in the stat table", async () => {
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

Deno.test("temporary files older than a day are removed, younger ones stay", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  sweep(join(store.root, "tmp"));
  const [old, young] = ["old", "young"].map((name) => join(store.root, "tmp", name));
  Deno.mkdirSync(old);
  Deno.writeTextFileSync(young, "");
  age(old, 25 * 60 * 60);
  sweep(join(store.root, "tmp"));
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
