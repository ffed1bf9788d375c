/** Tests jobs that work in steps: a checkpoint saves steps and changes no result. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { join } from "node:path";

import { checkpointKeys, parseLines } from "../../../pipeline/engine/key.ts";
import { root } from "../../support/checkout.ts";
import {
  copyPipeline,
  fanin,
  runsIn,
  type Workspace,
  workspace,
  workspaceOfOneProcess,
} from "../../support/workspace.ts";
import { permissions } from "../../support/deno_command.ts";
import { edit, readJson } from "../../support/copied_files.ts";
import { exists } from "../../../pipeline/store/existence.ts";

const job = "stepwise/first";

async function steps(place: Workspace, count: number, ...more: string[]) {
  const set = `stepwise.first.steps=${count}`;
  const { code, err } = await fanin(place, ["reproduce", "--only", job, "--set", set, ...more]);
  assertEquals(code, 0, err);
  const latest = (name: string): Promise<number[]> =>
    readJson(place.path, "artifacts", "latest", job, `${name}.json`);
  return { numbers: await latest("numbers"), trace: await latest("trace"), err };
}

const storePath = ({ path }: Workspace) => join(path, "artifacts", "store");
const pathOf = (place: Workspace, kind: string, name: string, extension = "") =>
  join(storePath(place), kind, name.slice(0, 2), name + extension);

async function keysOfLatest({ path }: Workspace): Promise<string[]> {
  const manifest = await readJson(path, "artifacts", "latest", "manifest.json");
  const { lines } = manifest.jobs.find(({ name }: { name: string }) => name === job);
  return checkpointKeys(parseLines(lines));
}

Deno.test("a job with more steps resumes from another job's checkpoint", async () => {
  await using place = await workspaceOfOneProcess();
  assertEquals((await steps(place, 2)).trace, [1, 2]);
  const more = await steps(place, 3);
  assertEquals(more.trace, [3]);
  await using other = await workspaceOfOneProcess();
  assertEquals(more.numbers, (await steps(other, 3)).numbers, "as if never stopped");
});

Deno.test("chance is the same for a job that resumes as for one that never stopped", async () => {
  await using place = await workspace();
  const cli = await copyPipeline(place);
  const drawing = "state.forEach((_, i) => state[i] += Math.random())";
  await edit(join(place.path, "trouble.ts"), "state.forEach((_, i) => state[i]++)", drawing);
  const firstAfter = async (...counts: number[]) => {
    await using place = await workspace();
    const firsts: number[] = [];
    for (const count of counts) {
      const set = `stepwise.first.steps=${count}`;
      const { code, err } = await fanin(place, ["reproduce", "--only", job, "--set", set], cli);
      assertEquals(code, 0, err);
      firsts.push((await readJson(place.path, "artifacts", "latest", job, "numbers.json"))[0]);
    }
    return firsts;
  };
  const [one, two, three] = await firstAfter(1, 2, 3);
  assertEquals(await firstAfter(3, 1), [three, one]);
  assertNotEquals(three - two, two - one, "each step draws another number");
});

Deno.test("a job with fewer steps takes the checkpoint of its last step", async () => {
  await using place = await workspaceOfOneProcess();
  const three = await steps(place, 3);
  const two = await steps(place, 2);
  assertEquals(two.trace, []);
  assertEquals(two.numbers, three.numbers.map((number) => number - 1));
});

Deno.test("another parameter, and --force, start from the beginning", async () => {
  await using place = await workspaceOfOneProcess();
  await steps(place, 2);
  assertEquals((await steps(place, 2, "--set", "stepwise.first.start=5")).trace, [1, 2]);
  assertEquals((await steps(place, 2, "--force", job)).trace, [1, 2]);
});

Deno.test("a damaged checkpoint is reported and not used", async () => {
  await using place = await workspaceOfOneProcess();
  const right = (await steps(place, 3)).numbers;
  const keys = await keysOfLatest(place);
  const entry = pathOf(place, "actions", keys[2], ".json");
  await Deno.chmod(entry, 0o644);
  await Deno.writeTextFile(entry, "{");
  const four = await steps(place, 4);
  assert(four.err.includes("checkpoint 3 is not used"), four.err);
  assertEquals(four.trace, [3, 4], "what was lost and what is new");
  assertEquals(four.numbers, right.map((number) => number + 1));
});

Deno.test("a process killed at any point resumes from its last checkpoint to the same result", async () => {
  await using place = await workspaceOfOneProcess();
  await using undisturbed = await workspaceOfOneProcess();
  const right = (await steps(undisturbed, 40)).numbers;
  const child = new Deno.Command("deno", {
    args: [
      ...["run", "--frozen", ...permissions],
      join(root, "tests", "fixtures", "counting", "cli.ts"),
      join(place.path, "artifacts"),
      ...["reproduce", "--only", job, "--set", "stepwise.first.steps=40"],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const enough = 5 + Math.floor(Math.random() * 30);
  while (checkpointsStored(place) < enough) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  child.kill("SIGKILL");
  await child.status;
  const { numbers, trace } = await steps(place, 40);
  assertEquals(numbers, right);
  assert(trace.length < 40, `expected it to go on, found ${trace.length} steps`);
});

/** Counts the actions besides that of the job before. */
function checkpointsStored(place: Workspace): number {
  const actions = join(storePath(place), "actions");
  try {
    return [...Deno.readDirSync(actions)]
      .flatMap(({ name }) => [...Deno.readDirSync(join(actions, name))]).length - 1;
  } catch {
    return 0;
  }
}

Deno.test("gc keeps the checkpoints of kept runs and no others", async () => {
  await using place = await workspaceOfOneProcess();
  await steps(place, 2, "--set", "stepwise.first.start=5");
  const gone = await keysOfLatest(place);
  await steps(place, 3);
  const kept = await keysOfLatest(place);
  const newest = runsIn(place.path).at(-1)!;
  assertEquals((await fanin(place, ["gc", newest, "--yes"])).code, 0);
  const there = (key: string) => exists(pathOf(place, "actions", key, ".json"));
  assertEquals(kept.map(there), [true, true, true]);
  assertEquals(gone.map(there), [false, false]);
  assertEquals((await fanin(place, ["verify"])).code, 0);
  assertEquals((await steps(place, 4)).trace, [4]);
});
