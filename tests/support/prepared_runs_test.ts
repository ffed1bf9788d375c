/** Tests that a prepared run is the run that a test would make itself, and a copy of its own. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { basename, join } from "node:path";
import { canBePrepared, runPrepared, stateOf } from "./prepared_runs.ts";
import type { Ended } from "./deno_command.ts";
import { workspace } from "./workspace.ts";

Deno.test("one test runs a first command, the next gets all that it left and printed", async () => {
  // No pipeline has this name, so nothing is prepared yet.
  const pipeline = crypto.randomUUID();
  let runs = 0;
  const first = async (place: string): Promise<Ended> => {
    const ended = { code: 1, out: `artifacts of ${basename(place)}`, err: "e" };
    return await runPrepared(place, pipeline, ["reproduce"], async () => {
      runs++;
      await Deno.mkdir(join(place, "artifacts", "store", "tmp"), { recursive: true });
      await Deno.mkdir(join(place, "artifacts", "runs"));
      await Deno.writeTextFile(join(place, "artifacts", "store", "blob"), "1");
      await Deno.link(join(place, "artifacts/store/blob"), join(place, "artifacts/output"));
      return ended;
    });
  };
  await using a = await workspace();
  await using b = await workspace();
  await using c = await workspace();
  const said = await first(a.path);
  for (const { path } of [b, c]) {
    const name = basename(path);
    assertEquals(await first(path), { ...said, out: `artifacts of ${name}` });
    assertEquals(await Deno.readTextFile(join(path, "artifacts", "output")), "1");
    assertEquals((await Deno.stat(join(path, "artifacts", "output"))).nlink, 2);
    assert((await Deno.stat(join(path, "artifacts", "store", "tmp"))).isDirectory);
    // No other test sees the damage.
    await Deno.writeTextFile(join(path, "artifacts", "store", "blob"), "damaged");
  }
  assertEquals(runs, 1);
});

Deno.test("a command that left no run is not prepared", async () => {
  await using place = await workspace();
  const pipeline = crypto.randomUUID();
  let times = 0;
  const run = () => Promise.resolve({ code: 2, out: "", err: String(++times) });
  for (const err of ["1", "2"]) {
    assertEquals(await runPrepared(place.path, pipeline, ["reproduce"], run), {
      code: 2,
      out: "",
      err,
    });
  }
});

Deno.test("a changed, a new and a removed source make another run", async () => {
  await using place = await workspace();
  const file = join(place.path, "a.ts");
  const state = () => stateOf([place.path]);
  await Deno.writeTextFile(file, "1");
  const states = [state()];
  assertEquals(state(), states[0]);
  await Deno.utime(file, 1, 1);
  states.push(state());
  await Deno.writeTextFile(join(place.path, "b.ts"), "");
  states.push(state());
  await Deno.remove(file);
  states.push(state());
  assertEquals(new Set(states).size, 4);
  assertNotEquals(stateOf([join(place.path, "b.ts")]), stateOf([]));
});

Deno.test("only what depends on nothing but the sources is prepared", () => {
  for (
    const args of ["", "--only claims/first", "--set a.b=[1,2] --json", "--experiment short -v"]
  ) {
    assert(canBePrepared("counting", ["reproduce", ...args.split(" ").filter(Boolean)]), args);
  }
  for (
    const args of [
      "--remote http://127.0.0.1:1/",
      "--executor slurm",
      "--experiment mine.json",
      "--experiment /a/mine",
      "--force a/b",
      "--report",
      "operand",
    ]
  ) assert(!canBePrepared("counting", ["reproduce", ...args.split(" ")]), args);
  assert(!canBePrepared("counting", ["verify"]));
  assert(!canBePrepared("own_data", ["reproduce"]), "its data lie in its place");
});
