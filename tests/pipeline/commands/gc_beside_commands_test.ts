/** Tests gc beside other commands that read or write the store. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { storeLock, tryLock } from "../../../pipeline/store/lock.ts";
import { openStore } from "../../../pipeline/store/store.ts";
import { cliOf } from "../../support/checkout.ts";
import { denoUntil, runArguments } from "../../support/deno_command.ts";
import { madeUpRun, place } from "../../support/made_up_run.ts";
import { succeed } from "../../support/succeed.ts";
import { fanin, runsIn, workspace, workspaceOfOneProcess } from "../../support/workspace.ts";

Deno.test("gc --yes says nothing of what it removes while a run goes on, because it removes nothing", async () => {
  await using here = await workspaceOfOneProcess();
  const artifacts = join(here.path, "artifacts");
  for (const id of ["20260101T000000Z-old", "20260102T000000Z-new"]) {
    place(artifacts, madeUpRun([{ name: "draw/x", stage: "draw" }], id));
  }
  const store = openStore(join(artifacts, "store"));
  {
    using _run = await tryLock(store, storeLock, false);
    const { code, out, err } = await fanin(here, ["gc", "--last", "1", "--yes"]);
    assertEquals([code, out, runsIn(here.path).length], [2, "", 2]);
    assertStringIncludes(err, "nothing is removed");
  }
  const { out } = await fanin(here, ["gc", "--last", "1", "--yes"]);
  assertStringIncludes(out, "Removes run");
  assertEquals(runsIn(here.path).length, 1);
});

Deno.test("a run that gc removes while a command waits to show it is made again", async () => {
  await using here = await workspace();
  const artifacts = join(here.path, "artifacts");
  for (const flags of [[], ["--set", "slow.first.ticks=3"]]) {
    await succeed(fanin(here, ["reproduce", ...flags]));
  }
  const [first] = runsIn(here.path);
  const store = openStore(join(artifacts, "store"));
  const removing = await tryLock(store, storeLock, true);
  const { code, err } = await denoUntil(
    runArguments(cliOf("counting"), artifacts, "reproduce", "--executor", "local"),
    "gc is removing artifacts",
    async () => {
      await Deno.remove(join(artifacts, "runs", first), { recursive: true });
      removing![Symbol.dispose]();
    },
  );
  assertEquals(code, 0, err);
  assertEquals(runsIn(here.path).length, 2);
});
