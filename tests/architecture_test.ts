/** Tests rules of the source tree: import directions, levels of imports, file names, folder sizes. */
import { assert, assertEquals } from "@std/assert";
import { dirname, join, posix } from "node:path";
import { root } from "./support/checkout.ts";
import { type Import, importsOf } from "./support/imports.ts";

/** Folders in the order of their imports: each may use its own group and those before it. */
const order: readonly (readonly string[])[] = [
  ["schemas"],
  ["pipeline/engine", "pipeline/store", "pipeline/formats", "pipeline/terminal"],
  ["pipeline/claims"],
  ["pipeline/runs"],
  ["pipeline/archive", "pipeline/diff"],
  ["pipeline/grade"],
  ["pipeline/report"],
  ["pipeline/remote"],
  ["pipeline/slurm"],
  ["pipeline/commands", "pipeline/mod.ts"],
  ["stages", "artifacts"],
  ["pipeline/cli.ts"],
];

/** Groups whose folders may not use each other. */
const apart = [["pipeline/archive", "pipeline/diff"]];

/** Most entries of a folder; those at the top of `pipeline/` and `stages/` are the tree's overview. */
const mostEntries = 40;
const mostAtTop = 16;

/** Most files on a way along imports that load at once, types aside. */
const mostLevels = 10;

/** Most files that every run loads: each takes 0.15 ms. */
const mostAtStart = 20;

/** Most files with zod that a worker loads first. A stage's has these, because a stage cannot ask for more. */
const mostOfWorker = 2;

/** Every tracked or new file of these folders, by its path from the root with "/". */
function* filesIn(directory: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(join(root, directory))) {
    const path = `${directory}/${name}`;
    // Templates are files of other repositories.
    if (isDirectory && path !== "pipeline/commands/templates" && path !== "tests/tmp") {
      yield* filesIn(path);
    } else if (!isDirectory) yield path;
  }
}

const parts = ["schemas", "pipeline", "stages"];
const modules = parts.flatMap((part) => [...filesIn(part)]).filter((path) => path.endsWith(".ts"));
const textOf = (path: string): string => Deno.readTextFileSync(join(root, path));

const imports = new Map(
  modules.map((path) => [
    path,
    importsOf(path, textOf(path)).filter(({ kind }) => kind !== "named"),
  ]),
);

function groupOf(path: string): { level: number; folder: string } {
  const level = order.findIndex((folders) => folders.some((folder) => isIn(path, folder)));
  const folder = order[level]?.find((folder) => isIn(path, folder));
  assert(folder !== undefined, `${path} is in no folder of the order of imports`);
  return { level, folder };
}

const isIn = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

Deno.test("folders import in one direction only", () => {
  for (const [path, list] of imports) {
    const from = groupOf(path);
    for (const { target } of list) {
      const to = groupOf(target);
      assert(to.level <= from.level, `${path} imports ${target}, which comes after it`);
      const both = [from.folder, to.folder];
      const separate = apart.some((group) => both.every((folder) => group.includes(folder)));
      assert(!separate || from.folder === to.folder, `${path} imports ${target} beside it`);
    }
  }
});

Deno.test("the import check finds existing imports", () => {
  assertEquals(
    imports.get("pipeline/cli.ts")!.slice(0, 2).map(({ target, kind }) => ({ target, kind })),
    [
      { target: "pipeline/commands/main.ts", kind: "static" },
      { target: "stages/mod.ts", kind: "later" },
    ],
  );
  assert(imports.get("stages/normalize/normalize.ts")!.some(({ kind }) => kind === "static"));
  assert([...imports.values()].flat().some(({ kind }) => kind === "type"));
});

Deno.test("a run that is up to date loads few files, and no package", () => {
  const loaded = new Set<string>();
  const load = (path: string) => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { target, kind } of imports.get(path)!) if (kind === "static") load(target);
  };
  load("pipeline/commands/main.ts");
  assert(loaded.size > 10 && loaded.size <= 30, [...loaded].join("\n"));
  for (const path of loaded) {
    const bare = /^import (?!type)[^;"]*?from\s+"((?!\.|node:)[^"]+)"/m.exec(textOf(path));
    assertEquals(bare?.[1], undefined, path);
  }
});

/** The files of a way along imports that comes back to its start; undefined where there is none. */
function cycleIn(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (path: string, way: string[]): string[] | undefined => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const target of graph.get(path) ?? []) {
      const cycle = visit(target, [...way, path]);
      if (cycle !== undefined) return cycle;
    }
    done.add(path);
  };
  for (const path of graph.keys()) {
    const cycle = visit(path, []);
    if (cycle !== undefined) return cycle;
  }
}

Deno.test("no file imports itself through others, not even for types", () => {
  assertEquals(cycleIn(new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]]])), ["b", "c", "b"]);
  // A module may name the type of itself.
  const others = ([path, list]: [string, Import[]]): [string, string[]] => [
    path,
    list.map(({ target }) => target).filter((target) => target !== path),
  ];
  const graph = new Map([...imports].map(others));
  assertEquals(cycleIn(graph), undefined);
});

Deno.test("imports that load at once are few levels deep", () => {
  const ways = new Map<string, string[]>();
  const longest = (path: string): string[] => {
    const known = ways.get(path);
    if (known !== undefined) return known;
    const next = (imports.get(path) ?? [])
      .filter(({ kind, target }) => kind === "static" && imports.has(target))
      .map(({ target }) => longest(target));
    const way = [path, ...next.reduce((a, b) => b.length > a.length ? b : a, [])];
    ways.set(path, way);
    return way;
  };
  for (const path of modules) {
    const way = longest(path);
    assert(way.length <= mostLevels, `${way.length} levels: ${way.join(" → ")}`);
  }
});

Deno.test("file names are unique", () => {
  // One command and its subject may share a word, and tests are named after what they test.
  const shared = ["mod.ts", "README.md", "plan.ts", "cli.ts"];
  const found = new Map<string, string>();
  for (const path of [...parts, "tests"].flatMap((part) => [...filesIn(part)])) {
    const name = posix.basename(path);
    if (!/\.(ts|css|py|sh)$/.test(name) || shared.includes(name)) continue;
    assert(!found.has(name), `${path} has the name of ${found.get(name)}`);
    found.set(name, path);
  }
});

Deno.test("folders have few entries", () => {
  const entries = new Map<string, Set<string>>();
  for (const path of parts.flatMap((part) => [...filesIn(part)])) {
    const names = path.split("/");
    for (let i = 1; i < names.length; i++) {
      const folder = names.slice(0, i).join("/");
      entries.set(folder, (entries.get(folder) ?? new Set()).add(names[i]));
    }
  }
  for (const [folder, { size }] of entries) {
    const most = parts.includes(folder) ? mostAtTop : mostEntries;
    assert(size <= most, `${folder} has ${size} entries; expected at most ${most}`);
  }
});

Deno.test("tests lie in the folders of the code that they test", () => {
  for (const part of ["pipeline", "stages"]) {
    for (const path of filesIn(`tests/${part}`)) {
      const folder = dirname(path.slice("tests/".length));
      assert(Deno.statSync(join(root, folder)).isDirectory, `${path}: there is no ${folder}`);
    }
  }
});

Deno.test("every module begins with a comment on what it does", () => {
  const tools = [
    "tests/bench",
    "tests/rates",
    "tests/torture",
    "tests/planted",
    "tests/ok",
    "tests/run",
    "tests/slurm",
    "vendor",
  ];
  const all = [...modules, ...tools.flatMap((part) => [...filesIn(part)])];
  for (const path of all.filter((path) => path.endsWith(".ts"))) {
    const text = textOf(path);
    assert(text.startsWith("/**") || /^import [^\n]+\n\n\/\*\*/.test(text), path);
  }
});

Deno.test("an up-to-date run does not load rarely needed modules", () => {
  // A static import anywhere in the engine or the stages would be loaded by every run.
  const heavy =
    /^import (?!type)[^;]*from "(vega|vega-lite|wabt|esbuild[^"]*|@tensorflow[^"]*|tfjs-gradients|@resvg[^"]*|lib-r-math[^"]*)"/m;
  // Loaded later, by what differentiates.
  const apart = "stages/networks/tfjs_gradients.ts";
  for (const path of modules) assert(!heavy.test(textOf(path)) || path === apart, path);
  const users = [...imports.values()].flat().filter(({ target }) => target === apart);
  assertEquals(users.map(({ kind }) => kind), ["later"]);
});

Deno.test("R's distributions are loaded in one place, which leaves out the wrong ones", () => {
  const users = modules.filter((path) => /["'(]lib-r-math/.test(textOf(path)));
  assertEquals(users, ["pipeline/claims/distributions.ts"]);
});

Deno.test("processes are signalled by one module, which heeds that they may have ended", () => {
  const users = modules.filter((path) => isIn(path, "pipeline") && /\.kill\(/.test(textOf(path)));
  assertEquals(users, ["pipeline/terminal/send_signal.ts"]);
});

Deno.test("one module reads and writes the text of key lines", () => {
  const kinds = "stage|source|code|package|param|until|input|env|checkpoint";
  const handling = new RegExp(
    // A prefix or a label as text, and a line or a label that is taken apart.
    `\\b(startsWith|endsWith|slice|exec|match|test)\\(["'\`/^]*(${kinds}) ` +
      `|["'\`](param|until|input|env|code) (["'\`]|\\$\\{|(backend|adapter|driver|arch)\\b)` +
      `|\\b(label|keyLine)\\.(split|slice|startsWith|match)\\(`,
  );
  const owner = "pipeline/engine/key.ts";
  assert(handling.test(textOf(owner)));
  for (const text of ['line.startsWith("input ")', "`param ${name}`", '"env backend"']) {
    assert(handling.test(text), text);
  }
  for (const path of modules.filter((path) => isIn(path, "pipeline") && path !== owner)) {
    const found = handling.exec(textOf(path))?.[0];
    assert(found === undefined, `${path} has ${found}; expected a function of ${owner}`);
  }
});

Deno.test("a run that has nothing to do loads few files, and none of Node's modules or of a package", () => {
  const loaded = new Set(["pipeline/cli.ts"]);
  for (const path of loaded) {
    const foreign = /^(?:import|export)(?! type)[^;]*? from "([^.][^"]*)"/m.exec(textOf(path))?.[1];
    assert(foreign === undefined, `${path} imports ${foreign}`);
    for (const { target, kind } of imports.get(path)!) if (kind === "static") loaded.add(target);
  }
  assert(loaded.size <= mostAtStart, `it loads ${[...loaded].join(", ")}`);
});

Deno.test("the first module of a worker imports packages in few files: load_worker.ts says why", () => {
  const workers = modules.flatMap((path) =>
    [...textOf(path).matchAll(/new Worker\(new URL\("(\.[^"]+)", import\.meta\.url\)/g)]
      .map(([, file]) => posix.join(posix.dirname(path), file))
  );
  assert(workers.length > 2, "finds the workers");
  for (const worker of workers) {
    const loaded = new Set([worker]);
    for (const path of loaded) {
      for (const { target, kind } of imports.get(path)!) if (kind === "static") loaded.add(target);
    }
    const withZod = [...loaded].filter((path) =>
      /^import (?!type)[^;]* from "zod";/m.test(textOf(path))
    );
    assert(withZod.length <= mostOfWorker, `${worker} loads ${withZod.join(", ")}`);
  }
});

Deno.test("all printing goes through the module that escapes text", () => {
  const printing =
    /\bconsole\.\w+\(|\bDeno\.std(out|err)\.(write|writable)|\b(alert|confirm|prompt)\(/;
  const printer = "pipeline/terminal/print.ts";
  for (const path of modules.filter((path) => isIn(path, "pipeline"))) {
    // Code that runs in the browser has a console of its own.
    if (path === printer || isIn(path, "pipeline/report/client")) continue;
    const printed = printing.exec(textOf(path))?.[0];
    const hint = `expected print, printJson or complain of ${printer}`;
    assert(printed === undefined, `${path} calls ${printed}; ${hint}`);
  }
});
