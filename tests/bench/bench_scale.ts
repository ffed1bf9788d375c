/**
 * Measures a job's overhead: a binary tree of small jobs, on this machine and by a Slurm on loopback. Also
 * splits the time of a job at Slurm into its parts. `docs/performance.md` has the results.
 */
import { join } from "node:path";
import { startCluster } from "../slurm/slurm_daemons.ts";
import { readJournal, readSubmitted, readTickets } from "../../pipeline/slurm/submission_files.ts";
import { Action } from "../../schemas/run/action.ts";
import type { JournalLine } from "../../schemas/run/slurm_submission.ts";
import { root } from "../support/checkout.ts";
import { type Measured, rowsOf, spread, type Values } from "./turns.ts";
import type { Benchmark, Spread } from "../../schemas/assignment/bench_results.ts";
import { syntheticCommand } from "./synthetic_command.ts";
import { timed } from "./timing.ts";

const sizes = [10, 100, 1000];
/** More than this machine has together, so that it is Slurm that limits and not the slots. */
const [nodes, cores] = [2, 4];

const commandFor = (artifacts: string, size: number): string[] =>
  syntheticCommand(artifacts, size, "git,sbatch,squeue,scancel,scontrol");

/** Milliseconds of the parts of a run's jobs at Slurm: medians and extremes over its jobs. */
function partsOf(artifacts: string): Record<string, Spread> {
  const [run] = [...Deno.readDirSync(join(artifacts, "runs"))];
  const directory = join(artifacts, "runs", run.name, "slurm");
  const submitted = readSubmitted(directory);
  const tickets = readTickets(directory);
  const at = (line: { at: string }) => Date.parse(line.at);
  const ended = new Map<number, number>();
  const journals = new Map(submitted.map(({ ticket }) => {
    const { lines } = readJournal(directory, ticket);
    const find = <T extends JournalLine["type"]>(type: T) =>
      lines.findLast((line): line is Extract<JournalLine, { type: T }> => line.type === type)!;
    const done = find("done");
    ended.set(ticket, at(done));
    return [ticket, { began: find("began"), done }];
  }));
  const parts = submitted.map((line) => {
    const { began, done } = journals.get(line.ticket)!;
    const needs = Object.values(tickets.get(line.ticket)!.inputs)
      .flatMap((input) => "ticket" in input ? [ended.get(input.ticket)!] : []);
    const ready = Math.max(at(line), ...needs);
    const start = at(began) - began.loading * 1000;
    const entry = join(artifacts, "store", "actions", done.key.slice(0, 2), `${done.key}.json`);
    const { seconds } = Action.parse(JSON.parse(Deno.readTextFileSync(entry)));
    return {
      queueAndStartMs: start - ready,
      loadMs: at(began) - start,
      workerAndInputsMs: at(done) - at(began) - seconds * 1000,
      runAndStoreMs: seconds * 1000,
    };
  });
  const times = submitted.map(at);
  const submit = times.slice(1).map((time, i) => time - times[i]);
  const names = Object.keys(parts[0]) as (keyof typeof parts[0])[];
  return {
    submitMs: spread(submit),
    ...Object.fromEntries(names.map((name) => [name, spread(parts.map((part) => part[name]))])),
  };
}

export async function benchScale(rounds = 1): Promise<Measured> {
  if (rounds !== 1) throw new Error(`expected one round of scale, found ${rounds}`);
  const benchmark = { rounds, ratioOf: "seconds" } as const;
  const rows: Benchmark["rows"] = [];
  const bench = join(root, "artifacts", "bench");
  await Deno.mkdir(bench, { recursive: true });
  const directory = await Deno.makeTempDir({ dir: bench });
  try {
    await using cluster = await startCluster({
      directory: join(directory, "slurm"),
      nodes,
      cores,
      memory: 64 * 1024,
    });
    // Slurm's programs find it by this, here and in all that is started from here.
    Deno.env.set("SLURM_CONF", cluster.environment.SLURM_CONF);
    const codes = join(directory, "code.json");
    for (const size of sizes) {
      const turns = new Map<string, Values[]>();
      let parts: Record<string, Spread> = {};
      for (const executor of ["local", "slurm"] as const) {
        const artifacts = join(directory, `${size}-${executor}`);
        await Deno.mkdir(join(artifacts, "store"), { recursive: true });
        // Hashing the stages' code takes seconds the first time, and is no part of this.
        await Deno.copyFile(codes, join(artifacts, "store", "code.json")).catch(() => {});
        const command = commandFor(artifacts, size);
        await timed([...command, "plan"]);
        await Deno.copyFile(join(artifacts, "store", "code.json"), codes);
        const site = join(directory, "cluster.json");
        await Deno.writeTextFile(
          site,
          JSON.stringify({ poll: 2, command: [...command, "job"], resources: small }),
        );
        const ms = await timed([
          ...command,
          "reproduce",
          ...(executor === "slurm" ? ["--executor", "slurm", "--cluster", site] : []),
        ]);
        turns.set(executor, [{ seconds: ms / 1000, msAJob: ms / size }]);
        if (executor === "slurm") parts = partsOf(artifacts);
        console.error(`scale, ${size} jobs, ${executor}: ${(ms / 1000).toFixed(1)} s`);
      }
      const contestants = [...turns.keys()].map((name) => ({ name }));
      const [local, slurm] = rowsOf(contestants, turns, { ...benchmark, ours: ["local"], size });
      rows.push(local, { ...slurm, values: { ...slurm.values, ...parts } });
    }
    return { benchmark: { ...benchmark, ours: ["local"], rows }, versions: {} };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const small = { seed: { memory: 500 }, step: { memory: 500 } };
