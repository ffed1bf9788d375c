/** Tests cached outputs: their dependencies, and the machine facts that they and keys contain. */
import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { basename, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { canBeRemembered, recall } from "../../../pipeline/store/cached_output/cached_output.ts";
import { foreign } from "../../../pipeline/store/cached_output/foreign.ts";
import { endObservation } from "../../../pipeline/store/cached_output/observation.ts";
import { pathsOf } from "../../../pipeline/store/cached_output/current.ts";
import { remember } from "../../../pipeline/store/cached_output/remember.ts";
import {
  eachPath,
  readRemembered,
  type Remembered,
  rememberedText,
} from "../../../pipeline/store/cached_output/remembered.ts";
import { observe } from "../../../pipeline/store/cached_output/watch_deno.ts";
import { readCachedValue, writeCachedValue } from "../../../pipeline/store/cache_file.ts";
import { driverVariables } from "../../../pipeline/engine/machine/driver.ts";
import { adapterFact } from "../../../pipeline/engine/machine/machine.ts";
import { sealed } from "../../../pipeline/store/sealed.ts";
import { exists } from "../../../pipeline/store/existence.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import { loadStatTable } from "../../../pipeline/store/stat_cache.ts";
import { root } from "../../support/checkout.ts";
import { expectedFile, metricItem } from "../../support/expected_items.ts";
import { editedPipeline, fanin, runsIn, workspace } from "../../support/workspace.ts";
import { nextSecond } from "../../support/next_second.ts";
import { copyTree, readJson, writeText } from "../../support/copied_files.ts";
import { deno, permissions } from "../../support/deno_command.ts";

/**
 * Code that a DAG or experiment runs when loaded → dependencies of the cached output besides the module's
 * own text. Nothing is cached if they cannot be known.
 */
const whenLoaded: [code: string, dependencies: string[] | "not remembered"][] = [
  ["export const one = 1;", []],
  [`Deno.readTextFileSync(at("side.txt"));`, ["content side.txt"]],
  [`Deno.readTextFileSync(new URL("./side.txt", import.meta.url));`, ["content side.txt"]],
  [`await Deno.readTextFile(at("side.txt"));`, ["content side.txt"]],
  [`Deno.readFileSync(at("side.txt"));`, ["content side.txt"]],
  [`await Deno.readFile(at("side.txt"));`, ["content side.txt"]],
  [`using file = Deno.openSync(at("side.txt"));`, ["content side.txt"]],
  [`try { Deno.readTextFileSync(at("gone.txt")) } catch {}`, ["content gone.txt"]],
  [`try { Deno.statSync(at("gone.txt")) } catch {}`, ["presence gone.txt"]],
  [`Deno.statSync(at("side.txt")).isFile;`, ["presence side.txt"]],
  [`[...Deno.readDirSync(at("side"))];`, ["names side"]],
  [`for await (const _ of Deno.readDir(at("side")));`, ["names side"]],
  [`Deno.env.get("TERM");`, ["variable TERM"]],
  [`Deno.env.has("TERM");`, ["variable TERM"]],
  [`await import("./side.json", { with: { type: "json" } });`, ["content side.json"]],
  [`await import("./" + "other" + ".ts");`, ["content other.ts"]],
  [`await import(new URL("other.ts", import.meta.url).href);`, ["content other.ts"]],
  [`import "./requires.cjs";`, ["content requires.cjs", "content required.cjs"]],
  [`await import("node:path"); new Date(0); Math.max(1, 2);`, []],
  [`Deno.build.os; Deno.version.deno; Deno.cwd();`, []],
  [`import "node:fs";`, "not remembered"],
  [`import "./reads.cjs";`, "not remembered"],
  [`(await import("node:" + "fs")).readFileSync(at("side.txt"));`, "not remembered"],
  [`process.env.TERM;`, "not remembered"],
  [`globalThis.process.cwd();`, "not remembered"],
  [`Deno.env.toObject;`, "not remembered"],
  [`Deno.pid;`, "not remembered"],
  [`Deno.memoryUsage();`, "not remembered"],
  [`Deno.Command;`, "not remembered"],
  [`Deno[Deno.internal];`, "not remembered"],
  [`Deno.openSync(at("written.txt"), { write: true, create: true }).close();`, "not remembered"],
  [`Date.now();`, "not remembered"],
  [`new Date();`, "not remembered"],
  [`Date();`, "not remembered"],
  [`Math.random();`, "not remembered"],
  [`crypto.randomUUID();`, "not remembered"],
  [`performance.now();`, "not remembered"],
  [`navigator.hardwareConcurrency;`, "not remembered"],
  [`await fetch(new URL("side.txt", import.meta.url)).then((r) => r.text());`, "not remembered"],
  [`new Worker("data:text/javascript,", { type: "module" }).terminate();`, "not remembered"],
  [`new Intl.NumberFormat().format(1);`, "not remembered"],
];

const beside: Record<string, string> = {
  "side.txt": "aside",
  "side.json": "{}",
  "other.ts": "export {};",
  "side/a.txt": "",
  "requires.cjs": `require("./required.cjs"); require("path");`,
  "required.cjs": "module.exports = 1;",
  "reads.cjs": `module.exports = require("fs").existsSync(__filename);`,
};

Deno.test("whatever a DAG or an experiment reads while loading is a dependency, or nothing is cached", async () => {
  await using place = await workspace();
  for (const [name, text] of Object.entries(beside)) {
    await writeText(join(place.path, name), text);
  }
  const globals = { Deno, Date, fetch, random: Math.random };
  for (const [i, [code, expected]] of whenLoaded.entries()) {
    const file = join(place.path, `loaded-${i}.ts`);
    const at = `const at = (name: string) => ${JSON.stringify(place.path)} + "/" + name;\n`;
    await Deno.writeTextFile(file, `${at}${code}\nexport {};`);
    observe(join(place.path, "store"), join(place.path, "store"));
    await foreign(() => import(pathToFileURL(file).href));
    const found = endObservation();
    const besides = found?.map(([kind, name]) =>
      kind === "variable" ? `${kind} ${name}` : `${kind} ${relative(place.path, name)}`
    ).filter((one) => one !== `content loaded-${i}.ts`);
    assertEquals(besides ?? "not remembered", expected, code);
  }
  assertEquals({ Deno, Date, fetch, random: Math.random }, globals, "all is as it was");
});

Deno.test("all files near a store count for a cached output but those that just save time", async () => {
  await using place = await workspace();
  const at = (name: string) => join(place.path, name);
  const caches = at("project/artifacts/store");
  const looks = {
    "project/stages/mod.ts": true,
    "project/artifacts/runs/one": true,
    "project/artifacts/store/stat.tsv": false,
    "project/artifacts/store/tmp/one": false,
    "blobs/00/one": true,
    "users/one": true,
    "locks/store": false,
    "damaged/one": false,
  };
  observe(caches, place.path);
  for (const name of Object.keys(looks)) {
    try {
      Deno.statSync(at(name));
    } catch { /* It is not there. */ }
  }
  const counted = Object.entries(looks).filter(([, counts]) => counts).map(([name]) => at(name));
  assertEquals(endObservation()?.map(([, name]) => name).sort(), counted.sort());
});

Deno.test("a cached output is printed only for the same arguments, main module and directory", async () => {
  await using place = await workspace();
  const args = ["reproduce", "--set", "a.b=1"];
  const answer = { exitCode: 1, shown: { text: "out" } };
  const store = { caches: place.path, table: loadStatTable(join(place.path, "stat.tsv")) };
  remember(store, args, answer, []);
  assertEquals(await recall(place.path, args), answer);
  assertEquals(await recall(place.path, ["reproduce"]), undefined);
  assertEquals(
    await recall(place.path, ["reproduce", "--set a.b=1"]),
    undefined,
    "the same file name",
  );
  assertEquals(await recall(place.path, ["plan", "--set", "a.b=1"]), undefined);
  const [{ name }] = [...Deno.readDirSync(join(place.path, "answers"))];
  const path = join(place.path, "answers", name);
  const whole = readRemembered(path);
  for (const [from, to] of [[Deno.mainModule, "file:///other.ts"], [Deno.cwd(), "/"]]) {
    const other = JSON.parse(JSON.stringify(whole).replaceAll(from, to));
    await Deno.writeTextFile(path, rememberedText(other));
    assertEquals(await recall(place.path, args), undefined, from);
  }
});

Deno.test("commands that always run jobs, or ask a server, are not cached", () => {
  const remembered: [args: string, remembered: boolean][] = [
    ["reproduce", true],
    ["reproduce --json --experiment mine.ts --set a.b=1 --only a", true],
    ["reproduce --force a", false],
    ["reproduce --force=a", false],
    ["reproduce --remote https://example.org", false],
    ["reproduce --remote-read-only", false],
    ["plan", false],
    ["verify", false],
  ];
  for (const [args, expected] of remembered) {
    assertEquals(canBeRemembered(args.split(" ")), expected, args);
  }
});

interface Scene {
  path: string;
  artifacts: string;
  /** The run's directory. */
  run: string;
  experiment: string;
}

/** Changes a file in place, and with it whatever links to it. */
function alter(path: string): void {
  const bytes = Deno.readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  Deno.chmodSync(path, 0o644);
  Deno.writeFileSync(path, bytes);
}

const append = (path: string, text: string): void =>
  Deno.writeTextFileSync(path, text, { append: true });

/** The only file with a name under a directory. */
const theOnly = (directory: string): string =>
  join(directory, [...Deno.readDirSync(directory)].map(({ name }) => name).sort()[0]);

const item = metricItem("even", "first.even", { kind: "exact", value: 1 });
const expected = (experiment: string): string => JSON.stringify(expectedFile(experiment, item));

Deno.test("a cached output on disk is as it was, and each byte that is cut off or added is noticed", async () => {
  await using place = await workspace();
  const path = join(place.path, "file");
  const paths = ["/a/b", "/a/bc/\u{1f600}", "/a/bc/\u{1f601}", "/ö"];
  for (const text of ["", "ö", "öö", "ööx", "ööxy"]) {
    const remembered: Remembered = {
      arguments: [text],
      circumstances: "",
      answer: { exitCode: 0, shown: { text } },
      files: pathsOf(paths),
      states: "",
      digests: "",
      seen: 1,
      present: {},
      others: [],
    };
    Deno.writeTextFileSync(path, rememberedText(remembered));
    assertEquals(readRemembered(path), remembered);
    assertEquals(filesOf(readRemembered(path)), paths);
    const bytes = Deno.readFileSync(path);
    for (const other of [bytes.slice(0, -1), bytes.slice(0, -4), new Uint8Array([...bytes, 10])]) {
      Deno.writeFileSync(path, other);
      assertThrows(() => readRemembered(path), SyntaxError);
    }
  }
});

Deno.test("a state that was seen in the future does not count: the clock was set back", async () => {
  await using place = await workspace();
  const path = join(place.path, "file");
  Deno.writeTextFileSync(path, "one");
  await nextSecond();
  const store = { caches: place.path, table: loadStatTable(join(place.path, "stat.tsv")) };
  remember(store, ["reproduce"], { exitCode: 0, shown: { text: "" } }, [
    ["content", path, sha256Of("one")],
  ]);
  const file = join(place.path, "answers", "reproduce.output");
  const remembered = readRemembered(file);
  // The file as it is now, said to have had another content when it was seen.
  const [seen, digests] = [Date.now() + 60_000, Uint8Array.fromHex(sha256Of("two")).toBase64()];
  Deno.writeTextFileSync(file, rememberedText({ ...remembered, digests }));
  assert(await recall(place.path, ["reproduce"]) !== undefined, "its state is known");
  Deno.writeTextFileSync(file, rememberedText({ ...remembered, digests, seen }));
  assertEquals(await recall(place.path, ["reproduce"]), undefined);
});

/** Each makes a remembered answer one that is not given any more. */
const changes: [what: string, change: (scene: Scene) => unknown][] = [
  ["the DAG", ({ path }) => append(join(path, "mod.ts"), "\n// A comment.\n")],
  ["a module of a stage", ({ path }) => append(join(path, "arithmetic.ts"), "\n// A comment.\n")],
  ["the experiment's file", ({ experiment }) => append(experiment, "\n")],
  ["a file that the DAG reads", ({ path }) => writeText(join(path, "side.txt"), "another")],
  [
    "a file in a directory that the DAG lists",
    ({ path }) => writeText(join(path, "side", "b"), ""),
  ],
  ...["metrics.json", "claims.json", "claims.md", "summary.txt", "manifest.json", "SHA256SUMS"]
    .map((file): [string, (scene: Scene) => void] => [
      `${file} of the run`,
      ({ run }) => alter(join(run, file)),
    ]),
  ["an output of the run", ({ run }) => Deno.removeSync(join(run, "numbers/first/numbers.json"))],
  ["the run", ({ run }) => Deno.removeSync(run, { recursive: true })],
  ["latest", ({ artifacts }) => Deno.removeSync(join(artifacts, "latest"), { recursive: true })],
  ["the order of runs", ({ artifacts }) => append(join(artifacts, "runs.txt"), "begun another\n")],
  ["a blob", ({ artifacts, run }) => {
    const { jobs } = JSON.parse(Deno.readTextFileSync(join(run, "manifest.json")));
    const { sha256 } = jobs[0].outputs.numbers;
    alter(join(artifacts, "store/blobs", sha256.slice(0, 2), sha256));
  }],
  [
    "an entry",
    ({ artifacts }) => Deno.removeSync(theOnly(theOnly(join(artifacts, "store/actions")))),
  ],
  [
    "an expected file that comes first",
    ({ artifacts }) => writeText(join(artifacts, "reference/expected-a.json"), expected("mine")),
  ],
  [
    "the expected file's name",
    ({ artifacts }) =>
      Deno.renameSync(
        join(artifacts, "reference/expected-mine.json"),
        join(artifacts, "reference/expected-yours.json"),
      ),
  ],
  [
    "the expected file",
    ({ artifacts }) => append(join(artifacts, "reference/expected-mine.json"), "\n"),
  ],
  [
    "a reference run",
    ({ artifacts, run }) =>
      Deno.copyFileSync(join(run, "manifest.json"), join(artifacts, "reference/manifest.json")),
  ],
  [
    "the answer itself, by a bit",
    ({ artifacts }) => alter(theOnly(join(artifacts, "store/answers"))),
  ],
  [
    "the answer itself, cut off",
    ({ artifacts }) => Deno.truncateSync(theOnly(join(artifacts, "store/answers")), 50),
  ],
];

Deno.test("a cached output notices each change of a file, and reads only those that were touched", async () => {
  await using place = await workspace();
  const args = ["reproduce"];
  const answer = { exitCode: 0, shown: { text: "out" } };
  const [path, absent] = ["file", "absent"].map((name) => join(place.path, name));
  const tableFile = join(place.path, "stat.tsv");
  Deno.writeTextFileSync(path, "one");
  await nextSecond();
  const store = { caches: place.path, table: loadStatTable(tableFile) };
  remember(store, args, answer, [["content", path, sha256Of("one")], ["content", absent, ""]]);

  assertEquals(await recall(place.path, args), answer);
  assert(!exists(tableFile), "no file was touched, so none is hashed");
  const { mtime } = Deno.statSync(path);
  Deno.utimeSync(path, 0, 0);
  assertEquals(await recall(place.path, args), answer, "touched, with the same content");
  assert(exists(tableFile), "the touched one is hashed");
  await nextSecond();
  assertEquals(await recall(place.path, args), answer);
  Deno.removeSync(tableFile);
  assertEquals(await recall(place.path, args), answer);
  assert(!exists(tableFile), "it is known from then on");

  // Same size and mtime: only ctime tells.
  Deno.utimeSync(path, mtime!, mtime!);
  assertEquals(await recall(place.path, args), answer);
  Deno.writeTextFileSync(path, "two");
  Deno.utimeSync(path, mtime!, mtime!);
  assertEquals(await recall(place.path, args), undefined, "other content");
  Deno.writeTextFileSync(path, "one");
  assertEquals(await recall(place.path, args), answer, "the same content again");
  Deno.writeTextFileSync(absent, "");
  assertEquals(await recall(place.path, args), undefined, "a file where none was");
});

function filesOf({ files, others }: Remembered): string[] {
  const paths = others.filter(([kind]) => kind === "content").map(([, path]) => path);
  eachPath(files, (path) => paths.push(path) > 0);
  return paths;
}

Deno.test("a cached output is printed only while its dependencies are unchanged", async () => {
  await using place = await editedPipeline(
    "mod.ts",
    "export const dag",
    `Deno.env.get("SLURMD_NODENAME");
     Deno.readTextFileSync(new URL("./side.txt", import.meta.url));
     [...Deno.readDirSync(new URL("./side", import.meta.url))];
     export const dag`,
  );
  await writeText(join(place.path, "side.txt"), "one");
  await writeText(join(place.path, "side", "a"), "");
  const experiment = join(place.path, "mine.json");
  const jobs = ["report/first"];
  await writeText(
    experiment,
    JSON.stringify({ name: "mine", about: "part of the test pipeline", jobs }),
  );
  const artifacts = join(place.path, "artifacts");
  await writeText(join(artifacts, "reference", "expected-mine.json"), expected("mine"));
  const args = ["reproduce", "--experiment", experiment];
  const reproduce = async (env?: Record<string, string>) => {
    const { out } = await fanin(place, args, place.cli, env);
    return out;
  };

  await reproduce();
  assertMatch(await reproduce(), /mine up to date in/);
  // From here on the answer says of itself that it was remembered.
  const answer = theOnly(join(artifacts, "store", "answers"));
  const remembered = readRemembered(answer);
  const shown = remembered.answer.shown as { summary: { jobs: string } };
  shown.summary.jobs = "as remembered.";
  await writeText(answer, rememberedText(remembered));
  const isGiven = async (env?: Record<string, string>) =>
    (await reproduce(env)).includes("as remembered.");
  assert(await isGiven());

  const names = new Set(filesOf(remembered).map((path) => relative(root, path)));
  for (
    const file of [
      "deno.json",
      "deno.lock",
      "pipeline/commands/main.ts",
      "pipeline/terminal/print.ts",
    ]
  ) {
    assert(names.has(file), `depends on ${file}`);
  }
  assertEquals(await isGiven({ SLURMD_NODENAME: "1" }), false, "a variable that the DAG reads");

  const [run] = runsIn(place.path).map((run) => join(artifacts, "runs", run));
  const saved = join(place.path, "..", `${basename(place.path)}-saved`);
  await writeText(answer, rememberedText(remembered));
  for (const [what, change] of changes) {
    await copyTree(place.path, saved);
    await change({ path: place.path, artifacts, run, experiment });
    assertEquals(await isGiven(), false, what);
    await Deno.remove(place.path, { recursive: true });
    await Deno.rename(saved, place.path);
  }
  // Each copy was made of the one before: had a change stayed, the answer would not be given now.
  assert(await isGiven(), "once all is as it was");
});

Deno.test("a relative path is another file in another directory", async () => {
  await using place = await workspace();
  const directories = ["one", "two"].map((name) => join(place.path, name));
  // As a task is run from a directory of the project.
  const reproduce = (directory: string) =>
    fanin(place, ["reproduce", "--experiment", "e.json"], undefined, { INIT_CWD: directory });
  for (const [i, directory] of directories.entries()) {
    const parameters = { "numbers/first": { values: [i] } };
    const jobs = ["report/first"];
    await writeText(
      join(directory, "e.json"),
      JSON.stringify({ name: "e", about: directory, jobs, parameters }),
    );
  }
  for (let again = 0; again < 3; again++) {
    for (const [i, directory] of directories.entries()) {
      const { out, err, code } = await reproduce(directory);
      assertEquals(code, 0, err);
      const run = /Run +\S+\/(\S+)$/m.exec(out)![1];
      const metrics = await readJson(place.path, "artifacts", "runs", run, "metrics.json");
      assertEquals(metrics, { "first.even": 1 });
      const manifest = await readJson(place.path, "artifacts", "runs", run, "manifest.json");
      assertEquals(manifest.experiment.about, directories[i]);
    }
  }
});

/** Returns fingerprints of the graphics driver, each with one more variable set, as a process sees them. */
async function fingerprints(
  variables: readonly [name: string, value: string][],
): Promise<string[]> {
  const script = join(root, "tests", "fixtures", "fingerprints.ts");
  const given = variables.map(([name, value]) => `${name}=${value}`);
  const { code, out, err } = await deno(["run", "--frozen", ...permissions, script, ...given]);
  assertEquals(code, 0, err);
  return JSON.parse(out);
}

Deno.test("the driver's fingerprint differs with each variable that chooses a driver", async () => {
  const [usual, ...others] = await fingerprints(driverVariables.map((name) => [name, "another"]));
  const [again] = await fingerprints([]);
  assertEquals(again, usual);
  assert(usual.includes(`deno ${Deno.version.deno}`));
  for (const [i, name] of driverVariables.entries()) assertNotEquals(others[i], usual, name);
});

Deno.test("a driver that a variable names enters the fingerprint, with its library", async () => {
  for (const name of ["VK_DRIVER_FILES", "VK_ICD_FILENAMES", "VK_ADD_DRIVER_FILES"]) {
    await using place = await workspace();
    const directory = join(place.path, "icd.d");
    await Deno.mkdir(directory);
    const [file, library] = [join(directory, "own.json"), join(place.path, "own.so")];
    await Deno.writeTextFile(file, JSON.stringify({ ICD: { library_path: "../own.so" } }));
    await Deno.writeTextFile(library, "Mesa 1.2.3");
    for (const value of [file, directory]) {
      const fingerprint = async () => (await fingerprints([[name, value]]))[1];
      const before = await fingerprint();
      await Deno.writeTextFile(library, "Mesa 1.2.4 ", { append: true });
      const after = await fingerprint();
      assertNotEquals(after, before, `${name}=${value}: its library`);
      await Deno.writeTextFile(file, "\n", { append: true });
      assertNotEquals(await fingerprint(), after, `${name}=${value}: its file`);
    }
  }
});

Deno.test("the adapter is queried once, and again when its fingerprint differs", async () => {
  await using place = await workspace();
  const file = join(place.path, "machine.json");
  const first = await adapterFact(file, root);
  const told = readCachedValue(file) as { adapter: string; driver: string };
  assertEquals(told.adapter, first.adapter);
  assertEquals(told.driver, first.driver);
  writeCachedValue(file, { ...told, adapter: "remembered" });
  assertEquals((await adapterFact(file, root)).adapter, "remembered");
  for (const damaged of [sealed({ ...told, adapter: "x", fingerprint: "other" }), "{"]) {
    await Deno.writeTextFile(file, damaged);
    assertEquals(await adapterFact(file, root), first);
  }
});
