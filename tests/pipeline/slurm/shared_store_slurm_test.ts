/** Tests runs by Slurm whose store is the one that `FANIN_STORE` names, on a Slurm on loopback. */
import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { filesUnder } from "../../../pipeline/store/files_under.ts";
import { type Cluster, startCluster } from "../../slurm/slurm_daemons.ts";
import { cliOf } from "../../support/checkout.ts";
import { lendCaches } from "../../support/kept_caches.ts";
import { runsIn, type Workspace, workspace } from "../../support/workspace.ts";
import { succeed } from "../../support/succeed.ts";
import { deno, type Ended, permissions, runArguments } from "../../support/deno_command.ts";

let place: Workspace;
let cluster: Cluster;

Deno.test.beforeAll(async () => {
  place = await workspace();
  const directory = join(place.path, "slurm");
  cluster = await startCluster({ directory, nodes: 2, cores: 2 });
});

Deno.test.afterAll(async () => {
  await (cluster as Cluster | undefined)?.[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

interface User {
  path: string;
  artifacts: string;
  run(...args: string[]): Promise<Ended>;
  /** Runs `reproduce` by Slurm. */
  submit(...args: string[]): Promise<Ended>;
}

/** A directory of artifacts that uses a store. */
async function user(name: string, store: string): Promise<User> {
  const path = join(place.path, name);
  const artifacts = join(path, "artifacts");
  await lendCaches(artifacts, "counting");
  const cli = cliOf("counting");
  const site = join(path, "cluster.json");
  const command = ["deno", "run", "--frozen", ...permissions, cli, artifacts, "job"];
  await Deno.writeTextFile(site, JSON.stringify({ poll: 1, command }));
  const env = { ...cluster.environment, FANIN_STORE: store };
  const run = (...args: string[]) => deno(runArguments(cli, artifacts, ...args), env);
  return {
    path,
    artifacts,
    run,
    submit: (...args) => run("reproduce", "--executor", "slurm", "--cluster", site, ...args),
  };
}

const only = ["--only", "double/first"];
const nine = ["--set", "numbers.first.values=[9]"];

/** The names of what lies in a directory of blobs or entries. */
const stored = (store: string, kind: string): string[] => [...filesUnder(join(store, kind))].sort();

Deno.test("nodes find and keep results in the store that FANIN_STORE names, for all its users", async () => {
  const store = join(place.path, "store");
  await Deno.mkdir(store);
  await Deno.chmod(store, 0o2775);
  const [ada, bob] = [await user("ada", store), await user("bob", store)];
  await succeed(ada.run("reproduce", "--only", "numbers/first"));
  assertEquals(stored(store, "actions").length, 1);

  // Bob's node finds Ada's result, and Ada finds what the node computed.
  assertMatch((await succeed(bob.submit(...only))).out, /2 jobs: 1 ran, 1 cached/);
  assertEquals(stored(store, "actions").length, 2);
  assertMatch((await succeed(ada.run("reproduce", ...only))).out, /2 jobs: 2 cached/);
  for (const { artifacts } of [ada, bob]) {
    for (const kind of ["blobs", "actions"]) {
      assertEquals(stored(join(artifacts, "store"), kind), []);
    }
  }
  // Files that a node makes have the group's rights.
  for (const path of stored(store, "blobs")) {
    assertEquals(Deno.statSync(path).mode! & 0o040, 0o040, path);
    assertEquals(Deno.statSync(join(path, "..")).mode! & 0o020, 0o020, path);
  }

  // The run is registered: gc of another keeps what the nodes computed.
  await succeed(bob.submit(...only, ...nine));
  const before = stored(store, "blobs");
  const { users, blobs } = JSON.parse(
    (await succeed(ada.run("gc", "--last", "1", "--yes", "--json"))).out,
  );
  assertEquals([users, blobs], [[{ artifacts: bob.artifacts, runs: runsIn(bob.path) }], 0]);
  assertEquals(stored(store, "blobs"), before);
  await succeed(bob.run("verify"));
});

/** Waits until a directory has a file of this ending, or a run has ended without. */
async function until(directory: string, ending: string, run: Promise<Ended>): Promise<void> {
  let ended: Ended | undefined;
  run.then((end) => ended = end);
  while (![...filesUnder(directory)].some((path) => path.endsWith(ending))) {
    if (ended !== undefined) throw new Error(`expected ${ending}; ${ended.out}${ended.err}`);
    await new Promise((end) => setTimeout(end, 10));
  }
}

Deno.test("gc of another removes nothing while Slurm has a run of the store", async () => {
  const store = join(place.path, "open");
  await Deno.mkdir(store);
  const [eve, dan] = [await user("eve", store), await user("dan", store)];
  const submitted = dan.submit("--only", "slow/first", "--set", "slow.first.ticks=60");
  await until(join(store, "users"), ".open.json", submitted);
  const { code, err } = await eve.run("gc", "--yes");
  assertEquals(code, 2);
  assertStringIncludes(err, "is still with Slurm");
  await succeed(submitted);
  const { users } = JSON.parse((await succeed(eve.run("gc", "--json"))).out);
  assertEquals(users, [{ artifacts: dan.artifacts, runs: runsIn(dan.path) }]);
});

Deno.test("a node without the disk of the store fails its job and makes no directory there", async () => {
  const store = join(place.path, "mounted");
  await Deno.mkdir(store);
  const joe = await user("joe", store);
  await succeed(joe.submit("--only", "numbers/first"));
  const [run] = runsIn(joe.path);
  await Deno.remove(store, { recursive: true });
  const job = ["job", join(joe.artifacts, "runs", run, "slurm"), "0"];
  // A node has the variables that Slurm sets, and not FANIN_STORE.
  const node = { SLURM_JOB_ID: "1", SLURMD_NODENAME: "node9" };
  const { code, err } = await deno(runArguments(cliOf("counting"), joe.artifacts, ...job), node);
  assertEquals(code, 1, err);
  assertStringIncludes(err, `FANIN_STORE names ${store}; found nothing there on node9. Mount`);
  await assertRejects(() => Deno.stat(store), Deno.errors.NotFound);
});
