/**
 * Tests the deterministic parts of the torture: disks after a power failure, for the store as it is and
 * for stores broken on purpose. `deno task torture` tests kills in large numbers.
 */
import { assert, assertEquals } from "@std/assert";
import { brokenMap, powerLoss } from "./controls.ts";
import { Disk, extremes } from "./power_loss/crash_states.ts";
import { workspace } from "../support/workspace.ts";
import { utf8 } from "../support/utf8.ts";

const found = (disk: Disk, luck: typeof extremes[number]) =>
  [...disk.after(luck)].map(([path, content]) => `${path}: ${new TextDecoder().decode(content)}`);

Deno.test("whatever a power failure leaves, every promise of the store holds", async () => {
  await using place = await workspace();
  const tally = await powerLoss(place.path, { seed: 1, seconds: 3 });
  assertEquals([tally.broken, tally.wrong, tally.failed], [[], [], []]);
  assert(tally.faults["power failure (disks made up)"] > 1000);
  assert(tally.compared > 0, "the experiment was run again on some of them");
});

const notWhole = "a blob under its name is not whole";
for (
  const [broken, promise] of [
    ["in_place.ts", notWhole],
    ["file_not_synced.ts", notWhole],
    ["directory_not_synced.ts", "finished work is lost"],
    ["entry_first.ts", "an entry names a blob that is not there"],
  ] as const
) {
  Deno.test(`a store broken on purpose is caught: ${broken}`, async () => {
    await using place = await workspace();
    const map = brokenMap(place.path, broken);
    const tally = await powerLoss(place.path, { seed: 1, seconds: 0, map });
    assertEquals(tally.failed, []);
    assert(tally.broken.includes(promise), tally.broken.join("; "));
  });
}

Deno.test("on a made-up disk only what was synced is certain", () => {
  const disk = new Disk();
  const [nothing, everything, noByte] = extremes;
  disk.apply({ kind: "directory", path: "d" });
  disk.apply({ kind: "create", path: "d/new" });
  disk.apply({ kind: "write", path: "d/new", at: 0, bytes: utf8("text") });
  assertEquals(found(disk, nothing), []);
  assertEquals(found(disk, everything), ["d/new: text"]);
  assertEquals(found(disk, noByte), ["d/new: "]);
  disk.apply({ kind: "sync-file", path: "d/new" });
  assertEquals(found(disk, noByte), ["d/new: text"], "its bytes are safe, its name is not");
  assertEquals(found(disk, nothing), []);
  disk.apply({ kind: "sync-directory", path: "d" });
  assertEquals(found(disk, nothing), [], "d itself is not");
  disk.apply({ kind: "sync-directory", path: "" });
  assertEquals(found(disk, nothing), ["d/new: text"]);
  disk.apply({ kind: "rename", from: "d/new", path: "d/final" });
  assertEquals(found(disk, nothing), ["d/new: text"]);
  assertEquals(found(disk, everything), ["d/final: text"]);
  disk.apply({ kind: "sync-directory", path: "d" });
  assertEquals(found(disk, nothing), ["d/final: text"]);
});
