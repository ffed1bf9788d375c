/**
 * Tests a real Slurm whose controller does not answer for some seconds during a submission and a
 * cancellation. `busy_slurm_test.ts` tests each of its answers.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { readSubmitted, slurmPath } from "../../../pipeline/slurm/submission_files.ts";
import { type Cluster, startCluster } from "../../slurm/slurm_daemons.ts";
import { cliOf, root } from "../../support/checkout.ts";
import { lendCaches } from "../../support/kept_caches.ts";
import { runsIn, type Workspace, workspace } from "../../support/workspace.ts";
import { deno, runArguments } from "../../support/deno_command.ts";

let place: Workspace;
let cluster: Cluster;
let artifacts: string;
let file: string;
const cli = cliOf("counting");

Deno.test.beforeAll(async () => {
  place = await workspace();
  artifacts = join(place.path, "artifacts");
  file = join(place.path, "cluster.json");
  await lendCaches(artifacts, "counting");
  cluster = await startCluster({
    directory: join(place.path, "slurm"),
    nodes: 1,
    cores: 2,
    // Seconds until a command says that its socket timed out; with fewer a busy machine starts no job.
    settings: ["MessageTimeout=4"],
  });
  const command = ["deno", ...runArguments(cli, artifacts, "job")];
  await Deno.writeTextFile(file, JSON.stringify({ poll: 1, command }));
});
Deno.test.afterAll(async () => {
  await (cluster as Cluster | undefined)?.[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

/** Seconds for which the controller stands still: longer than a command waits. */
const still = 12;

/** A site's sbatch: prints lines of its own, and stops the controller before its second call. */
async function stoppingSbatch(): Promise<string> {
  const commands = join(place.path, "commands");
  await Deno.mkdir(commands, { recursive: true });
  const script = `#!/bin/sh
read -r controller <"${place.path}/slurm/slurmctld.pid"
echo called >>"${commands}/calls"
if [ "$(wc -l <"${commands}/calls")" -eq 2 ]; then
  kill -STOP "$controller"
  (sleep ${still}; kill -CONT "$controller") </dev/null >/dev/null 2>&1 &
fi
echo "Your project has used 40 of 1000 hours."
exec /usr/bin/sbatch "$@"
`;
  await Deno.writeTextFile(join(commands, "sbatch"), script, { mode: 0o755 });
  return commands;
}

const run = (args: string[], env: Record<string, string> = {}) =>
  deno(runArguments(cli, artifacts, ...args), { ...cluster.environment, ...env });

/** Slurm's jobs: number, state, comment. */
async function jobs(): Promise<string[][]> {
  const { stdout } = await new Deno.Command("squeue", {
    args: ["-h", "-t", "all", "-o", "%i|%T|%k"],
    env: cluster.environment,
  }).output();
  const text = new TextDecoder().decode(stdout).trimEnd();
  return text.split("\n").map((line) => line.split("|"));
}

const reproduce = ["reproduce", "--executor", "slurm", "--only", "slow/first"];

Deno.test("a controller that times out during a submission gets each job once, and the run ends well", async () => {
  const commands = await stoppingSbatch();
  const { code, err } = await run(
    [...reproduce, "--cluster", file, "--set", "slow.first.ticks=1"],
    { PATH: `${commands}:/usr/bin:/bin` },
  );
  assertEquals(code, 0, err);
  assertMatch(err, /Slurm is busy \(sbatch: .*Socket timed out.*tries again for up to 300 s/s);
  const [id] = runsIn(place.path);
  const submitted = readSubmitted(slurmPath(join(artifacts, "runs", id)));
  assertEquals(submitted.length, 3);
  const taken = (await jobs()).map(([number, state, comment]) => ({ number, state, comment }));
  // A job that Slurm took twice was cancelled.
  const done = taken.filter(({ state }) => state === "COMPLETED");
  assertEquals(
    done.map(({ number }) => number).sort(),
    submitted.map(({ id }) => id).sort(),
    JSON.stringify(taken),
  );
  assert(taken.length <= 4, JSON.stringify(taken));
});

Deno.test("a run is given up once the controller answers again, and nothing of it is left", async () => {
  const child = new Deno.Command("deno", {
    args: runArguments(cli, artifacts, ...reproduce, "--cluster", file).concat(
      "--force",
      "slow/first",
      "--set",
      "slow.first.ticks=1000",
    ),
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "null",
    env: { NO_COLOR: "1", INIT_CWD: "", ...cluster.environment },
  }).spawn();
  const isOpen = ([, state]: string[]) => state === "PENDING" || state === "RUNNING";
  const end = performance.now() + 60_000;
  while (!(await jobs()).some(isOpen) && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill("SIGKILL");
  await child.status;
  const id = runsIn(place.path).find((id) =>
    ![...Deno.readDirSync(join(artifacts, "runs", id))].some(({ name }) => name === "manifest.json")
  )!;
  cluster.signalController("SIGSTOP");
  const timer = setTimeout(() => cluster.signalController("SIGCONT"), still * 1000);
  const { code, err } = await run(["attach", id, "--cancel"]);
  clearTimeout(timer);
  assertEquals(code, 0, err);
  assertMatch(err, /Slurm is busy \(squeue: .*timed out/s);
  assertMatch(err, new RegExp(`Gave up ${id}`));
  assertEquals((await jobs()).filter(isOpen), []);
});

Deno.test("a run that a busy controller did not take in time is kept, and attach goes on with it", async () => {
  const impatient = join(place.path, "impatient.json");
  const site = JSON.parse(await Deno.readTextFile(file));
  await Deno.writeTextFile(impatient, JSON.stringify({ ...site, patience: 1 }));
  const before = new Set(runsIn(place.path));
  cluster.signalController("SIGSTOP");
  const { code, err } = await run([
    ...reproduce,
    "--cluster",
    impatient,
    "--set",
    "slow.first.ticks=2",
  ]);
  cluster.signalController("SIGCONT");
  assertEquals(code, 2, err);
  assertMatch(err, /Slurm was busy for 1 s \(squeue: .*timed out/s);
  const [id, ...others] = runsIn(place.path).filter((id) => !before.has(id));
  assertEquals(others, []);
  assertMatch(err, new RegExp(`The run is kept. "deno task attach ${id}" goes on with it`));
  const attached = await run(["attach", id]);
  assertEquals(attached.code, 0, attached.err);
});
