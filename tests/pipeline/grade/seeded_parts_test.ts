/** Tests seeds that lie inside a parameter: where replicates set them, and what a submission may choose. */
import { assertEquals, assertThrows } from "@std/assert";
import { z } from "zod";
import { defineDag } from "../../../pipeline/engine/dag.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { partNamed } from "../../../pipeline/engine/project/parameter_parts.ts";
import { withSeed } from "../../../pipeline/engine/project/parameter_paths.ts";
import { defineStage } from "../../../pipeline/engine/stage.ts";
import { metrics } from "../../../pipeline/formats/metrics.ts";
import { rubricOf } from "../../../pipeline/grade/rubric.ts";
import { evidenceOfRun, valuesOf } from "../../../pipeline/grade/run_evidence.ts";
import { checkByRubric } from "../../../pipeline/grade/trust.ts";
import type { RunSource } from "../../../pipeline/runs/run_source.ts";
import { Experiment } from "../../../schemas/run/experiment.ts";
import { madeUpRun } from "../../support/made_up_run.ts";

const train = defineStage({
  name: "train",
  module: import.meta.url,
  about: "trains",
  parameters: z.strictObject({
    seed: z.int().default(0),
    optimizer: z.strictObject({ rate: z.number(), seed: z.int().optional() }).default({
      rate: 0.1,
    }),
    layers: z.array(z.object({ seed: z.int() })).default([{ seed: 1 }, { seed: 2 }]),
  }),
  outputs: { metrics },
  run: () => ({ metrics: {} }),
});
const dag = defineDag((job) => {
  job("train/net", train, { inputs: {}, parameters: { optimizer: { rate: 0.5 } } });
});
const [job] = dag;

Deno.test("a seed is set where its path leads, as --set would, and the rest stays", () => {
  assertEquals(withSeed(job, { seed: 4 }, "seed", 7), { seed: 7 });
  assertEquals(withSeed(job, { seed: 4 }, "optimizer.seed", 7), {
    seed: 4,
    optimizer: { rate: 0.5, seed: 7 },
  });
  assertEquals(withSeed(job, { optimizer: { rate: 1, seed: 2 } }, "optimizer.seed", 7), {
    optimizer: { rate: 1, seed: 7 },
  });
  assertEquals(withSeed(job, undefined, "layers[1].seed", 7), {
    layers: [{ seed: 1 }, { seed: 7 }],
  });
});

Deno.test("a path to a part that a job lacks is refused, also where its schema would drop it", () => {
  for (
    const path of ["optimizer.sede", "layers[0].sede", "layers[2].seed", "optimizer.rate.seed"]
  ) {
    const { message } = assertThrows(() => withSeed(job, {}, path, 7), Failed);
    assertEquals(message.includes(`"train.net.${path}"`), true, message);
  }
});

Deno.test("the name of a parameter goes before that of a member", () => {
  assertEquals(partNamed("a.b", ["a", "a.b"]), { parameter: "a.b", members: [] });
  assertEquals(partNamed("a.b.c[0]", ["a", "a.b"]), { parameter: "a.b", members: ["c", 0] });
  assertEquals(partNamed("b", ["a"]), { parameter: "b", members: [] });
});

Deno.test("a submission chooses the part that a seed sets, and nothing beside it", () => {
  const experiment = Experiment.parse({
    name: "e",
    about: "",
    replicate: { jobs: ["train/net"], seeds: [{ job: "train/net", parameter: "optimizer.seed" }] },
  });
  const rubric = rubricOf(dag, experiment, undefined);
  const usual = { seed: 0, optimizer: { rate: 0.5 }, layers: [{ seed: 1 }, { seed: 2 }] };
  const runWith = (optimizer: unknown) =>
    madeUpRun([{
      name: "train/net",
      stage: "train",
      parameters: { ...usual, optimizer } as typeof usual,
      outputs: { metrics: new TextEncoder().encode("{}\n") },
    }]).manifest;
  const problems = (optimizer: unknown) =>
    checkByRubric(runWith(optimizer), rubric).map(({ message }) => message);
  assertEquals(problems({ rate: 0.5 }), []);
  assertEquals(problems({ rate: 0.5, seed: 9 }), []);
  assertEquals(problems({ rate: 0.6, seed: 9 }), [
    "its parameter optimizer.rate: expected 0.5, found 0.6",
  ]);
  const source = {
    manifest: runWith({ rate: 0.5, seed: 9 }),
    read: () => undefined,
    isThere: () => false,
  } as unknown as RunSource;
  const { parameter } = evidenceOfRun(source, valuesOf(source), dag);
  assertEquals(parameter("train/net", "optimizer.seed"), 9);
  assertEquals([parameter("train/net", "seed"), parameter("other", "seed")], [0, undefined]);
});
