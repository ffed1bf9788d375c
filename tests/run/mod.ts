/**
 * Runs the tests: all, those of the named files or folders, or those that a change concerns. Those that
 * take longest start first. Beside all, types are checked, once for all files.
 *
 *     deno task test [FILE…] [--changed [--all]] [--filter TEXT] [--costs]
 *
 * Exit codes: 0 if all tests pass; 1 if one fails; 2 if they could not run.
 */
import { join, relative } from "node:path";
import { toggle, value } from "../../pipeline/commands/flags/flags.ts";
import { runProgram } from "../../pipeline/commands/program.ts";
import { Failed } from "../../pipeline/engine/failed.ts";
import { withoutLoader } from "../../pipeline/engine/machine/loader_variables.ts";
import { filesUnder } from "../../pipeline/store/files_under.ts";
import { complain, print, printText } from "../../pipeline/terminal/print.ts";
import { givenPath } from "../../pipeline/terminal/user_path.ts";
import { root } from "../support/checkout.ts";
import { changedFiles, choose, nearest, readTree } from "./changes.ts";
import { errorsIn, type Outcome, runFiles, runLive } from "./start_tests.ts";

const costsFile = join(root, "tests", "run", "costs.json");

/** Test file → seconds that it took beside the others, where they are many. */
type Costs = Record<string, number>;
const readCosts = (): Costs => JSON.parse(Deno.readTextFileSync(costsFile));

/** Files that take less, in seconds, may start at any time. */
const leastCost = 10;

/** Tells what a file takes in seconds, as recorded; most of those that are not take 1 to 3. */
function secondsOf(): (test: string) => number {
  const costs = readCosts();
  return (test) => costs[test] ?? 2;
}

/** All test files, by their paths from the root. */
const allTests: readonly string[] = [
  ...filesUnder(join(root, "tests"), (path) => path === join(root, "tests", "tmp")),
].map((path) => relative(root, path)).filter((path) => path.endsWith("_test.ts")).sort();

/** The test files among what a user names: files, or folders of them. */
function named(operands: readonly string[]): string[] {
  const found = operands.map((typed) => {
    const path = relative(root, givenPath(typed));
    const files = allTests.filter((test) => test === path || test.startsWith(`${path}/`));
    if (files.length > 0 || path === "") return path === "" ? allTests : files;
    const message = `${typed} has no tests; expected a file *_test.ts, or a folder with some.`;
    throw new Failed({ reason: "usage", message });
  });
  return [...new Set(found.flat())];
}

/** Seconds that the tests nearest to a change take in all; files run side by side, so that some 20 s pass. */
const nearLimit = 60;

/** Chooses by what changed: the nearest tests, or all that need it. Prints why. */
async function concerned(tests: readonly string[], isAll: boolean): Promise<string[]> {
  const changed = await changedFiles();
  if (changed.length === 0) {
    print("Nothing changed since the branch began: no test to run.");
    return [];
  }
  const choices = choose(tests, changed, await readTree(changed));
  const run = isAll ? choices : nearest(choices, secondsOf(), nearLimit);
  const left = choices.length - run.length;
  print([
    `Changed files: ${changed.length}. Test files that need one: ${choices.length}${
      left === 0 ? "" : `, of which the nearest ${run.length} run; --all runs the other ${left} too`
    }`,
    ...run.map(({ test, way }) =>
      way.length === 0 ? `${test} changed` : `${test} needs ${way.join(" → ")}`
    ),
  ]);
  return run.map(({ test }) => test);
}

/** Those that take longest first, so that none of them is left for the end. */
function ordered(tests: readonly string[]): string[] {
  const seconds = secondsOf();
  return tests.toSorted((a, b) => seconds(b) - seconds(a));
}

/** Runs files side by side; prints a line of each that passes, all of one that fails, and their sum as Deno does. */
async function runAll(
  files: readonly string[],
  { more, isRecorded }: { more: readonly string[]; isRecorded: boolean },
): Promise<boolean> {
  const start = performance.now();
  const outcomes = await runFiles(files, {
    // Those of Slurm wait most of the time, so that two of them leave the processor to others.
    width: navigator.hardwareConcurrency + 2,
    more,
    ended({ file, passed, failed, seconds, output }) {
      if (failed === 0) print(`ok ${file}: ${passed} passed (${seconds.toFixed(1)} s)`);
      else printText(output);
    },
  });
  if (isRecorded) recordCosts(outcomes);
  const failing = outcomes.filter(({ failed }) => failed > 0);
  const sum = (of: "passed" | "failed") => outcomes.reduce((sum, one) => sum + one[of], 0);
  const state = failing.length === 0 ? "ok" : "FAILED";
  const seconds = Math.round((performance.now() - start) / 1000);
  // Again at the end, where they are found: most of what was printed is above them.
  print([
    ...failing.flatMap(({ file, failed, output }) => [
      `FAILED ${file}: ${failed} failed`,
      ...errorsIn(output).map((line) => `  ${line}`),
    ]),
    `${state} | ${sum("passed")} passed | ${sum("failed")} failed (${seconds}s)`,
  ]);
  return failing.length === 0;
}

/** Checks the types of all files beside the tests; prints what is wrong. */
async function typesFit(): Promise<boolean> {
  const { success, stderr } = await new Deno.Command("deno", {
    args: ["check", "-q", "--doc", "."],
    cwd: root,
    stdin: "null",
    env: withoutLoader,
  }).output();
  if (!success) complain(new TextDecoder().decode(stderr).trim().split("\n"));
  return success;
}

/** Records what the files took that passed. */
function recordCosts(outcomes: readonly Outcome[]): void {
  const took = outcomes.filter(({ failed }) => failed === 0)
    .map(({ file, seconds }): [string, number] => [file, Math.round(seconds)]);
  const costs = Object.entries({ ...readCosts(), ...Object.fromEntries(took) })
    .filter(([file, seconds]) => allTests.includes(file) && seconds >= leastCost).sort();
  Deno.writeTextFileSync(costsFile, `${JSON.stringify(Object.fromEntries(costs), null, 2)}\n`);
}

Deno.exitCode = await runProgram("test", {
  about: "runs all tests, those of files, or those that a change concerns",
  operands: {
    least: 0,
    most: 999,
    text: "[FILE…]",
    about: "FILE is a test file, or a folder of them; by default all.",
  },
  flags: {
    changed: toggle("runs those nearest to what changed since the branch began"),
    all: toggle("with --changed, runs all that need what changed"),
    filter: value("TEXT", "runs only tests with this text in their names"),
    costs: toggle("records the seconds that each file took in tests/run/costs.json"),
  },
  async run({ operands, changed, all, filter, costs }) {
    if (all && !changed) {
      const message = "--all is for --changed; without either, all tests run.";
      throw new Failed({ reason: "usage", message });
    }
    const among = operands.length === 0 ? allTests : named(operands);
    const tests = changed ? await concerned(among, all) : among;
    if (tests.length === 0) return 0;
    const more = filter === undefined ? [] : ["--filter", filter];
    if (tests.length === 1 && !costs) return await runLive(tests[0], more) ? 0 : 1;
    const [tested, checked] = await Promise.all([
      runAll(ordered(tests), { more, isRecorded: costs }),
      operands.length > 0 || changed || typesFit(),
    ]);
    return tested && checked ? 0 : 1;
  },
}, Deno.args);
