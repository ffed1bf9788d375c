/**
 * The torture's experiment in one thread of this process: the engine's own run, jobs, store and record,
 * without command line, code hashes and workers, which take longer to start than all the writing. As a
 * script, `run_here.ts ARTIFACTS`, it says on standard error what the command line would.
 */
import { join } from "node:path";
import { openConsole } from "../../../pipeline/terminal/progress.ts";
import { stagesOf } from "../../../pipeline/engine/dag.ts";
import { select } from "../../../pipeline/engine/project/selection.ts";
import type { Event } from "../../../pipeline/engine/event.ts";
import { inProcess } from "../../support/in_process.ts";
import { repairLinks } from "../../../pipeline/runs/repair_links.ts";
import { finishRecording, recordOutcome, startRecording } from "../../../pipeline/runs/record.ts";
import { run } from "../../../pipeline/engine/scheduler.ts";
import type { Outcome } from "../../../pipeline/engine/obtain.ts";
import { settle } from "../../../pipeline/store/stat_cache.ts";
import { saveStatTable } from "../../../pipeline/store/save_stat_table.ts";
import { openStore } from "../../../pipeline/store/store.ts";
import { makeDirectory } from "../../../pipeline/store/atomic_write.ts";
import { Experiment } from "../../../schemas/run/experiment.ts";
import { dag } from "./mod.ts";
import { noMachine } from "../../support/no_machine.ts";

const environment = {
  ...{ deno: "", v8: "", typescript: "", os: "", kernel: "", arch: "", cpu: "", cores: 1 },
  ...{ adapter: null, driver: null, packages: {}, git: null },
};

/** Runs and records the experiment; gives its outputs: job and output → SHA-256. */
export async function runHere(
  artifacts: string,
  { parameters = {}, onEvent = () => {}, onOutcome = () => {} }: {
    parameters?: Experiment["parameters"];
    onEvent?: (event: Event) => void;
    onOutcome?: (outcome: Outcome) => void;
  } = {},
): Promise<Record<string, string>> {
  makeDirectory(join(artifacts, "store"));
  const experiment = Experiment.parse({ name: "assignment", about: "", parameters });
  const store = openStore(join(artifacts, "store"));
  const stages = stagesOf(dag);
  const code = { sha256: "c".repeat(64), packages: [] };
  const codes = new Map([...stages.keys()].map((name) => [name, code]));
  const selection = select(dag, experiment);
  const recording = startRecording(artifacts, experiment.name, store, () => {});
  const outcomes = await run(
    selection.jobs,
    { store, root: artifacts, codes, machine: noMachine, data: new Map() },
    inProcess({ store, stages, settings: {} }),
    {
      force: new Set(),
      signal: new AbortController().signal,
      onEvent,
      onOutcome(outcome) {
        onOutcome(outcome);
        recordOutcome(recording, outcome);
      },
    },
  );
  repairLinks(artifacts, store);
  const { manifest } = finishRecording(recording, selection, outcomes, { environment });
  settle(store.table);
  saveStatTable(store.table);
  return Object.fromEntries(
    manifest.jobs.flatMap(({ name, outputs }) =>
      Object.entries(outputs).map(([output, { sha256 }]) => [`${name} ${output}`, sha256])
    ),
  );
}

if (import.meta.main) {
  const view = openConsole();
  await runHere(Deno.args[0], { onEvent: (event) => view.show(event) });
  view.close();
}
