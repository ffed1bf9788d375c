/** Tests the limit on names that become file names: accepted names work, others are refused. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { defineDag } from "../../../pipeline/engine/dag.ts";
import { inOrder } from "../../../pipeline/engine/order.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { longestName } from "../../../schemas/run/experiment.ts";
import { source } from "../../fixtures/counting/count_source.ts";
import { cliOf } from "../../support/checkout.ts";
import { fanin, runsIn, type Workspace, workspaceOfOneProcess } from "../../support/workspace.ts";

/** Writes an experiment of a name with so many characters; gives its file. */
async function experimentOf({ path }: Workspace, length: number): Promise<string> {
  const file = join(path, `experiment-${length}.json`);
  await Deno.writeTextFile(file, JSON.stringify({ name: "n".repeat(length), about: "long" }));
  return file;
}

Deno.test("every command works on a run of an experiment with the longest name", async () => {
  await using place = await workspaceOfOneProcess();
  const experiment = await experimentOf(place, longestName);
  for (const set of ["[1,2,3]", "[1,2,5]"]) {
    const args = ["--experiment", experiment, "--set", `numbers.first.values=${set}`];
    const { code, err } = await fanin(place, ["reproduce", ...args]);
    assertEquals(code, 0, err);
  }
  const [a, b] = runsIn(place.path);
  const commands: [args: string[], code: number][] = [
    [["runs"], 0],
    [["report", a], 0],
    [["report", a, b], 0],
    [["export", a], 0],
    [["diff", a, b], 1],
    [["verify"], 0],
    [["gc", "--last", "1", "--yes"], 0],
  ];
  for (const [args, code] of commands) {
    const ended = await fanin(place, args);
    assertEquals(ended.code, code, `${args.join(" ")}\n${ended.err}`);
  }
});

Deno.test("a longer name of an experiment is refused before anything is written", async () => {
  await using place = await workspaceOfOneProcess();
  for (const length of [longestName + 1, 190, 300]) {
    const experiment = await experimentOf(place, length);
    for (const command of ["reproduce", "plan", "replicate --seeds 1-3 --level 0.7"]) {
      const { code, err } = await fanin(place, [
        ...command.split(" "),
        "--experiment",
        experiment,
      ]);
      assertEquals(code, 2, err);
      assertStringIncludes(err, `has ${length} characters; expected ${longestName} at most`);
    }
  }
  assertThrows(() => runsIn(place.path), Deno.errors.NotFound);
});

Deno.test("a longer part of a job's name, or too many parts, are refused by the DAG", () => {
  const dagOf = (name: string) => defineDag((job) => void job(name, source, { inputs: {} }));
  const part = "p".repeat(longestName);
  inOrder(dagOf(`${part}/${part}`));
  for (const name of [`${part}p`, `a/${part}p/b`, Array(9).fill(part).join("/")]) {
    const { failure } = assertThrows(() => inOrder(dagOf(name)), Failed);
    assertEquals(failure.reason, "long-name", name);
  }
});

Deno.test("a long list of seeds makes no name that is too long", async () => {
  await using place = await workspaceOfOneProcess();
  // Few of many digits, because each is a training.
  const seeds = Array.from({ length: 7 }, (_, i) => 100_000_001 + 2 * i);
  assert(seeds.join("-").length > longestName);
  const args = ["replicate", "--seeds", seeds.join(","), "--level", "0.7"];
  const { code, err } = await fanin(place, args, cliOf("training"));
  assertEquals(code, 0, err);
  const directory = join(place.path, "artifacts", "replicates");
  const [name] = [...Deno.readDirSync(directory)].map(({ name }) => name);
  assertEquals(/^[a-z]+-seeds-7-[0-9a-f]{12}\.json$/.test(name), true, name);
});
