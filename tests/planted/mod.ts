/**
 * Plants errors in copies of the sources, one at a time, and demands that a test notices each. First the
 * same tests must pass where nothing is planted. `--sample` chooses among the plants with quick tests.
 *
 *     deno task planted [--only NAME] [--sample N] [--json]
 *
 * Exit codes: 0 if every error was noticed; 1 if one was not; 2 if it could not run.
 */
import { openConsole } from "../../pipeline/terminal/progress.ts";
import { Failed } from "../../pipeline/engine/failed.ts";
import { toggle, value } from "../../pipeline/commands/flags.ts";
import { runProgram } from "../../pipeline/commands/program.ts";
import { count } from "../../pipeline/terminal/numbers.ts";
import { textTable } from "../../pipeline/terminal/text_table.ts";
import { print, printJson } from "../../pipeline/terminal/print.ts";
import { root } from "../support/checkout.ts";
import type { Plant } from "./plant.ts";
import { plants } from "./plants.ts";
import { type Copy, copySources, runPlanted, runTests } from "./run_tests.ts";
import { sampleOf } from "./sample.ts";

interface Outcome {
  name: string;
  file: string;
  noticed: boolean;
}

/** One plant for each set of tests that plants name. */
const testsOf = (chosen: readonly Plant[]): Plant[] =>
  [...Map.groupBy(chosen, ({ noticedBy, filter }) => JSON.stringify([noticedBy, filter])).values()]
    .map(([plant]) => plant);

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

async function tryAll(chosen: readonly Plant[]): Promise<Outcome[]> {
  const controls = testsOf(chosen);
  const view = openConsole();
  view.show({ type: "started", job: "planted", about: "errors that tests must notice" });
  const progress = { job: "planted", total: controls.length + chosen.length, unit: "runs" };
  let done = 0;
  const step = () => view.show({ type: "progress", done: ++done, ...progress });
  const outcomes = new Map<string, Outcome>();
  await using copies = new AsyncDisposableStack();
  const width = Math.min(2, navigator.hardwareConcurrency, chosen.length);
  const places: Copy[] = [];
  try {
    while (places.length < width) places.push(copies.use(await copySources()));
    await inCopies(places, controls, async (copy, plant) => {
      const { failed, output } = await runTests(copy, plant);
      if (failed > 0) {
        throw new Error(`expected tests to pass where nothing is planted, found:\n${output}`);
      }
      step();
    });
    await inCopies(places, chosen, async (copy, plant) => {
      const { failed } = await runPlanted(copy, plant);
      outcomes.set(plant.name, { name: plant.name, file: plant.file, noticed: failed > 0 });
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

async function choose(only: string | undefined, sample: string | undefined): Promise<Plant[]> {
  if (only !== undefined) {
    const found = plants.filter(({ name }) => name === only);
    if (found.length > 0) return found;
    const message = `--only expects the name of a plant, found "${only}". tests/planted has them.`;
    throw new Failed({ reason: "usage", message });
  }
  if (sample === undefined) return [...plants];
  if (!/^[1-9]\d{0,3}$/.test(sample)) {
    const message = `--sample expects a number of plants, found "${sample}".`;
    throw new Failed({ reason: "usage", message });
  }
  return sampleOf(plants.filter(({ slow }) => !slow), Number(sample), await commitHere());
}

const code = await runProgram("planted", {
  about: "plants errors in copies of the sources: tests must notice each",
  flags: {
    only: value("NAME", "plants this error only"),
    sample: value("N", "plants N errors with quick tests, chosen by the commit"),
    json: toggle("prints one JSON value, for programs"),
  },
  async run({ only, sample, json }) {
    const outcomes = await tryAll(await choose(only, sample));
    const unnoticed = outcomes.filter(({ noticed }) => !noticed);
    if (json) printJson(outcomes);
    else {
      print([
        ...textTable(unnoticed.map(({ name, file }) => ["NOT NOTICED", name, file])),
        `${count(outcomes.length, "planted error")}: ${outcomes.length - unnoticed.length} ` +
        `noticed, ${unnoticed.length} not.`,
      ]);
    }
    return unnoticed.length === 0 ? 0 : 1;
  },
}, Deno.args);
Deno.exit(code);
