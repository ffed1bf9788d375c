/** Tests what `reproduce` says of the backend that it chose. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { isSoftwareAdapter } from "../../../pipeline/engine/machine/software_adapter.ts";
import { copyPipeline, fanin, workspace } from "../../support/workspace.ts";
import { readJson } from "../../support/copied_files.ts";

Deno.test("a run on a software adapter says in a line that WebAssembly is faster", async () => {
  await using place = await workspace();
  const cli = await copyPipeline(place, "training");
  const lines = async (...args: string[]) => {
    const { code, err } = await fanin(place, ["reproduce", ...args], cli);
    assertEquals(code, 0, err);
    return err.split("\n").filter((line) => line.includes("--backend wasm"));
  };
  const first = await lines();
  const { environment } = await readJson(place.path, "artifacts", "latest", "manifest.json");
  const isSoftware = isSoftwareAdapter(environment.adapter ?? "");
  assertEquals(first.length, isSoftware ? 1 : 0, first.join("\n"));
  if (isSoftware) assertMatch(first[0], /on the processor here \(\w+\); /);
  assertEquals(await lines(), [], "nothing runs");
  assertEquals(await lines("--backend", "webgpu", "--force", "train/net"), [], "it was chosen");
  assertEquals(await lines("--backend", "wasm"), []);
  assert(!isSoftwareAdapter("NVIDIA H200, nvidia"));
});
