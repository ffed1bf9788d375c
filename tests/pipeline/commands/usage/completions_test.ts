/** Tests fanin as one installed command, and how shells complete its command lines. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { loadAll } from "../../../../pipeline/commands/mod.ts";
import { candidates } from "../../../../pipeline/commands/usage/complete.ts";
import { workspace } from "../../../support/workspace.ts";
import { deno } from "../../../support/deno_command.ts";
import { readJson } from "../../../support/copied_files.ts";
import { root } from "../../../support/checkout.ts";
import { shell } from "../../../support/shell.ts";

const commands = await loadAll();
const names = {
  experiments: () => ["assignment", "quick"],
  runs: () => ["latest", "reference", "20260102T030405Z-quick"],
  runsHere: () => ["latest", "20260102T030405Z-quick"],
  jobs: () => Promise.resolve(["train/mlp", "train/scratch"]),
  settings: (typed: string) =>
    Promise.resolve(
      typed.startsWith("train.mlp.")
        ? [{ path: "train.mlp.sgd", value: { rate: 1 } }, { path: "train.mlp.sgd.rate", value: 1 }]
        : [],
    ),
  jobsOf: (run: string) =>
    run === "latest"
      ? [{ name: "train/mlp", outputs: ["weights", "metrics"] }]
      : run === "20260102T030405Z-quick"
      ? [{ name: "train/old", outputs: ["model"] }]
      : [],
};

for (
  const [line, expected] of [
    ["pla", ["plan"]],
    ["he", ["help"]],
    ["help met", ["metrics"]],
    ["plan --exp", ["--experiment", "--explain"]],
    ["plan --experiment ", ["assignment", "quick", ":files"]],
    ["plan --experiment=q", ["--experiment=quick"]],
    ["reproduce --only train/s", ["train/scratch"]],
    ["reproduce --set train.s", ["train.scratch."]],
    ["reproduce --set train.mlp.", ["train.mlp.sgd=", "train.mlp.sgd.rate="]],
    ["reproduce --set=train.mlp.sgd.", ["--set=train.mlp.sgd.rate="]],
    ["reproduce -j ", []],
    ["reproduce --backend ", ["webgpu", "wasm"]],
    ["reproduce --data ", [":directories"]],
    ["reproduce --json ", []],
    ["grade --expected ", [":files"]],
    ["show la", ["latest", ":files"]],
    ["show ref", ["reference", ":files"]],
    ["push ", ["latest", "20260102T030405Z-quick"]],
    ["push ref", []],
    ["export 2", ["20260102T030405Z-quick"]],
    ["gc latest 2", ["20260102T030405Z-quick"]],
    ["attach ref", []],
    ["pull ", []],
    ["pull 2", []],
    ["show latest:", ["latest:train/mlp"]],
    ["show 20260102T030405Z-quick:tr", ["20260102T030405Z-quick:train/old"]],
    ["cat train/m", ["train/mlp/weights", "train/mlp/metrics"]],
    ["cat 2026", ["20260102T030405Z-quick:"]],
    ["cat 20260102T030405Z-quick:train/", ["20260102T030405Z-quick:train/old/model"]],
    ["cat no-run:", []],
    ["why train/m", ["train/mlp"]],
    ["why latest:t", ["latest:train/mlp"]],
    ["new ", ["stage", "experiment", "project"]],
    ["new stage ", []],
    ["completions f", ["fish"]],
    ["import x", [":files"]],
    ["no-such ", []],
    ["plan -- ", []],
  ] satisfies [string, string[]][]
) {
  Deno.test(`"fanin ${line}" goes on as ${expected.join(", ") || "nothing"}`, async () => {
    const found = await candidates(line.split(" "), commands, names);
    assertEquals(found.map(({ text }) => text), expected);
  });
}

Deno.test("every flag and every command is offered", async () => {
  for (const [name, { flags }] of Object.entries(commands)) {
    assert((await candidates([name], commands, names)).some(({ text }) => text === name), name);
    const found = (await candidates([name, "--"], commands, names)).map(({ text }) => text);
    assertEquals(found, [...Object.keys(flags).map((flag) => `--${flag}`), "--help"], name);
  }
});

Deno.test("fanin is installed as one command, and bash completes its lines", async (t) => {
  await using place = await workspace();
  const installed = await deno(["task", "-q", "install", "--root", place.path, "--json"]);
  assertEquals(installed.code, 0, installed.err);
  const { path } = JSON.parse(installed.out);
  assertEquals(path, join(place.path, "bin", "fanin"));
  const from = (directory: string, command: string) =>
    shell(`PATH='${join(place.path, "bin")}':"$PATH"; ${command}`, directory);

  await t.step("it runs a command by the task of the project above", async () => {
    const { version } = await readJson(root, "deno.json");
    const [told, listed, unknown] = await Promise.all([
      from(join(root, "docs"), "fanin --version"),
      from(join(root, "docs"), "fanin reproduce -h"),
      from(join(root, "docs"), "fanin plna"),
    ]);
    assertStringIncludes(told.out, `fanin ${version} (Deno ${Deno.version.deno}`);
    assertStringIncludes(listed.out, "Usage: deno task reproduce [FLAGS]");
    assertEquals([unknown.code, unknown.out], [2, ""]);
    assertStringIncludes(unknown.err, 'Did you mean "plan"?');
  });

  await t.step(
    "a command without a task runs as the task reproduce, whatever that sets",
    async () => {
      const alone = join(place.path, "alone");
      await Deno.mkdir(alone);
      const flags = `-q --no-prompt --frozen --config="${join(root, "deno.json")}" -P=fanin`;
      const cli = join(root, "pipeline", "cli.ts");
      const line = `A=1 B= C='a b' deno run ${flags} "${cli}" reproduce`;
      await Deno.writeTextFile(
        join(alone, "deno.json"),
        JSON.stringify({ tasks: { reproduce: line } }),
      );
      const { out, err } = await from(alone, "fanin --version");
      assertStringIncludes(out, "fanin ", err);
    },
  );

  await t.step("outside of a project it says where it works", async () => {
    const [lost, told, there] = await Promise.all([
      from("/", "fanin runs"),
      from("/", "fanin -h"),
      from("/", `fanin -C '${root}' runs --no-such`),
    ]);
    assertEquals([lost.code, lost.out], [2, ""]);
    assertMatch(lost.err, /expected a deno\.json with the task reproduce in \/ or above/);
    assertEquals(told.code, 0, told.err);
    assertStringIncludes(there.err, "No flag of runs is named");
    const shown = await from("/", "script -qec 'fanin runs' /dev/null");
    assertEquals(shown.code, 2, shown.out);
    assertStringIncludes(shown.out.replace(/\s+/g, " "), "fanin works in a project: expected");
  });

  await t.step("bash completes commands, flags and their values", async () => {
    const script = join(place.path, "complete.bash");
    await Deno.writeTextFile(
      script,
      String.raw`
        source <(fanin completions bash)
        for line in "fanin pla" "fanin plan --experiment=q" "fanin show late" \
          "fanin plan --set train.mnist-scratch.ep" \
          "fanin push --help "; do
          COMP_LINE="$line" COMP_POINT=${"$"}{#line} COMPREPLY=()
          $(complete -p fanin | sed 's/.*-F \([^ ]*\).*/\1/')
          echo "$line > ${"$"}{COMPREPLY[*]}"
        done`,
    );
    const { out, err } = await from(root, `bash '${script}'`);
    const lines = out.split("\n");
    assertEquals(lines.slice(0, 4), [
      "fanin pla > plan",
      "fanin plan --experiment=q > quick",
      "fanin show late > latest",
      "fanin plan --set train.mnist-scratch.ep > train.mnist-scratch.epochs=",
    ], err);
  });
});

Deno.test("the scripts for zsh and fish ask the same program", async () => {
  for (const name of ["zsh", "fish"]) {
    const { code, out } = await deno(["task", "-q", "completions", name]);
    assertEquals(code, 0);
    assertStringIncludes(out, "fanin complete -- ");
  }
});
