/**
 * Tests the random streams of the theory's measurements. Every condition has its own, so its result
 * depends on neither other conditions, their order nor the number of workers.
 */
import { openPackages } from "../../../pipeline/engine/code/package_content.ts";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { Job } from "../../../pipeline/engine/dag.ts";
import { stagesOf } from "../../../pipeline/engine/dag.ts";
import { select } from "../../../pipeline/engine/project/selection.ts";
import { type Executor, workerThreads } from "../../../pipeline/engine/executor/executor.ts";
import { inProcess } from "../../support/in_process.ts";
import { prepare, type Prepared } from "../../../pipeline/engine/project/project.ts";
import { run } from "../../../pipeline/engine/scheduler.ts";
import { Experiment } from "../../../schemas/run/experiment.ts";
import { defaultRng } from "../../../stages/random/default_rng.ts";
import { purposeNumber } from "../../../stages/random/streams.ts";
import { SeedSequence } from "../../../stages/random/seed_sequence.ts";
import { designOf } from "../../../stages/init_check/theory/design.ts";
import { distributions } from "../../../pipeline/claims/distributions.ts";
import { cellStream } from "../../../stages/init_check/theory/layer_moments.ts";
import { measureDepth, measureLayers } from "../../../stages/init_check/theory/measure.ts";
import { dag } from "../../../stages/mod.ts";
import { root } from "../../support/checkout.ts";
import { workspace } from "../../support/workspace.ts";

const r = await distributions();
const small = { epsilon: 0.18, depth: 2, largestFan: 64 };

Deno.test("a condition's stream is the one that numpy's spawn_key of purpose and index gives", () => {
  const purpose = new SeedSequence(7, [purposeNumber("theory of initialisation")]);
  purpose.spawn(5).forEach((child, stream) => {
    assertEquals(
      cellStream(7, { stream }).generateState(4, "uint64"),
      child.generateState(4, "uint64"),
    );
  });
});

Deno.test("no two conditions share a sequence, within a seed or between seeds", () => {
  // SFC64 counts its draws in its state. Two streams that start apart have different states after
  // equally many draws, as a step can be undone, and their counts differ otherwise, for 2^64 draws.
  const starts = new Set<string>();
  let cells = 0;
  for (const seed of [0, 1, 2, 7, 80085]) {
    const { layers, relu, networks } = designOf(r, { seed, ...small });
    for (const cell of [...layers, ...relu, ...networks]) {
      starts.add(cellStream(seed, cell).generateState(3, "uint64").join());
      cells++;
    }
  }
  assertEquals(starts.size, cells);
  assertNotEquals(defaultRng(cellStream(7, { stream: 0 })).random(), defaultRng(7).random());
});

Deno.test("measurements do not depend on the order of the conditions, nor on which others there are", async () => {
  const design = designOf(r, { seed: 7, ...small });
  const few = {
    ...design,
    layers: design.layers.filter(({ purpose }) => purpose !== "rule"),
    networks: design.networks.filter(({ purpose, width }) =>
      purpose === "layer-factor" && width < 64
    ),
  };
  const backwards = {
    ...few,
    layers: few.layers.toReversed(),
    relu: few.relu.toReversed(),
    networks: few.networks.toReversed(),
  };
  for (const direction of ["forward", "backward"] as const) {
    const inOrder = await measureLayers(few, direction);
    const reversed = await measureLayers(backwards, direction);
    assertEquals(reversed.rows.toReversed(), inOrder.rows);
    assertEquals(reversed.relu.toReversed(), inOrder.relu);
  }
  const { rows } = await measureDepth(few);
  assertEquals((await measureDepth(backwards)).rows.toReversed(), rows);
  const [one] = rows;
  const alone = await measureDepth({ ...few, networks: [one.cell] });
  assertEquals(alone.rows[0].factor.interval, one.factor.interval);
});

/** SHA-256 of what each job of the theory gave, from an empty store. */
async function bytesBy(
  executorIn: (prepared: Prepared) => Executor,
  order: (jobs: Job[]) => Job[],
): Promise<Record<string, string>> {
  await using place = await workspace();
  const experiment = Experiment.parse({
    name: "small",
    about: "",
    jobs: ["init-check/theory-forward", "init-check/theory-backward"],
    parameters: { "init-check/theory-design": small },
  });
  const selection = select(dag, experiment);
  const project = {
    ...{ root, dag, artifacts: place.path, experiments: {} },
    dagModule: import.meta.resolve("../../../stages/mod.ts"),
  };
  const prepared = await prepare(project, selection, { notice() {}, doing() {} });
  const executor = executorIn(prepared);
  try {
    const outcomes = await run(order(selection.jobs), prepared, executor, {
      force: new Set(),
      signal: new AbortController().signal,
      onEvent() {},
      onOutcome() {},
    });
    assert(outcomes.every(({ status }) => status === "ran"));
    return Object.fromEntries(
      outcomes.flatMap(({ job, action }) =>
        Object.entries(action?.outputs ?? {}).map(([name, { sha256 }]) => [
          `${job.name} ${name}`,
          sha256,
        ])
      ).sort(),
    );
  } finally {
    await executor.close();
  }
}

Deno.test("one process and two workers, in whatever order, give the same bytes", async () => {
  const alone = await bytesBy(
    ({ store }) => inProcess({ store, stages: stagesOf(dag), settings: {} }),
    (jobs) => jobs,
  );
  const together = await bytesBy(
    ({ store, stages }) =>
      workerThreads(
        2,
        { storeRoot: store.root, codeRoot: store.root, root, stages, settings: {} },
        openPackages(root, store.root, () => {}),
      ),
    (jobs) => [
      ...jobs.filter(({ inputs }) => Object.keys(inputs).length === 0),
      ...jobs.filter(({ inputs }) => Object.keys(inputs).length > 0).reverse(),
    ],
  );
  assertEquals(Object.keys(alone).length, 6);
  assertEquals(together, alone);
});

Deno.test("--set init-check.seed=7 reaches every draw that the assignment does not fix", () => {
  const everything = Experiment.parse({ name: "all", about: "" });
  const seeds = (path: string) =>
    Object.fromEntries(
      select(dag, everything, { overrides: [{ path, value: "7" }] }).jobs
        .filter(({ name }) => name.startsWith("init-check/"))
        .flatMap(({ name, parameters }) =>
          "seed" in parameters ? [[name.slice("init-check/".length), parameters.seed]] : []
        ),
    );
  const { "theory-design": theory, "mnist-scratch": described, "fashion-he": byRule, ...others } =
    seeds("init-check.seed");
  assertEquals([theory, byRule, described], [7, 7, 80085]);
  assertEquals(others["fashion-mlp"], 0);
  assertEquals(seeds("init-check.theory-design.seed")["fashion-he"], 0);
});
