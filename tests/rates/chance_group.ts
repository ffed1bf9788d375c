/** Makes a group of `chance.json`: runs from many seeds, tabulated, with their machine and commits. */
import { join } from "node:path";
import { Chance, type ChanceGroup, RunsOf } from "../../schemas/assignment/chance.ts";
import type { Manifest } from "../../schemas/run/manifest.ts";
import { openConsole } from "../../pipeline/terminal/progress.ts";
import { readJson } from "../../pipeline/formats/read_json.ts";
import { commitOf, readManifest } from "../../pipeline/runs/read_manifest.ts";
import { statOf } from "../../pipeline/store/existence.ts";
import { Failed } from "../../pipeline/engine/failed.ts";
import { expectedVerdicts } from "../../stages/experiments/expected/expected_claims.ts";
import { type SeededRun, tabulate } from "./tabulate.ts";
import { judgeLastBatches, judgeParity, judgePytorch } from "./trainings_as_runs.ts";
import { root, series, wholeRuns } from "./whole_runs.ts";

export const referenceFolder = join(root, "artifacts", "reference");

/** Runs, with what a group says of them. */
interface Runs extends Pick<ChanceGroup, "what" | "parameters" | "commits" | "machine"> {
  runs: readonly SeededRun[];
}

/** The machine of runs. Results depend on it, so all must be of one. */
function machineOf(manifests: readonly Manifest[]): NonNullable<ChanceGroup["machine"]> {
  const machines = manifests.map(({ environment }) => {
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
function commitsOf(manifests: readonly Manifest[]): string[] {
  const commits = manifests.map((manifest) => {
    const git = commitOf(manifest);
    if (git?.clean) return git.commit;
    const message = `The run ${manifest.run} belongs to no commit: commit all changes, remove ` +
      "artifacts/chance and run again.";
    throw new Failed({ reason: "usage", message });
  });
  return [...new Set(commits)];
}

async function ownRuns(of: keyof typeof series, seeds: readonly number[]): Promise<Runs> {
  using view = openConsole();
  const { what, parameters } = series[of];
  const runs = await wholeRuns(of, seeds, view);
  const manifests = runs.map(({ manifest }) => manifest);
  return { what, parameters, ...originOf(manifests), runs };
}

/** Commits and machine of runs, from their manifests. */
const originOf = (manifests: readonly Manifest[]): Pick<Runs, "commits" | "machine"> => ({
  commits: commitsOf(manifests),
  machine: machineOf(manifests),
});

async function parityRuns(seeds: readonly number[]): Promise<Runs> {
  const folder = join(referenceFolder, "experiments", "parity");
  const judged = await judgeParity(seeds, folder);
  return { ...judged, parameters: [], ...originOf([readManifest(folder)]) };
}

async function pytorchRuns(seeds: readonly number[]): Promise<Runs> {
  return { ...await judgePytorch(seeds), parameters: [], commits: [], machine: null };
}

/** Trainings of several runs have no single machine. */
const lastBatches = async (seeds: readonly number[]): Promise<Runs> => ({
  ...await judgeLastBatches(seeds),
  parameters: [],
  machine: null,
});

const runsOf: Record<RunsOf, (seeds: readonly number[]) => Promise<Runs>> = {
  assignment: (seeds) => ownRuns("assignment", seeds),
  quick: (seeds) => ownRuns("quick", seeds),
  parity: parityRuns,
  "last-batch": lastBatches,
  pytorch: pytorchRuns,
};

/** Runs or judges each seed and tabulates the verdicts. */
export async function chanceGroup(
  of: RunsOf,
  seeds: readonly number[],
  command: string,
): Promise<ChanceGroup> {
  const { runs, ...origin } = await runsOf[of](seeds);
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
