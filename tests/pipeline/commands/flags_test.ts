/** Tests parsing, errors and help of the command line, which all follow from one declaration. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { loadAll } from "../../../pipeline/commands/mod.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import {
  defineCommand,
  helpOf,
  overview,
  parseFlags,
  toggle,
  value,
  values,
} from "../../../pipeline/commands/flags.ts";
import { deno, readJson, root } from "../../support/workspace.ts";

const commands = await loadAll();

const copy = defineCommand({
  about: "copies",
  operands: { least: 1, most: 2, text: "FROM [TO]" },
  flags: {
    quiet: toggle("say nothing"),
    mode: value("MODE", "how"),
    skip: values("NAME", "not these"),
  },
  run: () => 0,
});
const parsed = (...args: string[]) => parseFlags("copy", copy, args);

Deno.test("switches, values, repeated values and operands are parsed", () => {
  assertEquals(parsed("a", "--mode=x y", "--skip", "1", "b", "--skip", "2", "--quiet"), {
    quiet: true,
    mode: "x y",
    skip: ["1", "2"],
    operands: ["a", "b"],
  });
  assertEquals({ ...parsed("a") }, { quiet: false, skip: [], operands: ["a"] });
});

Deno.test("undeclared flags, missing values and extra operands are refused by name", () => {
  for (
    const [args, message] of [
      [["a", "--mood", "x"], `No flag of copy is named "--mood". Did you mean "--mode"?`],
      [["a", "--mode"], "--mode needs a value: --mode MODE."],
      [["a", "--mode="], "--mode needs a value"],
      [["a", "--skip", "1", "--skip"], "--skip needs a value: --skip NAME."],
      [["a", "b", "c"], `copy takes no "c"; expected FROM [TO].`],
      [[], "copy found 0 names; expected FROM [TO]."],
    ] satisfies [string[], string][]
  ) assertThrows(() => parsed(...args), Failed, message);
});

Deno.test("the help shows every command with its operands, and every flag of a command", () => {
  assertStringIncludes(overview({ copy }).join("\n"), "copy FROM [TO]   copies");
  const help = helpOf("copy", copy).join("\n");
  for (
    const line of ["--quiet       say nothing", "--mode MODE   how", "--skip NAME   not these"]
  ) {
    assertStringIncludes(help, line);
  }
});

Deno.test("every command has a task that runs it, and takes --json", async () => {
  const { tasks } = await readJson(root, "deno.json");
  for (const [name, { flags }] of Object.entries(commands)) {
    assert(tasks[name].command.endsWith(`pipeline/cli.ts ${name}`), name);
    // A node's job answers by its exit code and its journal, a run of an audit by its record.
    if (name !== "job" && name !== "rerun") assertEquals(flags.json?.kind, "switch", name);
  }
});

for (
  const [program, wrong, message] of [
    ["bench", "no-such", 'No benchmark is named "no-such"'],
    ["rates", "--seeds=9-1", '--seeds expects FIRST-LAST, such as 0-199, found "9-1".'],
    ["torture", "--minutes=0", '--minutes expects a number above 0, found "0".'],
  ]
) {
  Deno.test(`${program} says what is wrong with its flags, as the commands do`, async () => {
    const { tasks } = await readJson(root, "deno.json");
    const words = tasks[program].command.split(" ").slice(1);
    const run = (flag: string) => deno([...words, flag]);
    const [one, unknown, help] = await Promise.all([run(wrong), run("--no-such"), run("--help")]);
    assertEquals([one.code, unknown.code, help.code], [2, 2, 0], one.err + unknown.err + help.err);
    assertStringIncludes(one.err, message);
    assertStringIncludes(unknown.err, `No flag of ${program} is named "--no-such".`);
    assertStringIncludes(help.out, `deno task ${program}`);
  });
}
