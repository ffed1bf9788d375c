/** Tests submissions and dependencies without a Slurm: properties of plans and tickets. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { defineDag } from "../../../pipeline/engine/dag.ts";
import { select } from "../../../pipeline/engine/project/selection.ts";
import type { CodeIdentity } from "../../../pipeline/engine/code/code_hash.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { json } from "../../../pipeline/formats/json.ts";
import { keyLines, withInputs } from "../../../pipeline/engine/key.ts";
import type { MachineFacts } from "../../../pipeline/engine/machine/machine.ts";
import type { PlannedJob } from "../../../pipeline/engine/plan.ts";
import {
  dependencyOf,
  type Group,
  groupsOf,
  isArray,
  ticketsFor,
} from "../../../pipeline/slurm/tickets.ts";
import { commandStage } from "../../../pipeline/engine/program/command_stage.ts";
import { stageCode } from "../../../pipeline/engine/sandbox/stage_code.ts";
import { defineStage } from "../../../pipeline/engine/stage.ts";
import { dag as assignment } from "../../../stages/mod.ts";
import { ClusterFile } from "../../../schemas/run/cluster.ts";
import { Experiment } from "../../../schemas/run/experiment.ts";
import { Submission } from "../../../schemas/run/slurm_submission.ts";

const number = json("number", z.number());

const give = defineStage({
  name: "give",
  module: import.meta.url,
  about: "gives a number",
  parameters: z.strictObject({ value: z.number().default(0) }),
  outputs: { number },
  run: ({ parameters: { value } }) => ({ number: value }),
});

const add = defineStage({
  name: "add",
  module: import.meta.url,
  about: "adds two",
  parameters: z.strictObject({ more: z.number().default(0) }),
  inputs: { left: number, right: number },
  outputs: { number },
  machine: ["arch"],
  run: ({ inputs: { left, right }, parameters: { more } }) => ({ number: left + right + more }),
});

const dag = defineDag((job) => {
  const data = job("give/data", give, { inputs: {}, parameters: { value: 7 } });
  const seed = job("give/seed", give, { inputs: {} });
  const drawn = job("add/draw", add, { inputs: { left: data.number, right: seed.number } });
  const trained = job("add/train", add, { inputs: { left: drawn.number, right: data.number } });
  job("add/report", add, { inputs: { left: trained.number, right: drawn.number } });
});

const codes = new Map(
  ["give", "add"].map((name): [string, CodeIdentity] => [
    name,
    { sha256: "c".repeat(64), packages: [] },
  ]),
);
const machine = { arch: "x86_64" } as MachineFacts;
const cluster = ClusterFile.parse({});

/** Plans of some seeds; of the jobs named `seed:job` the result is there already. */
function plansOf(seeds: readonly number[], cached: ReadonlySet<string>): PlannedJob[][] {
  return seeds.map((seed) => {
    const parameters = { "give/seed": { value: seed } };
    const { jobs } = select(dag, Experiment.parse({ name: "x", about: "x", parameters }));
    const missing = new Set<string>();
    return jobs.map((job): PlannedJob => {
      const needs = Object.values(job.inputs).map((input) => input.job);
      const isCached = cached.has(`${seed}:${job.name}`) &&
        !needs.some((name) => missing.has(name));
      if (!isCached) {
        missing.add(job.name);
        return { job, state: "run", why: { reason: "first" } };
      }
      const sha256 = `${job.name}${seed}`.replace(/[^0-9a-f]/g, "0").padEnd(64, "0");
      const action = {
        version: 1 as const,
        key: sha256,
        stage: job.stage.name,
        outputs: { number: { sha256, size: 1 } },
        finished: "2026-01-01T00:00:00.000Z",
        seconds: 0,
      };
      return { job, state: "cached", action, keyed: { job, key: sha256, lines: [], inputs: {} } };
    });
  });
}

const submittedTickets = (seeds: readonly number[], cached = new Set<string>(), site = cluster) =>
  ticketsFor(plansOf(seeds, cached), { codes, machine, data: new Map() }, site, new Set());

/** The dependency of each group by its first job, with "NAME" in place of Slurm's number. */
function dependenciesOf(
  { tickets }: ReturnType<typeof submittedTickets>,
  replicates: number,
): Record<string, string | undefined> {
  const groups = groupsOf(tickets, replicates);
  const nameOf = ({ base, elements }: Group) => tickets.get(base + elements[0])!.job;
  const place = (ticket: number) =>
    groups.find(({ base, elements }) => elements.includes(ticket - base))!;
  return Object.fromEntries(groups.map((group) => [
    nameOf(group),
    dependencyOf(group, tickets, place, (other) => groups.indexOf(other)),
  ]));
}

Deno.test("a submission keeps all that a node needs to know of a stage, whatever it declares", () => {
  const program = commandStage({
    name: "simulate",
    module: import.meta.url,
    about: "runs a program",
    command: ["true"],
    outputs: { said: "said.txt" },
  });
  const bundled = { sha256: "c".repeat(64), beside: ["a"], installed: ["b"], data: { c: "d" } };
  for (const stage of [give, add, program]) {
    for (const isShared of [true, false]) {
      const stages = { [stage.name]: stageCode(stage, bundled, isShared) };
      assertEquals(Submission.shape.stages.parse(stages), stages);
    }
  }
});

Deno.test("jobs of one run wait for their dependencies", () => {
  assertEquals(dependenciesOf(submittedTickets([1]), 1), {
    "give/data": undefined,
    "give/seed": undefined,
    "add/draw": "afterok:0,afterok:1",
    "add/train": "afterok:0,afterok:2",
    "add/report": "afterok:2,afterok:3",
  });
});

Deno.test("replicates are arrays whose elements wait for their own, and share what is the same", () => {
  const handed = submittedTickets([1, 2, 3]);
  assertEquals(dependenciesOf(handed, 3), {
    "give/data": undefined,
    "give/seed": undefined,
    "add/draw": "aftercorr:1,afterok:0",
    "add/train": "aftercorr:2,afterok:0",
    "add/report": "aftercorr:2,aftercorr:3",
  });
  assertEquals(handed.tickets.size, 1 + 4 * 3);
  assertEquals(new Set(handed.of.map((jobs) => jobs.get("give/data"))).size, 1);
});

Deno.test("a cached job gets no ticket, and its hashes go to the jobs that need it", () => {
  const { tickets, of } = submittedTickets([1], new Set(["1:give/data", "1:give/seed"]));
  assertEquals([...of[0].keys()], ["add/draw", "add/train", "add/report"]);
  const draw = tickets.get(of[0].get("add/draw")!)!;
  assert(Object.values(draw.inputs).every((input) => "sha256" in input));
});

Deno.test("every ticket waits for exactly the tickets that its inputs name", () => {
  const names = ["give/data", "give/seed", "add/draw", "add/train", "add/report"];
  const seeds = fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 5 });
  fc.assert(fc.property(
    seeds,
    fc.array(fc.tuple(fc.nat(5), fc.constantFrom(...names)), { maxLength: 20 }),
    (seeds, hits) => {
      const cached = new Set(hits.map(([seed, name]) => `${seed}:${name}`));
      const { tickets, of } = submittedTickets(seeds, cached);
      const groups = groupsOf(tickets, seeds.length);
      const groupOf = (ticket: number) =>
        groups.find(({ base, elements }) => elements.includes(ticket - base))!;
      const order = groups.flatMap(({ base, elements }) => elements.map((e) => base + e));
      assertEquals(new Set(order), new Set(tickets.keys()));
      for (const group of groups) {
        const text = dependencyOf(group, tickets, groupOf, (other) => groups.indexOf(other)) ?? "";
        for (const element of group.elements) {
          const ticket = group.base + element;
          // Slurm's reason why it waits.
          const waits = new Set(
            text === "" ? [] : text.split(",").flatMap((term) => {
              const [kind, ...ids] = term.split(":");
              return ids.flatMap((id) => {
                const [place, index] = id.split("_").map(Number);
                const other = groups[place];
                if (index !== undefined) return [other.base + index];
                // Slurm lets an element whose counterpart is not there start: never ask for that.
                if (kind === "aftercorr") {
                  assert(other.elements.includes(element) && isArray(other));
                  return [other.base + element];
                }
                return other.elements.map((e) => other.base + e);
              });
            }),
          );
          const needs = Object.values(tickets.get(ticket)!.inputs)
            .flatMap((input) => "ticket" in input ? [input.ticket] : []);
          assert(needs.every((need) => waits.has(need)), "it starts before an input is there");
          assert(
            [...waits].every((other) => order.indexOf(other) < order.indexOf(ticket)),
            "it waits for one that is submitted later",
          );
        }
      }
      // Each replicate has a ticket for each job that is no hit, with its own parameters.
      of.forEach((jobs, i) => {
        const seed = jobs.get("give/seed");
        if (seed !== undefined) {
          assert(tickets.get(seed)!.lines.includes(`param value ${seeds[i]}`));
        }
      });
    },
  ));
});

Deno.test("key lines are the same whether inputs are known early or late", () => {
  const inputs = { right: "a".repeat(64), left: "b".repeat(64) };
  const lines = (given: Record<string, string>) =>
    keyLines(add, { more: 1 }, given, codes.get("add")!, machine);
  assertEquals(withInputs(lines({}), inputs), lines(inputs));
  const without = keyLines(give, { value: 1 }, {}, codes.get("give")!, machine);
  assertEquals(withInputs(without, {}), without);
});

Deno.test("the documented cluster.json is valid, and each stage with resources exists", async () => {
  const page = await Deno.readTextFile(new URL("../../../docs/cluster.md", import.meta.url));
  const text = /`cluster\.json`[^]*?```json\n([^]*?)```/.exec(page)![1];
  const names = new Set(assignment.map(({ stage }) => stage.name));
  for (const name of Object.keys(ClusterFile.parse(JSON.parse(text)).resources)) {
    assert(names.has(name), name);
  }
  assertThrows(() => defineDag(() => {}, { resources: { "no-such-stage": {} } }), Failed);
});

Deno.test("cluster.json overrides a stage's resources, and may not set fanin's own arguments", () => {
  const site = ClusterFile.parse({ resources: { add: { minutes: 5, gpus: 1 } } });
  const { tickets, of } = submittedTickets([1], new Set(), site);
  assertEquals(tickets.get(of[0].get("add/draw")!)!.resources, {
    cores: 1,
    memory: 2048,
    minutes: 5,
    gpus: 1,
  });
  for (
    const wrong of [
      { arguments: ["--export=ALL"] },
      { arguments: ["--dependency=singleton"] },
      { arguments: ["-p", "gpu"] },
      { partition: "a\nb" },
      { resources: { add: { minutes: 0 } } },
      { command: [] },
      { grace: 1e9 },
    ]
  ) assertThrows(() => ClusterFile.parse(wrong));
});
