/** Tests a run whose terminal is closed. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { Manifest } from "../../../schemas/run/manifest.ts";
import { root } from "../../support/checkout.ts";
import { fanin, faninLine, runsIn, workspace } from "../../support/workspace.ts";
import { readJson } from "../../support/copied_files.ts";
import { testOnLinux } from "../../support/shell.ts";

/** Waits for what a function gives, at most a minute. */
async function until<T>(what: string, find: () => Promise<T | undefined>): Promise<T> {
  for (let i = 0; i < 1200; i++) {
    const found = await find().catch(() => undefined);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`expected ${what} within a minute, found none`);
}

// `script` of util-linux makes the terminal.
testOnLinux(
  "a run whose terminal is closed is recorded as interrupted, and is gone on with",
  async () => {
    await using place = await workspace();
    const line = await faninLine(place);
    const command = `exec ${line} reproduce --set slow.first.ticks=1000`;
    const terminal = new Deno.Command("sh", {
      args: ["-c", 'exec script --quiet --flush --command "$0" /dev/null', command],
      cwd: root,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const runs = join(place.path, "artifacts", "runs");
    const log = await until("a run's log", async () => {
      const [{ name }] = [...Deno.readDirSync(runs)];
      const text = await Deno.readTextFile(join(runs, name, "events.jsonl"));
      return text.includes('"type":"started","job":"slow/first"') ? name : undefined;
    });
    // The process that held the terminal is gone, and the terminal with it.
    terminal.kill("SIGKILL");
    await terminal.status;
    const manifest = await until(
      "the record of the run",
      async () => Manifest.parse(await readJson(runs, log, "manifest.json")),
    );
    assertEquals(manifest.status, "interrupted");
    const { code, err } = await fanin(place, ["reproduce"]);
    assertEquals(code, 0, err);
    assertEquals(runsIn(place.path).length, 2);
  },
);
