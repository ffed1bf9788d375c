/** Tests which edits of a stage's files change its code hash. */
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundleAll } from "../../../pipeline/engine/code/bundle.ts";
import { bundlePath, checkedBundle } from "../../../pipeline/engine/code/bundle_store.ts";
import { codeOf } from "../../../pipeline/engine/code/code_hash.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import type { AnyStage } from "../../../pipeline/engine/stage.ts";
import { loadStatTable } from "../../../pipeline/store/stat_cache.ts";
import { stagesOf } from "../../../pipeline/engine/dag.ts";
import { dag } from "../../../stages/mod.ts";
import { double } from "../../fixtures/counting/double.ts";
import { source } from "../../fixtures/counting/count_source.ts";
import { testHere } from "../../support/bundling_here.ts";
import { root } from "../../support/checkout.ts";
import { copyPipeline, fanin, type Workspace, workspace } from "../../support/workspace.ts";
import { copyTree, edit, readJson } from "../../support/copied_files.ts";

/** Code hashes of the two stages as their files in a workspace are now, by a fresh look. */
async function hashes(
  place: Workspace,
): Promise<{ source: string; double: string; bundled: boolean }> {
  const at = (stage: AnyStage, file: string): AnyStage => ({
    ...stage,
    module: pathToFileURL(join(place.path, file)).href,
  });
  let bundled = false;
  const codes = await codeOf(
    [at(source, "count_source.ts"), at(double, "double.ts")],
    root,
    loadStatTable(join(place.path, "stat.json")),
    place.path,
    () => bundled = true,
  );
  return { source: codes.get("source")!.sha256, double: codes.get("double")!.sha256, bundled };
}

async function afterEdit(from: string, to: string): Promise<[before: string, after: string]> {
  await using place = await workspace();
  await copyPipeline(place);
  const before = await hashes(place);
  await edit(join(place.path, "arithmetic.ts"), from, to);
  const after = await hashes(place);
  assertEquals(after.source, before.source, "a stage that does not use the helper");
  return [before.double, after.double];
}

testHere("an edited comment changes no code", async () => {
  const [before, after] = await afterEdit("// Twice each.", "/* Two times\n each. */");
  assertEquals(after, before);
});

testHere("a reformatted file changes no code", async () => {
  const [before, after] = await afterEdit(
    "return values.map((value) => value * 2);",
    "return (\n\n    values . map ( ( value , ) => ( value*2 ) )\n  )",
  );
  assertEquals(after, before);
});

testHere("an edited type changes no code", async () => {
  const [before, after] = await afterEdit(
    "doubled(values: number[])",
    "doubled(values: Array<number>)",
  );
  assertEquals(after, before);
});

testHere("a helper that no stage uses changes no code", async () => {
  const [before, after] = await afterEdit("value * 3", "value * 4");
  assertEquals(after, before);
});

testHere(
  "a changed helper changes the code of the stages that use it, and of no other",
  async () => {
    const [before, after] = await afterEdit("value * 2", "value * 4");
    assertNotEquals(after, before);
  },
);

Deno.test("stages that are bundled together have the code that each has alone", async () => {
  await using place = await workspace();
  const bundled = (names: readonly string[]) =>
    codeOf(
      names.map((name) => stagesOf(dag).get(name)!),
      root,
      loadStatTable(join(place.path, "stat.json")),
      join(place.path, names.join("-")),
      () => {},
    );
  const names = ["train-on-device", "download", "visualize-question-3"];
  const together = await bundled(names);
  for (const name of names) assertEquals((await bundled([name])).get(name), together.get(name));
});

testHere("a touched file is not bundled again", async () => {
  await using place = await workspace();
  await copyPipeline(place);
  assertEquals((await hashes(place)).bundled, true);
  const path = join(place.path, "arithmetic.ts");
  await Deno.writeTextFile(path, await Deno.readTextFile(path));
  await Deno.utime(path, new Date(), new Date());
  assertEquals((await hashes(place)).bundled, false);
});

testHere("a damaged cache of code hashes costs time, not correctness", async () => {
  await using place = await workspace();
  await copyPipeline(place);
  const before = await hashes(place);
  await Deno.writeTextFile(join(place.path, "code.json"), '{"version":1,"stages":{"double"');
  assertEquals(await hashes(place), before);
});

testHere("a package's version and dependencies enter the code hash", async () => {
  await using place = await workspace();
  await copyPipeline(place);
  const lock = JSON.parse(await Deno.readTextFile(join(root, "deno.lock")));
  const packages = async () => {
    // The repository as far as hashing code looks at it: the fixture, with a lock of its own.
    for (const directory of ["pipeline", "schemas", "vendor"]) {
      await copyTree(join(root, directory), join(place.path, "repository", directory));
    }
    const files = join(place.path, "repository", "tests", "fixtures", "counting");
    await Deno.mkdir(files, { recursive: true });
    for (const file of ["double.ts", "arithmetic.ts", "counting_types.ts"]) {
      await Deno.copyFile(join(place.path, file), join(files, file));
    }
    const at = join(place.path, "repository");
    await Deno.copyFile(join(root, "deno.json"), join(at, "deno.json"));
    await Deno.writeTextFile(join(at, "deno.lock"), JSON.stringify(lock));
    const stage = {
      ...double,
      module: pathToFileURL(join(files, "double.ts")).href,
      packages: ["vega"],
    };
    const table = loadStatTable(join(place.path, "stat.json"));
    const codes = await codeOf([stage], at, table, place.path, () => {});
    return codes.get("double")!.packages;
  };
  const before = await packages();
  assertEquals(before.map(({ name }) => name), ["canonicalize", "vega", "zod"]);
  assertEquals(
    before[2].version,
    lock.specifiers[Object.keys(lock.specifiers).find((s) => s.startsWith("npm:zod@"))!],
  );
  const dependency = Object.keys(lock.npm).find((key) => key.startsWith("d3-array@"))!;
  lock.npm[dependency].integrity = "sha512-another";
  const after = await packages();
  assertNotEquals(after[1].integrity, before[1].integrity);
  assertEquals([after[0], after[2]], [before[0], before[2]]);
});

testHere("an import that cannot be hashed is refused by name", async () => {
  await using place = await workspace();
  await copyPipeline(place);
  await edit(
    join(place.path, "double.ts"),
    "import ",
    'import "https://example.org/elsewhere.ts";\nimport ',
  );
  const error = await assertRejects(() => hashes(place), Failed);
  assertEquals(error.failure, {
    reason: "unbundled-import",
    stage: "double",
    specifier: "https://example.org/elsewhere.ts",
  });
});

testHere("unreadable code is refused with its place", async () => {
  await using place = await workspace();
  await copyPipeline(place);
  await edit(join(place.path, "arithmetic.ts"), "return values", "return return values");
  const error = await assertRejects(() => hashes(place), Failed, "arithmetic.ts");
  assertEquals(error.failure.reason, "code-unreadable");
});

testHere("verify reports damaged and lost bundles, and the next run rebuilds them", async () => {
  await using place = await workspace();
  const run = () =>
    fanin(place, ["reproduce", "--only", "double/first", "--force", "double/first"]);
  assertEquals((await run()).code, 0);
  const { content } = await readJson(place.path, "artifacts", "store", "code.json");
  const { sha256 } = content.units.double;
  const path = join(place.path, "artifacts", "store", "code", sha256, "stage.js");
  const text = await Deno.readTextFile(path);
  const damaged = text.replace("2", "3");
  await Deno.writeTextFile(path, damaged);
  const refused = await run();
  assertEquals(refused.code, 2);
  assertStringIncludes(refused.err, "The bundle of the stage double is damaged");
  assertEquals((await run()).code, 0);
  assertEquals(await Deno.readTextFile(path), text);

  await Deno.writeTextFile(path, damaged);
  const verified = await fanin(place, ["verify"]);
  assertEquals(verified.code, 1);
  assertStringIncludes(verified.out, `expected code with SHA-256 ${sha256}`);
  const repaired = await run();
  assertEquals(repaired.code, 0, repaired.err);
  assertEquals(await Deno.readTextFile(path), text);
});

testHere("a damaged or lost file beside a bundle is rebuilt before jobs use it", async () => {
  await using place = await workspace();
  const module = join(place.path, "stage.ts");
  const named = (file: string) => `new URL("./${file}", import.meta.url)`;
  const text = `export const stage = { run: () => ` +
    `[new Worker(${named("worker.ts")}, { type: "module" }), ${named("table.csv")}] };\n`;
  await Deno.writeTextFile(module, text);
  await Deno.writeTextFile(join(place.path, "worker.ts"), "console.log(1);\n");
  await Deno.writeTextFile(join(place.path, "table.csv"), "1,2\n");
  const unit = { name: "with-files", module: pathToFileURL(module).href, export: "stage" };
  const code = async () => {
    const table = loadStatTable(join(place.path, "stat.json"));
    const codes = await codeOf([unit], root, table, place.path, () => {});
    return { name: unit.name, ...codes.get(unit.name)! };
  };
  const first = await code();
  assertEquals(first.beside.map((name) => name.slice(64)).sort(), [".csv", ".worker.js"]);
  checkedBundle(place.path, first);
  for (const name of first.beside) {
    const path = join(bundlePath(place.path, first.sha256), name);
    const whole = await Deno.readTextFile(path);
    for (const damage of [() => Deno.writeTextFile(path, `${whole} `), () => Deno.remove(path)]) {
      await damage();
      assertThrows(() => checkedBundle(place.path, first), Failed, "with-files");
      assertEquals(await code(), first);
      checkedBundle(place.path, first);
      assertEquals(await Deno.readTextFile(path), whole);
    }
  }
});

testHere("gc removes only the bundles of code that no longer exists", async () => {
  await using place = await workspace();
  const cli = await copyPipeline(place);
  const bundles = () =>
    [...Deno.readDirSync(join(place.path, "artifacts", "store", "code"))].map(({ name }) => name);
  /** Runs the job; gives the hash of its code, which is its bundle's name. */
  const run = async (): Promise<string> => {
    assertEquals((await fanin(place, ["reproduce", "--only", "double/first"], cli)).code, 0);
    const { jobs } = await readJson(place.path, "artifacts", "latest", "manifest.json");
    const { lines } = jobs.find(({ name }: { name: string }) => name === "double/first");
    return /^code \S+ sha256:(\S+)$/m.exec(lines.join("\n"))![1];
  };
  const before = await run();
  await edit(join(place.path, "arithmetic.ts"), "value * 2", "value * 4");
  const after = await run();
  assert([before, after].every((sha256) => bundles().includes(sha256)), bundles().join(" "));
  const clean = async () => assertEquals((await fanin(place, ["gc", "--yes"], cli)).code, 0);
  await clean();
  assertEquals([before, after].map((sha256) => bundles().includes(sha256)), [false, true]);
  await edit(join(place.path, "double.ts"), 'name: "double"', 'name: "twice"');
  const renamed = await run();
  await clean();
  assertEquals([after, renamed].map((sha256) => bundles().includes(sha256)), [false, true]);
});

testHere("stages made by one function share a bundle, and each runs its own function", async () => {
  await using place = await workspace();
  const cli = await copyPipeline(place);
  const values = [1, 2, 3];
  await Deno.writeTextFile(
    join(place.path, "mod.ts"),
    `import { z } from "zod";
    import { defineDag } from "../../../pipeline/engine/dag.ts";
    import { defineStage } from "../../../pipeline/engine/stage.ts";
    import { json } from "../../../pipeline/formats/json.ts";
    const made = (value: number) =>
      defineStage({
        name: \`made-\${value}\`,
        module: import.meta.url,
        about: "gives its value",
        parameters: z.strictObject({}),
        inputs: {},
        outputs: { out: json("out", z.number()) },
        run: () => ({ out: value }),
      });
    export const dag = defineDag((job) => {
      for (const value of ${JSON.stringify(values)}) {
        job(\`made/\${value}\`, made(value), { inputs: {} });
        job(\`again/\${value}\`, made(value + 10), { inputs: {} });
      }
    });\n`,
  );
  const ran = await fanin(place, ["reproduce"], cli);
  assertEquals(ran.code, 0, ran.err);
  const outs = (job: string) =>
    Promise.all(
      values.map((value) =>
        readJson(place.path, "artifacts", "latest", job, String(value), "out.json")
      ),
    );
  assertEquals(await outs("made"), values);
  assertEquals(await outs("again"), values.map((value) => value + 10));
});

testHere("a stage may use decorators, as Deno's own modules may", async () => {
  await using place = await workspace();
  const cli = await copyPipeline(place);
  const decorated = `const twice = (_: undefined, __: ClassFieldDecoratorContext) =>
  (value: number) => value * 2;
class Start {
  @twice
  value = 21;
}
`;
  await edit(
    join(place.path, "count_source.ts"),
    "export const source",
    `${decorated}\nexport const source`,
  );
  await edit(join(place.path, "count_source.ts"), "parameters.values", "[new Start().value]");
  const ran = await fanin(place, ["reproduce", "--only", "numbers/first"], cli);
  assertEquals(ran.code, 0, ran.err);
  const given = await readJson(place.path, "artifacts/latest/numbers/first/numbers.json");
  assertEquals(given, [42]);
});

testHere(
  "a file of which a bundle has the value of a constant alone is a source of it",
  async () => {
    await using place = await workspace();
    const files = {
      "rate.ts": "export const rate = 2;\nexport const unused = [1];\n",
      "left.ts": "export const left = () => 3;\n",
      "stage.ts": 'import { rate } from "./rate.ts";\nimport { left } from "./left.ts";\n' +
        "export const stage = () => rate;\nexport const other = left;\n",
    };
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(place.path, name), text);
    }
    const module = pathToFileURL(join(place.path, "stage.ts")).href;
    const [{ text, sources }] = await bundleAll({
      entries: [{ unit: "double", module, export: "stage" }],
      root: place.path,
      packages: [{ directory: place.path, exports: {}, imports: {}, compilerOptions: {} }],
    });
    assert(!text.includes("rate"), text);
    assertEquals([...sources].sort(), ["rate.ts", "stage.ts"]);
  },
);
