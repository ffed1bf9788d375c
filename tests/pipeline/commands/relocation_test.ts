/** Tests that a commit has one set of keys, at any path and with results from any origin. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { nginx, password, user } from "../../support/nginx.ts";
import { root } from "../../support/checkout.ts";
import { runsIn, workspace } from "../../support/workspace.ts";
import { copyTree, edit, readJson } from "../../support/copied_files.ts";
import type { Ended } from "../../support/deno_command.ts";
import { shell } from "../../support/shell.ts";

/** A module that a stage loads while it runs: its name is in the bundle where the others leave none. */
const lazy = `import { doubled } from "./arithmetic.ts";
export const twice = doubled;
`;

/** The repository as far as the test pipeline needs it, with its packages, as a clone has it. */
async function checkOut(at: string): Promise<void> {
  for (const directory of ["pipeline", "schemas", "vendor", "tests/fixtures"]) {
    await copyTree(join(root, directory), join(at, directory));
  }
  for (const file of ["deno.json", "deno.lock"]) {
    await Deno.copyFile(join(root, file), join(at, file));
  }
  const fixture = join(at, "tests", "fixtures", "counting");
  await Deno.writeTextFile(join(fixture, "lazy.ts"), lazy);
  await edit(
    join(fixture, "double.ts"),
    "run: ({ inputs }) => ({ numbers: doubled(inputs.numbers) })",
    'run: async ({ inputs }) => ({ numbers: (await import("./lazy.ts")).twice(inputs.numbers) })',
  );
  await edit(join(fixture, "double.ts"), 'import { doubled } from "./arithmetic.ts";\n', "");
  const installed = await shell("deno install -q --frozen", at);
  assertEquals(installed.code, 0, installed.err);
}

/** Runs a command of the test pipeline in a checkout. */
const faninAt = (at: string, args: string): Promise<Ended> =>
  shell(
    `FANIN_REMOTE_USER=${user} FANIN_REMOTE_PASSWORD=${password} ` +
      "deno run -q --no-prompt --frozen -P=fanin tests/fixtures/counting/cli.ts artifacts " + args,
    at,
  );

/** Reads the parts of a manifest that depend on neither time nor machine. */
async function essence(at: string): Promise<unknown> {
  const { jobs, identity } = await readJson(at, "artifacts", "latest", "manifest.json");
  return {
    identity,
    jobs: jobs.map((job: Record<string, unknown>) => ({
      ...job,
      ...{ status: null, started: null, seconds: null, from: null },
    })),
  };
}

const statesOf = async (at: string): Promise<Set<string>> => {
  const { out } = await faninAt(at, "plan --json");
  return new Set(JSON.parse(out).jobs.map(({ state }: { state: string }) => state));
};

const codeOf = (at: string) => Deno.readTextFile(join(at, "artifacts", "store", "code.json"));

Deno.test("a moved or linked checkout has the same keys, so every job is a cache hit", async () => {
  await using place = await workspace();
  const one = join(place.path, "one");
  const other = join(place.path, "zweiter Ort für Übungen");
  const linked = join(place.path, "link");
  for (const at of [one, other]) await checkOut(at);
  assertEquals((await shell('ln -s one "link"', place.path)).code, 0);

  for (const at of [one, other]) {
    const ran = await faninAt(at, "reproduce --only double/first");
    assertEquals(ran.code, 0, ran.err);
  }
  assertEquals(await codeOf(other), await codeOf(one));
  assertEquals(await essence(other), await essence(one));

  const whole = await faninAt(one, "reproduce");
  assertEquals(whole.code, 0, whole.err);
  assertEquals(await statesOf(linked), new Set(["cached"]), "through a link");
  assertEquals(await codeOf(linked), await codeOf(one));

  // Imported there, the run's results are hits, and what is exported again has the same bytes.
  const exported = await faninAt(one, "export latest --output ../one.zip");
  assertEquals(exported.code, 0, exported.err);
  await Deno.remove(join(other, "artifacts"), { recursive: true });
  const imported = await faninAt(other, "import ../one.zip");
  assertEquals(imported.code, 0, imported.err);
  assertEquals(await statesOf(other), new Set(["cached"]), "imported");
  const [run] = runsIn(other);
  const again = await faninAt(other, `export ${run} --output ../other.zip`);
  assertEquals(again.code, 0, again.err);
  const [first, second] = await Promise.all(
    ["one.zip", "other.zip"].map((name) => Deno.readFile(join(place.path, name))),
  );
  assert(first.length === second.length && first.every((byte, i) => byte === second[i]));

  // From a remote store they are hits too.
  await using server = await nginx(place);
  const pushed = await faninAt(one, `push latest --remote ${server.url}`);
  assertEquals(pushed.code, 0, pushed.err);
  await Deno.remove(join(other, "artifacts"), { recursive: true });
  const taken = await faninAt(other, `reproduce --json --remote ${server.url}`);
  assertEquals(taken.code, 0, taken.err);
  const { jobs } = await readJson(other, "artifacts", "latest", "manifest.json");
  for (const { name, from } of jobs) assertEquals(from, "remote", name);

  // Whatever only saves time can be deleted.
  const before = await essence(one);
  const store = join(one, "artifacts", "store");
  for (const { name } of [...Deno.readDirSync(store)]) {
    if (["blobs", "actions"].includes(name)) continue;
    await Deno.remove(join(store, name), { recursive: true });
    assertEquals(await statesOf(one), new Set(["cached"]), `without ${name}`);
  }
  assertEquals(await essence(one), before);
});
