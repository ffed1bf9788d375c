/** Tests the table of docs/what-is-in-a-key.md row by row. */
import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundleAll } from "../../../pipeline/engine/code/bundle.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { readImportMap } from "../../../pipeline/engine/code/import_map.ts";
import {
  type Attempt,
  blocked,
  type Edited,
  fixed,
  fromTheKey,
  inherited,
  inTheKey,
  notInTheKey,
  refused,
  reported,
} from "./key_table.ts";
import { root } from "../../support/checkout.ts";
import { fanin, planned, type Workspace, workspace } from "../../support/workspace.ts";
import { edit, readJson, writeText } from "../../support/copied_files.ts";
import type { Ended } from "../../support/deno_command.ts";
import { fromRoot, runArguments } from "../../support/deno_command.ts";

const engine = "../../../../pipeline";

/** The module of a row's stage, in a directory of its own. */
const stageText = (name: string, { before = "", expression, module }: Attempt, place: string) =>
  `import { z } from "zod";
import { json } from "${engine}/formats/json.ts";
import { defineStage } from "${engine}/engine/stage.ts";
${before}
${expression.includes("PLACE") ? `const PLACE = ${JSON.stringify(place)};` : ""}
${
    expression === "FACTOR"
      ? "export const made = (FACTOR: number) => stageOf(() => FACTOR);"
      : "export const stage = stageOf(async (effects: any) => (await Promise.all([" +
        `{ said: ${expression} }]))[0].said);`
  }
function stageOf(say: (effects: unknown) => unknown) {
  return defineStage({
    name: "${name}",
    module: ${module ?? "import.meta.url"},
    about: "gives what an expression says",
    parameters: z.strictObject({ next: z.boolean().default(false) }),
    inputs: {},
    outputs: { said: json("said", z.unknown()) },
    run: async ({ effects }) => ({ said: await say(effects) }),
  });
}
`;

/** The module of a row's stage that is a program, which prints a text. */
const programText = (name: string, { expression }: Attempt, place: string) =>
  `import { z } from "zod";
import { commandStage, param } from "${engine}/engine/program/command_stage.ts";
const PLACE = ${JSON.stringify(place)};
const HERE = ${JSON.stringify(fromRoot(place))};
const print = ["sh", "-c", 'echo "$0" >said.txt'] as const;
export const stage = commandStage({
  name: "${name}",
  module: import.meta.url,
  command: print,
  outputs: { said: "said.txt" },
  ${expression}
});
`;

/** Lays rows into a workspace, with a DAG of a job each; gives the command line. */
async function lay(place: Workspace, rows: readonly Attempt[], kind: string): Promise<string> {
  const lines: string[] = [];
  const jobs: string[] = [];
  const resources: string[] = [];
  for (const [i, row] of rows.entries()) {
    const name = `${kind}-${i}`;
    const at = join(place.path, name);
    await Deno.mkdir(at);
    const text = row.isProgram ? programText(name, row, at) : stageText(name, row, at);
    await Deno.writeTextFile(join(at, "stage.ts"), text);
    for (const [file, text] of Object.entries({ "helper.ts": "export {};\n", ...row.files })) {
      await writeText(join(at, file), text);
    }
    const isFactory = row.expression === "FACTOR";
    lines.push(
      `import { ${isFactory ? "made" : `stage as stage${i}`} } from "./${name}/stage.ts";`,
    );
    const stage = isFactory ? "made(2)" : `stage${i}`;
    const parameters = row.parameters ?? "{}";
    jobs.push(`  job("${name}/job", ${stage}, { inputs: {}, parameters: ${parameters} });`);
    if (row.resources !== undefined) resources.push(`"${name}": ${row.resources}`);
    if (row.hasNext) {
      jobs.push(`  job("${name}/next", ${stage}, { inputs: {}, parameters: { next: true } });`);
    }
  }
  const dag =
    `import { defineDag } from "../../../pipeline/engine/dag.ts";\n${lines.join("\n")}\n` +
    `(globalThis as { setByDag?: number }).setByDag = 1;\n` +
    `export const dag = defineDag((job) => {\n${jobs.join("\n")}\n}` +
    `, { resources: { ${resources.join(", ")} } });\n`;
  await Deno.writeTextFile(join(place.path, "mod.ts"), dag);
  const cli = await Deno.readTextFile(join(root, "tests", "fixtures", "counting", "cli.ts"));
  await Deno.writeTextFile(join(place.path, "cli.ts"), cli);
  return join(place.path, "cli.ts");
}

async function apply(place: Workspace, rows: readonly Edited[], kind: string): Promise<void> {
  for (const [i, row] of rows.entries()) {
    if (row.edit === undefined) continue;
    const { file = "stage.ts", from, to } = row.edit;
    const path = file === "mod.ts"
      ? join(place.path, file)
      : join(place.path, `${kind}-${i}`, file);
    if (from === "") await Deno.writeTextFile(path, to);
    else await edit(path, from, to);
  }
}

/** The states of the jobs as planned, by the words of their rows. */
async function statesOf(
  place: Workspace,
  cli: string,
  rows: readonly Attempt[],
  kind: string,
  value = inherited.before,
): Promise<Record<string, string>> {
  const states = await planned(place, cli, [], { [inherited.name]: value });
  return Object.fromEntries(rows.map(({ what }, i) => [what, states[`${kind}-${i}/job`]]));
}

for (
  const { title, rows, kind, state } of [
    { title: "what is in the key runs the job again", rows: inTheKey, kind: "in", state: "run" },
    { title: "what is in no key does not", rows: notInTheKey, kind: "out", state: "cached" },
  ]
) {
  Deno.test(title, async () => {
    await using place = await workspace();
    const cli = await lay(place, rows, kind);
    const env = { [inherited.name]: inherited.before };
    const first = await fanin(place, ["reproduce"], cli, env);
    assertEquals(first.code, 0, first.err + first.out);
    const all = (of: (row: Edited) => string) =>
      Object.fromEntries(rows.map((row) => [row.what, of(row)]));
    assertEquals(await statesOf(place, cli, rows, kind), all(() => "cached"));
    await apply(place, rows, kind);
    assertEquals(
      await statesOf(place, cli, rows, kind, inherited.after),
      all((row) => row.state ?? state),
    );
  });
}

/** Returns a failed job's message, as printed during the run. */
const said = ({ err }: Ended, job: string): string => {
  const at = err.indexOf(`${job} failed:`);
  return at < 0 ? err : err.slice(at).split("\n  Its log:")[0];
};

Deno.test("forbidden access fails the job with the stage, the target and the way out", async () => {
  await using place = await workspace();
  const cli = await lay(place, blocked, "blocked");
  const ran = await fanin(place, ["reproduce", "--verbose"], cli);
  assertEquals(ran.code, 2, ran.err);
  for (const [i, { what, says }] of blocked.entries()) {
    const text = said(ran, `blocked-${i}/job`);
    assertMatch(text, says, `${what}: ${text}`);
    assertMatch(text, /\n +at .*stage\.ts:\d+:\d+|by effects|not declare/, what);
  }
});

Deno.test("code that cannot be bundled is refused before anything runs, with the stage's name", async () => {
  await using place = await workspace();
  await lay(place, refused, "refused");
  const sound = { unit: "sound", module: import.meta.resolve("../../fixtures/counting/double.ts") };
  for (const [i, { what, says }] of refused.entries()) {
    const unit = `refused-${i}`;
    const module = pathToFileURL(join(place.path, unit, "stage.ts")).href;
    const error = await assertRejects(
      () =>
        bundleAll({
          entries: [sound, { unit, module, export: "stage" }],
          root,
          packages: readImportMap(root).packages,
        }),
      Failed,
    );
    assertStringIncludes(error.message, unit);
    assertMatch(error.message, says, what);
  }
});

Deno.test("a configuration that redirects imports is refused", async () => {
  for (
    const [entry, says] of [
      [{ imports: { "./a.ts": "./b.ts" } }, /expected bare names/],
      [{ imports: { "https://example.org/": "./b/" } }, /expected bare names/],
      [{ scopes: { "./": { a: "./b.ts" } } }, /at scopes/],
      [{ importMap: "./import_map.json" }, /at importMap/],
    ] as const
  ) {
    await using place = await workspace();
    await Deno.writeTextFile(join(place.path, "deno.json"), JSON.stringify(entry));
    let message = "";
    try {
      readImportMap(place.path);
    } catch (error) {
      message = (error as Failed).message;
    }
    assertMatch(message, says);
  }
});

Deno.test("time zone, language, environment and randomness are the same wherever a stage runs", async () => {
  const rows = [...fixed, ...fromTheKey, ...fromTheKey, ...reported];
  const machines: Record<string, string>[] = [
    { TZ: "Asia/Tokyo", LANG: "de_DE.UTF-8", LC_ALL: "de_DE.UTF-8", HOME: "/nowhere" },
    { TZ: "America/New_York", LANG: "C", LC_ALL: "C" },
  ];
  const given: unknown[] = [];
  for (const env of machines) {
    await using place = await workspace();
    const cli = await lay(place, rows, "fixed");
    const ran = await fanin(place, ["reproduce"], cli, env);
    assertEquals(ran.code, 0, ran.err);
    for (const { what, clocks } of reported) {
      for (const clock of clocks) {
        assertStringIncludes(ran.err, `it reads the clock (${clock})`, what);
      }
    }
    const values = await Promise.all(
      rows.map((_, i) =>
        readJson(place.path, "artifacts", "latest", `fixed-${i}`, "job", "said.json")
      ),
    );
    for (const [i, { what, value }] of fixed.entries()) assertEquals(values[i], value, what);
    const drawn = values.slice(fixed.length, fixed.length + 2 * fromTheKey.length);
    const [one, inWorkers, other, inOthers] = drawn;
    assertEquals([one[0] === other[0], one[1] === other[1]], [false, false], "chance of two jobs");
    const workers: [name: string, number: number][] = [...inWorkers, ...inOthers];
    assertEquals(workers.map(([name]) => name), ["1", "2", "1", "2"]);
    assertEquals(new Set(workers.map(([, number]) => number)).size, 4, "chance of four workers");
    given.push(values);
  }
  // Paths of the two places differ, and with them the keys of stages that hold one: none does.
  assertEquals(given[0], given[1]);
});

Deno.test("a job sees nothing of the one before it in its worker", async () => {
  const rows = fixed.filter(({ hasNext }) => hasNext);
  await using place = await workspace();
  const cli = await lay(place, rows, "kept");
  const ran = await fanin(place, ["reproduce", "--workers", "1"], cli);
  assertEquals(ran.code, 0, ran.err);
  for (const [i, { what, value }] of rows.entries()) {
    for (const job of ["job", "next"]) {
      const path = ["artifacts", "latest", `kept-${i}`, job, "said.json"];
      assertEquals(await readJson(place.path, ...path), value, `${what}: ${job}`);
    }
  }
});

Deno.test("a command's standard input reaches no stage", async () => {
  const rows = fixed.filter(({ what }) => what.startsWith("standard input"));
  await using place = await workspace();
  const cli = await lay(place, rows, "typed");
  const command = new Deno.Command("deno", {
    args: runArguments(cli, join(place.path, "artifacts"), "reproduce"),
    cwd: root,
    env: { INIT_CWD: "" },
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  });
  await using child = command.spawn();
  await new Blob(["typed\n"]).stream().pipeTo(child.stdin, { preventClose: true });
  await child.status;
  await child.stdin.close();
  const said = await readJson(place.path, "artifacts", "latest", "typed-0", "job", "said.json");
  assertEquals([rows.length, said], [1, rows[0].value]);
});

Deno.test("the documented table equals the tested one", async () => {
  const text = await Deno.readTextFile(join(root, "docs", "what-is-in-a-key.md"));
  const docs = text.replaceAll(/ +/g, " ");
  const sections = {
    "In the key": inTheKey,
    "Not in the key": notInTheKey,
    "Blocked": blocked,
    "Refused": refused,
    "Fixed": fixed,
    "From the key": fromTheKey,
    "Reported": reported,
  };
  for (const [state, rows] of Object.entries(sections)) {
    for (const { what } of rows) assertStringIncludes(docs, `| ${what} | ${state} |`);
  }
});
