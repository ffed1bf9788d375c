/** Tests which tests a change concerns: by imports, by named files, and by what git reports. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { importsOf } from "../support/imports.ts";
import { root } from "../support/checkout.ts";
import { workspace } from "../support/workspace.ts";
import { deno } from "../support/deno_command.ts";
import { quoted, shell } from "../support/shell.ts";
import { type Choice, choose, nearest } from "./changes.ts";
import { needsIn, ofAll } from "./needs.ts";

/** Every file of the sources, as git would list it. */
function* filesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(join(root, folder))) {
    const path = `${folder}/${name}`;
    if (path === "tests/tmp") continue;
    if (isDirectory) yield* filesIn(path);
    else yield path;
  }
}

const textOf = (path: string) =>
  path.endsWith(".ts") ? Deno.readTextFileSync(join(root, path)) : undefined;

const folders = ["pipeline", "stages", "schemas", "docs", "tests", "artifacts/reference"];
const files = ["README.md", "CONTRIBUTING.md", "LICENSE", "artifacts/README.md"];
const tree = new Map(
  [...folders.flatMap((folder) => [...filesIn(folder)]), ...files]
    .map((path) => [path, textOf(path)]),
);
const tests = [...tree.keys()].filter((path) => /^tests\/.*_test\.ts$/.test(path));

const concerned = (...changed: string[]): string[] =>
  choose(tests, changed, tree).map(({ test }) => test);

Deno.test("every file concerns a test", () => {
  const needsOf = needsIn(tree);
  const needed = new Set(tests.flatMap((test) => [...needsOf(test).keys()]));
  assertEquals([...tree.keys()].filter((path) => !needed.has(path)), []);
});

Deno.test("a module concerns the tests that import it, through others too, and not the rest", () => {
  const found = concerned("pipeline/terminal/cell_width.ts");
  for (
    const test of ["pipeline/terminal/cell_width_test.ts", "pipeline/terminal/progress_test.ts"]
  ) {
    assert(found.includes(`tests/${test}`), test);
  }
  assert(!found.includes("tests/stages/random/random_numpy_test.ts"));
});

Deno.test("a test pipeline, and what it imports, concerns the tests that run it in processes", () => {
  const [counting, audited, neither] = ["commands/cli", "commands/audit", "terminal/nearest"]
    .map((name) => `tests/pipeline/${name}_test.ts`);
  const found = concerned("tests/fixtures/counting/trouble.ts");
  assertEquals([counting, audited, neither].map((test) => found.includes(test)), [
    true,
    false,
    false,
  ]);
  const others = concerned("tests/fixtures/audited/audited_stages.ts");
  assertEquals([counting, audited, neither].map((test) => others.includes(test)), [
    false,
    true,
    false,
  ]);
  const all = concerned("pipeline/commands/plan.ts");
  assertEquals([counting, audited, neither].map((test) => all.includes(test)), [true, true, false]);
});

Deno.test("a file of expected content concerns the tests that name it", () => {
  const found = concerned("tests/golden/claim-ids.txt");
  const named = tests.filter((test) => /goldenFile\("claim-ids.txt"/.test(textOf(test)!));
  assert(named.length > 0);
  for (const test of named) assert(found.includes(test), test);
  assert(!found.includes("tests/pipeline/diff/png_test.ts"));
});

Deno.test("a document concerns the tests of documents", () => {
  const readers = ["tests/docs_test.ts", "tests/run/needs_test.ts"];
  assertEquals(concerned("docs/comparing.md"), readers);
});

Deno.test("what all depend on concerns all", () => {
  for (const path of ["deno.json", "deno.lock", "vendor/assert/mod.ts"]) {
    assert(ofAll.some((start) => path.startsWith(start)));
    assertEquals(concerned(path), tests);
  }
});

Deno.test("a changed test is chosen, with what else needs it; the way to a change is shown", () => {
  const made = new Map([
    ["tests/a_test.ts", `import { one } from "./helper.ts";\none();`],
    ["tests/b_test.ts", `import { two } from "./helper.ts";\ntwo();`],
    [
      "tests/helper.ts",
      `import { far } from "../pipeline/x.ts";
export const one = () => far();
export const two = () => 2;`,
    ],
    ["pipeline/x.ts", `import "./y.ts";`],
    ["pipeline/y.ts", ""],
  ]);
  const chosen = (...changed: string[]): Choice[] =>
    choose(["tests/a_test.ts", "tests/b_test.ts"], changed, made);
  assertEquals(chosen("tests/b_test.ts"), [{ test: "tests/b_test.ts", way: [] }]);
  assertEquals(chosen("pipeline/y.ts"), [
    { test: "tests/a_test.ts", way: ["tests/helper.ts", "pipeline/x.ts", "pipeline/y.ts"] },
  ]);
  assertEquals(chosen("tests/helper.ts").map(({ test }) => test), [
    "tests/a_test.ts",
    "tests/b_test.ts",
  ]);
  assertEquals(chosen("pipeline/other.ts"), []);
});

Deno.test("a test that reaches two changed files is as near as the nearer one", () => {
  const made = new Map([
    ["tests/a_test.ts", `import "../pipeline/x.ts";`],
    ["pipeline/x.ts", `import "./y.ts";`],
    ["pipeline/y.ts", ""],
  ]);
  assertEquals(choose(["tests/a_test.ts"], ["pipeline/y.ts", "pipeline/x.ts"], made), [
    { test: "tests/a_test.ts", way: ["pipeline/x.ts"] },
  ]);
});

Deno.test("a test that changed is nearest beside what all depend on, too", () => {
  const made = new Map([["tests/a_test.ts", ""], ["tests/b_test.ts", ""], [
    "deno.json",
    undefined,
  ]]);
  assertEquals(
    choose(["tests/a_test.ts", "tests/b_test.ts"], ["deno.json", "tests/b_test.ts"], made),
    [
      { test: "tests/a_test.ts", way: ["deno.json"] },
      { test: "tests/b_test.ts", way: [] },
    ],
  );
});

Deno.test("no test runs that is farther from a change than one that is left out", () => {
  const seconds: Record<string, number> = {
    changed: 100,
    near: 20,
    nearToo: 10,
    far: 5,
    farther: 6,
  };
  const choices = [
    { test: "farther", way: ["x", "y", "z"] },
    { test: "far", way: ["x", "y"] },
    { test: "near", way: ["x"] },
    { test: "nearToo", way: ["x"] },
    { test: "changed", way: [] },
  ];
  const within = (limit: number, among = choices) =>
    nearest(among, (test) => seconds[test], limit).map(({ test }) => test);
  assertEquals(within(0), ["changed"]);
  assertEquals(within(100), ["changed"]);
  assertEquals(within(115), ["changed", "nearToo", "near"]);
  assertEquals(within(1000), ["changed", "nearToo", "near", "far", "farther"]);
  assertEquals(within(1, choices.slice(0, 2)), ["far"]);
  const lister = { test: "tests/docs_test.ts", way: ["pipeline/x.ts"] };
  assertEquals(within(1000, [lister, ...choices]).at(-1), lister.test);
});

Deno.test("imports are found as Deno finds them", async () => {
  const entry = "tests/fixtures/assignment/cli.ts";
  const { out } = await deno(["info", "--json", entry]);
  const { modules } = JSON.parse(out) as {
    modules: { specifier: string; dependencies?: { code?: { specifier: string } }[] }[];
  };
  const own = (specifier = "") =>
    specifier.startsWith("file:") ? fileURLToPath(specifier).slice(root.length) : undefined;
  let compared = 0;
  for (const { specifier, dependencies = [] } of modules) {
    const path = own(specifier);
    if (path === undefined || !tree.has(path) || !path.endsWith(".ts")) continue;
    const found = new Set(importsOf(path, textOf(path)!).map(({ target }) => target));
    for (const { code } of dependencies) {
      const target = own(code?.specifier);
      // Those that are not by a path are of packages, or of the import map.
      if (target === undefined || target.startsWith("vendor/")) continue;
      assert(found.has(target) || target === "pipeline/mod.ts", `${path} imports ${target}`);
      compared++;
    }
  }
  assert(compared > 500, String(compared));
});

Deno.test("--changed runs what git says has changed, and nothing where nothing has", async () => {
  await using place = await workspace();
  const run = async (line: string, expected = 0) => {
    const { code, out, err } = await shell(line, place.path);
    assertEquals(code, expected, `${line}\n${out}${err}`);
    return out;
  };
  const git = (line: string) => run(`git -c user.name=a -c user.email=a@b ${line}`);
  const changed = "deno run -q --no-prompt --frozen -P=gate tests/run/mod.ts --changed";
  const test = "tests/pipeline/terminal/nearest_test.ts";
  const copied = ["pipeline", "schemas", "vendor", "deno.json", "deno.lock", "tests/run", test];
  for (const name of [...copied, "tests/support/checkout.ts", "tests/support/imports.ts"]) {
    await run(`mkdir -p ${dirname(name)} && cp -r ${quoted(join(root, name))} ${dirname(name)}`);
  }
  await run("rm tests/run/*_test.ts && echo node_modules > .gitignore");
  await run(`ln -s ${quoted(join(root, "node_modules"))} node_modules`);
  await git("init -q -b main");
  await git("add .");
  await git("commit -q -m first");
  assertEquals(await run(changed), "Nothing changed since the branch began: no test to run.\n");
  await run("touch notes.txt");
  assertEquals(await run(changed), "Changed files: 1. Test files that need one: 0\n");
  await run("rm notes.txt");

  await git("checkout -q -b work");
  await run(`echo 'Deno.test("added", () => {});' >> ${test}`);
  await git("commit -q -a -m second");
  const out = await run(changed);
  assertStringIncludes(out, `${test} changed\n`);
  assertMatch(out, /added \.\.\. .*ok/);
  await run(`echo 'Deno.test("new", () => { throw 1; });' > tests/new_test.ts`);
  const failed = await run(changed, 1);
  assertStringIncludes(failed, "tests/new_test.ts changed\n");
  assertMatch(failed, /^ok tests\/pipeline\/terminal\/nearest_test.ts: \d+ passed /m);
  assertMatch(
    failed,
    /^FAILED tests\/new_test.ts: 1 failed\n( {2}.+\n)+FAILED \| \d+ passed \| 1 failed \(\d+s\)\n$/m,
  );
});
