/** Tests failing writes to standard output and error: a full disk, a closed pipe. */
import { assertEquals, assertMatch } from "@std/assert";
import { root } from "../../support/checkout.ts";
import { faninLine, runsIn, workspace } from "../../support/workspace.ts";
import type { Ended } from "../../support/deno_command.ts";
import { shell, testOnLinux } from "../../support/shell.ts";

const sentence = /^Standard output could not be written: .*\(os error \d+\)\. .*$/;

// The device that is always full is Linux's.
testOnLinux(
  "a command whose output cannot be written says so in one line and exits with 2",
  async () => {
    await using place = await workspace();
    const fanin = await faninLine(place);
    const commands = [
      "help",
      "reproduce --help",
      "reproduce", // Runs all jobs,
      "reproduce", // finds that there is nothing to run,
      "reproduce", // and remembers it.
      "reproduce --json",
      "plan",
      "runs --json",
      "verify",
      "diff latest latest",
      "gc",
    ];
    for (const command of commands) {
      const { code, err } = await shell(`${fanin} ${command} > /dev/full`, root);
      const lines = err.trimEnd().split("\n");
      assertEquals(code, 2, `${command}\n${err}`);
      assertMatch(lines.at(-1)!, sentence, command);
      assertEquals(lines.filter((line) => /^\s+at |rror: /.test(line)), [], command);
    }
    assertEquals(runsIn(place.path).length, 1, "the run is recorded all the same");
  },
);

Deno.test("a reader that closes the pipe early does not change the exit code", async () => {
  await using place = await workspace();
  const fanin = await faninLine(place);
  for (const command of ["reproduce", "reproduce", "reproduce", "plan", "runs"]) {
    const child = new Deno.Command("sh", {
      args: ["-c", `${fanin} ${command}`],
      cwd: root,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1" },
    }).spawn();
    await child.stdout.cancel();
    const [err, { code }] = await Promise.all([new Response(child.stderr).text(), child.status]);
    assertEquals(code, 0, `${command}\n${err}`);
    assertEquals(err.match(/rror|could not/), null, err);
  }
});

testOnLinux(
  "messages that cannot be written change neither the result nor the exit code",
  async () => {
    await using place = await workspace();
    const fanin = await faninLine(place);
    const runs = [await shell(`${fanin} reproduce 2> /dev/full`, root)];
    for (let again = 0; again < 2; again++) {
      runs.push(await shell(`${fanin} reproduce 2> /dev/full`, root));
    }
    assertMatch(runs[0].out, /9 jobs: 9 ran/);
    const found = ({ out }: Ended) => out.slice(out.indexOf("\n"));
    for (const ended of runs) {
      assertEquals(ended.code, 0);
      assertEquals(found(ended), found(runs[0]));
    }
    assertMatch(runs[2].out, /up to date in .*; 9 jobs: 9 cached/);
  },
);
