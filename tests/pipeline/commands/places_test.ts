/**
 * Tests checkouts, projects and results in oddly named and linked directories. Each works, or is refused
 * in a sentence.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { root } from "../../support/checkout.ts";
import {
  fanin,
  faninEach,
  type Workspace,
  workspaceOfOneProcess,
} from "../../support/workspace.ts";
import { quoted, shell } from "../../support/shell.ts";
import { copyTree, link, readJson } from "../../support/copied_files.ts";
import type { Ended } from "../../support/deno_command.ts";
import { succeedIn } from "../../support/succeed.ts";

/** Copies the engine, with the test pipeline, as a checkout in a directory. */
async function checkout(to: string): Promise<void> {
  for (const part of ["package", "pipeline", "schemas", "vendor", "tests/fixtures"]) {
    await copyTree(join(root, part), join(to, part));
  }
  for (const file of ["deno.json", "deno.lock"]) {
    await Deno.copyFile(join(root, file), join(to, file));
  }
  await link(join(root, "node_modules"), join(to, "node_modules"));
}

/** A notice would say that something was done without. */
async function succeedWithoutNotice(command: string, directory: string): Promise<Ended> {
  const ended = await succeedIn(directory, command);
  assert(!/notice|not written/.test(ended.err), ended.err);
  return ended;
}

const cli = "deno run -q --no-prompt --frozen -P=fanin tests/fixtures/counting/cli.ts artifacts";

/** Characters with a meaning to URLs, to shells, to patterns, to JSON and to lists. */
const names = [
  `a b c#d%20e?f:g,h;é '"$&$HOME\`id\`|<x>[y]{z}(1)~!=@^`,
  "new\nline\ttab \\ \u202e",
];
/** All these characters: stages are bundled again in each place. */
const odd = names.join("");

Deno.test(`a checkout works in a directory named ${JSON.stringify(odd)}, with the same keys`, async () => {
  await using place = await workspaceOfOneProcess();
  const here = join(place.path, odd);
  await checkout(here);
  await succeedWithoutNotice(`${cli} reproduce --only report/first`, here);
  const again = await succeedWithoutNotice(`${cli} reproduce --only report/first`, here);
  assertStringIncludes(again.out, "up to date");
  await succeedWithoutNotice(`${cli} verify`, here);
  await succeedWithoutNotice(`${cli} report`, here);
  const { path } = await workspaceLike(place, "plain");
  const [ours, theirs] = await Promise.all([here, path].map(keysIn));
  assertEquals(ours, theirs);
});

Deno.test(`a project works in a directory named ${JSON.stringify(odd)}`, async () => {
  await using place = await workspaceOfOneProcess();
  const here = join(place.path, odd);
  await succeedWithoutNotice(`deno task -q new project ${quoted(here)}`, root);
  await succeedWithoutNotice("deno install", here);
  await succeedWithoutNotice("deno task -q reproduce", here);
  await succeedWithoutNotice("deno task -q export latest", here);
  await succeedWithoutNotice("deno task -q diff latest latest --html page.html", here);
});

Deno.test("a project finds an engine in an oddly named directory, or is refused with a message", async () => {
  await using place = await workspaceOfOneProcess();
  const engine = join(place.path, names[0].replace("#d%20e?", ""));
  await checkout(engine);
  await succeedWithoutNotice(`${cli} new project ../own`, engine);
  const own = join(place.path, "own");
  const lock = join(own, "deno.lock");
  const written = await Deno.readTextFile(lock);
  // It runs as it is, and `deno install` finds nothing to change.
  await succeedWithoutNotice("deno task -q reproduce", own);
  await succeedWithoutNotice("deno install", own);
  assertEquals(await Deno.readTextFile(lock), written);

  // A failure of the lock file is one sentence, without the engine's frames.
  const { npm, specifiers, ...rest } = JSON.parse(written);
  const without = (all: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => !name.includes("leven")));
  const lacking = { ...rest, specifiers: without(specifiers), npm: without(npm) };
  await Deno.writeTextFile(lock, JSON.stringify(lacking));
  const { code, err } = await shell("deno task -q plan", own);
  assertEquals(code, 2, err);
  assertMatch(
    err,
    /^fanin cannot be loaded: The lockfile is out of date\. Run "deno install" in .*own\.\n$/,
  );
  await Deno.writeTextFile(lock, written);

  for (const name of names) {
    const unfit = join(place.path, name);
    await checkout(unfit);
    const { code, err } = await shell(`${cli} new project ../other`, unfit);
    assertEquals(code, 2, err);
    assertMatch(err, /^The engine lies at [^\n]* Rename the directory\.\n$/);
    assertEquals([...Deno.readDirSync(place.path)].some(({ name }) => name === "other"), false);
  }
});

Deno.test('a checkout in a directory named "a*b" is refused in a sentence by every command', async () => {
  await using place = await workspaceOfOneProcess();
  const here = join(place.path, "a*b");
  await checkout(here);
  for (const command of ["reproduce", "runs", "verify"]) {
    const { code, err } = await shell(`${cli} ${command}`, here);
    assertEquals(code, 2, err);
    assertMatch(err, /^The project lies in .*a\*b; expected a path without "\*"[^\n]*\n$/);
  }
  assertEquals([...Deno.readDirSync(here)].some(({ name }) => name === "artifacts"), false);
});

/** A place within another, where the test pipeline has run. */
async function workspaceLike(place: Workspace, name: string): Promise<Workspace> {
  const there = { ...place, path: join(place.path, name) };
  const { code, err } = await fanin(there, ["reproduce", "--only", "report/first"]);
  assertEquals(code, 0, err);
  return there;
}

async function keysIn(place: string): Promise<string[]> {
  const { jobs } = await readJson(place, "artifacts", "latest", "manifest.json");
  return (jobs as { key: string }[]).map(({ key }) => key);
}

/** Directories that are links: the name, and the commands that make it. */
const links: [what: string, make: string][] = [
  ["artifacts", "mkdir real && ln -s real artifacts"],
  [
    "artifacts/store and artifacts/runs",
    [
      "mkdir -p artifacts real/store real/runs && ln -s ../real/store ../real/runs artifacts",
    ].join(""),
  ],
];
for (const [what, make] of links) {
  Deno.test(`${what} may be a symbolic link`, async () => {
    await using place = await workspaceOfOneProcess();
    await succeedWithoutNotice(make, place.path);
    const run = async (...args: string[]) => {
      const ended = await fanin(place, args);
      assertEquals(ended.code, 0, `${args}\n${ended.out}${ended.err}`);
      return ended;
    };
    await run("reproduce", "--only", "report/first");
    const again = await run("reproduce", "--only", "report/first");
    assertStringIncludes(again.out, "up to date");
    await run("verify");
    await run("diff", "latest", "latest");
    await run("export", "latest");
    await run("gc", "--last", "1", "--yes");
    await run("report", "latest");
    await run("reference", "--update", "--yes", "--force", "latest");
    assertEquals((await Deno.lstat(join(place.path, what.split(" ")[0]))).isSymlink, true);
  });
}

Deno.test("a checkout through a symbolic link has the results of the checkout", async () => {
  await using place = await workspaceOfOneProcess();
  await checkout(join(place.path, "real"));
  await succeedWithoutNotice("ln -s real link", place.path);
  await succeedWithoutNotice(`${cli} reproduce --only report/first`, join(place.path, "real"));
  const again = await succeedWithoutNotice(
    `cd link && ${cli} reproduce --only report/first`,
    place.path,
  );
  assertStringIncludes(again.out, "up to date");
});

const obstacles: [what: string, make: string, said: RegExp][] = [
  ["a file in the place of artifacts", "touch artifacts", /artifacts is a file/],
  ["a file in the place of the store", "mkdir artifacts; touch artifacts/store", /store is a file/],
  ["a file in the place of the runs", "mkdir artifacts; touch artifacts/runs", /runs is a file/],
  [
    "a file in the place of quarantined files",
    "mkdir -p artifacts/store; touch artifacts/store/damaged",
    /damaged is a file/,
  ],
  [
    "a pipe in the place of cached outputs",
    "mkdir -p artifacts/store; mkfifo artifacts/store/answers",
    /answers is a pipe/,
  ],
  [
    "a file in the place of the reference",
    "mkdir artifacts; touch artifacts/reference",
    /reference is a file/,
  ],
  [
    "a directory in the place of the order of runs",
    "mkdir -p artifacts/runs.txt",
    /runs\.txt is a directory; expected a file/,
  ],
  [
    "a pipe in the place of the order of runs",
    "mkdir artifacts; mkfifo artifacts/runs.txt",
    /runs\.txt is a pipe; expected a file/,
  ],
  [
    "a file in the place of the next latest",
    "mkdir artifacts; touch artifacts/.next",
    /\.next is a file/,
  ],
  ["a link that leads nowhere", "ln -s nowhere artifacts", /is a link that leads nowhere/],
  ["a link that leads to itself", "ln -s artifacts artifacts", /is a link that leads nowhere/],
  [
    "a store that leads to a file",
    "mkdir artifacts; touch file; ln -s ../file artifacts/store",
    /store is a link to a file/,
  ],
];
for (const [what, make, said] of obstacles) {
  Deno.test(`${what} is refused by every command, in one sentence`, async () => {
    await using place = await workspaceOfOneProcess();
    await succeedWithoutNotice(make, place.path);
    const ended = await faninEach(place, [["reproduce"], ["runs"], ["verify"]]);
    for (const { code, err } of ended) {
      assertEquals(code, 2, err);
      assertMatch(err.trimEnd(), said);
      assertMatch(err.trimEnd(), /^[^\n]*; expected a \w+, a link to one, or nothing[^\n]*$/);
    }
  });
}
