/** Tests commands on a store and a run that cannot be written: by Deno's permissions, and on a disk mounted to be read. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { filesUnder } from "../../../pipeline/store/files_under.ts";
import { tryLock } from "../../../pipeline/store/lock.ts";
import { cliOf, root } from "../../support/checkout.ts";
import { fanin, runsIn, type Workspace, workspace } from "../../support/workspace.ts";
import { commandLine, quoted, shell, testOnLinux } from "../../support/shell.ts";
import { deno, type Ended } from "../../support/deno_command.ts";

/** A workspace with a run of two jobs. */
async function reproduced(): Promise<Workspace & { store: string }> {
  const place = await workspace();
  const { code, err } = await fanin(place, ["reproduce", "--only", "double/first"]);
  assertEquals(code, 0, err);
  return { ...place, store: join(place.path, "artifacts", "store") };
}

/** Runs a command without the permission to write anything. */
const withoutWriting = ({ path }: Workspace, ...args: string[]): Promise<Ended> =>
  deno([
    ...["run", "-q", "--frozen", "--no-prompt", "--allow-read", "--allow-env", "--allow-sys"],
    ...[cliOf("counting"), join(path, "artifacts"), ...args],
  ]);

const verifyWithoutWriting = (place: Workspace, ...flags: string[]): Promise<Ended> =>
  withoutWriting(place, "verify", ...flags);

/** Every file under a directory with its content. */
const contentOf = (directory: string): Record<string, string> =>
  Object.fromEntries(
    [...filesUnder(directory)].sort().map((path) => [path, Deno.readTextFileSync(path)]),
  );

function damageFirst(directory: string): string {
  const [path] = [...filesUnder(directory)].sort();
  Deno.chmodSync(path, 0o644);
  Deno.writeTextFileSync(path, "damaged");
  return path;
}

const unlocked = "Read without the store's lock";

Deno.test("verify reads a store that it may not write, under the lock that it has", async () => {
  await using place = await reproduced();
  const whole = await verifyWithoutWriting(place);
  assertEquals(whole.code, 0, whole.out + whole.err);
  assertMatch(whole.out, /^\d+ blobs, .*: all as their names say\.\n$/);

  // While gc removes, it is refused as ever.
  using _removing = await tryLock({ root: place.store }, "store", true);
  const during = await verifyWithoutWriting(place);
  assertEquals(during.code, 2, during.out);
  assertStringIncludes(during.err, "Wait for it to end");
});

Deno.test("verify reports damage that it may not move, and says that it has no lock", async () => {
  await using place = await reproduced();
  await Deno.remove(join(place.store, "locks"), { recursive: true });
  const whole = await verifyWithoutWriting(place);
  assertEquals(whole.code, 0, whole.out + whole.err);
  assertStringIncludes(whole.out, unlocked);

  const damaged = ["blobs", "actions"].map((name) => damageFirst(join(place.store, name)));
  for (const name of ["code", "machine.json"]) {
    const path = join(place.store, name);
    damaged.push(Deno.statSync(path).isDirectory ? damageFirst(path) : path);
    await Deno.writeTextFile(damaged.at(-1)!, "damaged");
  }
  const before = contentOf(place.store);
  const { code, out } = await verifyWithoutWriting(place);
  assertEquals(code, 1, out);
  assertStringIncludes(out, unlocked);
  const { locked, problems } = JSON.parse((await verifyWithoutWriting(place, "--json")).out);
  assertEquals(locked, false);
  for (const path of damaged) {
    const found = problems.find((problem: { path: string }) => problem.path === path);
    assertStringIncludes(found?.problem ?? "", "It stays there: ", path);
    assertEquals(found.movedTo, undefined);
  }
  assertEquals(contentOf(place.store), before);

  // Who may write there moves it.
  const { out: moved } = await fanin(place, ["verify", "--json"]);
  const after = JSON.parse(moved) as { locked: boolean; problems: { movedTo?: string }[] };
  assert(after.locked);
  assertEquals(
    after.problems.filter(({ movedTo }) => movedTo !== undefined).length,
    damaged.length,
  );
});

Deno.test("a damaged file of a run that may not be written is made again in memory", async () => {
  await using place = await workspace();
  assertEquals((await fanin(place, ["reproduce", "--only", "report/first"])).code, 0);
  const whole = await withoutWriting(place, "metrics", "--json");
  assertStringIncludes(whole.out, `"first.even": 1`);
  const [run] = runsIn(place.path);
  const file = join(place.path, "artifacts", "runs", run, "metrics.json");
  Deno.chmodSync(file, 0o644);
  const damaged = '{"first.even": 7}\n';
  Deno.writeTextFileSync(file, damaged);
  const { code, out, err } = await withoutWriting(place, "metrics", "--json");
  assertEquals([code, out], [0, whole.out], err);
  assertStringIncludes(err, "for this command alone: it cannot be written there");
  assertEquals(Deno.readTextFileSync(file), damaged);
});

testOnLinux("verify reads a store on a disk that is mounted to be read only", async () => {
  await using place = await reproduced();
  const blob = damageFirst(join(place.store, "blobs"));
  const before = contentOf(place.store);
  const [at, line] = [
    quoted(place.store),
    commandLine(cliOf("counting"), join(place.path, "artifacts"), "verify"),
  ];
  const mount = `mount --bind ${at} ${at} && mount -o remount,bind,ro ${at}`;
  const { code, out, err } = await shell(
    `unshare -rm sh -c ${quoted(`${mount} || exit 9\n${line}`)}`,
    root,
  );
  // Some systems let nobody mount: the permissions above are all that can be tested there.
  if (code === 9 || /unshare/.test(err)) return;
  assertEquals(code, 1, out + err);
  assertStringIncludes(out, blob.slice(-64));
  assertMatch(out, /It stays there: Read-only file system/);
  assertEquals(contentOf(place.store), before);
});
