/** Tests the commands that look at runs: their screens at two widths, their JSON, and their errors. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { exportRun } from "../../../../pipeline/archive/export_run.ts";
import { asMermaid, asText } from "../../../../pipeline/commands/look/draw_dag.ts";
import { dagSvg } from "../../../../pipeline/report/dag_svg.ts";
import { canonicalJson } from "../../../../pipeline/formats/json.ts";
import { recordEvent } from "../../../../pipeline/runs/latest.ts";
import {
  madeUpId,
  type MadeUpJob,
  madeUpRun,
  metricsBytes,
  place as write,
} from "../../../support/made_up_run.ts";
import { fileOf } from "../../../support/grade_subject.ts";
import { writeText } from "../../../support/copied_files.ts";
import { cellWidth } from "../../../../pipeline/terminal/cell_width.ts";
import { utf8 } from "../../../support/utf8.ts";
import { cliOf, root } from "../../../support/checkout.ts";
import { fanin, type Workspace, workspaceOfOneProcess } from "../../../support/workspace.ts";
import { commandLine, quoted, shell, testOnLinux } from "../../../support/shell.ts";
import { inTerminal } from "../../../support/terminal/pseudo_terminal.ts";
import type { Ended } from "../../../support/deno_command.ts";
import { quiet } from "../../../support/archived_runs.ts";
import { succeed } from "../../../support/succeed.ts";

const [first, second] = ["20260102T030405Z-made-up", "20260103T030405Z-made-up"];

/** Writes two runs that differ in one parameter and its consequences. */
function writeRuns(artifacts: string): void {
  for (const [run, epochs, accuracy] of [[first, 3, 0.75], [second, 5, 0.8125]] as const) {
    const jobs: MadeUpJob[] = [
      { name: "data/digits", stage: "data", outputs: { images: new Uint8Array(3000) } },
      {
        name: "train/mlp",
        stage: "train",
        parameters: { epochs, law: "normal" },
        inputs: { images: ["data/digits", "images"] },
        outputs: { "log.txt": utf8(`${epochs} epochs\n`), weights: new Uint8Array(2 << 20) },
      },
      {
        name: "evaluate/mlp",
        stage: "evaluate",
        inputs: { images: ["data/digits", "images"], weights: ["train/mlp", "weights"] },
        outputs: {
          metrics: metricsBytes({
            "test-accuracy": accuracy,
            "test-loss.epoch-0": 2.25,
            [`test-loss.epoch-${epochs}`]: 1 - accuracy,
            "samples": 10_000,
          }),
        },
      },
    ];
    const made = madeUpRun(jobs, run);
    const change = { job: "train/mlp", parameter: "epochs", from: 3, to: epochs };
    const manifest = {
      ...made.manifest,
      deviation: { missing: [], changed: epochs === 3 ? [] : [change] },
      experiment: {
        ...made.manifest.experiment,
        metrics: ["mlp.test-accuracy", "mlp.test-loss.epoch-*"],
      },
    };
    made.files.set("manifest.json", utf8(canonicalJson(manifest) + "\n"));
    write(artifacts, { ...made, manifest });
    recordEvent(artifacts, "begun", run);
    recordEvent(artifacts, "latest", run);
  }
}

const artifactsOf = ({ path }: Workspace) => join(path, "artifacts");

/** Screens that are laid out anew where a terminal is very narrow. */
const narrow: readonly (readonly string[])[] = [
  ["runs"],
  ["show"],
  ["show", "latest:train/mlp"],
  ["metrics", "latest~1", "latest"],
];

const screens: readonly (readonly string[])[] = [
  ["runs"],
  ["show"],
  ["show", "latest:train/mlp"],
  ["params", "latest~1"],
  ["params", "latest~1", "latest"],
  ["metrics", "20260102"],
  ["metrics", "latest~1", "latest"],
  ["metrics", "--all", "latest~1", "latest"],
  ["dag", "latest"],
  ["cat", "train/mlp/log.txt"],
  ["why", "latest~1:train"],
];

testOnLinux("screens of runs fit terminals of 40 to 120 columns", async () => {
  await using place = await workspaceOfOneProcess();
  writeRuns(artifactsOf(place));
  for (const columns of [40, 50, 80, 120]) {
    const commands = (columns < 80 ? narrow : screens).map((args) =>
      `echo; echo '$ fanin ${args.join(" ")}'; ` +
      commandLine(cliOf("counting"), artifactsOf(place), ...args)
    );
    const script = join(place.path, "screens.sh");
    await Deno.writeTextFile(script, [`stty cols ${columns}`, ...commands].join("\n"));
    const command = quoted(`sh ${quoted(script)}`);
    const { out } = await shell(`script --quiet --return --command ${command} /dev/null`, root);
    const text = out.replaceAll("\r\n", "\n").trimStart();
    // The terminal breaks a key, which is one word that is copied.
    const lines = text.split("\n").filter((line) => !/^(Key +)?[0-9a-f]{64}$/.test(line));
    for (const line of lines) assert(line.length <= columns, line);
    const golden = join(root, "tests", "golden", "screens", `look-${columns}.txt`);
    const found = join(root, "tests", "tmp", `look-${columns}.txt`);
    await Deno.writeTextFile(found, text);
    assertEquals(text, await Deno.readTextFile(golden), `differs from ${golden}`);
  }
});

Deno.test("what show names to look at next is of the run that it shows", async () => {
  await using place = await workspaceOfOneProcess();
  writeRuns(artifactsOf(place));
  const { out } = await fanin(place, ["show", first]);
  const commands = [...out.matchAll(/deno task (.*)/g)].map(([, command]) => command);
  assertEquals(commands, [`metrics ${first} --all`, `params ${first}`, `show ${first}:JOB`]);
});

Deno.test("members of a parameter have lines of their own, as --set takes them", async () => {
  await using place = await workspaceOfOneProcess();
  const long = "a text so long that the object around it is no longer shown as a whole";
  const from = { rate: 0.1, about: long, steps: [1, 2] };
  const made = madeUpRun([{
    name: "train/mlp",
    stage: "train",
    parameters: { optimizer: { ...from, rate: 0.2 }, start: { ...from, rate: 0.3 }, none: {} },
    outputs: { "log.txt": utf8("") },
  }], first);
  const changed = [
    { job: "train/mlp", parameter: "optimizer", from, to: { ...from, rate: 0.2 } },
    { job: "train/mlp", parameter: "start", from: { ...from, seed: 1 }, to: { rate: 0.3 } },
  ];
  const manifest = { ...made.manifest, deviation: { missing: [], changed } };
  made.files.set("manifest.json", utf8(canonicalJson(manifest) + "\n"));
  write(artifactsOf(place), { ...made, manifest });
  const { out } = await fanin(place, ["params", first]);
  const shown = out.split("\n").filter(Boolean).map((line) => line.split(/ {2,}/));
  assertEquals(shown, [
    ["train.mlp.none", "{}"],
    ["train.mlp.optimizer.about", `"${long.slice(0, 38)}…`],
    ["train.mlp.optimizer.rate", "0.2"],
    ["train.mlp.optimizer.steps", "[1,2]"],
    ["train.mlp.start.about", `"${long.slice(0, 38)}…`],
    ["train.mlp.start.rate", "0.3"],
    ["train.mlp.start.steps", "[1,2]"],
  ]);
  const listed = JSON.parse((await fanin(place, ["runs", "--json"])).out);
  assertEquals(listed[0].changed, ["train.mlp.optimizer.rate=0.2", 'train.mlp.start={"rate":0.3}']);
});

Deno.test("each look at a run prints JSON that a program can read", async () => {
  await using place = await workspaceOfOneProcess();
  writeRuns(artifactsOf(place));
  const json = async (...args: string[]) => {
    const { code, out, err } = await fanin(place, [...args, "--json"]);
    assertEquals([code, err], [0, ""], args.join(" "));
    return JSON.parse(out);
  };
  const [runs, shown, metrics, params, changed, nodes, printed, told] = await Promise.all([
    json("runs", "--last", "1"),
    json("show", first),
    json("metrics", first, second),
    json("params"),
    json("params", first, second),
    json("dag", second, "--only", "train"),
    json("cat", `${first}:train/mlp/log.txt`),
    json("why", `${first}:evaluate`),
  ]);
  assertEquals(runs.map(({ run, changed }: typeof runs[0]) => [run, changed]), [
    [second, ["train.mlp.epochs=5"]],
  ]);
  assertEquals(runs[0].metrics.map(({ name }: { name: string }) => name), [
    "mlp.test-accuracy",
    "mlp.test-loss.epoch-5",
  ]);
  assertEquals([shown.run, shown.grade, shown.jobs.length], [first, null, 3]);
  assertEquals(metrics[1].metrics["mlp.test-accuracy"], 0.8125);
  assertEquals(params.parameters["train/mlp"], { epochs: 5, law: "normal" });
  assertEquals(changed.differences, [{ job: "train/mlp", parameter: "epochs", a: 3, b: 5 }]);
  assertEquals(nodes, [
    { job: "data/digits", stage: "data", needs: [] },
    { job: "train/mlp", stage: "train", needs: ["data/digits"] },
  ]);
  assertEquals([printed.text, printed.bytes], ["3 epochs\n", 9]);
  assertEquals(told[0].then.status, "ran");
});

Deno.test("runs marks an older run that has no grade since the DAG has other jobs, and show says why", async () => {
  await using place = await workspaceOfOneProcess();
  const artifacts = artifactsOf(place);
  const made = madeUpRun([{ name: "left/first", stage: "left", outputs: { x: utf8("x") } }]);
  const { experiment } = made.manifest;
  const manifest = {
    ...made.manifest,
    deviation: { missing: [], changed: [] },
    experiment: { ...experiment, name: "short" },
  };
  made.files.set("manifest.json", utf8(canonicalJson(manifest) + "\n"));
  write(artifacts, { ...made, manifest });
  const { expected } = fileOf([{ expected: { kind: "at-least", value: 0.8 } }]);
  const text = JSON.stringify({ ...expected, experiment: "short" });
  await writeText(join(artifacts, "reference", "expected.json"), text);
  const [listed] = JSON.parse((await succeed(fanin(place, ["runs", "--json"]))).out);
  assertMatch(listed.ungraded, /^the run leaves out \d+ jobs of its experiment/);
  assertMatch((await succeed(fanin(place, ["runs"]))).out, /short .* not graded$/m);
  const shown = (await succeed(fanin(place, ["show", madeUpId]))).out;
  assertMatch(shown, /none: the run leaves out/);
});

Deno.test("runs in archives and directories are looked at like those here", async () => {
  await using place = await workspaceOfOneProcess();
  const artifacts = artifactsOf(place);
  writeRuns(artifacts);
  const archive = join(place.path, "run.zip");
  await exportRun(artifacts, first, archive, { authors: [] }, quiet);
  await Deno.rename(join(artifacts, "runs", first), join(place.path, "elsewhere"));
  const printed = async (...args: string[]) => (await succeed(fanin(place, args))).out;
  for (const run of [archive, join(place.path, "elsewhere")]) {
    const [shown, compared, text] = await Promise.all([
      printed("show", run),
      printed("metrics", run, "latest"),
      printed("cat", `${run}:train/mlp/log.txt`),
    ]);
    assertStringIncludes(shown, "log.txt 9 B, weights 2.0 MiB");
    assertMatch(compared, /mlp\.test-accuracy +0\.75 +0\.8125 +\+0\.0625/);
    assertEquals(text, "3 epochs\n");
  }
  // As wherever a command takes a job.
  for (const name of ["train.mlp/log.txt", "train.mlp.log.txt"]) {
    assertEquals(await printed("cat", `${archive}:${name}`), "3 epochs\n");
  }
});

Deno.test("metrics of a curve are listed by their step", async () => {
  await using place = await workspaceOfOneProcess();
  const losses = Object.fromEntries([1, 2, 9, 10, 11].map((step) => [`loss.step-${step}`, step]));
  const made = madeUpRun([{
    name: "fit",
    stage: "fit",
    outputs: { metrics: metricsBytes(losses) },
  }]);
  write(artifactsOf(place), made);
  recordEvent(artifactsOf(place), "begun", made.manifest.run);
  for (const flags of [["--all"], ["--metric", "*"]]) {
    const { out } = await fanin(place, ["metrics", made.manifest.run, ...flags]);
    const steps = [...out.matchAll(/step-(\d+)/g)].map(([, step]) => Number(step));
    assertEquals(steps, [1, 2, 9, 10, 11], out);
  }
});

Deno.test("a run of some jobs has none of its main metrics, and the others are named", async () => {
  await using place = await workspaceOfOneProcess();
  const outputs = { metrics: metricsBytes({ samples: 3 }) };
  const made = madeUpRun([{ name: "evaluate/mlp", stage: "evaluate", outputs }], first);
  const experiment = { ...made.manifest.experiment, metrics: ["mlp.test-accuracy"] };
  const manifest = { ...made.manifest, experiment };
  made.files.set("manifest.json", utf8(canonicalJson(manifest) + "\n"));
  write(artifactsOf(place), { ...made, manifest });
  const { code, out, err } = await fanin(place, ["metrics", first]);
  assertEquals([code, out], [0, "The run has no main metric.\n"], err);
  assertStringIncludes(err, "1 more metric: --all shows them.");
});

Deno.test("metrics that are not available here are not taken for none", async () => {
  await using place = await workspaceOfOneProcess();
  writeRuns(artifactsOf(place));
  const alone = join(place.path, "alone.json");
  await Deno.copyFile(join(artifactsOf(place), "runs", first, "manifest.json"), alone);
  await Deno.remove(join(artifactsOf(place), "runs", first), { recursive: true });
  const { code, out, err } = await fanin(place, ["metrics", alone]);
  assertEquals([code, out], [0, ""]);
  assertMatch(err, /The metrics of .*alone\.json are not available here\./);
  const both = await fanin(place, ["metrics", alone, second]);
  assertMatch(both.out, /mlp\.test-accuracy +– +0\.8125/);
  assertMatch(both.err, /The metrics of .*alone\.json are not available here\./);
  const json = await fanin(place, ["metrics", alone, second, "--json"]);
  assertEquals(JSON.parse(json.out)[0].metrics, null);
});

Deno.test("artifacts leave as they are stored, and only text is shown on a terminal", async () => {
  await using place = await workspaceOfOneProcess();
  writeRuns(artifactsOf(place));
  const line = (...args: string[]) => commandLine(cliOf("counting"), artifactsOf(place), ...args);
  const file = join(place.path, "weights");
  const weights = `${first}:train/mlp/weights`;
  const [piped, shown]: Ended[] = await Promise.all([
    shell(`${line("cat", "train/mlp/weights")} > '${file}'`, root),
    shell(`script --quiet --return --command "${line("cat", weights)}" /dev/null`, root),
  ]);
  assertEquals([piped.code, piped.err], [0, ""]);
  assertEquals(await Deno.readFile(file), new Uint8Array(2 << 20));
  assertEquals(shown.code, 2, shown.out);
  const text = shown.out.replaceAll(/\s+/g, " ");
  assertStringIncludes(text, "is no text (application/octet-stream, 2.0 MiB)");
  assertStringIncludes(text, `Redirect it: deno task -q cat ${weights} > FILE`);
});

testOnLinux("a terminal shows sentences whole, and breaks them between words", async () => {
  await using place = await workspaceOfOneProcess();
  writeRuns(artifactsOf(place));
  const { rows, code } = await inTerminal(
    commandLine(cliOf("counting"), artifactsOf(place), "gc"),
    { columns: 40 },
  );
  assertEquals(code, 0);
  assertEquals(rows.slice(0, 2), [`Keeps ${second},`, `  ${first}.`]);
});

Deno.test("an experiment without a run is said to have none, though others have", async () => {
  await using place = await workspaceOfOneProcess();
  writeRuns(artifactsOf(place));
  const { out } = await succeed(fanin(place, ["runs", "--experiment", "short"]));
  assertEquals(
    out,
    'No runs of short yet. "deno task reproduce --experiment short" makes the first.\n',
  );
});

Deno.test("why says whose jobs would run now, because a job's last run can be of another experiment", async () => {
  await using place = await workspaceOfOneProcess();
  const why = async (...args: string[]) =>
    (await fanin(place, ["why", "numbers/first", ...args])).out.trimEnd().split("\n").at(-1);
  assertEquals(
    await why(),
    '"now" is of the experiment assignment; --experiment names another.',
  );
  assertEquals(await why("--experiment", "short"), "  then  no run here ran it");
});

Deno.test("what a run does not have is refused with what was probably meant", async () => {
  await using place = await workspaceOfOneProcess();
  writeRuns(artifactsOf(place));
  const cases: [string[], string][] = [
    [["show", "2026"], "abbreviates the ids of 2 runs"],
    [["show", `${first}:train/mpl`], 'Did you mean "train/mlp"?'],
    [
      ["cat", "train/mlp/wieghts"],
      'No output of train/mlp is named "wieghts". Did you mean "weights"?',
    ],
    [["cat", "train/mlp"], 'train/mlp has 2 outputs; expected one of them after "train/mlp/"'],
    [["cat", "trian/mlp/weights"], 'Did you mean "train/mlp"?'],
    [["cat", "train.mlp.wieghts"], 'No output of train/mlp is named "wieghts"'],
    [["cat", "train.mlp"], 'train/mlp has 2 outputs; expected one of them after "train/mlp/"'],
    [["metrics", "--metric", "mlp.test-acuracy"], 'Did you mean "mlp.test-accuracy"?'],
    [["dag", "--format", "png"], "No form of a drawing is named"],
    [["runs", "--experiment", "made-pu"], 'Did you mean "made-up"?'],
    [["runs", "--last", "0"], "--last expects a number from 1 on"],
    [["why", "numbers/frist"], 'Did you mean "numbers/first"?'],
    [["params", first, second, "latest"], "params takes no"],
    [["reference", "--yes"], "reference --yes needs --update"],
    [["reference", "--force"], "reference --force needs --update"],
    [["report", "--port", "0"], "report --port needs --watch"],
    [["dag", "--json", "--output", "dag.svg"], "expected no --output beside it"],
    [["dag", "latest", "--json", "--format", "svg"], "expected no --format beside it"],
    [["diff", first, "--json", "--markdown"], "expected one of --json and --markdown"],
  ];
  await Promise.all(cases.map(async ([args, message]) => {
    const { code, out, err } = await fanin(place, args);
    assertEquals([code, out], [2, ""], `${args.join(" ")}\n${err}`);
    assertStringIncludes(err, message);
  }));
});

const nodes = [
  { job: "a/<b>", stage: "a", needs: [] },
  { job: "c", stage: "c", needs: ["a/<b>"] },
];

Deno.test("wide letters in names of jobs leave the columns of a run and of a DAG aligned", async () => {
  await using place = await workspaceOfOneProcess();
  const names = ["訓練/模型", "fit/a", "👩‍🚀/deep"];
  const outputs = { metrics: metricsBytes({ loss: 1 }) };
  const made = madeUpRun(names.map((name) => ({ name, stage: "fit", outputs })));
  write(artifactsOf(place), made);
  recordEvent(artifactsOf(place), "begun", made.manifest.run);
  const { out } = await fanin(place, ["show", made.manifest.run]);
  const rows = out.split("\n").filter((line) => names.some((name) => line.startsWith(name)));
  const heads = [...rows, ...asText(names.map((job) => ({ job, stage: "", needs: ["x"] })), 22)]
    .map((line) => cellWidth(line.slice(0, line.search(/metrics|←/))));
  assertEquals(heads, Array(6).fill(11), out);
  const svg = dagSvg([{ name: `訓練/${"模型".repeat(20)}`, needs: [] }]);
  assertMatch(svg, />模型模型模型…模型模型模型</);
});

Deno.test("a DAG is drawn as text, as Mermaid and as an SVG file of its own", () => {
  assertEquals(asText(nodes, 80), ["a/<b>", "c      ← a/<b>"]);
  assertEquals(asText(nodes, 10), ["a/<b>", "c", "  ← a/<b>"]);
  assertEquals(asMermaid(nodes), [
    "flowchart LR",
    '  j0["a/&lt;b&gt;"]',
    '  j1["c"]',
    "  j0 --> j1",
  ]);
  const svg = dagSvg(nodes.map(({ job, needs }) => ({ name: job, needs })));
  assertStringIncludes(svg, "<title>a/&lt;b&gt;</title>");
  assertEquals(svg.match(/class="edge"/g)?.length, 1);
  assertMatch(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
});
