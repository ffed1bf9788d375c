/** Tests `new`: its output works unchanged, in this repository too, and overwrites nothing. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { create } from "../../../pipeline/commands/new.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import type { Project } from "../../../pipeline/engine/project/project.ts";
import { dag } from "../../fixtures/counting/mod.ts";
import { root } from "../../support/checkout.ts";
import { workspace } from "../../support/workspace.ts";
import { copyCheckout, edit, readJson } from "../../support/copied_files.ts";
import { deno } from "../../support/deno_command.ts";
import { quoted, shell, testOnLinux } from "../../support/shell.ts";
import { succeedIn } from "../../support/succeed.ts";

/** The test pipeline, as if its DAG lay in a directory. */
const project = (directory: string): Project => ({
  root: directory,
  artifacts: join(directory, "artifacts"),
  dag,
  dagModule: pathToFileURL(join(directory, "stages", "mod.ts")).href,
  experiments: { quick: () => Promise.resolve({}) },
});

for (
  const [kind, name, message] of [
    ["stage", "CountWords", 'such as "count-words"; found "CountWords"'],
    ["stage", "count_words", 'with "-" between words'],
    ["stage", "../count", "lower-case letters"],
    ["stage", "delete", "no name of the language"],
    ["stage", "define-stage", "or of the template"],
    ["stage", "given", "or of the template"],
    ["stage", "a".repeat(31), "at most 30"],
    ["stage", "is-even", "has the stage is-even already"],
    ["experiment", "Quick", "The name of an experiment"],
    ["experiment", "quick", "has the experiment quick already"],
  ] satisfies [Parameters<typeof create>[1]["kind"], string, string][]
) {
  Deno.test(`no ${kind} can be named ${name}`, async () => {
    await using place = await workspace();
    const make = () => create(project(place.path), { kind, name, json: false });
    assertThrows(make, Failed, message);
    assertEquals([...Deno.readDirSync(place.path)], []);
  });
}

Deno.test("no file is written if one of them exists", async () => {
  await using place = await workspace();
  await Deno.mkdir(join(place.path, "tests"));
  const test = join(place.path, "tests", "count_words_test.ts");
  await Deno.writeTextFile(test, "mine");
  const make = () =>
    create(project(place.path), { kind: "stage", name: "count-words", json: false });
  assertThrows(make, Failed, "count_words_test.ts exists");
  assertEquals(await Deno.readTextFile(test), "mine");
  assertEquals([...Deno.readDirSync(place.path)].map(({ name }) => name), ["tests"]);
});

Deno.test("a new project records the engine's path and is not overwritten", async () => {
  await using place = await workspace();
  const at = join(place.path, "deep", "own");
  const make = () =>
    deno([
      ...["run", "-q", "--no-prompt", "--frozen", "-P=offline"],
      "pipeline/cli.ts",
      "new",
      "project",
      at,
    ]);
  const { code, out, err } = await make();
  assertEquals(code, 0, err);
  assertStringIncludes(out, "deno install\ndeno task reproduce");
  const { links } = await readJson(at, "deno.json");
  assertEquals(await Deno.realPath(join(at, links[0])), await Deno.realPath(join(root, "package")));
  const [lock, ours] = await Promise.all([at, root].map((place) => readJson(place, "deno.lock")));
  for (const part of ["specifiers", "npm"]) {
    const names = Object.keys(lock[part]);
    assert(names.some((name) => name.includes("esbuild-wasm@")), names.join());
    assertEquals(names.filter((name) => /tfjs|playwright|resvg/.test(name)), []);
    for (const name of names) assertEquals(lock[part][name], ours[part][name], name);
  }
  const again = await make();
  assertEquals(again.code, 2);
  assertStringIncludes(again.err, "exists; expected the name of a file to make");
});

testOnLinux("a new project that does not fit on the disk leaves nothing behind", async () => {
  await using place = await workspace();
  const at = join(place.path, "own");
  const make = "deno run -q --no-prompt --frozen -P=offline pipeline/cli.ts new project";
  // In blocks of 512 bytes; the signal that comes with it is ignored, so that writing fails.
  const limits = "trap '' XFSZ; ulimit -f 8";
  const { code, err } = await shell(`${limits}; exec ${make} ${quoted(at)}`, root);
  assertEquals(code, 2, err);
  assertStringIncludes(err, "cannot be written: File too large");
  assertEquals([...Deno.readDirSync(place.path)], []);
});

Deno.test("only a project has templates, and an unknown one is refused with the known ones", async () => {
  await using place = await workspace();
  const made = (...args: string[]) =>
    deno(["run", "-q", "--no-prompt", "--frozen", "-P=offline", "pipeline/cli.ts", "new", ...args]);
  for (
    const [args, message] of [
      [["stage"], "new found 1 name; expected stage|experiment|project NAME"],
      [["thing", "x"], 'No kind of thing to create is named "thing"'],
      [["stage", "count-words", "--template", "training"], "--template is for a new project"],
      [["project", join(place.path, "own"), "--template", "trainin"], 'Did you mean "training"?'],
      [["project", join(place.path, "own"), "--template", "x"], "needle, program, training"],
    ] as const
  ) {
    const { code, err } = await made(...args);
    assertEquals(code, 2, err);
    assertStringIncludes(err, message);
  }
  assertEquals([...Deno.readDirSync(place.path)], []);
});

Deno.test("a new stage and a new experiment work in this repository unchanged", async () => {
  await using place = await workspace();
  const copy = join(place.path, "copy");
  await copyCheckout(copy);
  const printed = async (command: string) => (await succeedIn(copy, command)).out;
  const told = await printed("deno task -q new stage count-squares");
  const [, line, job] = /^(import .*)\n( +job\(.*)$/m.exec(told)!;
  const stages = join(copy, "stages", "mod.ts");
  await edit(stages, "import ", `${line}\nimport `);
  await edit(stages, "  question3(", `${job}\n  question3(`);
  const [experiment] = /^ {4}"?small-one.*$/m.exec(
    await printed("deno task -q new experiment small-one"),
  )!;
  const cli = join(copy, "pipeline", "cli.ts");
  await edit(cli, "    assignment:", `${experiment}\n    assignment:`);

  const written = "stages/count_squares.ts stages/experiments/small_one.ts tests/";
  const edited = "stages/mod.ts pipeline/cli.ts";
  await printed(`deno fmt --check ${written} ${edited} && deno lint ${written} ${edited}`);
  // The experiment's test has the whole DAG to check, which takes long and is done elsewhere.
  await printed("deno check stages/count_squares.ts tests/count_squares_test.ts");
  // That such a stage runs is shown in own_experiment_test.ts.
  await printed("deno test --no-check --frozen tests/");

  // Around the copy, as around a submodule.
  await printed("deno task new project ..");
  const { links, exclude } = await readJson(place.path, "deno.json");
  assertEquals([links, exclude], [["./copy/package"], ["artifacts", "copy"]]);
});
