/** Tests bundling in a process of its own: it gives what bundling here gives, and its failures arrive. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { apart } from "../../../pipeline/engine/code/apart.ts";
import { bundleAll, type BundleTask } from "../../../pipeline/engine/code/bundle.ts";
import { allowRun, bundlerProgram } from "../../../pipeline/engine/code/bundler_program.ts";
import { codeOf } from "../../../pipeline/engine/code/code_hash.ts";
import { readImportMap } from "../../../pipeline/engine/code/import_map.ts";
import { storeSources } from "../../../pipeline/engine/code/sources.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { sourceReader } from "../../../pipeline/runs/source_text.ts";
import { begin, endObservation } from "../../../pipeline/store/cached_output/observation.ts";
import { loadStatTable } from "../../../pipeline/store/stat_cache.ts";
import { openStore } from "../../../pipeline/store/store.ts";
import { root } from "../../support/checkout.ts";
import { testHere } from "../../support/bundling_here.ts";
import { deno } from "../../support/deno_command.ts";
import { quoted, shell } from "../../support/shell.ts";
import { succeed } from "../../support/succeed.ts";
import { type Workspace, workspace } from "../../support/workspace.ts";

const at = (path: string): string => pathToFileURL(join(root, path)).href;

const program = at("pipeline/engine/code/bundle_process.ts");

const never = () => Promise.reject(new Error("bundled here"));

const bundle = (task: BundleTask, here: typeof bundleAll = never) =>
  apart({ program, root, task, here });

const { packages } = readImportMap(root);

const classifier: BundleTask = {
  root,
  packages,
  entries: [{ unit: "train-on-device", module: at("stages/train/train_on_device.ts") }],
};

Deno.test("stages' bundles and the files beside them are the same by another process", async () => {
  assertEquals(await bundle(classifier), await bundleAll(classifier));
});

Deno.test("a stage's failure is the same by another process", async () => {
  const unknown: BundleTask = {
    root,
    packages,
    entries: [{ unit: "none", module: at("stages/none.ts") }],
  };
  const failures = await Promise.all(
    [() => bundle(unknown), () => bundleAll(unknown)]
      .map(async (run) => (await assertRejects(run, Failed)).failure),
  );
  assertEquals(failures[0], failures[1]);
  assertEquals(failures[0].reason, "code-unreadable");
});

Deno.test("of several imports that are refused the first one is named, by either process", async () => {
  await using place = await workspace();
  const names = Array.from({ length: 9 }, (_, i) => `unknown-${i}`);
  const path = join(place.path, "stage.ts");
  Deno.writeTextFileSync(path, names.map((name) => `export * from "${name}";`).join("\n"));
  const entries = [{ unit: "none", module: pathToFileURL(path).href }];
  for (const run of [bundle, bundleAll, bundle, bundle]) {
    const { failure } = await assertRejects(() => run({ root, packages, entries }), Failed);
    assert(failure.reason === "unbundled-import");
    assertEquals(failure.specifier, "unknown-0");
  }
});

Deno.test("a pipe or a directory in the place of a module is named, and nothing waits for it", async () => {
  await using place = await workspace();
  const path = join(place.path, "stage.ts");
  const entries = [{ unit: "lazy", module: pathToFileURL(path).href }];
  for (const [make, name] of [["mkfifo", "pipe.ts"], ["mkdir", "directory.ts"]]) {
    await succeed(shell(`${make} ${name}`, place.path));
    Deno.writeTextFileSync(path, `export const load = () => import("./${name}");`);
    for (const run of [bundle, bundleAll]) {
      const { message } = await assertRejects(
        () =>
          run({ root: place.path, packages: [{ ...packages[0], directory: place.path }], entries }),
        Failed,
      );
      assertStringIncludes(message, `${name} is no plain file`);
    }
  }
  const changed = { "pipe.ts": { sha256: "0".repeat(64), stages: ["lazy"] } };
  storeSources(openStore(join(place.path, "store")), place.path, changed);
  assertEquals(
    sourceReader(place.path, openStore(place.path))("pipe.ts", "0".repeat(64)),
    undefined,
  );
});

Deno.test("the process that bundles is given esbuild's program, this one has WebAssembly", () => {
  const command = bundlerProgram();
  assert(command !== undefined);
  const { state } = Deno.permissions.querySync({ name: "run", command });
  assertEquals(state === "granted", false);
});

Deno.test("a program in esbuild's place that hangs or ends is named, and esbuild runs without it", async () => {
  await using place = await workspace();
  const script = join(place.path, "asking.ts");
  await Deno.writeTextFile(
    script,
    `import { startBundler } from "${at("pipeline/engine/code/bundler.ts")}";
     const { code } = await (await startBundler(500)).transform("let x: 1", { loader: "ts" });
     console.log(code.trim());
     Deno.exit();`,
  );
  for (const text of ["exec sleep 60", "exit 1"]) {
    const program = join(place.path, "program");
    await Deno.writeTextFile(program, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    const command = `ESBUILD_BINARY_PATH=${quoted(program)} deno run -q --no-check --allow-all ` +
      `--config ${quoted(join(root, "deno.json"))} ${quoted(script)}`;
    const { code, out, err } = await shell(command, place.path);
    assertEquals([code, out], [0, "let x;\n"], err);
    assertMatch(err, /esbuild does not run or does not answer, so that bundling takes longer\./);
  }
});

Deno.test("a program in a directory with a comma in its path may be started from there", async () => {
  await using place = await workspace();
  const directory = join(place.path, "a,b");
  const command = join(directory, "bin", "program");
  await Deno.mkdir(join(directory, "bin"), { recursive: true });
  await Deno.writeTextFile(command, "", { mode: 0o755 });
  const asking = join(place.path, "asking.ts");
  await Deno.writeTextFile(
    asking,
    `import { allowRun } from "${at("pipeline/engine/code/bundler_program.ts")}";
     const command = ${JSON.stringify(command)};
     console.log(allowRun(command), Deno.permissions.querySync({ name: "run", command }).state);`,
  );
  const flag = "--allow-run=bin/program";
  const { out, err } = await shell(`deno run -q --allow-read ${flag} ${quoted(asking)}`, directory);
  assertEquals(out, `${flag} granted\n`, err);
  assertEquals(allowRun(join(place.path, "a,b", "program")), undefined);
});

/** Has a program bundle for another process, which says so where it does it itself. */
async function calling(place: Workspace, program: string, before = "") {
  const [called, caller] = ["called.ts", "caller.ts"].map((name) => join(place.path, name));
  Deno.writeTextFileSync(called, program);
  const options = JSON.stringify({ program: pathToFileURL(called).href, root, task: {} });
  Deno.writeTextFileSync(
    caller,
    `import { apart } from "${at("pipeline/engine/code/apart.ts")}";
     ${before}
     const here = () => Promise.resolve("bundled here");
     console.log(await apart({ ...${options}, here }));`,
  );
  const config = join(root, "deno.json");
  const permissions = ["--allow-read", "--allow-run=sh", "--allow-env", "--no-prompt"];
  return await deno(["run", ...permissions, "--config", config, caller]);
}

const answering = (work: string) =>
  `import { answer } from "${at("pipeline/engine/code/apart.ts")}"; await answer(${work});`;

Deno.test("where the process breaks, this is said, and stages are bundled here", async () => {
  await using place = await workspace();
  const programs: [program: string, code: number, printed: string][] = [
    ['throw new Error("no memory left");', 1, "no memory left"],
    ["Deno.exit(7);", 7, ""],
    ["Deno.exit(0);", 0, ""],
    ['console.log("no reply");', 0, ""],
  ];
  for (const [program, code, printed] of programs) {
    const ended = await calling(place, program);
    assertEquals([ended.code, ended.out.trim()], [0, "bundled here"], ended.err);
    assertStringIncludes(ended.err, `ended with ${code} and no bundles, so this one makes them.`);
    assertStringIncludes(ended.err, printed);
    assertEquals(ended.err.includes("It printed:"), printed !== "");
  }
});

Deno.test("what the process says is passed on beside its result", async () => {
  await using place = await workspace();
  const saying = answering(
    '() => { console.error("no program"); return Promise.resolve("done"); }',
  );
  const { out, err } = await calling(place, saying);
  assertEquals([out.trim(), err.trim()], ["done", "no program"]);
});

Deno.test("an error that nobody foresaw, or a variable of the loader, has stages bundled here", async () => {
  await using place = await workspace();
  const failing = answering('() => Promise.reject(new Error("unforeseen"))');
  const working = answering('() => Promise.resolve("bundled apart")');
  assertEquals((await calling(place, failing)).out.trim(), "bundled here");
  assertEquals((await calling(place, working)).out.trim(), "bundled apart");
  const loaded = await calling(place, working, 'Deno.env.set("LD_RUN_PATH", "/opt/lib");');
  assertEquals([loaded.code, loaded.out.trim(), loaded.err], [0, "bundled here", ""]);
});

Deno.test("a command depends on the files of its stages as they were when they were bundled", async () => {
  await using place = await workspace();
  const table = loadStatTable(join(place.path, "stat.tsv"));
  const [{ unit: name, module }] = classifier.entries;
  begin(() => {});
  const code = await codeOf([{ name, module }], root, table, place.path, () => {});
  const states = new Map(endObservation()?.map(([, name, state]) => [name, state]));
  const { files } = code.get(name)!;
  assert(Object.keys(files).length > 20);
  for (const [file, sha256] of Object.entries(files)) {
    assertEquals(states.get(join(root, file)), sha256, file);
    assert(!table.rows.has(join(root, file)), `${file} may have changed since`);
  }
});

testHere("without the permission to start a process, stages are bundled here", async () => {
  assertEquals(await bundle(classifier, () => Promise.resolve([])), []);
});
