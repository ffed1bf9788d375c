/**
 * Plants errors in copies of the sources, one at a time, and demands that a test notices each. First the
 * same tests must pass where nothing is planted. `--sample` takes other ones in other commits.
 *
 *     deno task planted [--only NAME] [--sample N] [--json]
 *
 * Exit codes: 0 if every error was noticed; 1 if one was not; 2 if it could not run.
 */
import { openConsole } from "../../pipeline/terminal/progress.ts";
import { Failed } from "../../pipeline/engine/failed.ts";
import { refuseBeside, toggle, value, values } from "../../pipeline/commands/flags/flags.ts";
import { runProgram } from "../../pipeline/commands/program.ts";
import { count } from "../../pipeline/terminal/numbers.ts";
import { textTable } from "../../pipeline/terminal/text_table.ts";
import { print } from "../../pipeline/terminal/print.ts";
import { printJson } from "../../pipeline/terminal/print_json.ts";
import { root } from "../support/checkout.ts";
import type { Plant } from "./plant.ts";
import { plants } from "./plants.ts";
import { type Copy, copySources, runPlanted, runTests } from "./run_tests.ts";
import { sampleOf } from "./sample.ts";

interface Outcome {
  name: string;
  file: string;
  noticed: boolean;
  /** The reason why the error was not tried; null where it was. */
  problem: string | null;
}

/** The tests that a plant names, as text. */
const testsOf = ({ noticedBy, filter }: Plant): string => JSON.stringify([noticedBy, filter]);

/** Runs `run` for every item, each in a copy that no other item uses at the time. */
async function inCopies<Item>(
  copies: readonly Copy[],
  items: readonly Item[],
  run: (copy: Copy, item: Item) => Promise<void>,
): Promise<void> {
  const open = [...items].reverse();
  await Promise.all(copies.map(async (copy) => {
    for (let item = open.pop(); item !== undefined; item = open.pop()) await run(copy, item);
  }));
}

/** Runs the tests of each plant where nothing is planted; gives the problems by the tests. */
const problemsOf = async (copies: readonly Copy[], chosen: readonly Plant[], step: () => void) => {
  const problems = new Map<string, string>();
  const first = [...Map.groupBy(chosen, testsOf).values()].map(([plant]) => plant);
  await inCopies(copies, first, async (copy, plant) => {
    const problem = await failure(async () => {
      const { failed, output } = await runTests(copy, plant);
      if (failed > 0) throw new Error(`tests fail where nothing is planted:\n${output}`);
    });
    if (problem !== null) problems.set(testsOf(plant), problem);
    step();
  });
  return problems;
};

async function failure(run: () => Promise<void>): Promise<string | null> {
  try {
    await run();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

async function tryAll(chosen: readonly Plant[]): Promise<Outcome[]> {
  const view = openConsole();
  view.show({ type: "started", job: "planted", about: "errors that tests must notice" });
  const total = new Set(chosen.map(testsOf)).size + chosen.length;
  let done = 0;
  const step = () =>
    view.show({ type: "progress", job: "planted", done: ++done, total, unit: "runs of tests" });
  const outcomes = new Map<string, Outcome>();
  await using places = new AsyncDisposableStack();
  const copies: Copy[] = [];
  try {
    const width = Math.min(2, navigator.hardwareConcurrency, chosen.length);
    while (copies.length < width) copies.push(places.use(await copySources()));
    const problems = await problemsOf(copies, chosen, step);
    await inCopies(copies, chosen, async (copy, plant) => {
      const { name, file } = plant;
      let noticed = false;
      const problem = problems.get(testsOf(plant)) ?? await failure(async () => {
        noticed = (await runPlanted(copy, plant)).failed > 0;
      });
      outcomes.set(name, { name, file, noticed, problem });
      step();
    });
  } finally {
    view.close();
  }
  return chosen.map(({ name }) => outcomes.get(name)!);
}

/** The commit of this checkout; "0" without one. */
async function commitHere(): Promise<string> {
  const { success, stdout } = await new Deno.Command("git", {
    args: ["rev-parse", "HEAD"],
    cwd: root,
    stderr: "null",
  }).output();
  return success ? new TextDecoder().decode(stdout).trim() : "0";
}

async function choose(only: readonly string[], sample: string | undefined): Promise<Plant[]> {
  const known = plants.map(({ name }) => name);
  const unknown = only.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Failed({ reason: "unknown-name", what: "plant", name: unknown, known });
  }
  if (only.length > 0) return plants.filter(({ name }) => only.includes(name));
  if (sample === undefined) return [...plants];
  if (!/^[1-9]\d{0,3}$/.test(sample)) {
    const message = `--sample expects a number of plants, found "${sample}".`;
    throw new Failed({ reason: "usage", message });
  }
  return sampleOf(plants, Number(sample), await commitHere());
}

const code = await runProgram("planted", {
  about: "plants errors in copies of the sources: tests must notice each",
  flags: {
    only: values("NAME", "plants this error; repeat it for several"),
    sample: value("N", "plants N of the errors, chosen by the commit"),
    json: toggle("prints one JSON value, for programs"),
  },
  async run({ only, sample, json }) {
    if (only.length > 0) refuseBeside("--only names the errors", { sample });
    const outcomes = await tryAll(await choose(only, sample));
    const unnoticed = outcomes.filter(({ noticed }) => !noticed);
    if (json) printJson(outcomes);
    else {
      const rows = unnoticed.map(({ name, file, problem }) => [
        problem === null ? "NOT NOTICED" : "NOT TRIED",
        name,
        file,
      ]);
      print([
        ...textTable(rows),
        ...new Set(unnoticed.flatMap(({ problem }) => problem?.split("\n") ?? [])),
        `${count(outcomes.length, "planted error")}: ${outcomes.length - unnoticed.length} ` +
        `noticed, ${unnoticed.length} not.`,
      ]);
    }
    return unnoticed.length === 0 ? 0 : 1;
  },
}, Deno.args);
Deno.exit(code);
