/**
 * Runs the claims of an experiment that rest on chance from many seeds, each by the command line in a
 * process of its own. Store and runs lie in `artifacts/chance`, so a seed runs only what depends on it, and
 * an interrupted series goes on where it stopped.
 */
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { Ledger } from "../../schemas/run/judged_claims.ts";
import type { Manifest } from "../../schemas/run/manifest.ts";
import type { Console } from "../../pipeline/terminal/progress.ts";
import { checkedJson, readJson } from "../../pipeline/formats/read_json.ts";
import { readManifest, runsPath } from "../../pipeline/runs/read_manifest.ts";
import { storeVariable } from "../../pipeline/store/store_place.ts";
import type { SeededRun } from "./tabulate.ts";

export const root = fileURLToPath(new URL("../../", import.meta.url));
const artifacts = join(root, "artifacts", "chance");
const cli = join(root, "tests", "rates", "chance_cli.ts");

interface Series {
  what: string;
  /** The job that judges the claims. */
  claims: string;
  /** Parameters that a seed sets, as `--set` names them. */
  parameters: string[];
}

/** Question 4 is not repeated: its seed is the assignment's own, and its counts hold for that alone. */
export const series = {
  quick: {
    what: "questions 1 and 2 of the quick experiment; the seed sets question 1's random points " +
      "and all of question 2's draws",
    claims: "claims/theory",
    parameters: ["init-check.seed", "expressivity.seed"],
  },
  assignment: {
    what: "question 3 at full size; the seed sets the initial weights and batches of all trainings",
    claims: "claims/fashion-mnist",
    parameters: [
      "init-check.fashion-mlp.seed",
      "init-check.fashion-logistic.seed",
      "init-check.seed",
    ],
  },
} satisfies Record<string, Series>;

interface WholeRun extends SeededRun {
  manifest: Manifest;
}

/** Runs each seed in turn, two trainings at once would only share the cores. */
export async function wholeRuns(
  experiment: keyof typeof series,
  seeds: readonly number[],
  view: Console,
): Promise<WholeRun[]> {
  Deno.mkdirSync(artifacts, { recursive: true });
  const runs: WholeRun[] = [];
  for (const [done, seed] of seeds.entries()) {
    view.show({ type: "progress", job: "rates", done, total: seeds.length, unit: "seeds" });
    runs.push(await wholeRun(experiment, seed));
  }
  return runs;
}

const Printed = z.object({ run: z.string(), status: z.literal("complete") });

async function wholeRun(experiment: keyof typeof series, seed: number): Promise<WholeRun> {
  const { claims, parameters } = series[experiment];
  const { stdout, stderr } = await new Deno.Command("deno", {
    args: [
      ...["run", "-q", "--no-prompt", "--frozen", "-P=fanin", cli, artifacts],
      ...["reproduce", "--experiment", experiment, "--only", claims, "--json"],
      ...parameters.flatMap((parameter) => ["--set", `${parameter}=${seed}`]),
    ],
    cwd: root,
    env: { INIT_CWD: "", [storeVariable]: "" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  // An undecided claim makes the exit code 1; it is a verdict to count like others.
  const { run } = checkedJson(text.decode(stdout), Printed, {
    name: `the result of seed ${seed}`,
    hint: `The run is not complete:\n${text.decode(stderr).trimEnd()}`,
  });
  const directory = join(runsPath(artifacts), run);
  const ledger = readJson(join(directory, "claims.json"), Ledger, {
    limit: 64 << 20,
    hint: `Remove ${relative(root, artifacts)} and run again.`,
  });
  return { seed, claims: ledger.claims, manifest: readManifest(directory) };
}
