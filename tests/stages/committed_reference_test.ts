/** Tests that the committed reference runs were made by the code and the parameters that are here. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { whyWords } from "../../pipeline/engine/change_words.ts";
import { sourcesOf } from "../../pipeline/engine/code/sources.ts";
import type { Job } from "../../pipeline/engine/dag.ts";
import { changesBetween, type KeyLine, parseLines } from "../../pipeline/engine/key.ts";
import { inputsFrom, linesOf, type Results } from "../../pipeline/engine/keyed_job.ts";
import { prepare, type Prepared } from "../../pipeline/engine/project/project.ts";
import { select } from "../../pipeline/engine/project/selection.ts";
import { readManifest } from "../../pipeline/runs/read_manifest.ts";
import { referenceNames, referencePath } from "../../pipeline/runs/reference_run.ts";
import { sourceReader } from "../../pipeline/runs/source_text.ts";
import { openConsole } from "../../pipeline/terminal/progress.ts";
import { Experiment } from "../../schemas/run/experiment.ts";
import type { Manifest } from "../../schemas/run/manifest.ts";
import assignment from "../../stages/experiments/assignment.ts";
import parity from "../../stages/experiments/parity.ts";
import { dag } from "../../stages/mod.ts";
import { root } from "../support/checkout.ts";
import { recorder } from "../support/terminal/stderr_recorder.ts";
import { workspace } from "../support/workspace.ts";

const artifacts = join(root, "artifacts");
/** Each reference run's experiment, and the flags with which `reproduce` makes it. */
const references: Record<string, { experiment: Experiment; flags: string }> = {
  "reference": { experiment: Experiment.parse(assignment), flags: "" },
  "reference/assignment-wasm": {
    experiment: Experiment.parse(assignment),
    flags: " --backend wasm",
  },
  "reference/parity-wasm": {
    experiment: Experiment.parse(parity),
    flags: " --experiment parity --backend wasm",
  },
};

/** All that the keys of the jobs are made from. No backend is looked for. */
async function preparedHere(
  { jobs, experiment, place }: { jobs: Job[]; experiment: Experiment; place: string },
): Promise<Prepared> {
  const project = {
    root,
    artifacts: place,
    dag,
    dagModule: import.meta.resolve("../../stages/mod.ts"),
    experiments: {},
  };
  const view = openConsole({ stream: recorder(false).stream });
  return await prepare(project, { jobs, experiment: { ...experiment, backends: ["wasm"] } }, view);
}

/** Facts of a machine may differ from those of the machine that made a reference. */
const ofCode = (lines: readonly KeyLine[]): KeyLine[] => lines.filter(({ kind }) => kind !== "env");

/** Words what the keys of jobs have otherwise than in a run, a line for each job. */
function differencesFrom(run: Manifest, jobs: readonly Job[], prepared: Prepared): string[] {
  const recorded = new Map(run.jobs.map((job) => [job.name, job]));
  const results: Results = recorded;
  const sources = sourcesOf(new Set(jobs.map(({ stage }) => stage.name)), prepared.codes);
  const read = sourceReader(root, prepared.store);
  return jobs.flatMap((job) => {
    const before = recorded.get(job.name);
    if (before === undefined) return [`${job.name}: the run has no such job`];
    const lines = ofCode(linesOf(job, inputsFrom(job, results), prepared));
    const changes = changesBetween(ofCode(parseLines(before.lines)), lines);
    const why = { reason: "changed" as const, changes, sources: run.sources };
    const words = changes.length === 0 ? [] : whyWords(job, why, { sources, read });
    return words.map((text) => `${job.name}: ${text}`);
  });
}

Deno.test("the reference runs are of the code and parameters that are here", async () => {
  await using place = await workspace();
  assertEquals(referenceNames(artifacts).sort(), Object.keys(references).sort());
  for (const [name, { experiment, flags }] of Object.entries(references)) {
    const run = readManifest(referencePath(artifacts, name));
    const { jobs } = select(dag, experiment);
    const prepared = await preparedHere({ jobs, experiment, place: place.path });
    assertEquals(run.jobs.map((job) => job.name), jobs.map((job) => job.name), name);
    const differences = differencesFrom(run, jobs, prepared);
    assert(
      differences.length === 0,
      `The reference run ${name}, ${run.run}, was made by other code or parameters:\n` +
        `${
          differences.join("\n")
        }\nRun "deno task reproduce${flags}", look at the differences, and ` +
        `renew it with "deno task reference latest --update --yes"; see CONTRIBUTING.md.`,
    );
  }
});
