/**
 * Tests that relative paths count from the user's directory, in every flag and operand and in printed
 * paths.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { loadAll } from "../../../pipeline/commands/mod.ts";
import { cliOf, root } from "../../support/checkout.ts";
import { fanin, faninEach, runsIn, workspace } from "../../support/workspace.ts";
import { copyTree } from "../../support/copied_files.ts";
import { shell } from "../../support/shell.ts";

const commands = await loadAll();

Deno.test("every flag and operand that is a path is declared as one", () => {
  for (const [name, { flags, operands }] of Object.entries(commands)) {
    for (const [flag, { kind, value = "" }] of Object.entries(flags)) {
      // An experiment's name comes first, and what is none is resolved where it is looked up.
      const isPath = /^(FILE|DIR)$/.test(value);
      assertEquals(["file", "directory", "result"].includes(kind), isPath, `${name} --${flag}`);
    }
    assertEquals(operands?.kind !== undefined, operands?.text === "FILE", name);
  }
});

Deno.test("the engine asks for the working directory in one place", async () => {
  const { out } = await shell("grep -rl 'Deno.cwd()' pipeline --include=*.ts", root);
  assertEquals(out.trimEnd().split("\n").sort(), [
    // A program may be started by its path from where its process starts.
    "pipeline/engine/code/bundler_program.ts",
    // A remembered answer is for the directory that the command ran in.
    "pipeline/store/cached_output/cached_output.ts",
    "pipeline/terminal/user_path.ts",
  ]);
});

const training = cliOf("training");

Deno.test("paths count from where the user stands, and are printed from there", async () => {
  await using place = await workspace();
  const stand = join(place.path, "my work");
  await Deno.mkdir(stand);
  const fanin_ = (...args: string[]) => fanin(place, args, training, { INIT_CWD: stand });
  const write = (name: string, value: unknown) =>
    Deno.writeTextFile(join(stand, name), JSON.stringify(value));
  const about = { version: 1, title: "A test", about: "", experiment: "small" };
  const target = { kind: "metric", name: "net.final-loss" };
  const item = { id: "loss", title: "loss", target, source: { from: "document", where: "a test" } };
  await write("expected.json", {
    ...about,
    items: [{ ...item, expected: { kind: "at-most", value: 9 } }],
  });
  await write("metrics.json", { "net.final-loss": 0.5 });
  await write("tolerances.json", { version: 1 });
  await write("site.json", { poll: -1 });
  const seeds = [{ job: "draw/net", parameter: "seed" }];
  await write("small.json", {
    name: "small",
    about: "",
    replicate: { jobs: ["evaluate/net"], seeds },
  });

  const made = await fanin_("reproduce", "--experiment", "small.json");
  assertEquals(made.code, 0, made.err);
  const [run] = runsIn(place.path);
  assertStringIncludes(made.out, `Report     ../artifacts/runs/${run}/report.html`);
  await copyTree(join(place.path, "artifacts", "runs", run), join(stand, "mine"));

  const grade = ["grade", "--expected", "expected.json"];
  const cases: [args: string[], printed: RegExp, file?: string][] = [
    [
      [...grade, "--metrics", "metrics.json", "--output", "out/grade.txt"],
      /Written to out\/grade.txt\./,
      "out/grade.txt",
    ],
    [[...grade, "--experiment", "small.json", "mine"], /Graded against expected.json/],
    [["plan", "--experiment", "small.json"], /Everything is up to date/],
    [["export", run, "--output", "run.zip"], /^run.zip$/m, "run.zip"],
    [["import", "run.zip"], /Was here already/],
    [["diff", "mine", "run.zip", "--html", "page.html"], /5 outputs: 5 identical/, "page.html"],
    [
      ["diff", "./mine/manifest.json", "../artifacts/latest", "--tolerances", "tolerances.json"],
      /5 outputs: 5 identical/,
    ],
    [["diff", run, "mine", "--expected", "expected.json"], /5 outputs: 5 identical/],
    [["report", "mine"], new RegExp(`^\\.\\./artifacts/.*${run}.*\\.html$`, "m")],
    [
      [
        ...["replicate", "--experiment", "small.json", "--seeds", "1-3", "--level", "0.7"],
        ...["--output", "r.json"],
      ],
      /Written to r\.json\./,
      "r.json",
    ],
    [["grade", "--all", ".", "--expected", "expected.json", "--format", "csv"], /mine/],
  ];
  for (const [args, printed, file] of cases) {
    const { code, out, err } = await fanin_(...args);
    const all = `${args.join(" ")}: ${out}${err}`;
    // Not every file there is a submission that passes.
    assertEquals(code, args.includes("--all") ? 1 : 0, all);
    assertMatch(out + err, printed, all);
    if (file !== undefined) assert(Deno.statSync(join(stand, file)).isFile, all);
  }

  const refused: [args: string[], message: string][] = [
    [["reproduce", "--data", "none"], "--data expects a directory, found nothing at none."],
    [
      ["reproduce", "--data", "site.json"],
      "--data expects a directory, found a file at site.json.",
    ],
    [["grade", "--metrics", "mine"], "--metrics expects a file, found a directory at mine."],
    [["grade", "--metrics", "/dev/null"], "--metrics expects a file, found a pipe or a device at"],
    [["grade", "--output", "mine"], "mine cannot be written: it is a directory"],
    [["grade", "--output", "new/"], "--output expects a file, found a directory: new/"],
    [["reproduce", "--experiment", "none.json"], "--experiment expects a file, found nothing at"],
    [["plan", "--experiment", "none.ts"], "--experiment expects a file, found nothing at none.ts."],
    [
      ["plan", "--experiment", "smal.json"],
      '--experiment expects a file, found nothing at smal.json. Did you mean "small.json"?',
    ],
    [["plan", "--experiment", "metrics.json"], "metrics.json does not have the expected form"],
    [
      ["grade", "--expected", "expectd.json"],
      '--expected expects a file, found nothing at expectd.json. Did you mean "expected.json"?',
    ],
    [["diff", "mine", "my.zip"], 'No run or file is named "my.zip".'],
    [
      ["report", "mine/manifst.json"],
      'No run or file is named "mine/manifst.json". Did you mean "mine/manifest.json"?',
    ],
    [
      ["reproduce", "--executor", "slurm", "--cluster", "site.json", "--force", "draw/net"],
      "site.json does not have the expected form",
    ],
    [["import", "metrics.json"], "metrics.json is not a run as"],
    [["export", run, "--output", "metrics.json"], "metrics.json exists"],
  ];
  const commands = refused.map(([args]) => args);
  const answers = await faninEach(place, commands, training, { INIT_CWD: stand });
  for (const [i, [, message]] of refused.entries()) {
    const { code, err } = answers[i];
    assertEquals(code, 2, err);
    assert(err.split("\n").some((line) => line.startsWith(message)), `${message}: ${err}`);
  }
});

Deno.test("deno task says where the user stands", async () => {
  await using place = await workspace();
  const { out, err } = await shell("deno task -q import none.zip", place.path);
  assertEquals(out, "");
  assertEquals(err, "import expects a file, found nothing at none.zip.\n");
});
