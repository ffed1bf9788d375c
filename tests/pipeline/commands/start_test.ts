/** Tests what Deno does at the start of a command, which takes longer than most commands themselves. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { cliOf } from "../../support/checkout.ts";
import { deno, runArguments } from "../../support/deno_command.ts";
import { workspace } from "../../support/workspace.ts";

/** Packages that every command loads. */
const packages = ["zod", "leven", "canonicalize", "es-module-lexer"];

/** Checks of node_modules by the worker of the executor, and by that of a stage. */
const byWorkers = 2 + 4;

Deno.test("Deno checks node_modules about once for a package, not for each module that imports it", async () => {
  await using place = await workspace();
  /** Checks while a command runs. */
  const checksOf = async (...command: string[]) => {
    const artifacts = join(place.path, "artifacts");
    const [run, ...rest] = runArguments(cliOf("counting"), artifacts, ...command);
    const flags = rest.filter((arg) => arg !== "-q");
    const { code, err } = await deno([run, "--log-level=debug", ...flags]);
    assertEquals(code, 0, err.slice(-1000));
    return err.match(/Acquired file lock at .*node_modules/g)?.length ?? 0;
  };
  for (
    const [most, ...command] of [
      [packages.length, "runs"],
      [packages.length + byWorkers, "reproduce", "--only", "numbers/first"],
    ] as const
  ) {
    const checks = await checksOf(...command);
    assert(checks > 0 && checks <= most, `${command}: expected at most ${most}, found ${checks}`);
  }
});
