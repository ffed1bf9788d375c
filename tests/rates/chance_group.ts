/** Makes a group of `chance.json`: runs from many seeds, tabulated, with their machine and commits. */
import { join } from "node:path";
import { Chance, type ChanceGroup, RunsOf } from "../../schemas/assignment/chance.ts";
import { openConsole } from "../../pipeline/terminal/progress.ts";
import { readJson } from "../../pipeline/formats/read_json.ts";
import { commitOf } from "../../pipeline/runs/read_manifest.ts";
import { statOf } from "../../pipeline/terminal/user_path.ts";
import { Failed } from "../../pipeline/engine/failed.ts";
import { expectedVerdicts } from "../../stages/experiments/expected/expected_claims.ts";
import { type SeededRun, tabulate } from "./tabulate.ts";
import { judgePytorch } from "./pytorch_as_runs.ts";
import { root, series, type WholeRun, wholeRuns } from "./whole_runs.ts";

export const referenceFolder = join(root, "artifacts", "reference");

/** Runs, with what a group says of them. */
interface Runs extends Pick<ChanceGroup, "what" | "parameters" | "commits" | "machine"> {
  runs: readonly SeededRun[];
}

/** The machine of runs. Results depend on it, so all must be of one. */
function machineOf(runs: readonly WholeRun[]): NonNullable<ChanceGroup["machine"]> {
  const machines = runs.map(({ manifest: { environment } }) => {
    const { deno, os, arch, cpu, cores, adapter } = environment;
    return { deno, os, arch, cpu, cores, adapter };
  });
  const distinct = new Set(machines.map((machine) => JSON.stringify(machine)));
  if (distinct.size === 1) return machines[0];
  const message =
    `The runs in artifacts/chance come from ${distinct.size} machines; expected one. ` +
    "Remove the folder and run again.";
  throw new Failed({ reason: "usage", message });
}

/** Commits of runs; a run whose tree had uncommitted changes belongs to none. */
function commitsOf(runs: readonly WholeRun[]): string[] {
  const commits = runs.map(({ seed, manifest }) => {
    const git = commitOf(manifest);
    if (git?.clean) return git.commit;
    const message = `The run from seed ${seed} belongs to no commit: commit all changes, remove ` +
      "artifacts/chance and run again.";
    throw new Failed({ reason: "usage", message });
  });
  return [...new Set(commits)];
}

async function ownRuns(of: keyof typeof series, seeds: readonly number[]): Promise<Runs> {
  using view = openConsole();
  const { what, parameters } = series[of];
  const runs = await wholeRuns(of, seeds, view);
  return { what, parameters, commits: commitsOf(runs), machine: machineOf(runs), runs };
}

async function pytorchRuns(seeds: readonly number[]): Promise<Runs> {
  return { ...await judgePytorch(seeds), parameters: [], commits: [], machine: null };
}

/** Runs or judges each seed and tabulates the verdicts. */
export async function chanceGroup(
  of: RunsOf,
  seeds: readonly number[],
  command: string,
): Promise<ChanceGroup> {
  const { runs, ...origin } = of === "pytorch"
    ? await pytorchRuns(seeds)
    : await ownRuns(of, seeds);
  return {
    of,
    command,
    date: new Date().toISOString().slice(0, 10),
    ...origin,
    ...await tabulate(runs, expectedVerdicts),
  };
}

/** The contents of `chance.json` with a group in place of the earlier one of its kind. */
export function withGroup(groups: readonly ChanceGroup[], group: ChanceGroup): Chance {
  const others = groups.filter(({ of }) => of !== group.of);
  return Chance.parse({
    groups: RunsOf.options.flatMap((of) => [...others, group].filter((one) => one.of === of)),
  });
}

export const chanceFile = join(referenceFolder, "chance.json");

/** The groups of `chance.json`; none before it is written for the first time. */
export function committedGroups(): ChanceGroup[] {
  if (statOf(chanceFile) === undefined) return [];
  return readJson(chanceFile, Chance, {
    limit: 4 << 20,
    hint: "Remove it; `deno task rates --of quick --write` and the like write it again.",
  }).groups;
}
