/**
 * Tests the autograder as services run it: unpacked, set up and started in a clean directory, with the
 * results read back.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { z } from "zod";
import { packageData } from "../../../pipeline/commands/autograder/package_data.ts";
import { projectFiles } from "../../../pipeline/commands/autograder/project_files.ts";
import { dataJobs } from "../../../pipeline/engine/data_jobs.ts";
import { defineDag } from "../../../pipeline/engine/dag.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { inOrder } from "../../../pipeline/engine/order.ts";
import { commandStage } from "../../../pipeline/engine/program/command_stage.ts";
import { openStore } from "../../../pipeline/store/store.ts";
import { dag } from "../../../stages/mod.ts";
import { root } from "../../support/checkout.ts";
import { type Workspace, workspace } from "../../support/workspace.ts";
import { copyTree, link, readJson, writeText } from "../../support/copied_files.ts";
import { deno, type Ended, permissions } from "../../support/deno_command.ts";
import { quoted, shell, testOnLinux } from "../../support/shell.ts";
import { succeed } from "../../support/succeed.ts";

/** A directory as users name them. */
const named = "an assignment, übung";

/** Writes an autograder to a directory; gives what the command said. */
async function written(directory: string, ...flags: string[]): Promise<Ended> {
  const cli = join(root, "pipeline", "cli.ts");
  const ended = await deno([
    ...["run", "--frozen", ...permissions, cli, "autograder"],
    ...["--output", join(directory, "autograder.zip"), "--data", "none", ...flags],
  ]);
  assertEquals(ended.code, 0, ended.err);
  return ended;
}

const reference = join(root, "artifacts", "reference");

/** Gradescope's directories, with the autograder set up as its image has it. */
async function gradescope(place: Workspace) {
  const at = join(place.path, named, "autograder");
  const written_ = await written(place.path, "--json");
  await Deno.mkdir(join(at, "source"), { recursive: true });
  const ended = await shell(
    `unzip -q ${quoted(join(place.path, "autograder.zip"))} -d source &&
      cp source/run_autograder . && bash source/setup.sh`,
    at,
  );
  assertEquals(ended.code, 0, ended.err);
  return { at, report: JSON.parse(written_.out) };
}

const Results = z.looseObject({
  score: z.number(),
  output: z.string(),
  tests: z.array(z.looseObject({ score: z.number(), max_score: z.number() })).optional(),
});

/** Hands a submission in, and reads the results back. */
async function submitted(at: string, hand: (directory: string) => unknown) {
  const directory = join(at, "submission");
  await Deno.remove(directory, { recursive: true }).catch(() => {});
  await Deno.mkdir(directory);
  await hand(directory);
  await Deno.writeTextFile(join(at, "submission_metadata.json"), `{"id": 1}`);
  const { code, err } = await shell("./run_autograder", at);
  assertEquals(code, 0, err);
  return Results.parse(await readJson(at, "results", "results.json"));
}

testOnLinux("an autograder grades as Gradescope runs it, whatever is handed in", async () => {
  await using place = await workspace();
  const { at, report } = await gradescope(place);
  const items = report.maxPoints;
  const good = await submitted(at, (directory) => copyTree(reference, directory));
  assert(good.score > 0 && good.score <= items, `${good.score} of ${items}`);
  assertEquals(good.tests!.reduce((sum, { max_score }) => sum + max_score, 0), items);
  for (
    const hand of [
      () => {},
      (to: string) => Deno.writeTextFile(join(to, "run.crate.zip"), "PK\u0003\u0004cut off"),
      (to: string) => Deno.writeTextFile(join(to, "manifest.json"), `{"jobs": 1e999`),
    ]
  ) {
    const bad = await submitted(at, hand);
    assertEquals(bad.score, 0);
    assertStringIncludes(bad.output, "0 of ");
    assert(!bad.output.includes(place.path), bad.output);
  }
  // The grader's own fault is no zero without a word.
  await Deno.remove(join(at, "source", "expected.json"));
  const broken = await submitted(at, (directory) => copyTree(reference, directory));
  assertEquals(broken.score, 0);
  assertStringIncludes(broken.output, "no fault of the submission");
});

interface Step {
  name: string;
  text: string;
  /** Commands of the shell. */
  run?: string;
}

/** Steps of a workflow as ours is laid out. */
const stepsOf = (workflow: string): Step[] =>
  workflow.split(/^ {6}- name: /m).slice(1).map((text) => ({
    name: text.split("\n")[0],
    text,
    run: /^ {8}run: \|\n((?: {10}.*\n)+)/m.exec(text)?.[1].replaceAll(/^ {10}/gm, ""),
  }));

const ClassroomResults = z.strictObject({
  version: z.literal(1),
  status: z.enum(["pass", "fail", "error"]),
  max_score: z.number(),
  tests: z.array(z.looseObject({ name: z.string(), score: z.number(), line_no: z.literal(0) })),
});

testOnLinux(
  "the workflow's steps grade a checkout, and the reporter reads the results",
  async () => {
    await using place = await workspace();
    const checkout = join(place.path, named);
    await Deno.mkdir(checkout);
    await written(place.path, "--classroom", checkout);
    await copyTree(reference, join(checkout, "submission"));
    const workflow = await Deno.readTextFile(
      join(checkout, ".github", "workflows", "classroom.yml"),
    );
    const steps = stepsOf(workflow);
    const environment = { RUNNER_TEMP: join(place.path, "temp"), GITHUB_OUTPUT: "output" };
    const set = Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}`);
    for (const { name, run } of steps) {
      if (run === undefined) continue;
      const { code, err } = await shell(`export ${set.join(" ")}\n${run}`, checkout);
      assertEquals(code, 0, `${name}: ${err}`);
    }
    assertEquals(steps.filter(({ run }) => run !== undefined).length, 2);
    const output = await Deno.readTextFile(join(checkout, "output"));
    const [, result] = /^result=([A-Za-z0-9+/=]+)\n$/.exec(output)!;
    const reporter = steps[steps.length - 1].text;
    assertMatch(reporter, /uses: \S+\/autograding-grading-reporter@v1/);
    // It looks for this name, by the list of runners.
    const [, runners] = /runners: (\w+)/.exec(reporter)!;
    assertStringIncludes(
      reporter,
      `${runners.toUpperCase()}_RESULTS: \${{ steps.fanin.outputs.result }}`,
    );
    const results = ClassroomResults.parse(JSON.parse(textOf(result)));
    assert(results.tests.some(({ score }) => score > 0) && results.max_score > 0);
    // The reporter's process starts with them.
    const start = new Deno.Command("sh", {
      args: ["-c", "exit 7"],
      env: { FANIN_RESULTS: result },
    });
    assertEquals((await start.output()).code, 7);
  },
);

const textOf = (base64: string): string =>
  new TextDecoder().decode(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));

/** Programs that setup.sh takes for granted. */
const basics = ["bash", "cat", "chmod", "dirname", "env", "head", "ln", "ls", "mkdir", "mv", "sed"];

/** A directory for PATH with these programs, each a script that records how it is called. */
async function programs(at: string, scripts: Record<string, string>): Promise<string> {
  const directory = join(at, "programs");
  await Deno.mkdir(directory, { recursive: true });
  await shell(`for p in ${basics.join(" ")}; do ln -s "$(command -v $p)" programs/$p; done`, at);
  for (const [name, script] of Object.entries(scripts)) {
    const path = join(directory, name);
    await Deno.writeTextFile(
      path,
      `#!/bin/sh\necho "${name} $*" >> ${quoted(at)}/calls\n${script}`,
    );
    await Deno.chmod(path, 0o755);
  }
  return directory;
}

testOnLinux(
  "setup.sh installs Deno by npm, and npm where it is missing, or says what it takes",
  async () => {
    const setup = join(root, "pipeline/commands/templates/autograder/setup.sh");
    const settings = "deno_version=2.9.6\nproject=project\nexperiment=quick\ndata=included\n" +
      "data_jobs=(download/mnist 'a job')\n";
    const deno =
      `printf '#!/bin/sh\\necho "deno $*" >> "%s"\\n' "$calls" > "$bin"; chmod +x "$bin"`;
    const npm = `calls=${"$"}(dirname "$3")/calls; mkdir -p "$3/node_modules/@deno/linux"
    bin="$3/node_modules/@deno/linux/deno"; ${deno}`;
    const run = [
      "deno install --frozen",
      "deno task reproduce --experiment quick --only download/mnist --only a job --data DATA",
    ];
    const install = "npm install --prefix DENO --ignore-scripts --no-audit --no-fund " +
      "--loglevel=error deno@2.9.6";
    const old = `[ "$1" = --version ] && echo "deno 2.1.0 (stable)"`;
    const cases: [scripts: Record<string, string>, calls: string[]][] = [
      [{ deno: `[ "$1" = --version ] && echo "deno 2.9.6 (stable)"; exit 0` }, [
        "deno --version",
        ...run,
      ]],
      [{ deno: old, npm }, ["deno --version", install]],
      [{ npm }, [install]],
      [{
        "apt-get": `[ "$2" = update ] || mv "$(dirname "$0")/hidden" "$(dirname "$0")/npm"`,
        hidden: npm,
      }, [
        "apt-get -qq update",
        "apt-get -qq install -y --no-install-recommends npm",
        install.replace("npm ", "hidden "),
      ]],
    ];
    for (const [scripts, calls] of cases) {
      await using place = await workspace();
      const source = join(place.path, "source");
      await Deno.mkdir(join(source, "project"), { recursive: true });
      await Deno.copyFile(setup, join(source, "setup.sh"));
      await Deno.writeTextFile(join(source, "settings.sh"), settings);
      const path = await programs(place.path, scripts);
      const { code, err } = await shell(`PATH=${quoted(path)} bash source/setup.sh`, place.path);
      assertEquals(code, 0, err);
      const found = (await Deno.readTextFile(join(place.path, "calls"))).trim()
        .replaceAll(join(source, "data"), "DATA").replaceAll(join(place.path, "deno"), "DENO");
      assertEquals(found.split("\n").slice(0, calls.length), calls);
    }
    await using place = await workspace();
    await Deno.mkdir(join(place.path, "source"));
    await Deno.copyFile(setup, join(place.path, "source", "setup.sh"));
    await Deno.writeTextFile(join(place.path, "source", "settings.sh"), settings);
    const path = await programs(place.path, {});
    const { code, err } = await shell(`PATH=${quoted(path)} bash source/setup.sh`, place.path);
    assertEquals(code, 1);
    assertStringIncludes(err, "expected deno 2.9.6, npm, apt-get");
  },
);

Deno.test("an autograder has the project with what it links, and no results, tests or secrets", async () => {
  await using place = await workspace();
  const write = async (path: string, text = "x") => {
    await Deno.mkdir(join(place.path, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(place.path, path), text);
  };
  await write("course/task/deno.json", `{"links": ["../../engine/package", "./vendor"]}`);
  for (
    const path of [
      "course/task/stages/mod.ts",
      "course/task/data/a.csv",
      "course/task/vendor/one.ts",
      "course/task/artifacts/reference/expected.json",
      "engine/package/deno.json",
      "engine/pipeline/mod.ts",
    ]
  ) await write(path, path.endsWith("deno.json") ? "{}" : "x");
  // As the package of the engine has its folders.
  await link("../pipeline", join(place.path, "engine", "package", "pipeline"));
  for (
    const path of [
      ".env",
      ".git/config",
      "artifacts/store/blobs/aa/aa",
      "node_modules/zod/mod.ts",
      "stages/node_modules/zod/mod.ts",
      "tests/secret_test.ts",
      "out.zip",
    ]
  ) await write(`course/task/${path}`);
  // As an editor locks a file that it shows.
  await link("ada@host.4242", join(place.path, "engine", "package", ".#deno.json"));
  const task = join(place.path, "course", "task");
  const project = { root: task, artifacts: join(task, "artifacts") };
  for (const root of [task, `${task}/`]) {
    const { directory, files } = projectFiles({ ...project, root }, join(task, "out.zip"));
    assertEquals(directory, "course/task");
    assertEquals(files.map(({ path }) => path), [
      "course/task/artifacts/reference/expected.json",
      "course/task/data/a.csv",
      "course/task/deno.json",
      "course/task/stages/mod.ts",
      "course/task/vendor/one.ts",
      "engine/package/deno.json",
      "engine/package/pipeline/mod.ts",
    ]);
  }
});

Deno.test("an autograder has all that jobs take as data, also where no other file of the project is packed", async () => {
  await using place = await workspace();
  const taken = [".settings/a.csv", "data/pages/.hidden", "data/pages/one.txt", "tests/table.csv"];
  for (const path of ["deno.json", "tests/a_test.ts", "data/.other", ...taken]) {
    await Deno.mkdir(join(place.path, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(place.path, path), "{}");
  }
  const project = { root: place.path, artifacts: join(place.path, "artifacts") };
  const { files } = projectFiles(project, "", [
    { kind: "directory", path: "data/pages" },
    { kind: "file", path: ".settings/a.csv" },
    { kind: "file", path: "tests/table.csv" },
    { kind: "file", path: "data/missing.csv" },
  ]);
  assertEquals(files.map(({ path }) => path), [
    ".settings/a.csv",
    "data/pages/.hidden",
    "data/pages/one.txt",
    "deno.json",
    "tests/table.csv",
  ]);
});

Deno.test("an autograder has the files that links of the project lead to, because modules import them", async () => {
  await using place = await workspace();
  const task = join(place.path, "task");
  const write = (path: string, text: string) => writeText(join(place.path, path), text);
  await write("task/deno.json", "{}");
  await write("task/stages/mod.ts", "");
  await write("shared/one.ts", "export const one = 1;");
  await write("shared/deeper/two.ts", "export const two = 2;");
  const links: [path: string, target: string][] = [
    ["stages/one.ts", "../../shared/one.ts"],
    ["stages/shared", "../../shared"],
    ["stages/around", ".."],
    ["stages/above", "../.."],
    ["stages/gone.ts", "nowhere.ts"],
    ["docs", "../shared"],
  ];
  const made = links.map(([path, target]) => `ln -s ${target} ${path}`).join(" && ");
  await succeed(shell(made, task));
  const { files } = projectFiles({ root: task, artifacts: join(task, "artifacts") }, "");
  assertEquals(files.map(({ path }) => path), [
    "deno.json",
    "stages/mod.ts",
    "stages/one.ts",
    "stages/shared/deeper/two.ts",
    "stages/shared/one.ts",
  ]);
});

Deno.test("an autograder is not in itself, by whichever path it is named", async () => {
  await using place = await workspace();
  const task = join(place.path, "task");
  await writeText(join(task, "deno.json"), "{}");
  await writeText(join(task, "autograder.zip"), "an earlier one");
  await succeed(shell("ln -s task other", place.path));
  for (
    const output of [join(task, "autograder.zip"), join(place.path, "other", "autograder.zip")]
  ) {
    const { files } = projectFiles({ root: task, artifacts: join(task, "artifacts") }, output);
    assertEquals(files.map(({ path }) => path), ["deno.json"]);
  }
});

Deno.test("an autograder takes no package by a path that only this machine has", async () => {
  await using place = await workspace();
  const links = [join(place.path, "engine")];
  const own = join(place.path, "own");
  await Deno.mkdir(own);
  await Deno.writeTextFile(join(own, "deno.json"), JSON.stringify({ links }));
  const project = { root: own, artifacts: join(own, "artifacts") };
  assertThrows(() => projectFiles(project, ""), Failed, 'such as "../engine"');
});

Deno.test("an autograder names a deno.json that is no plain JSON, as every command does", async () => {
  await using place = await workspace();
  await Deno.writeTextFile(join(place.path, "deno.json"), "{\n  // Deno reads comments.\n}\n");
  const project = { root: place.path, artifacts: join(place.path, "artifacts") };
  assertThrows(
    () => projectFiles(project, ""),
    Failed,
    "deno.json does not have the expected form",
  );
});

Deno.test("data are what jobs fetch, and what is made of nothing else", () => {
  const sorted = inOrder(dag);
  assertEquals([...dataJobs(sorted)].sort(), [
    "download/fashion-mnist",
    "download/mnist",
    "normalize/fashion-mnist",
    "normalize/mnist",
    "normalize/mnist-raw-pixels",
  ]);
  const seeds = [{ job: "normalize/mnist" }];
  assert(!dataJobs(sorted, seeds).has("normalize/mnist"), "a seed makes it another one's");
  const fit = commandStage({
    name: "fit",
    module: import.meta.url,
    about: "fits a line",
    command: ["python3", "fit.py"],
    files: ["fit.py"],
    data: { points: "points.csv" },
    outputs: { metrics: "metrics.json" },
  });
  const fitting = inOrder(defineDag((job) => void job("fit/line", fit, { inputs: {} })));
  assertEquals([...dataJobs(fitting)].sort(), ["fit.py", "points.csv"]);
});

Deno.test("data that an autograder shall include, and the store lacks, are named with the way to them", async () => {
  await using place = await workspace();
  const artifacts = join(place.path, "artifacts");
  let message = "";
  try {
    packageData({ artifacts }, openStore(join(artifacts, "store")), inOrder(dag));
  } catch (error) {
    ({ message } = error as Error);
  }
  assertStringIncludes(message, "download/mnist");
  assertStringIncludes(message, "deno task reproduce --only download/mnist --only");
});
