/** Tests the runner of tests: it keeps the order of files, and counts what passes and fails. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { cliOf, root } from "../support/checkout.ts";
import { workspace } from "../support/workspace.ts";
import { commandLine, quoted, shell } from "../support/shell.ts";
import { countedIn, environmentOf, errorsIn, runFiles } from "./start_tests.ts";

Deno.test("files run in their order, each once, and a file that is not there fails", async () => {
  const files = ["cell_width", "none", "time_left"]
    .map((name) => `tests/pipeline/terminal/${name}_test.ts`);
  const ended: string[] = [];
  const outcomes = await runFiles(files, {
    width: 1,
    more: [],
    ended: ({ file }) => ended.push(file),
  });
  assertEquals(ended, files);
  const declared = (file: string) =>
    Deno.readTextFileSync(join(root, file)).match(/^Deno\.test\(/gm)!.length;
  assertEquals(outcomes.map(({ passed, failed }) => [passed, failed]), [
    [declared(files[0]), 0],
    [0, 1],
    [declared(files[2]), 0],
  ]);
  assert(outcomes[1].output.includes("none_test.ts"), outcomes[1].output);
});

Deno.test("tests write into no store that the user shares with others", async () => {
  await using place = await workspace();
  const line = commandLine(cliOf("counting"), join(place.path, "artifacts"), "runs");
  const away = quoted(join(place.path, "away"));
  const run = (by: string) => shell(`export FANIN_STORE=${away} && ${by} ${line}`, root);
  assertEquals((await run("")).code, 2);
  const variables = Object.entries(environmentOf("tests/x_test.ts")).map((pair) =>
    quoted(pair.join("="))
  );
  assertEquals((await run(`env ${variables.join(" ")}`)).code, 0);
});

Deno.test("tests are counted by Deno's last line", () => {
  assertEquals(countedIn("x\nok | 23 passed (17 steps) | 0 failed (2m2s)\n"), {
    passed: 23,
    failed: 0,
  });
  assertEquals(
    countedIn("FAILED | 6 passed | 3 failed | 1 ignored (9s)\n\nerror: Test failed\n"),
    { passed: 6, failed: 3 },
  );
  assertEquals(countedIn("error: Module not found"), { passed: 0, failed: 0 });
});

Deno.test("the end of a run repeats the errors of tests that failed", () => {
  const output = [
    "one ... ok (1ms)",
    "two ... FAILED (1ms)",
    "",
    " ERRORS ",
    "",
    "two => ./a_test.ts:1:6",
    "error: AssertionError: they differ",
    "    at ./a_test.ts:2:3",
    "",
    " FAILURES ",
    "",
    "two => ./a_test.ts:1:6",
    "",
    "FAILED | 1 passed | 1 failed (2ms)",
    "",
  ].join("\n");
  assertEquals(errorsIn(output), output.split("\n").slice(5, 8));
  assertEquals(errorsIn("error: Module not found\n"), ["error: Module not found"]);
});
