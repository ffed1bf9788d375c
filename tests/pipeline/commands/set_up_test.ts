/** Tests when a command checks the system: in its own process, before jobs run, and never without need. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { editedPipeline, fanin } from "../../support/workspace.ts";
import { deno, runArguments } from "../../support/deno_command.ts";
import { testOnLinux } from "../../support/shell.ts";

const mark = "set-up: checked\n";

/** The test pipeline with a check that prints a line. */
const checked = () =>
  editedPipeline(
    "cli.ts",
    `about: 1 },\n}`,
    `about: 1 },\n}, () => Promise.resolve(Deno.stderr.writeSync(new TextEncoder().encode(${
      JSON.stringify(mark)
    }))).then(() => {})`,
  );

/** Checks in a text. */
const checks = (text: string): number => text.split(mark).length - 1;

Deno.test("the system is checked once, before the jobs; not for help, plans and what is up to date", async () => {
  await using place = await checked();
  const run = (...args: string[]) => fanin(place, args, place.cli);
  for (
    const [args, code] of [
      ["reproduce --help", 0],
      ["reproduce --experiment none", 2],
      ["reproduce --workers none", 2],
      ["replicate --experiment short --seeds 0-3", 2],
      ["plan --experiment short", 3],
      ["runs", 0],
    ] as const
  ) {
    const ended = await run(...args.split(" "));
    assertEquals([ended.code, checks(ended.err)], [code, 0], `${args}: ${ended.err}`);
  }
  const first = await run("reproduce", "--experiment", "short");
  assertEquals(checks(first.err), 1, first.err);
  assert(first.err.indexOf(mark) < first.err.indexOf("numbers/first"), first.err);
  // The second finds that nothing is left to do, and caches what it prints.
  await run("reproduce", "--experiment", "short");
  const third = await run("reproduce", "--experiment", "short");
  assertEquals([third.code, checks(third.err)], [0, 0], third.err);
});

testOnLinux("an audit checks the system once, for all its runs", async () => {
  await using place = await checked();
  const artifacts = join(place.path, "artifacts");
  const flags = ["audit", "--experiment", "short", "--vary", "order"];
  const args = runArguments(place.cli, artifacts, ...flags).map((arg) =>
    arg === "-P=fanin" ? "-P=audit" : arg
  );
  const { code, err } = await deno(args);
  assertEquals([code, checks(err)], [0, 1], err);
});
