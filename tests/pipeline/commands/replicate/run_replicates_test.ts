/** Tests how replicates run on this machine: side by side, and what they have in common once. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { z } from "zod";
import {
  announceReplicates,
  type PreparedReplicates,
  prepareReplicates,
  replicateHere,
} from "../../../../pipeline/commands/replicate/run_replicates.ts";
import { defineDag, stagesOf } from "../../../../pipeline/engine/dag.ts";
import type { Event } from "../../../../pipeline/engine/event.ts";
import type { Executor } from "../../../../pipeline/engine/executor/executor.ts";
import { select } from "../../../../pipeline/engine/project/selection.ts";
import { defineStage } from "../../../../pipeline/engine/stage.ts";
import { metrics } from "../../../../pipeline/formats/metrics.ts";
import { openStore } from "../../../../pipeline/store/store.ts";
import { openConsole } from "../../../../pipeline/terminal/progress.ts";
import { Experiment } from "../../../../schemas/run/experiment.ts";
import { dag as training } from "../../../fixtures/training/mod.ts";
import { root } from "../../../support/checkout.ts";
import { inProcess } from "../../../support/in_process.ts";
import { noMachine } from "../../../support/no_machine.ts";
import { recorder } from "../../../support/terminal/stderr_recorder.ts";
import { type Workspace, workspace } from "../../../support/workspace.ts";

const table = defineStage({
  name: "table",
  module: import.meta.url,
  about: "has the same rows for all seeds",
  parameters: z.strictObject({ rows: z.int().default(7) }),
  outputs: { metrics },
  run({ parameters: { rows } }) {
    if (rows === 0) throw new Error("no rows");
    return { metrics: { rows } };
  },
});
const fit = defineStage({
  name: "fit",
  module: import.meta.url,
  about: "depends on the seed",
  parameters: z.strictObject({ seed: z.int().default(1), broken: z.int().default(-1) }),
  inputs: { table: metrics },
  outputs: { metrics },
  run({ parameters: { seed, broken }, inputs }) {
    if (seed === broken) throw new Error("no fit");
    return { metrics: { loss: inputs.table.rows + seed } };
  },
});
const score = defineStage({
  name: "score",
  module: import.meta.url,
  about: "depends on the fit",
  inputs: { fit: metrics },
  outputs: { metrics },
  run: ({ inputs }) => ({ metrics: { score: 2 * inputs.fit.loss } }),
});

const dag = defineDag((job) => {
  const { metrics: rows } = job("table", table, { inputs: {} });
  const fitted = job("fit", fit, { inputs: { table: rows } });
  job("score", score, { inputs: { fit: fitted.metrics } });
});

const seeds = [1, 2, 3, 4];

/** Replicates of these seeds, with an executor of two tasks at a time that notes how many run. */
function replicates({ path }: Workspace, { broken = -1, rows = 7 } = {}) {
  const how = { jobs: ["score"], seeds: [{ job: "fit", parameter: "seed" }], bounds: {} };
  const store = openStore(join(path, "store"));
  const stages = stagesOf(dag);
  const code = { sha256: "c".repeat(64), packages: [], beside: [], installed: [], data: {} };
  const prepared = {
    store,
    root: path,
    codes: new Map([...stages.keys()].map((name) => [name, code])),
    data: new Map(),
    machine: noMachine,
    stages: {},
  } as unknown as PreparedReplicates["prepared"];
  const selections = seeds.map((seed) =>
    select(
      dag,
      Experiment.parse({
        name: "e",
        about: "",
        parameters: { table: { rows }, fit: { seed, broken } },
      }),
    )
  );
  const inner = inProcess({ store, stages, settings: {} });
  const tasks: string[] = [];
  const beside: number[] = [];
  let [active, most] = [0, 0];
  const executor: Executor = {
    ...inner,
    width: 2,
    async execute(task, ...rest) {
      tasks.push(task.job);
      beside.push(task.parallel);
      most = Math.max(most, ++active);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return await inner.execute(task, ...rest).finally(() => active--);
    },
  };
  const events: Event[] = [];
  const view = { ...openConsole({ stream: recorder(false).stream }) };
  const show = view.show;
  view.show = (event) => {
    events.push(event);
    show(event);
  };
  const given: PreparedReplicates = { how, seeds, selections, prepared };
  const watcher = { view, signal: new AbortController().signal };
  return {
    announce: () =>
      announceReplicates({ artifacts: join(path, "artifacts") }, given, { view, width: 2 }),
    run: () => replicateHere(given, executor, watcher),
    tasks,
    beside,
    events,
    most: () => most,
  };
}

Deno.test("jobs of several seeds run side by side, and a job of all seeds runs once", async () => {
  await using place = await workspace();
  const { announce, run, tasks, beside, most, events } = replicates(place);
  announce();
  const replicas = await run();
  assertEquals(most(), 2);
  assertEquals(beside[0], 1, "a job alone has all threads");
  assertEquals(Math.max(...beside), 2);
  const names = ["table", ...seeds.flatMap((seed) => [`fit, seed ${seed}`, `score, seed ${seed}`])];
  assertEquals(tasks.toSorted(), names.toSorted());
  const [announced] = events;
  assert(announced.type === "begun");
  assertEquals(announced.jobs.map(({ job }) => job), names);
  assertEquals(announced.jobs[3].needs, ["table"]);
  // The first seed shows what is wrong with a late job; then a worker has a stage's jobs in turn.
  const [one, four, two] = ["score, seed 1", "fit, seed 4", "score, seed 2"]
    .map((name) => tasks.indexOf(name));
  assert(one < four && four < two, tasks.join());
  assertEquals(
    replicas.map(({ seed, metrics }) => [seed, metrics]),
    seeds.map((seed) => [seed, { "score.score": 14 + 2 * seed }]),
  );
  assertEquals(new Set(replicas.map(({ identity }) => identity)).size, seeds.length);
});

Deno.test("a replicate that fails is named, and the others are kept", async () => {
  await using place = await workspace();
  const { run, events } = replicates(place, { broken: 2 });
  const error = await assertRejects(run, Error);
  assertEquals(
    error.message,
    "1 of 4 replicates is not complete. Without a result: fit with seed 2. What had finished is kept.",
  );
  const failures = events.flatMap((event) =>
    event.type === "failure" && "job" in event.failure ? [event.failure.job] : []
  );
  assertEquals(failures, ["fit, seed 2", "score, seed 2"]);
  const done = events.flatMap((event) => event.type === "success" ? [event.job] : []);
  assert(done.includes("score, seed 4"), done.join());
});

Deno.test("a job of all replicates that fails is named once", async () => {
  await using place = await workspace();
  const { message } = await assertRejects(replicates(place, { rows: 0 }).run, Error);
  assertEquals(
    message,
    "4 of 4 replicates are not complete. Without a result: table. What had finished is kept.",
  );
});

Deno.test("a worker of a stage is kept for the same job with another seed", async () => {
  await using place = await workspace();
  const dagModule = import.meta.resolve("../../../fixtures/training/mod.ts");
  const project = {
    root,
    artifacts: join(place.path, "artifacts"),
    dagModule,
    dag: training,
    experiments: {},
  };
  const how = {
    jobs: ["evaluate/net"],
    seeds: [{ job: "draw/net", parameter: "seed" }],
    bounds: {},
  };
  const experiment = Experiment.parse({ name: "e", about: "", backends: ["wasm"], jobs: how.jobs });
  const view = openConsole({ stream: recorder(false).stream });
  const { prepared } = await prepareReplicates(project, experiment, how, seeds, view);
  const stages = Object.values(prepared.stages);
  assertEquals(stages.map(({ name, isShared }) => [name, isShared]), [
    ["draw", true],
    ["train", true],
    ["evaluate", true],
  ]);
});
