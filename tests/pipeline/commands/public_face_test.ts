/** Tests the public interface: it is small, and every name in it is documented. */
import { assert, assertEquals } from "@std/assert";
import { join, relative } from "node:path";
import { root } from "../../support/checkout.ts";
import { deno } from "../../support/deno_command.ts";
import { readJson } from "../../support/copied_files.ts";

interface Documented {
  nodes: Record<string, {
    symbols: { name: string; declarations: { jsDoc?: { doc?: string } }[] }[];
  }>;
}

const { exports }: { exports: Record<string, string> } = await readJson(root, "deno.json");

for (const [entry, file] of Object.entries(exports)) {
  Deno.test(`every name that ${entry} exports is documented`, async () => {
    const { code, out, err } = await deno(["doc", "--json", join(root, file)]);
    assertEquals(code, 0, err);
    const { nodes }: Documented = JSON.parse(out);
    const symbols = Object.values(nodes).flatMap(({ symbols }) => symbols);
    assert(symbols.length > 0, "deno doc has another form than this test knows");
    const silent = symbols
      .filter(({ declarations }) => !declarations.some(({ jsDoc }) => jsDoc?.doc))
      .map(({ name }) => name);
    assertEquals(silent, []);
  });

  Deno.test(`every member of what ${entry} exports is documented`, async () => {
    // The linter's other rules want types that are inferred here spelt out.
    const { err } = await deno(["doc", "--lint", join(root, file)]);
    const places = [...err.matchAll(/error\[missing-jsdoc\][^\n]*\n *--> (\S+)/g)]
      .map(([, place]) => relative(root, place));
    assertEquals(places, []);
  });
}

Deno.test("a module of the engine does nothing when it is loaded", async () => {
  // So what a stage does not use of it is no code of that stage (pipeline/engine/code/code_hash.ts).
  for (const part of ["pipeline", "schemas"]) {
    for await (const path of modules(join(root, part))) {
      const bare = /^import "[^"]+"/m.exec(await Deno.readTextFile(path));
      assertEquals(bare, null, path);
    }
  }
});

async function* modules(directory: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = join(directory, name);
    if (isDirectory) yield* modules(path);
    else if (name.endsWith(".ts")) yield path;
  }
}
