/** Tests parsing, errors and help of the command line, which all follow from one declaration. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "node:path";
import { type Execution, executorOf } from "../../../pipeline/commands/flags/shared_flags.ts";
import { loadAll, loadSubjects } from "../../../pipeline/commands/mod.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { asksForHelp, helpOf, overview } from "../../../pipeline/commands/usage/help.ts";
import {
  defineCommand,
  parseFlags,
  short,
  toggle,
  value,
  values,
} from "../../../pipeline/commands/flags/flags.ts";
import { root } from "../../support/checkout.ts";
import { deno } from "../../support/deno_command.ts";
import { readJson } from "../../support/copied_files.ts";

const commands = await loadAll();

const copy = defineCommand({
  about: "copies",
  operands: { least: 1, most: 2, text: "FROM [TO]" },
  flags: {
    quiet: short("q", toggle("say nothing")),
    all: short("a", toggle("everything")),
    mode: short("m", value("MODE", "how")),
    skip: values("NAME", "not these"),
  },
  run: () => 0,
});
const parsed = (...args: string[]) => parseFlags("copy", copy, args);

Deno.test("switches, values, repeated values and operands are parsed", () => {
  assertEquals(parsed("a", "--mode=x y", "--skip", "1", "b", "--skip", "2", "--quiet"), {
    quiet: true,
    all: false,
    mode: "x y",
    skip: ["1", "2"],
    operands: ["a", "b"],
  });
  const nothing = { quiet: false, all: false, mode: undefined, skip: [], operands: ["a"] };
  assertEquals({ ...parsed("a") }, nothing);
});

Deno.test("letters stand for flags, together and with their values", () => {
  for (const args of [["-qam", "x"], ["-q", "-amx"], ["-a", "-q", "-m=x"], ["-aqmx"]]) {
    const { quiet, all, mode, operands } = parsed("a", ...args);
    assertEquals([quiet, all, mode, operands], [true, true, "x", ["a"]], args.join(" "));
  }
  assertEquals(parsed("--", "-q").operands, ["-q"]);
});

Deno.test("a word that looks like a flag is an operand, alone and before what belongs to it", () => {
  const words = { "--last": "last" };
  const look = { ...copy, operands: { least: 1, most: 2, text: "RUN [RUN]", words } };
  const operands = (...args: string[]) => parseFlags("look", look, args).operands;
  assertEquals(operands("--last", "b"), ["last", "b"]);
  assertEquals(operands("--last:train/mlp:a"), ["last:train/mlp:a"]);
  assertThrows(() => operands("a", "--lasting"), Failed, '"--lasting"');
});

Deno.test("help is asked for by -h and --help, and not by an operand after --", () => {
  assertEquals([["a", "-h"], ["--help"], ["--", "-h"], ["h"]].map(asksForHelp), [
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("undeclared flags, missing values and extra operands are refused by name", () => {
  for (
    const [args, message] of [
      [["a", "--mood", "x"], `No flag of copy is named "--mood". Did you mean "--mode"?`],
      [["a", "--mode"], "--mode needs a value: --mode MODE."],
      [["a", "--mode="], "--mode needs a value"],
      [["a", "--mode", "x", "-my"], "--mode is given 2 times; expected --mode MODE once."],
      [["a", "--quiet=no"], `--quiet takes no value, found "--quiet=no".`],
      [["a", "-x"], `No flag of copy is named "-x".`],
      [["a", "-qx"], "No flag of copy is named"],
      [["a", "--skip", "1", "--skip"], "--skip needs a value: --skip NAME."],
      [["a", "b", "c"], `copy takes no "c"; expected FROM [TO].`],
      [[], "copy found 0 names; expected FROM [TO]."],
    ] satisfies [string[], string][]
  ) assertThrows(() => parsed(...args), Failed, message);
});

Deno.test("a flag that another would pass over in silence is refused by name", async () => {
  const file = join(root, "deno.json");
  const cases: [command: string, args: string[], refused: string][] = [
    ["report", ["--watch", "--json"], "--json"],
    ["dag", ["--json", "--output", join(root, "tests", "tmp", "dag.svg")], "--output"],
    ["audit", ["--quick", "--experiment", "short"], "--experiment"],
    ["attach", ["2026", "--cancel", "--json"], "--json"],
    ["attach", ["2026", "--cancel", "-v"], "--verbose"],
    ["plan", ["--explain", "train", "--all"], "--all"],
    ["metrics", ["--all", "--metric", "loss"], "--metric"],
    ["gc", ["2026", "--last", "3"], "--last"],
    ["why", ["2026:train", "--set", "train.seed=1"], "--set"],
    ["why", ["2026:train", "--experiment", "short"], "--experiment"],
    ["diff", ["2026", "--markdown", "--all"], "--all"],
    ["grade", ["--all", ".", "--remote", "http://127.0.0.1"], "--remote"],
    ["grade", ["--metrics", file, "--seconds", "9"], "--seconds"],
  ];
  for (const [name, args, refused] of cases) {
    const { message } = await assertRejects(async () => {
      const command = commands[name];
      const given = parseFlags(name, command, args);
      if ("look" in command) await command.look({} as never, given, () => Promise.reject());
      else await command.run({} as never, given, args);
    }, Failed);
    assertStringIncludes(message, `; expected no ${refused} beside it.`, args.join(" "));
  }
});

Deno.test("settings of one executor are refused where the experiment names the other", () => {
  const refusal = (executor: "local" | "slurm" | undefined, given: Execution) =>
    assertThrows(() => executorOf({ executor }, given), Failed).message;
  assertStringIncludes(refusal(undefined, { cluster: "site.json" }), "expected --executor slurm");
  assertStringIncludes(refusal("slurm", { executor: "local", cluster: "site.json" }), "slurm");
  assertStringIncludes(refusal("slurm", { workers: 2 }), "expected --executor local");
  assertEquals(executorOf({}, { workers: 2 }), "local");
  assertEquals(executorOf({ executor: "slurm" }, { cluster: "site.json" }), "slurm");
});

Deno.test("the help shows every command with its operands, and every flag of a command", () => {
  const all = overview([{ title: "Files", commands: { copy } }]);
  assertStringIncludes(all.join("\n"), "Files:\n  copy  copies\n");
  assertEquals(helpOf("copy", copy), [
    "Copies.",
    "",
    "Usage: deno task copy FROM [TO] [FLAGS]",
    "",
    "  -q, --quiet      say nothing",
    "  -a, --all        everything",
    "  -m, --mode MODE  how",
    "  --skip NAME      not these",
  ]);
});

Deno.test("every help fits into 80 columns", async () => {
  const helps = Object.entries(commands).map(([name, command]) => helpOf(name, command));
  for (const line of [...helps, overview(await loadSubjects())].flat()) {
    assert(line.length <= 80, line);
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
