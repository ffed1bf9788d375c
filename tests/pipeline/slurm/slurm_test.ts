/**
 * Tests runs by Slurm on loopback, and kills its nodes and its controller. `slurm_tickets_test.ts` tests
 * submissions and dependencies.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { type Cluster, startCluster } from "../../slurm/slurm_daemons.ts";
import type { ClusterFile } from "../../../schemas/run/cluster.ts";
import { Manifest } from "../../../schemas/run/manifest.ts";
import type { Submitted } from "../../../schemas/run/slurm_submission.ts";
import { readSubmitted, slurmPath } from "../../../pipeline/slurm/submission_files.ts";
import { lendCaches } from "../../support/kept_caches.ts";
import { cliOf, root } from "../../support/checkout.ts";
import { fanin, runsIn, type Workspace, workspace } from "../../support/workspace.ts";
import type { Ended } from "../../support/deno_command.ts";
import { permissions } from "../../support/deno_command.ts";

let cluster: Cluster;
let place: Workspace;
/** These go on beside the other tests: Slurm's shortest limit is a minute, and it looks every half. */
let limited: ReturnType<typeof limitedRun>;
let killed: ReturnType<typeof killedRun>;
let preempted: ReturnType<typeof preemptedRun>;
let overdue: Promise<Ended>;
/** Steps of 50 ms each that take longer than the time after which Slurm warns the job. */
const manySteps = 1400;

Deno.test.beforeAll(async () => {
  place = await workspace();
  cluster = await startCluster({
    directory: join(place.path, "slurm"),
    nodes: 5,
    cores: 2,
    settings: [
      "PreemptType=preempt/partition_prio",
      "PreemptMode=REQUEUE",
      "PartitionName=main Nodes=node[1-2]",
      "PartitionName=spare Nodes=node[3-4]",
      "PartitionName=low Nodes=node5 PriorityTier=1 GraceTime=1",
      "PartitionName=high Nodes=node5 PriorityTier=10 PreemptMode=OFF",
    ],
  });
  // The code's hashes are kept for the other tests.
  for (const pipeline of ["counting", "training"]) {
    await fanin(await workspaceIn(place.path), ["plan"], cliOf(pipeline));
  }
  [limited, killed, preempted, overdue] = [
    limitedRun(),
    killedRun(),
    preemptedRun(),
    overdueRun(),
  ];
  // The test that waits for it reports what goes wrong.
  for (const beside of [limited, killed, preempted, overdue]) beside.catch(() => {});
});
/** Whoever a test that failed, or was left out, did not wait for. */
const started: Deno.ChildProcess[] = [];

Deno.test.afterAll(async () => {
  for (const child of started) {
    try {
      child.kill("SIGKILL");
    } catch { /* It has ended. */ }
    await child.status;
  }
  await (cluster as Cluster | undefined)?.[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

const flags = ["run", "--frozen", ...permissions];

/** A test pipeline with artifacts of its own and a file that says how it is submitted. */
async function submitter(
  pipeline: "counting" | "training" | "own_data",
  site: Partial<ClusterFile> = {},
) {
  const { path } = await workspaceIn(place.path);
  const cli = cliOf(pipeline);
  const artifacts = join(path, "artifacts");
  const file = join(path, "cluster.json");
  await lendCaches(artifacts, pipeline);
  const command = ["deno", ...flags, cli, artifacts, "job"];
  await Deno.writeTextFile(
    file,
    JSON.stringify({ poll: 1, grace: 10, partition: "main", command, ...site }),
  );
  const start = (args: string[], env: Record<string, string> = {}) => {
    const child = new Deno.Command("deno", {
      args: [...flags, cli, artifacts, ...args],
      cwd: root,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1", ...cluster.environment, ...env },
    }).spawn();
    started.push(child);
    return child;
  };
  return {
    path,
    artifacts,
    start,
    begin: (args: string[]) =>
      start(["reproduce", "--executor", "slurm", "--cluster", file, ...args]),
    file,
    run: async (args: string[], env?: Record<string, string>) => await ended(start(args, env)),
    reproduce: async (args: string[], env?: Record<string, string>) =>
      await ended(start(["reproduce", "--executor", "slurm", "--cluster", file, ...args], env)),
    /** Reproduces with an empty search path, so that not even Slurm's programs are found. */
    reproduceWithout: async (args: string[]) =>
      await ended(
        new Deno.Command("sh", {
          args: [
            "-c",
            'deno=$(command -v deno); PATH=/none; exec "$deno" "$@"',
            "sh",
            ...[...flags, cli, artifacts, "reproduce", "--executor", "slurm", "--cluster", file],
            ...args,
          ],
          cwd: root,
          stdin: "null",
          stdout: "piped",
          stderr: "piped",
        }).spawn(),
      ),
    manifest: (run: string): Manifest =>
      Manifest.parse(
        JSON.parse(Deno.readTextFileSync(join(artifacts, "runs", run, "manifest.json"))),
      ),
    submitted: (run: string): Submitted[] => readSubmitted(slurmPath(join(artifacts, "runs", run))),
  };
}

/** Removed with the place that it is in. */
async function workspaceIn(directory: string): Promise<Workspace> {
  const path = await Deno.makeTempDir({ dir: directory });
  return { path, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** Waits for a process to end, and kills it if it takes minutes longer than any should. */
async function ended(child: Deno.ChildProcess): Promise<Ended> {
  const timer = setTimeout(() => child.kill("SIGKILL"), 480_000);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

/** Waits until something is so; fails after three minutes, as other tests may run beside. */
async function until<T>(
  what: string,
  find: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const end = performance.now() + 180_000;
  while (performance.now() < end) {
    const found = await find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`expected within 180 s: ${what}`);
}

const outputsOf = ({ jobs }: Manifest) =>
  Object.fromEntries(
    jobs.map(({ name, outputs }) => [
      name,
      Object.fromEntries(Object.entries(outputs).map(([output, { sha256 }]) => [output, sha256])),
    ]),
  );

/** Counts the steps in the journals of a run. */
const stepsDone = (artifacts: string, run: string): number => {
  const journals = join(artifacts, "runs", run, "slurm", "journals");
  try {
    return [...Deno.readDirSync(journals)]
      .map(({ name }) => Deno.readTextFileSync(join(journals, name)))
      .reduce((sum, text) => sum + text.split('"type":"progress"').length - 1, 0);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
};

const theRun = (artifacts: string) =>
  until("a run that has begun", () => {
    try {
      return [...Deno.readDirSync(join(artifacts, "runs"))][0]?.name;
    } catch {
      return undefined;
    }
  });

Deno.test("a Slurm run gives the same hashes as a local one, submits no cached job and records the nodes", async () => {
  const { artifacts, run, reproduce, manifest, submitted, path } = await submitter("training");
  const first = await run(["reproduce", "--only", "draw/net"]);
  assertEquals(first.code, 0, first.err);
  const there = await reproduce([]);
  assertEquals(there.code, 0, there.err);
  const [drawn, whole] = runsIn(path);
  const { jobs } = manifest(whole);
  assertEquals(submitted(whole).length, 3);
  assertEquals(jobs.find(({ name }) => name === "draw/net")!.status, "cached");
  for (const { name, slurm } of jobs.filter(({ status }) => status === "ran")) {
    assertMatch(slurm?.node ?? "", /^node[12]$/, name);
    assert(submitted(whole).some(({ id }) => id === slurm!.id));
  }
  const here = await submitter("training");
  await here.run(["reproduce"]);
  const [local] = runsIn(here.path);
  assertEquals(outputsOf(manifest(whole)), outputsOf(here.manifest(local)));
  assertEquals(manifest(whole).identity, here.manifest(local).identity);
  // Only the place where it ran differs, and no comparison sees that.
  const differs = await run(["diff", join(here.artifacts, "runs", local), whole]);
  assertEquals(differs.code, 0, differs.out);
  assert(drawn !== whole);
  assert(artifacts !== here.artifacts);
});

/** A submitter that is killed once its three jobs are submitted, the last of which takes `ticks`. */
async function killedSubmitter(ticks: number) {
  const all = await submitter("counting");
  const child = all.begin(["--only", "slow/first", "--set", `slow.first.ticks=${ticks}`]);
  const id = await theRun(all.artifacts);
  await until("three submitted jobs", () => all.submitted(id).length === 3 || undefined);
  child.kill("SIGKILL");
  await ended(child);
  return { ...all, id };
}

Deno.test("after a kill, submitted jobs are found again, and none is submitted twice", async () => {
  const { artifacts, run, manifest, submitted, id } = await killedSubmitter(80);
  // As if it had been cut off between submitting the last job and noting it down.
  const notes = join(artifacts, "runs", id, "slurm", "submitted.jsonl");
  const lines = Deno.readTextFileSync(notes).trimEnd().split("\n");
  Deno.writeTextFileSync(notes, lines.slice(0, -1).join("\n") + "\n");

  const [listed] = JSON.parse((await run(["runs", "--json"])).out);
  assertEquals([listed.run, listed.status], [id, "with Slurm"]);

  const cleaned = await run(["gc", "--yes"]);
  assertEquals(cleaned.code, 2);
  assertMatch(cleaned.err, new RegExp(`The run ${id} is still with Slurm`));

  const attached = await run(["attach", id]);
  assertEquals(attached.code, 0, attached.err);
  assertEquals(manifest(id).status, "complete");
  assertEquals(new Set(submitted(id).map((one) => one.id)).size, 3);
  assertEquals(submitted(id).map(({ id }) => id), lines.map((line) => JSON.parse(line).id));
  const again = await run(["attach", id]);
  assertEquals(again.code, 2);
  assertMatch(again.err, /has ended and is recorded/);
});

Deno.test("own data is stored before submission, and a resumed run uses the same", async () => {
  const { path, artifacts, begin, run, manifest, submitted } = await submitter("own_data");
  const table = join(path, "data", "table.csv");
  await Deno.mkdir(join(path, "data", "pages"), { recursive: true });
  await Deno.writeTextFile(table, "1\n2\n");
  await Deno.writeTextFile(join(path, "data", "pages", "a.txt"), "a");
  // Reads the stages' code, which takes long where many processes run.
  await run(["plan"]);
  const child = begin([]);
  const id = await theRun(artifacts);
  await until("three submitted jobs", () => submitted(id).length === 3 || undefined);
  child.kill("SIGKILL");
  await ended(child);

  await Deno.writeTextFile(table, "1\n3\n");
  const refused = await run(["attach", id]);
  assertEquals(refused.code, 2);
  assertMatch(refused.err, new RegExp(`data/table\\.csv is not what ${id} was submitted with`));
  await Deno.writeTextFile(table, "1\n2\n");
  const attached = await run(["attach", id]);
  assertEquals(attached.code, 0, attached.err);
  const { jobs } = manifest(id);
  const metrics = JSON.parse(
    await Deno.readTextFile(join(artifacts, "runs", id, "metrics.json")),
  );
  assertEquals(metrics, { "both.mean": 1.5, "pages.bytes": 1, "pages.files": 1, "table.total": 3 });
  assertEquals(jobs.filter(({ slurm }) => slurm !== undefined).length, 3);
});

for (const why of ["had not waited with", "no longer knows"]) {
  Deno.test(`a job that Slurm ${why} is submitted again`, async () => {
    const { artifacts, run, manifest, submitted, id } = await killedSubmitter(1);
    const [, , slow] = submitted(id);
    await new Deno.Command("scancel", { args: [slow.id], env: cluster.environment }).output();
    const slurm = join(artifacts, "runs", id, "slurm");
    const journal = join(slurm, "journals", `${slow.ticket}.jsonl`);
    if (why === "no longer knows") {
      await Deno.remove(journal).catch(() => {});
      // As if a controller had lost it and given its number to another.
      const notes = join(slurm, "submitted.jsonl");
      const text = await Deno.readTextFile(notes);
      await Deno.writeTextFile(notes, text.replace('"name":"g2"', '"name":"g7"'));
    } else {
      // As its node writes it where it finds that an input is missing.
      const at = new Date().toISOString();
      const lines = [
        { at, type: "began", id: slow.id, node: "node1", restarts: 0, loading: 0 },
        { at, type: "failed", message: "its input numbers is not there", premature: true },
      ];
      await Deno.writeTextFile(journal, lines.map((line) => JSON.stringify(line) + "\n").join(""));
    }
    const { code, err } = await run(["attach", id]);
    assertEquals(code, 0, err);
    assertMatch(err, new RegExp(`slow/first: Slurm ${why} its job \\d+; it is submitted again`));
    assertEquals(manifest(id).status, "complete");
    assertEquals(submitted(id).filter(({ ticket }) => ticket === slow.ticket).length, 2);
  });
}

Deno.test("a run interrupted without a terminal keeps running; attach --cancel cancels it", async () => {
  const { artifacts, begin, run, submitted } = await submitter("counting");
  const child = begin(["--only", "slow/first", "--set", "slow.first.ticks=1000"]);
  const id = await theRun(artifacts);
  await until("three submitted jobs", () => submitted(id).length === 3 || undefined);
  await until(
    "a first result",
    () =>
      [...Deno.readDirSync(join(artifacts, "runs", id))].some(({ name }) => name === "numbers") ||
      undefined,
  );
  // As of a terminal that is closed.
  child.kill("SIGHUP");
  const left = await ended(child);
  assertEquals(left.code, 129);
  assertMatch(left.err, new RegExp(`Left running. "deno task attach ${id}"`));
  const slow = submitted(id).at(-1)!.id;
  assertMatch(await stateOf(slow), /PENDING|RUNNING/);
  const cancelled = await run(["attach", id, "--cancel"]);
  assertEquals(cancelled.code, 0, cancelled.err);
  await until("a cancelled job", async () => /CANCELLED/.test(await stateOf(slow)) || undefined);
  assertEquals([...Deno.readDirSync(join(artifacts, "runs"))], []);
});

async function limitedRun() {
  const { artifacts, reproduce } = await submitter("counting", {
    // The controller looks every 30 s, and tells a job up to that much early: here 30 to 60 s after its start.
    grace: 60,
    resources: { stepwise: { minutes: 2 } },
  });
  return { artifacts, ended: await reproduce(steps(manySteps)) };
}

async function stateOf(id: string): Promise<string> {
  const { stdout } = await new Deno.Command("squeue", {
    args: ["-h", "-t", "all", "-o", "%T", "-j", id],
    env: cluster.environment,
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("each kind of job failure has its own message", async () => {
  const fragile = (fail: string) => ["--only", "slow/first", "--set", `fragile.first.fail=${fail}`];
  const [thrown, killed, exhausted, cancelled] = await Promise.all([
    (async () => (await (await submitter("counting")).reproduce(fragile("throw"))).err)(),
    (async () => {
      const site = { command: ["sh", "-c", "echo words of its own; exit 3"] };
      return (await (await submitter("counting", site)).reproduce(["--only", "numbers/first"])).err;
    })(),
    (async () => {
      const site = { resources: { fragile: { memory: 400 } } };
      return (await (await submitter("counting", site)).reproduce(fragile("exhaust"))).err;
    })(),
    cancelledRun(),
  ]);
  assertMatch(thrown, /failed {2}fragile\/first: told to fail \(Slurm's job \d+ on node[12]\)/);
  // Who needs it is not run, and Slurm has cancelled it.
  assertMatch(thrown, /1 job that needs it did not run/);
  assertMatch(
    killed,
    /its process ended without a result .*exit code 3, signal 0; it printed "words of its own"/,
  );
  assertMatch(exhausted, /it used more memory than it had asked for .*"memory" \(MiB\)/s);
  assertMatch(cancelled, /failed {2}slow\/first: it was cancelled/);
});

/** Returns the message about a run whose last job somebody cancels. */
async function cancelledRun(): Promise<string> {
  const { artifacts, begin, submitted } = await submitter("counting");
  const child = begin(["--only", "slow/first", "--set", "slow.first.ticks=1000"]);
  const id = await theRun(artifacts);
  const slow = await until("three submitted jobs", () => submitted(id)[2]?.id);
  await until("a running job", async () => await stateOf(slow) === "RUNNING" || undefined);
  await new Deno.Command("scancel", { args: [slow], env: cluster.environment }).output();
  return (await ended(child)).err;
}

Deno.test("a node that differs from the key's machine facts computes nothing", async () => {
  const site = await submitter("training");
  const { command } = JSON.parse(await Deno.readTextFile(site.file)) as { command: string[] };
  const other = {
    poll: 1,
    partition: "main",
    command: ["env", "DENO_WEBGPU_BACKEND=metal", ...command],
  };
  await Deno.writeTextFile(site.file, JSON.stringify(other));
  const { code, err } = await site.reproduce(["--only", "train/net"]);
  assertEquals(code, 2);
  assertMatch(err, /failed {2}train\/net: .*adapter/);
  const [run] = runsIn(site.path);
  const { status, key } = site.manifest(run).jobs.find(({ name }) => name === "train/net")!;
  assertEquals(status, "failed");
  const entry = join(site.artifacts, "store", "actions", key!.slice(0, 2), `${key}.json`);
  assertEquals(await Deno.stat(entry).catch(() => "absent"), "absent");
});

Deno.test("without Slurm, or if it refuses, nothing runs and its message is printed", async () => {
  const refused = await submitter("counting", { partition: "no-such-partition" });
  const { code, err } = await refused.reproduce(["--only", "numbers/first"]);
  assertEquals(code, 2);
  assertMatch(err, /Slurm refused \(sbatch\).*invalid partition/s);
  assertEquals([...Deno.readDirSync(join(refused.artifacts, "runs"))], []);

  const lacking = await refused.reproduceWithout(["--only", "numbers/first"]);
  assertEquals(lacking.code, 2);
  assertMatch(lacking.err, /Slurm's squeue is not on this machine/);

  const wrong = await submitter("counting", { arguments: ["--dependency=singleton"] });
  const unfit = await wrong.reproduce(["--only", "numbers/first"]);
  assertEquals(unfit.code, 2);
  assertMatch(unfit.err, /expected no --dependency: fanin sets it itself/);
});

Deno.test("replicates are submitted as arrays and give the same intervals as on one machine", async () => {
  const seeds = ["replicate", "--seeds", "0-4", "--level", "0.8", "--json"];
  const there = await submitter("training");
  const bySlurm = await there.run([...seeds, "--executor", "slurm", "--cluster", there.file]);
  assertEquals(bySlurm.code, 0, bySlurm.err);
  const here = await submitter("training");
  const local = await here.run(seeds);
  assertEquals(local.code, 0, local.err);
  assertEquals(JSON.parse(bySlurm.out), JSON.parse(local.out));
  const directory = join(there.artifacts, "replicates", "assignment-seeds-0-4", "slurm");
  const ids = readSubmitted(directory).map(({ id }) => id);
  assertEquals(ids.length, 15);
  assert(ids.every((id) => /^\d+_[0-4]$/.test(id)));
  assertEquals(new Set(ids.map((id) => id.split("_")[0])).size, 3);
});

/** A run whose node is killed when its job has stored some steps. */
async function killedRun() {
  const { artifacts, begin } = await submitter("counting", { partition: "spare" });
  const child = begin(steps(someSteps));
  const id = await theRun(artifacts);
  await until("some steps", () => stepsDone(artifacts, id) >= 3 || undefined);
  const journal = join(artifacts, "runs", id, "slurm", "journals");
  const node = await until("the name of its node", () => {
    const texts = [...Deno.readDirSync(journal)]
      .map(({ name }) => Deno.readTextFileSync(join(journal, name)));
    return texts.findLast((text) => text.includes('"progress"'))?.match(/"node":"(\w+)"/)?.[1];
  });
  await cluster.killNode(node);
  return { artifacts, id, node, ended: await ended(child) };
}

const someSteps = 120;
const preemptedSteps = 300;
const steps = (count: number) => [
  "--only",
  "stepwise/first",
  "--set",
  `stepwise.first.steps=${count}`,
];

/** Reads a run's stepwise job: its numbers, the steps computed since its last start, its node. */
function stepwiseOf(artifacts: string, run: string) {
  const read = (name: string) =>
    JSON.parse(Deno.readTextFileSync(join(artifacts, "runs", run, name)));
  const { slurm } = Manifest.parse(read("manifest.json")).jobs
    .find(({ name }) => name === "stepwise/first")!;
  return {
    numbers: read("stepwise/first/numbers.json") as number[],
    trace: read("stepwise/first/trace.json") as number[],
    slurm: slurm!,
  };
}

Deno.test("a job whose node dies resumes from its checkpoint on another, to the same bytes", async () => {
  const { artifacts, id, node, ended: { code, err } } = await killed;
  assertEquals(code, 0, err);
  const { numbers, trace, slurm } = stepwiseOf(artifacts, id);
  assertEquals(numbers, [1, 2, 3].map((number) => number + someSteps));
  assertEquals(slurm.restarts, 1);
  assert(slurm.node !== node);
  // It had not begun anew: the steps that it computed last are not all.
  assert(trace[0] > 1);
});

/** A run whose job must make room for one of a partition that goes before its own. */
async function preemptedRun() {
  const { artifacts, begin } = await submitter("counting", { partition: "low" });
  const child = begin(steps(preemptedSteps));
  const id = await theRun(artifacts);
  await until("some steps", () => stepsDone(artifacts, id) >= 3 || undefined);
  const { success } = await new Deno.Command("sbatch", {
    args: ["--partition=high", "--exclusive", "--output=none", "--chdir=/", "--wrap=sleep 3"],
    cwd: place.path,
    env: cluster.environment,
  }).output();
  assert(success);
  return { artifacts, id, ended: await ended(child) };
}

Deno.test("a preempted job stops at a checkpoint and resumes from it, to the same bytes", async () => {
  const { artifacts, id, ended: { code, err } } = await preempted;
  assertEquals(code, 0, err);
  const { numbers, trace, slurm } = stepwiseOf(artifacts, id);
  assert(slurm.restarts >= 1);
  assertEquals(numbers, [1, 2, 3].map((number) => number + preemptedSteps));
  assert(trace[0] > 1);
});

Deno.test("a job at its time limit stops at a checkpoint and resumes from it, to the same bytes", async () => {
  const { artifacts, ended: { code, err } } = await limited;
  assertEquals(code, 0, err);
  assertMatch(err, /ended at a checkpoint as its time was nearly over/);
  const { numbers, trace, slurm } = stepwiseOf(artifacts, await theRun(artifacts));
  assertEquals(numbers, [1, 2, 3].map((number) => number + manySteps));
  assert(slurm.restarts >= 1);
  assert(trace[0] > 1);
});

/** A run whose last job has no checkpoints and takes longer than it may. */
async function overdueRun() {
  const { reproduce } = await submitter("counting", { resources: { slow: { minutes: 1 } } });
  return await reproduce(["--only", "slow/first", "--set", "slow.first.ticks=4000"]);
}

Deno.test("a job without checkpoints at its time limit is reported so", async () => {
  const { code, err } = await overdue;
  assertEquals(code, 2);
  assertMatch(
    err,
    /failed {2}slow\/first: its time was over, .*(TIMEOUT|TIME LIMIT).*"minutes" under "resources"/s,
  );
});

// Last: a limit that falls into the time without a controller is reported otherwise.
Deno.test("a controller that is killed right after a submission loses no job", async () => {
  const { artifacts, begin, submitted, manifest } = await submitter("counting");
  const child = begin(["--only", "slow/first", "--set", "slow.first.ticks=20"]);
  const id = await theRun(artifacts);
  await until("three submitted jobs", () => submitted(id).length >= 3 || undefined);
  await cluster.killController();
  await new Promise((resolve) => setTimeout(resolve, 3000));
  cluster.startController();
  const { code, err } = await ended(child);
  assertEquals(code, 0, err);
  assertEquals(manifest(id).status, "complete");
});
