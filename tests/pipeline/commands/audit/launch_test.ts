/** Tests that an audit that is interrupted as its run ends goes on to its own end. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { start } from "../../../../pipeline/commands/audit/launch.ts";
import { root } from "../../../support/checkout.ts";
import { testOnLinux } from "../../../support/shell.ts";
import { workspace } from "../../../support/workspace.ts";

testOnLinux("an interruption of a run that has just ended does nothing", async () => {
  await using place = await workspace();
  const held = join(place.path, "held");
  await Deno.writeTextFile(held, "");
  const program = { root, before: [], flags: [], cache: place.path, detaches: false };
  const launch = {
    root,
    artifacts: place.path,
    env: {},
    // It ends, and leaves a process that holds its standard output as long as the file is there.
    within: ["sh", "-c", `while [ -e '${held}' ]; do sleep 0.02; done & echo begun`],
    terminal: false,
    workers: 1,
    reverse: false,
    force: [],
  };
  const interruption = new AbortController();
  const { spawn } = Deno.Command.prototype;
  let ended: Promise<Deno.CommandStatus> | undefined;
  Deno.Command.prototype.spawn = function () {
    const child = spawn.call(this);
    ended = child.status;
    return child;
  };
  try {
    const end = start(program, launch, interruption.signal);
    await ended;
    interruption.abort();
    await Deno.remove(held);
    assertEquals(await end, { printed: "begun" });
  } finally {
    Deno.Command.prototype.spawn = spawn;
  }
});
