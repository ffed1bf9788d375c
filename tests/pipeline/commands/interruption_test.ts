/** Tests runs whose terminal is closed, or that are interrupted when all jobs have ended. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { Manifest } from "../../../schemas/run/manifest.ts";
import { cliOf, root } from "../../support/checkout.ts";
import { denoUntil, runArguments } from "../../support/deno_command.ts";
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

testOnLinux(
  "an interruption while the report is written ends the process; the run is complete",
  async () => {
    await using place = await workspace();
    const cli = cliOf("training");
    const artifacts = join(place.path, "artifacts");
    const codes: number[] = [];
    // On a busy machine the report may be there before the signal.
    for (let i = 0; i < 5 && !codes.includes(130); i++) {
      const reproduce = runArguments(cli, artifacts, "reproduce", "--force", "train");
      const { code, err } = await denoUntil(
        reproduce,
        "start   report",
        (child) => child.kill("SIGINT"),
      );
      assertStringIncludes(err, "start   report");
      codes.push(code);
    }
    assertEquals(codes.at(-1), 130, `exit codes ${codes.join(", ")}`);
    const manifest = await readJson(artifacts, "runs", runsIn(place.path).at(-1)!, "manifest.json");
    assertEquals(Manifest.parse(manifest).status, "complete");
    const { out, err } = await fanin(place, ["reproduce"], cli);
    assertStringIncludes(out, "up to date", err);
  },
);
