/**
 * Tests a store that several users share by `FANIN_STORE`: rights whatever the umask, each other's results,
 * what gc keeps for others, and files of others that cannot be touched. As root the tests become two users
 * of one group, where these can reach the checkout; otherwise they take the part of both, and test the rights alone.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { cliOf, root } from "../../support/checkout.ts";
import { lendCaches } from "../../support/kept_caches.ts";
import { runsIn, type Workspace, workspace } from "../../support/workspace.ts";
import { commandLine, quoted, shell, testOnLinux } from "../../support/shell.ts";
import type { Ended } from "../../support/deno_command.ts";
import { succeed } from "../../support/succeed.ts";
import { exists } from "../../../pipeline/store/existence.ts";

const group = 54_321;

/** The shell's words before a command that another user runs. */
const as = (id: number): string => `setpriv --reuid=${id} --regid=${id} --groups=${group} `;

/** True if the tests can become other users, who can reach this checkout and Deno. */
const areTwo = Deno.uid() === 0 &&
  (await shell(`${as(54_001)} sh -c "test -r deno.json && HOME=/tmp deno eval 0"`, root)).code ===
    0;

/** A directory of artifacts, its user, and how they run a command on it. */
interface User {
  path: string;
  artifacts: string;
  run(...args: string[]): Promise<Ended>;
  /** Runs a line of shell as the user. */
  shell(line: string): Promise<Ended>;
}

interface Shared {
  store: string;
  ada: User;
  bob: User;
}

/** A store that a group shares, and two users of it with different umasks, neither of whom sees the other's files. */
async function shared({ path }: Workspace): Promise<Shared> {
  const store = join(path, "shared store");
  const chown = areTwo ? `chgrp ${group} . && chmod 2775 .` : "chmod 2775 .";
  await Deno.mkdir(store);
  await succeed(shell(`${chown} && chmod 755 ..`, store));
  const user = async (name: string, id: number, umask: string): Promise<User> => {
    const own = join(path, name);
    const artifacts = join(own, "artifacts");
    await Deno.mkdir(own);
    await lendCaches(artifacts, "counting");
    const become = areTwo ? as(id) : "";
    if (areTwo) await succeed(shell(`chown -R ${id}:${id} . && chmod 700 .`, own));
    const own_ = `HOME=${quoted(own)} DENO_DIR=${quoted(join(own, "cache"))}`;
    const inShell = (line: string) =>
      shell(
        `${become}env ${own_} FANIN_STORE=${quoted(store)} sh -c ${
          quoted(`umask ${umask}\n${line}`)
        }`,
        root,
      );
    return {
      path: own,
      artifacts,
      shell: inShell,
      run: (...args) => inShell(commandLine(cliOf("counting"), artifacts, ...args)),
    };
  };
  return {
    store,
    ada: await user("ada", 54_001, "077"),
    bob: await user("bob", 54_002, "022"),
  };
}

const only = ["reproduce", "--only", "double/first"];

/** A test of two users of one store, in which the first has run already. */
const testOfUsers = (
  name: string,
  test: (users: Shared & { path: string }) => Promise<void>,
): void =>
  testOnLinux(name, async () => {
    await using place = await workspace();
    const users = await shared(place);
    await succeed(users.ada.run(...only));
    await test({ ...users, path: place.path });
  });

const nine = ["--set", "numbers.first.values=[9]"];

/** The jobs of a plan that would run. */
async function toRun(user: User, ...args: string[]): Promise<string[]> {
  const { out, err } = await user.run("plan", "--json", "--only", "double/first", ...args);
  assert(out !== "", err);
  const { jobs } = JSON.parse(out) as { jobs: { job: string; state: string }[] };
  return jobs.filter(({ state }) => state !== "cached").map(({ job }) => job);
}

/** Each path in a directory, with its mode and group. */
function* modesIn(path: string): Generator<[path: string, mode: number, gid: number | null]> {
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    const at = join(path, name);
    const { mode, gid } = Deno.statSync(at);
    yield [at, mode! & 0o7777, gid];
    if (isDirectory) yield* modesIn(at);
  }
}

testOfUsers(
  "two users take each other's results, and gc of one keeps what the other needs",
  async ({ store, ada, bob, path }) => {
    const again = await succeed(bob.run(...only));
    assertMatch(again.out, /2 jobs: 2 cached/);
    // Linux refuses hard links to files of others.
    if (areTwo) assertStringIncludes(again.err, "are copies, not hard links");
    await succeed(bob.run(...only, ...nine));
    assertEquals(await toRun(ada, ...nine), []);
    await succeed(ada.run(...only, "--force", "numbers/first"));

    for (const [path, mode, gid] of modesIn(store)) {
      const isDirectory = Deno.statSync(path).isDirectory;
      const rights = isDirectory ? 0o2770 : (mode & 0o200) === 0 ? 0o040 : 0o060;
      assertEquals(mode & rights, rights, `${path}: ${mode.toString(8)}`);
      if (areTwo) assertEquals(gid, group, path);
    }
    // Nothing but the caches of a checkout lies in the artifacts, and they are as private as the umask says.
    for (const user of [ada, bob]) {
      const names = (await user.shell(`ls ${quoted(join(user.artifacts, "store"))}`)).out.split(
        "\n",
      );
      for (const name of ["blobs", "actions"]) assert(!names.includes(name), name);
    }
    assertEquals(Deno.statSync(join(ada.artifacts, "store", "user.txt")).mode! & 0o077, 0);

    // Ada has no run with nine, and keeps none of her own but the last.
    const { out } = await succeed(ada.run("gc", "--last", "1", "--yes", "--json"));
    const { users, blobs } = JSON.parse(out);
    assertEquals(users, [{ artifacts: bob.artifacts, runs: runsIn(bob.path) }]);
    assertEquals(blobs, 0);
    assertEquals(await toRun(bob, ...nine), []);
    for (const user of [ada, bob]) await succeed(user.run("verify"));

    const unknown = await ada.run("gc", "--forget", join(path, "nobody"));
    assertEquals(unknown.code, 2);
    assertStringIncludes(unknown.err, `It knows: `);
    const asked = await succeed(ada.run("gc", "--forget", bob.artifacts));
    assertStringIncludes(asked.out, "Nothing was removed");
    await succeed(ada.run("gc", "--forget", bob.artifacts, "--yes"));
    assertEquals(await toRun(bob, ...nine), ["numbers/first", "double/first"]);
    assertEquals(await toRun(ada), []);

    // A run that is up to date is registered again; one that was removed by hand no longer counts.
    await succeed(bob.run(...only));
    const after = JSON.parse((await succeed(ada.run("gc", "--json"))).out);
    assertEquals(after.users, [{ artifacts: bob.artifacts, runs: runsIn(bob.path) }]);
    await succeed(bob.shell(`rm -r ${quoted(join(bob.artifacts, "runs"))}/*`));
    await succeed(bob.run(...only));
    const last = JSON.parse((await succeed(ada.run("gc", "--json"))).out);
    assertEquals(last.users[0].runs.length, 1);
  },
);

testOfUsers(
  "what another user left and nobody else can remove stops neither a run nor gc",
  async ({ store, ada, bob }) => {
    const left = join(store, "tmp", "left");
    await succeed(
      ada.shell(
        `mkdir -m 700 ${quoted(left)} && touch ${quoted(join(left, "file"))} && ` +
          `touch -d "3 days ago" ${quoted(left)}`,
      ),
    );
    await succeed(bob.run(...only));
    const { err } = await succeed(bob.run("gc", "--yes"));
    if (areTwo) assertStringIncludes(err, "Left in place: 1 file of other users");
    await succeed(ada.run("gc", "--yes"));
    assertEquals([...Deno.readDirSync(join(store, "tmp"))], []);

    // A lock file without the group's rights can be locked, and damage that cannot be moved is reported.
    const locks = join(store, "locks");
    await succeed(ada.shell(`chmod 644 ${quoted(locks)}/*`));
    await succeed(bob.run(...only, ...nine));
    const blob = await damage(ada, store);
    const { code, out } = await bob.run("verify");
    assertEquals(code, 1);
    if (areTwo) {
      assertMatch(
        out,
        /It stays there: Operation not permitted|It stays there: Permission denied/,
      );
    }
    assertEquals(exists(blob), areTwo);
  },
);

testOnLinux("gc of one user keeps what another's run has computed that was cut off", async () => {
  await using place = await workspace();
  const { store, ada, bob } = await shared(place);
  const steps = ["--only", "stepwise/first", "--set", "stepwise.first.steps=1000"];
  const line = commandLine(cliOf("counting"), ada.artifacts, "reproduce", ...steps);
  const entries = `find ${quoted(join(store, "actions"))} -type f 2>/dev/null`;
  // Cut off after the first job and two steps of the second.
  const { code } = await ada.shell(
    `${line} & run=$!\nwhile kill -0 $run && [ "$(${entries} | wc -l)" -lt 3 ]; do sleep 0.1; done\n` +
      `kill -9 $run`,
  );
  assertEquals(code, 0);
  const count = async () => (await ada.shell(`${entries} | wc -l`)).out.trim();
  const before = await count();
  assert(Number(before) >= 3, before);
  const { out } = await succeed(bob.run("gc", "--yes", "--json"));
  const { users, actions } = JSON.parse(out);
  assertEquals([users, actions], [[{ artifacts: ada.artifacts, runs: runsIn(ada.path) }], 0]);
  assertEquals(await count(), before);
  await succeed(bob.run("verify"));
  await succeed(ada.run("gc", "--yes"));
  assertEquals(await count(), "0");
});

testOnLinux("a user who is not in the group of a store gets a message that says so", async () => {
  await using place = await workspace();
  const { ada } = await shared(place);
  const open = join(place.path, "open");
  await Deno.mkdir(open);
  await Deno.chmod(open, 0o777);
  const line = commandLine(cliOf("counting"), ada.artifacts, ...only);
  const { code, err } = await ada.shell(`FANIN_STORE=${quoted(open)} ${line}`);
  // Only root makes a directory of a group that its user is not in.
  assertEquals(code, areTwo ? 2 : 0, err);
  if (areTwo) assertStringIncludes(err, "Join the group of the store's directory");
});

/** Damages a blob of a user whose directory is no longer writable for the group. Gives its path. */
async function damage(user: User, store: string): Promise<string> {
  const { out } = await succeed(
    user.shell(`find ${quoted(join(store, "blobs"))} -type f -user "$(id -u)" | sort | head -n 1`),
  );
  const blob = out.trim();
  await succeed(
    user.shell(
      `chmod 644 ${quoted(blob)} && echo damaged > ${quoted(blob)} && ` +
        `chmod 2755 "$(dirname ${quoted(blob)})"`,
    ),
  );
  return blob;
}
