/** Tests the command that a report gives for its run: it selects the same jobs with the same parameters. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { Experiment, type ExperimentInput } from "../../../schemas/run/experiment.ts";
import { loadExperiment, type Project } from "../../../pipeline/engine/project/project.ts";
import { select, type Selection } from "../../../pipeline/engine/project/selection.ts";
import { reproduceArguments } from "../../../pipeline/report/reproduce_command.ts";
import { shellWord } from "../../../pipeline/terminal/shell_word.ts";
import { madeUpRun } from "../../support/made_up_run.ts";
import { workspace } from "../../support/workspace.ts";
import { root } from "../../support/checkout.ts";
import { dag } from "../../fixtures/counting/mod.ts";

const experiments: Record<string, ExperimentInput> = {
  assignment: { name: "assignment", about: "all jobs" },
  small: {
    name: "small",
    about: "few jobs",
    jobs: ["report/first", "claims/first"],
    parameters: { "numbers/first": { values: [5] } },
  },
};

const project: Project = {
  root,
  artifacts: root,
  dag,
  dagModule: "",
  experiments: Object.fromEntries(
    Object.entries(experiments).map(([name, one]) => [name, () => Promise.resolve(one)]),
  ),
};

/** The manifest of a run that selected this. */
function manifestOf({ jobs, experiment, deviation }: Selection) {
  const needs = (inputs: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(inputs as Record<string, { job: string; output: string }>)
        .map(([name, { job, output }]) => [name, [job, output] as [string, string]]),
    );
  const { manifest } = madeUpRun(jobs.map(({ name, stage, parameters, inputs }) => ({
    name,
    stage: stage.name,
    parameters,
    inputs: needs(inputs),
  })));
  return { ...manifest, experiment, deviation };
}

/** The values of a repeated flag. */
const flag = (args: readonly string[], name: string): string[] =>
  args.flatMap((word, i) => args[i - 1] === `--${name}` ? [word] : []);

async function selected(args: readonly string[]): Promise<Selection> {
  const [name = "assignment"] = flag(args, "experiment");
  return select(dag, await loadExperiment(project, name), {
    only: flag(args, "only"),
    overrides: flag(args, "set").map((text) => {
      const [, path, value] = /^([^=]+)=(.*)$/s.exec(text)!;
      return { path, value };
    }),
  });
}

const kept = ({ jobs }: Selection) => jobs.map(({ name, parameters }) => ({ name, parameters }));

Deno.test("a report's command selects the run's jobs with its parameters", async () => {
  await using place = await workspace();
  const file = join(place.path, "manifest.json");
  const own: ExperimentInput = { ...experiments.small, name: "own", jobs: ["judge/first"] };
  const cases: [ExperimentInput, string[], string][] = [
    [experiments.assignment, [], ""],
    [experiments.small, [], "--experiment small"],
    [experiments.small, ["--only", "report/first"], "--experiment small --only report/first"],
    [
      experiments.assignment,
      ["--only", "judge/first", "--only", "random/first", "--set", "numbers.first.values=[7]"],
      "--only judge/first --only random/first --set numbers.first.values=[7]",
    ],
    [own, [], `--experiment ${file}`],
    [own, ["--set", "numbers.first.values=[3]"], `--experiment ${file}`],
  ];
  for (const [experiment, flags, expected] of cases) {
    const run = select(dag, Experiment.parse(experiment), {
      only: flag(flags, "only"),
      overrides: flag(flags, "set").map((text) => {
        const [path, value] = text.split("=");
        return { path, value };
      }),
    });
    const manifest = manifestOf(run);
    await Deno.writeTextFile(file, JSON.stringify(manifest));
    const args = reproduceArguments(manifest, Object.keys(experiments), file);
    assertEquals(args.join(" "), expected);
    assertEquals(kept(await selected(args)), kept(run), args.join(" "));
  }
});

Deno.test("a command that would be long takes the run's manifest instead", () => {
  const run = select(dag, Experiment.parse(experiments.assignment), {
    overrides: [{ path: "numbers.first.values", value: "[7]" }],
  });
  const manifest = manifestOf(run);
  const [changed] = manifest.deviation.changed;
  const many = Array.from({ length: 9 }, () => changed);
  const args = reproduceArguments(
    { ...manifest, deviation: { missing: [], changed: many } },
    Object.keys(experiments),
    "manifest.json",
  );
  assertEquals(args, ["--experiment", "manifest.json"]);
});

Deno.test("the command names the backend that computed the run", () => {
  const manifest = manifestOf(select(dag, Experiment.parse(experiments.assignment)));
  const [first, ...rest] = manifest.jobs;
  const jobs = [{ ...first, lines: [...first.lines, 'env backend "wasm"'] }, ...rest];
  assertEquals(
    reproduceArguments({ ...manifest, jobs }, Object.keys(experiments), "manifest.json"),
    ["--backend", "wasm"],
  );
});

Deno.test("words of a command are quoted as a shell needs it", () => {
  assertEquals(
    ["numbers.first.n=7", "a b", "it's", '[1,"x"]'].map(shellWord),
    ["numbers.first.n=7", "'a b'", `'it'\\''s'`, `'[1,"x"]'`],
  );
  assert(shellWord("$(x)").startsWith("'"));
});
