/**
 * Measures whole runs from an empty store, on each backend, and then what is done with them: the report, and the
 * comparison of two. Packages and the data set's mirror are as they are.
 */
import { join } from "node:path";
import { filesUnder } from "../../pipeline/store/files_under.ts";
import { storeVariable } from "../../pipeline/store/store_place.ts";
import { root } from "../support/checkout.ts";
import { runArguments } from "../support/workspace.ts";
import { type Contestant, type Measured, rowsOf, takeTurns, type Values } from "./turns.ts";

const OURS = "reproduce";

/** Runs, each in artifacts of its own: name → flags. */
const runs: Record<string, string[]> = {
  [OURS]: [],
  "reproduce --backend wasm": ["--backend", "wasm"],
  "reproduce --experiment quick": ["--experiment", "quick"],
};

/** MB, 10^6 bytes. */
const MB = 1e6;

/** The largest resident memory so far of a process, in bytes; undefined where the system does not tell. */
async function peakOf(pid: number): Promise<number | undefined> {
  try {
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(status) ?? [];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    // It has ended, or this is no Linux.
    return undefined;
  }
}

/** Runs a command line on artifacts; its seconds, and the memory of its process at the peak. */
export async function measured(artifacts: string, args: readonly string[]): Promise<Values> {
  const start = performance.now();
  const child = new Deno.Command("deno", {
    args: runArguments(join(root, "tests", "bench", "assignment_cli.ts"), artifacts, ...args),
    cwd: root,
    env: { [storeVariable]: "" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let peak = 0;
  const watch = setInterval(async () => peak = await peakOf(child.pid) ?? peak, 50);
  const { code } = await child.status;
  clearInterval(watch);
  // 1 is a grade below full points, or runs that differ.
  if (code > 1) throw new Error(`expected ${args.join(" ")} to run, found exit code ${code}`);
  const seconds = (performance.now() - start) / 1000;
  return { seconds, ...(peak > 0 && { peakMegabytes: peak / MB }) };
}

const sizeOf = (directory: string): number =>
  [...filesUnder(directory)].reduce((sum, path) => sum + Deno.statSync(path).size, 0);

export async function benchWholeRun(rounds = 1): Promise<Measured> {
  const bench = join(root, "artifacts", "bench");
  await Deno.mkdir(bench, { recursive: true });
  const directory = await Deno.makeTempDir({ dir: bench });
  const artifactsOf = (name: string) => join(directory, name.replaceAll(/\W+/g, "-"));
  const first = artifactsOf(OURS);
  try {
    const contestants: Contestant[] = [
      ...Object.entries(runs).map(([name, flags]): Contestant => ({
        name,
        async turn() {
          const artifacts = artifactsOf(name);
          await Deno.remove(artifacts, { recursive: true }).catch(() => {});
          const values = await measured(artifacts, ["reproduce", ...flags]);
          return { ...values, artifactsMegabytes: sizeOf(artifacts) / MB };
        },
      })),
      { name: "report", turn: () => measured(first, ["report"]) },
      {
        name: "diff of the first two",
        async turn() {
          const [other] = Object.keys(runs).slice(1);
          const [run] = [...Deno.readDirSync(join(artifactsOf(other), "runs"))];
          return await measured(first, [
            "diff",
            "latest",
            join(artifactsOf(other), "runs", run.name),
          ]);
        },
      },
    ];
    const turns = await takeTurns(contestants, rounds, "whole-run");
    const rows = rowsOf(contestants, turns, { ratioOf: "seconds", ours: [OURS] });
    return { benchmark: { rounds, ratioOf: "seconds", ours: [OURS], rows }, versions: {} };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
