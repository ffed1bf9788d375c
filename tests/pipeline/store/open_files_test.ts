/** Tests that a file is closed where writing or locking it fails: on a full disk, or one without locks. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { toFile } from "../../../pipeline/store/atomic_write.ts";
import { lock, lockNow, tryLock, tryLockToRead } from "../../../pipeline/store/lock.ts";
import { utf8 } from "../../support/utf8.ts";
import { workspace } from "../../support/workspace.ts";

/** Makes files that an action opens fail at `calls`. Returns for each whether it is closed in the end. */
async function closedOf(
  calls: readonly ("writeSync" | "syncSync" | "tryLock" | "lock" | "lockSync")[],
  action: () => Promise<unknown>,
): Promise<boolean[]> {
  const open = Deno.openSync;
  const files: Deno.FsFile[] = [];
  const fail = () => {
    throw new Error("refused by the system");
  };
  try {
    Deno.openSync = (path, options) => {
      const file = open(path, options);
      for (const call of calls) file[call] = fail;
      files.push(file);
      return file;
    };
    await action();
  } finally {
    Deno.openSync = open;
  }
  return files.map((file) => {
    try {
      file.statSync();
    } catch {
      return true;
    }
    file.close();
    return false;
  });
}

for (const call of ["writeSync", "syncSync"] as const) {
  Deno.test(`a file whose ${call} fails is closed`, async () => {
    await using place = await workspace();
    const closed = await closedOf([call], () => {
      const bytes = new Blob([utf8("some bytes")]).stream();
      return assertRejects(() => bytes.pipeTo(toFile(join(place.path, "file"))), Error, "refused");
    });
    assertEquals(closed, [true]);
  });
}

Deno.test("the file of a lock that the system refuses is closed", async () => {
  await using place = await workspace();
  const store = { root: place.path };
  const refused = (action: () => Promise<unknown>) => () =>
    assertRejects(action, Error, "refused by the system");
  for (
    const action of [
      refused(() => tryLock(store, "store", true)),
      refused(() => lock(store, "store", true, () => {})),
      refused(() => tryLockToRead(store)),
      () => Promise.resolve(assertThrows(() => lockNow(store, "store"), Error, "refused")),
    ]
  ) {
    const closed = await closedOf(["tryLock", "lockSync"], action);
    assertEquals(closed.length > 0 && closed.every(Boolean), true, `${action} ${closed}`);
  }
});
