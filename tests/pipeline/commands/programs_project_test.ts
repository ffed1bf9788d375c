/**
 * Builds the project of docs/programs.md and runs its commands. Its Python program gives the same bytes here,
 * at Slurm and through a remote store.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { dag as pytorch } from "../../../docs/examples/pytorch/pytorch_dag.ts";
import type { Dag } from "../../../pipeline/engine/dag.ts";
import { jobsOf } from "../../../pipeline/engine/project/selection.ts";
import type { AnyArtifactType } from "../../../pipeline/formats/artifact_type.ts";
import type { ExperimentInput } from "../../../schemas/run/experiment.ts";
import { Expected } from "../../../schemas/run/expected.ts";
import { Manifest } from "../../../schemas/run/manifest.ts";
import { dag as assignment } from "../../../stages/mod.ts";
import { startCluster } from "../../slurm/slurm_daemons.ts";
import { root } from "../../support/checkout.ts";
import { assertPrinted, checkout, filesIn, stepsIn } from "../../support/documented_steps.ts";
import { assertStopped, heart } from "../../support/heartbeat.ts";
import { namesIn, nginx, password, user } from "../../support/nginx.ts";
import { workspace } from "../../support/workspace.ts";
import { edit } from "../../support/copied_files.ts";
import { shell } from "../../support/shell.ts";
import { succeedIn } from "../../support/succeed.ts";

const guide = await Deno.readTextFile(join(root, "docs", "programs.md"));

/** The newest run of a project, with the hashes of its outputs by job and name. */
function latestOf(project: string) {
  const text = Deno.readTextFileSync(join(project, "artifacts", "latest", "manifest.json"));
  const manifest = Manifest.parse(JSON.parse(text));
  const outputs = Object.fromEntries(
    manifest.jobs.map(({ name, outputs }) => [
      name,
      Object.fromEntries(Object.entries(outputs ?? {}).map(([one, { sha256 }]) => [one, sha256])),
    ]),
  );
  return { manifest, outputs, job: manifest.jobs.find(({ name }) => name === "fit")! };
}

Deno.test("a project built by the guide runs a program here, at Slurm and through a remote", async (t) => {
  await using place = await workspace();
  const own = join(place.path, "fit");
  await checkout(join(place.path, "fanin"));
  await succeedIn(join(place.path, "fanin"), "deno task new project ../fit");
  for (const part of ["stages", "tests", "artifacts"]) {
    await Deno.remove(join(own, part), { recursive: true });
  }
  for (const [name, text] of Object.entries(filesIn(guide))) {
    await Deno.writeTextFile(join(own, name), text);
  }
  // Its types are checked in own_experiment_test.ts.
  await succeedIn(own, "deno install -q && deno lint -q && deno fmt -q --check *.ts");

  for (const step of stepsIn(guide)) {
    await t.step(step.command, async () => {
      const { code, out, err } = await shell(step.command, own);
      assertEquals(code, step.code, `${step.command}\n${out}${err}`);
      assertPrinted(step, out + err);
    });
  }
  const here = latestOf(own);

  await t.step("the record has the command's files, versions and log", async () => {
    const { lines } = here.job;
    for (const start of ["param rate 0.1", "input fit.py ", "input points ", "version python "]) {
      assert(lines.some((line) => line.startsWith(start)), `${start} in\n${lines.join("\n")}`);
    }
    const log = join(own, "artifacts", "runs", here.manifest.run, "logs", "fit.log");
    assertStringIncludes(await Deno.readTextFile(log), "fanin: 50/50 epochs loss=0.01");
    const events = join(own, "artifacts", "runs", here.manifest.run, "events.jsonl");
    assertStringIncludes(
      await Deno.readTextFile(events),
      '"job":"fit","metric":"loss","step":50,"value":0.011',
    );
  });

  await t.step("a change of anything declared runs it again, and is a sentence", async () => {
    const why = async (before = "") =>
      (await shell(`${before}deno task -q plan --explain fit --json`, own)).out;
    const changes: [file: string, from: string, to: string, sentence: string][] = [
      ["points.csv", "0,1", "0,2", "other bytes of its input points, from points.csv"],
      ["fit.py", "import json", "import  json", "other bytes of its input fit.py"],
      ["fit.ts", "default(50)", "default(51)", "parameter epochs (50 → 51)"],
      [
        "fit.ts",
        '["python3", "fit.py"',
        '["python3", "-B", "fit.py"',
        "code of fit (fit.ts, +2 −2)",
      ],
    ];
    const files = [...new Set(changes.map(([file]) => file))];
    const before = files.map((file) => Deno.readTextFileSync(join(own, file)));
    for (const [file, from, to] of changes) await edit(join(own, file), from, to);
    const found = await why();
    for (const [, , , sentence] of changes) assertStringIncludes(found, sentence);
    for (const [i, file] of files.entries()) await Deno.writeTextFile(join(own, file), before[i]);
    const bin = join(place.path, "bin");
    await Deno.mkdir(bin);
    const other = join(bin, "python3");
    await Deno.writeTextFile(other, "#!/bin/sh\necho Python 9.9\n", { mode: 0o755 });
    assertStringIncludes(await why(`PATH='${bin}':"$PATH" `), " → Python 9.9)");
    // The answer to a run that has nothing to do is of this version alone.
    const broken = await shell(`PATH='${bin}':"$PATH" deno task -q reproduce`, own);
    assertEquals(broken.code, 2);
    assertStringIncludes(broken.err, "no file metrics.json for its output metrics");
    assertStringIncludes((await shell("deno task -q reproduce --quiet", own)).out, "up to date");
    // Resources are in no key.
    await edit(join(own, "dag.ts"), "minutes: 5", "minutes: 6");
    assertStringIncludes((await shell("deno task -q plan", own)).out, "up to date");
  });

  await t.step("an interrupted run ends the program and what it started", async () => {
    const beat = join(place.path, "beat");
    const program = await Deno.readTextFile(join(own, "fit.py"));
    await Deno.writeTextFile(
      join(own, "fit.py"),
      "import subprocess, sys, time\n" +
        `subprocess.Popen(["sh", "-c", "${heart(beat)}"], start_new_session=True)\n` +
        "while True: time.sleep(1)\n",
    );
    const pid = `'${place.path}/pid'`;
    const { code } = await shell(
      `deno task -q reproduce & echo $! >${pid}
       while ! [ -s '${beat}' ]; do sleep 0.1; done
       kill -TERM $(cat ${pid}); wait $(cat ${pid})`,
      own,
    );
    assertEquals(code, 143);
    await assertStopped(beat);
    await Deno.writeTextFile(join(own, "fit.py"), program);
  });

  /** Forgets all results, so that they are made again; what saves time alone stays. */
  const forget = async () => {
    for (const part of ["runs", "store/blobs", "store/actions", "store/answers"]) {
      await Deno.remove(join(own, "artifacts", part), { recursive: true }).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    }
  };

  await t.step("a node of Slurm gives the same bytes", async () => {
    await using cluster = await startCluster({ directory: join(place.path, "slurm"), nodes: 1 });
    await forget();
    const { SLURM_CONF } = cluster.environment;
    await Deno.writeTextFile(join(own, "cluster.json"), JSON.stringify({ poll: 1 }));
    await succeedIn(own, `SLURM_CONF='${SLURM_CONF}' deno task reproduce --executor slurm`);
    const there = latestOf(own);
    assert(there.job.slurm !== undefined, "it ran at Slurm");
    assertEquals(there.job.status, "ran");
    assertEquals(there.job.key, here.job.key);
    assertEquals(there.outputs, here.outputs);
    const log = join(own, "artifacts", "runs", there.manifest.run, "logs", "fit.log");
    assertStringIncludes(await Deno.readTextFile(log), "fanin: 50/50 epochs");
  });

  await t.step("a remote store passes its result on, with the same bytes", async () => {
    await using server = await nginx(place);
    await forget();
    const account = `FANIN_REMOTE_USER=${user} FANIN_REMOTE_PASSWORD=${password}`;
    const reproduce = `${account} deno task reproduce --remote ${server.url}`;
    await succeedIn(own, reproduce);
    assertEquals(latestOf(own).job.status, "ran");
    assert(namesIn(server, "ac").includes(here.job.key!));
    await forget();
    // Nothing is computed: without the program too.
    await succeedIn(own, reproduce);
    const taken = latestOf(own);
    assertEquals([taken.job.status, taken.outputs], ["cached", here.outputs]);
  });
});

Deno.test("the example in PyTorch has the jobs and types of our own training", async () => {
  const jobs = (dag: Dag, experiment: ExperimentInput) =>
    jobsOf(dag, experiment).map((name) => dag.find((job) => job.name === name)!);
  const path = (name: string) => join(root, "docs", "examples", "pytorch", name);
  const ours = JSON.parse(await Deno.readTextFile(path("ours.json")));
  const example = { name: "pytorch", about: "", parameters: ours.parameters };
  const typesOf = (dag: Dag, experiment: ExperimentInput) =>
    Object.fromEntries(
      jobs(dag, experiment).map(({ name, stage }) => [
        name,
        Object.fromEntries(
          Object.entries<AnyArtifactType>(stage.outputs).map(([one, { kind }]) => [one, kind]),
        ),
      ]),
    );
  const [mine, theirs] = [typesOf(assignment, ours), typesOf(pytorch, example)];
  for (const name of ["train/fashion-mlp", "evaluate/fashion-mlp"]) {
    assertEquals({ ...mine[name], ...theirs[name] }, mine[name]);
  }
  assertEquals(Object.keys(theirs["train/fashion-mlp"]).length, 4);
  Expected.parse(JSON.parse(await Deno.readTextFile(path("expected.json"))));
  const parses = "import ast, sys; ast.parse(open(sys.argv[1]).read())";
  await succeedIn(root, `python3 -c '${parses}' '${path("train.py")}'`);
});
