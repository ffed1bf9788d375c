/** Tests the messages about user modules that cannot be loaded: reason and place, no engine frames. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { loadDag } from "../../../pipeline/engine/project/load_module.ts";
import { shownPath } from "../../../pipeline/terminal/user_path.ts";
import {
  copyPipeline,
  editedPipeline,
  fanin,
  type Workspace,
  workspace,
} from "../../support/workspace.ts";
import { edit } from "../../support/copied_files.ts";

/** Returns the message about a DAG module with this text. */
async function said({ path }: Workspace, text: string, name = "dag.ts"): Promise<string> {
  // A module is loaded once, so each has a place of its own.
  const directory = await Deno.makeTempDir({ dir: path });
  const file = join(directory, name);
  await Deno.writeTextFile(file, text);
  await Deno.writeTextFile(join(directory, "other.ts"), "export const a = 1;\n");
  await Deno.writeTextFile(join(directory, "bad.json"), '{ "a": ');
  const { failure, message } = await assertRejects(
    () => loadDag(pathToFileURL(file).href),
    Failed,
  );
  assertEquals(failure.reason, "not-loaded");
  for (const hidden of ["ext:", "load_module", "file:", "\u001b"]) {
    assert(!message.includes(hidden), message);
  }
  return message.replaceAll(`${shownPath(directory)}/`, "");
}

Deno.test("a module's syntax error is reported with file, line and column", async () => {
  await using place = await workspace();
  const problems: [text: string, words: string][] = [
    ["export const a = 1;\nexport const dag = [;\n", "dag.ts:2:21: Expression expected\n"],
    ["let a = 1;\nlet a = 2;\n", "dag.ts:2:5: Identifier 'a' has already been declared"],
    ['import "./none.ts";\n', 'dag.ts:1:8: Module not found "none.ts"'],
    ['import { b } from "./other.ts";\nb;\n', "dag.ts:1:10: The requested module './other.ts'"],
    ['import "no-such-package";\n', 'dag.ts:1:8: Import "no-such-package" not a dependency'],
  ];
  for (const [text, words] of problems) {
    assertStringIncludes(await said(place, text), `The DAG cannot be loaded: ${words}`);
  }
  const json = await said(place, 'import a from "./bad.json" with { type: "json" };\na;\n');
  assertStringIncludes(json, "in a JSON file that is imported");
});

Deno.test("a module's exception is reported with the user's stack frames", async () => {
  await using place = await workspace();
  const thrown = await said(place, 'function f() {\n  throw new Error("boom");\n}\nf();\n');
  assertEquals(
    thrown,
    "The DAG cannot be loaded: boom\n    at f (dag.ts:2:9)\n    at dag.ts:4:1",
  );
  const later = await said(place, "await Promise.reject(new TypeError('later'));\n");
  assertStringIncludes(later, "The DAG cannot be loaded: later\n    at dag.ts:1:22");
  assertStringIncludes(await said(place, "throw undefined;\n"), "it threw undefined; expected an");
  const left = await said(place, "Deno.exit(0);\n");
  assertStringIncludes(left, "it called Deno.exit while it was loaded; expected it to export");
});

Deno.test("a module without a dag, or with another thing of that name, says what is expected", async () => {
  await using place = await workspace();
  const wanted = "dag.ts should export const dag = defineDag(…); found";
  assertStringIncludes(
    await said(place, "export const jobs = 1;\n"),
    `${wanted} no dag among its exports: jobs`,
  );
  assertStringIncludes(await said(place, "1;\n"), `${wanted} no dag among its exports: none`);
  for (const dag of ["undefined", "{}", "[1]", "() => []", "[{ name: 'a' }]"]) {
    const text = `export const dag = ${dag};\n`;
    assertStringIncludes(await said(place, text), `${wanted} a dag of another form`);
  }
});

Deno.test("a module that a stage loads while it runs is checked before it runs", async () => {
  await using place = await workspace();
  const cli = await copyPipeline(place);
  const lines = "export const a = 1;\nexport const b = [;\n";
  await Deno.writeTextFile(join(place.path, "later.ts"), lines);
  const stage = join(place.path, "double.ts");
  await edit(stage, "run:", 'later: () => import("./later.ts"),\n  run:');
  const { code, err } = await fanin(place, ["plan"], cli);
  assertEquals(code, 2, err);
  const last = err.trimEnd().split("\n").at(-1)!;
  assertStringIncludes(last, "The code of the stage double cannot be bundled: ");
  assert(last.endsWith('later.ts:2:19: Unexpected ";"'), err);
});

Deno.test("a syntax error in a stage or an experiment is one message and exit code 2", async () => {
  await using place = await workspace();
  const cli = await copyPipeline(place);
  const ended = async (...args: string[]) => {
    const { code, out, err } = await fanin(place, args, cli);
    assertEquals([code, out], [2, ""], err);
    assert(!/^\s+at |ext:|pipeline\//m.test(err), err);
    return err;
  };
  const experiment = join(place.path, "mine.ts");
  await Deno.writeTextFile(experiment, 'export default { name: "mine", about: };\n');
  const own = await ended("reproduce", "--experiment", experiment);
  assertStringIncludes(own, "mine.ts cannot be loaded: ");
  assertStringIncludes(own, "mine.ts:1:39: Expression expected");
  await edit(join(place.path, "double.ts"), "defineStage({", "defineStage({{");
  for (const command of ["reproduce", "plan"]) {
    const err = await ended(command);
    assertStringIncludes(err, "The DAG cannot be loaded: ");
    assert(/double\.ts:\d+:\d+: /.test(err), err);
  }
  // The store can be checked whatever state the project's code is in.
  const { code, err } = await fanin(place, ["verify"], cli);
  assertEquals(code, 0, err);
});

Deno.test("a module's output during loading is not part of a command's result", async () => {
  await using place = await editedPipeline(
    "mod.ts",
    "export const dag",
    `console.log("noise", 1);
console.info("more");
console.table([2]);
console.dir({ three: 3 });
console.group("four");
console.groupEnd();
console.count("five");
console.time("six");
console.timeEnd("six");
export const dag`,
  );
  const { out, err } = await fanin(place, ["plan", "--json"], place.cli);
  assert(JSON.parse(out).jobs.length > 0);
  assertStringIncludes(err, "noise 1\nmore");
  assertMatch(err, /│ 2 [^]*{ three: 3 }\nfour\nfive: 1\nsix: .*ms/);
});
