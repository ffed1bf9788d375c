/** Tests code from linked packages: it counts by its content, wherever its checkout lies. */
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundleAll } from "../../../pipeline/engine/code/bundle.ts";
import { type Code, codeOf } from "../../../pipeline/engine/code/code_hash.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { configurationFiles, readImportMap } from "../../../pipeline/engine/code/import_map.ts";
import { loadStatTable } from "../../../pipeline/store/stat_cache.ts";
import { writeText } from "../../support/copied_files.ts";
import { testHere } from "../../support/bundling_here.ts";
import { type Workspace, workspace } from "../../support/workspace.ts";

const lock = {
  specifiers: { "npm:zod@^4.0.0": "4.6.7", "npm:zod@^3.0.0": "3.9.9", "npm:leven@4.1.0": "4.1.0" },
  npm: {
    "zod@4.6.7": { integrity: "sha512-four" },
    "zod@3.9.9": { integrity: "sha512-three" },
    "leven@4.1.0": { integrity: "sha512-leven" },
  },
};

/** A repository with a stage that uses a linked package, which uses another package in turn. */
const files = {
  "own/deno.json": JSON.stringify({
    imports: { "tool": "jsr:@test/tool@^1.0.0", "zod": "npm:zod@^4.0.0", "near/": "./near/" },
    links: ["../tool"],
  }),
  "own/deno.lock": JSON.stringify(lock),
  "own/stage.ts": 'import { once } from "tool";\nimport { twice } from "tool/twice";\n' +
    'import { z } from "zod";\nimport { here } from "near/here.ts";\nexport const stage = [once, twice, z, here];',
  "own/near/here.ts": "export const here = 1;",
  "tool/deno.json": JSON.stringify({
    name: "@test/tool",
    version: "1.0.0",
    exports: { ".": "./mod.ts", "./twice": "./twice.ts" },
    imports: { "zod": "npm:zod@^3.0.0", "leven": "npm:leven@4.1.0" },
  }),
  "tool/mod.ts": 'import { z } from "zod";\n// Once.\nexport const once = [z, 1];',
  "tool/twice.ts": 'import leven from "leven";\nexport const twice = leven;',
};

async function lay(place: Workspace, changed: Partial<Record<string, string>> = {}) {
  for (const [file, text] of Object.entries({ ...files, ...changed })) {
    await writeText(join(place.path, file), text!);
  }
}

async function code(place: Workspace, root = join(place.path, "own")): Promise<Code> {
  const module = pathToFileURL(join(root, "stage.ts")).href;
  const table = loadStatTable(join(place.path, "stat.tsv"));
  const codes = await codeOf([{ name: "stage", module }], root, table, place.path, () => {});
  return codes.get("stage")!;
}

/** The code's hash after files were laid with these changes. */
async function hashWith(changed: Partial<Record<string, string>>): Promise<string> {
  await using place = await workspace();
  await lay(place, changed);
  return (await code(place)).sha256;
}

testHere(
  "a linked package's code and packages are those of the stage that imports it",
  async () => {
    await using place = await workspace();
    await lay(place);
    const { files, packages } = await code(place);
    assertEquals(
      Object.keys(files).sort(),
      ["../tool/mod.ts", "../tool/twice.ts", "near/here.ts", "stage.ts"],
    );
    // Each by the import map of the package that imports it.
    assertEquals(
      packages.map(({ name, version }) => `${name} ${version}`),
      ["leven 4.1.0", "zod 3.9.9", "zod 4.6.7"],
    );
  },
);

testHere(
  "stages are bundled by the import map that was read, whatever the file says by then",
  async () => {
    await using place = await workspace();
    await lay(place, { "own/far/here.ts": "export const here = 1000;" });
    const root = join(place.path, "own");
    const { packages } = readImportMap(root);
    const changed = files["own/deno.json"].replace("./near/", "./far/");
    await Deno.writeTextFile(join(root, "deno.json"), changed);
    const module = pathToFileURL(join(root, "stage.ts")).href;
    const [bundle] = await bundleAll({ entries: [{ unit: "stage", module }], root, packages });
    const read = Object.keys(bundle.files);
    assert(read.includes("near/here.ts") && !read.includes("far/here.ts"), read.join(" "));
  },
);

testHere("where a linked package lies changes no code", async () => {
  const here = await hashWith({});
  const elsewhere = await hashWith({
    "own/deno.json": files["own/deno.json"].replace("../tool", "./vendor/deep/checkout"),
    ...Object.fromEntries(
      Object.entries(files).filter(([path]) => path.startsWith("tool/"))
        .map(([path, text]) => [path.replace(/^tool/, "own/vendor/deep/checkout"), text]),
    ),
  });
  assertEquals(elsewhere, here);
});

testHere("a package that is linked by its absolute path is the same", async () => {
  await using place = await workspace();
  await lay(place);
  const { sha256 } = await code(place);
  const path = join(place.path, "own", "deno.json");
  await Deno.writeTextFile(
    path,
    files["own/deno.json"].replace("../tool", join(place.path, "tool")),
  );
  assertEquals((await code(place)).sha256, sha256);
});

testHere("an edit of a linked package changes code, an edited comment does not", async () => {
  const before = await hashWith({});
  const comment = await hashWith({ "tool/mod.ts": files["tool/mod.ts"].replace("Once", "1") });
  assertEquals(comment, before);
  const edited = await hashWith({ "tool/mod.ts": files["tool/mod.ts"].replace("z, 1", "z, 2") });
  assertNotEquals(edited, before);
});

testHere("an edit of a linked package is detected despite the cached code hash", async () => {
  await using place = await workspace();
  await lay(place);
  const before = await code(place);
  await lay(place, { "tool/twice.ts": "export const twice = 3;" });
  assertNotEquals((await code(place)).sha256, before.sha256);
  const [, , linked] = configurationFiles(join(place.path, "own"));
  assert(linked.endsWith(join("tool", "deno.json")), "its import map counts too");
});

testHere("a package that is neither npm's nor linked is refused by name", async () => {
  await using place = await workspace();
  await lay(place, {
    "own/deno.json": files["own/deno.json"].replace('"links":["../tool"]', '"links":[]'),
  });
  const error = await assertRejects(() => code(place), Failed, 'imports "tool');
  assertEquals(error.failure.reason, "unbundled-import");
});

testHere("a configuration that cannot be read is named", async () => {
  await using place = await workspace();
  await lay(place, { "tool/deno.json": "{ // comments\n}" });
  const error = await assertRejects(() => code(place), Failed, "Expected plain JSON");
  assertEquals(error.failure.reason, "invalid-file");
});

testHere(
  "a missing or incomplete lock file is reported, with the command that makes it",
  async () => {
    await using place = await workspace();
    await lay(place, { "own/deno.lock": JSON.stringify({ ...lock, specifiers: {} }) });
    await assertRejects(() => code(place), Failed, 'Run "deno install"');
    await Deno.remove(join(place.path, "own", "deno.lock"));
    await assertRejects(() => code(place), Failed, "deno.lock does not have the expected form");
  },
);

testHere(
  "an import map's longest entry counts, and an entry that is a part of a word does not",
  async () => {
    await using place = await workspace();
    await lay(place, {
      "own/deno.json": JSON.stringify({
        imports: { "a": "npm:leven@4.1.0", "a/b": "npm:zod@^4.0.0", "c/": "./near/" },
      }),
    });
    const root = join(place.path, "own");
    const { resolve } = readImportMap(root);
    const from = (specifier: string) => resolve(specifier, join(root, "stage.ts"));
    assertEquals(from("a/sub"), { kind: "npm", name: "a", range: "leven@4.1.0", rest: "/sub" });
    assertEquals(from("a/b/sub"), { kind: "npm", name: "a/b", range: "zod@^4.0.0", rest: "/sub" });
    assertEquals(from("c/here.ts"), { kind: "file", path: join(root, "near", "here.ts") });
    assertEquals(from("ab"), { kind: "unknown" });
  },
);
