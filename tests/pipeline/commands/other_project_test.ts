/** Tests that import tells of runs of other projects, and of no others. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { fanin, runsIn, type Workspace, workspaceOfOneProcess } from "../../support/workspace.ts";
import { cliOf } from "../../support/checkout.ts";

/** Exports a run of some jobs of a test pipeline; gives the archive's path. */
async function exported(place: Workspace, cli: string, job: string): Promise<string> {
  const made = await fanin(place, ["reproduce", "--only", job], cli);
  assertEquals(made.code, 0, made.err);
  const file = join(place.path, "run.zip");
  const { code, err } = await fanin(place, ["export", "latest", "--output", file], cli);
  assertEquals(code, 0, err);
  return file;
}

Deno.test("import says that a run is of another project, and imports it", async () => {
  await using there = await workspaceOfOneProcess();
  await using here = await workspaceOfOneProcess();
  const [own, other] = [cliOf("counting"), cliOf("training")];
  const foreign = await exported(there, other, "draw/net");
  const imported = await fanin(here, ["import", foreign], own);
  assertEquals(imported.code, 0, imported.err);
  const [run] = runsIn(here.path);
  assertStringIncludes(imported.out, `Imported the run ${run}:`);
  assertStringIncludes(
    imported.err,
    `The run ${run} is of another project: the DAG here has none of its jobs.`,
  );
  const again = await fanin(there, ["import", foreign], other);
  assertEquals([again.code, again.err.includes("another project")], [0, false]);
});
