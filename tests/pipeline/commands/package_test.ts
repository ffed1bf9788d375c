/** Tests the package of the engine: it has all that the engine imports, and little else is installed. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { root } from "../../support/checkout.ts";
import { workspace } from "../../support/workspace.ts";
import { deno } from "../../support/deno_command.ts";
import { edit, readJson } from "../../support/copied_files.ts";
import { shell } from "../../support/shell.ts";
import { succeedIn } from "../../support/succeed.ts";

const [own, engine] = await Promise.all([
  readJson(root, "deno.json"),
  readJson(root, "package", "deno.json"),
]);

interface Graph {
  modules: { specifier: string; dependencies?: { specifier: string; isDynamic?: boolean }[] }[];
}

/** Names of the npm packages that the modules of some entries import, by the root's import map. */
async function imported(...entries: string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const entry of entries) {
    const { code, out, err } = await deno(["info", "--json", join(root, entry)]);
    assertEquals(code, 0, err);
    const { modules } = JSON.parse(out) as Graph;
    for (const { specifier, dependencies = [] } of modules) {
      if (!specifier.startsWith("file:")) continue;
      for (const { specifier: name } of dependencies) {
        const known = Object.keys(own.imports)
          .find((one) => name === one || name.startsWith(`${one}/`));
        if (known !== undefined && own.imports[known].startsWith("npm:")) found.add(known);
      }
    }
  }
  return [...found].sort();
}

Deno.test("the package asks for what the engine imports, in the versions of the checkout", async () => {
  const needed = await imported(
    "pipeline/mod.ts",
    "pipeline/commands/main.ts",
    "pipeline/commands/mod.ts",
    "pipeline/engine/executor/worker.ts",
    "pipeline/engine/sandbox/sandbox_worker.ts",
    "pipeline/report/client_script.ts",
  );
  const { "@std/cli/parse-args": _, ...asked }: Record<string, string> = engine.imports;
  assertEquals(Object.keys(asked).sort(), needed);
  for (const [name, range] of Object.entries(asked)) assertEquals(range, own.imports[name], name);
  assertEquals([engine.name, engine.version], [own.name, own.version]);
});

/** Makes a project and installs its packages; gives what the second printed. */
async function install(at: string, ...flags: string[]): Promise<string> {
  const offline = ["run", "-q", "--no-prompt", "--frozen", "-P=offline", "pipeline/cli.ts"];
  const made = await deno([...offline, "new", "project", at, ...flags]);
  assertEquals(made.code, 0, made.err);
  const { code, out, err } = await shell("deno install --frozen", at);
  assertEquals(code, 0, err);
  return out + err;
}

Deno.test("a project that links the package installs at most 72 MB, and no warning is shown", async () => {
  await using place = await workspace();
  const at = join(place.path, "own");
  const printed = await install(at);
  assert(!/warning/i.test(printed), printed);
  const size = sizeOf(join(at, "node_modules"));
  assert(size > 10e6 && size < 72e6, `${size} bytes`);
});

for (const [template, job] of [["program", "fit/line"], ["training", "train/rings"]]) {
  Deno.test(`a project of the template ${template} passes its tests, and its run its grade`, async () => {
    await using place = await workspace();
    const at = join(place.path, "own");
    await install(at, "--template", template);
    const printed = async (command: string) => (await succeedIn(at, command)).out;
    // Its types are checked in own_experiment_test.ts.
    await printed("deno fmt --check && deno lint && deno task test --no-check");
    assertStringIncludes(await printed("deno task reproduce"), "1 of 1 item");
    assertStringIncludes(await printed(`deno task why ${job}`), "its result is cached");
  });
}

/** A stage that starts a worker, whose code begins with the engine's. */
const started = `import { defineStage, metrics } from "fanin";
export const start = defineStage({
  name: "start",
  module: import.meta.url,
  about: "starts a worker",
  outputs: { metrics },
  run: async () => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const heard = await new Promise((resolve) => worker.onmessage = ({ data }) => resolve(data));
    return { metrics: { heard: Number(heard) } };
  },
});
`;

Deno.test("keys are the same in a project that links the package by way of a symbolic link", async () => {
  await using place = await workspace();
  const at = join(place.path, "own");
  await install(at);
  const files = {
    "stages/start.ts": started,
    "stages/worker.ts": "(self as never as Worker).postMessage(1);\n",
    "stages/mod.ts": `import { defineDag } from "fanin";
import { start } from "./start.ts";
export const dag = defineDag((job) => void job("start/one", start, { inputs: {} }));
`,
    "stages/experiments/needle.ts":
      `export default { name: "needle", about: "starts a worker" };\n`,
  };
  for (const [path, text] of Object.entries(files)) await Deno.writeTextFile(join(at, path), text);
  await Deno.remove(join(at, "artifacts", "reference"), { recursive: true });
  const ran = await shell("deno task reproduce", at);
  assertEquals(ran.code, 0, ran.err);
  const { links: [link] } = await readJson(at, "deno.json");
  await edit(join(at, "deno.json"), JSON.stringify(link), JSON.stringify("../engine/package"));
  const linked = await shell(`ln -s '${root}' ../engine && deno install && deno task plan`, at);
  assertEquals(linked.code, 0, linked.out + linked.err);
  assertStringIncludes(linked.out, "Everything is up to date");
});

/** Bytes of the files under a directory. */
function sizeOf(directory: string): number {
  let sum = 0;
  for (const { name, isDirectory, isFile } of Deno.readDirSync(directory)) {
    const path = join(directory, name);
    if (isDirectory) sum += sizeOf(path);
    else if (isFile) sum += Deno.statSync(path).size;
  }
  return sum;
}
