/** Rules of the tree that a reader relies on. */
import { assert, assertEquals } from "@std/assert";
import { join, relative, resolve } from "node:path";
import { root } from "./workspace.ts";

/** What each part may import of the others. */
const allowed: Record<string, string[]> = {
  schemas: ["schemas"],
  pipeline: ["pipeline", "schemas"],
  stages: ["stages", "pipeline", "schemas", "artifacts"],
  rates: ["rates", "stages", "pipeline", "schemas"],
};

async function* modules(directory: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = join(directory, name);
    if (isDirectory) yield* modules(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

const importsOf = (text: string): string[] =>
  [...text.matchAll(/(?:from|import|import\(|resolve\()\s*"(\.[^"]+)"/g)].map(([, path]) => path);

for (const [part, parts] of Object.entries(allowed)) {
  Deno.test(`${part} imports from ${parts.join(", ")} alone`, async () => {
    for await (const path of modules(join(root, part))) {
      const file = relative(root, path).replaceAll("\\", "/");
      for (const imported of importsOf(await Deno.readTextFile(path))) {
        const target = relative(root, resolve(path, "..", imported)).split(/[\\/]/)[0];
        // The one file that hands the stages to the engine.
        if (file === "pipeline/cli.ts" && target === "stages") continue;
        assert(parts.includes(target), `${file} imports ${imported}`);
      }
    }
  });
}

Deno.test("the check above sees the imports that there are", async () => {
  const cli = await Deno.readTextFile(join(root, "pipeline", "cli.ts"));
  assertEquals(
    importsOf(cli).filter((path) => path.includes("stages")),
    ["../stages/mod.ts"],
  );
});

/** Each module of a graph that leads back to itself, with the way round. */
function cyclesIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  const walk = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) cycles.push([...path.slice(start), file].join(" → "));
    if (start >= 0 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) walk(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) walk(file, []);
  return cycles;
}

Deno.test("no modules import each other in a circle, not for types alone and not when they run", async () => {
  const graph = new Map<string, string[]>();
  for (const part of [...Object.keys(allowed), "std", "bench", "torture", "cluster"]) {
    for await (const path of modules(join(root, part))) {
      const imported = importsOf(await Deno.readTextFile(path)).map((to) =>
        resolve(path, "..", to)
      );
      // A module may name the type of itself.
      const others = imported.filter((to) => to !== path);
      graph.set(relative(root, path), others.map((to) => relative(root, to)));
    }
  }
  assertEquals(cyclesIn(graph), []);
});

Deno.test("the check above sees a circle", () => {
  const graph = new Map([["a", ["b"]], ["b", ["d", "c"]], ["c", ["b"]], ["d", []]]);
  assertEquals(cyclesIn(graph), ["b → c → b"]);
});

Deno.test("every module opens by saying what it does", async () => {
  for (const part of [...Object.keys(allowed), "std", "bench", "torture"]) {
    for await (const path of modules(join(root, part))) {
      const text = await Deno.readTextFile(path);
      const documented = text.startsWith("/**") || /^import [^\n]+\n\n\/\*\*/.test(text);
      assert(documented, relative(root, path));
    }
  }
});

Deno.test("what only some runs need is not loaded by a run in which nothing changed", async () => {
  // A static import anywhere in the engine or the stages would be loaded by every run.
  const heavy =
    /^import (?!type)[^;]*from "(vega|vega-lite|wabt|esbuild-wasm[^"]*|@tensorflow[^"]*|@resvg[^"]*|lib-r-math[^"]*)"/m;
  for (const part of ["pipeline", "stages"]) {
    for await (const path of modules(join(root, part))) {
      assert(!heavy.test(await Deno.readTextFile(path)), relative(root, path));
    }
  }
});

Deno.test("whatever is printed goes through the one place that escapes it", async () => {
  const printing =
    /\bconsole\.\w+\(|\bDeno\.std(out|err)\.(write|writable)|\b(alert|confirm|prompt)\(/;
  for await (const path of modules(join(root, "pipeline"))) {
    const file = relative(root, path).replaceAll("\\", "/");
    // What runs in the browser has a console of its own.
    if (file === "pipeline/terminal.ts" || file.startsWith("pipeline/report/page/")) continue;
    const printed = printing.exec(await Deno.readTextFile(path))?.[0];
    const mend = "expected print, printJson or complain of pipeline/terminal.ts";
    assert(printed === undefined, `${file} calls ${printed}; ${mend}`);
  }
});
