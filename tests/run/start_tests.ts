/** Starts `deno test` on files, with the permissions of the tests. */
import { withoutLoader } from "../../pipeline/engine/machine/loader_variables.ts";
import { storeVariable } from "../../pipeline/store/store_place.ts";
import { root } from "../support/checkout.ts";

/** Arguments of `deno` that run tests. Types are checked once for all files, not here. */
export const testing = ["test", "-q", "--no-check", "--no-prompt", "--frozen", "-P=test"];

/**
 * Variables of a test file's process, and of those that it starts. Deno does not look for newer versions of
 * itself, which takes 4 ms a process. Tests write into no store that the user shares with others.
 *
 * V8 compiles WebAssembly once, fast: compiling the bundler again for speed takes twice as long as bundling the small
 * stages of tests. Those of the assignment's stages compute with it for seconds, and twice as long without the speed.
 */
export const environmentOf = (file: string) => ({
  ...withoutLoader,
  ...(file.startsWith("tests/stages/") ? {} : { DENO_V8_FLAGS: "--liftoff-only" }),
  DENO_NO_UPDATE_CHECK: "1",
  [storeVariable]: "",
});

/** Runs a test file as Deno does, which prints as it goes; gives whether all passed. */
export async function runLive(file: string, more: readonly string[]): Promise<boolean> {
  const { success } = await new Deno.Command("deno", {
    args: [...testing, file, ...more],
    cwd: root,
    env: environmentOf(file),
  }).spawn().status;
  return success;
}

export interface Outcome {
  file: string;
  passed: number;
  failed: number;
  seconds: number;
  output: string;
}

/**
 * Runs test files, each in a process of its own, `width` at a time, in their order: Deno's own parallel run
 * chooses another. Calls `ended` as each ends.
 */
export async function runFiles(
  files: readonly string[],
  { width, more, ended }: {
    width: number;
    more: readonly string[];
    ended: (outcome: Outcome) => void;
  },
): Promise<Outcome[]> {
  const open = files.values();
  const outcomes: Outcome[] = [];
  // All take from one iterator.
  await Promise.all(Array.from({ length: width }, async () => {
    for (const file of open) {
      const outcome = await runFile(file, more);
      outcomes.push(outcome);
      ended(outcome);
    }
  }));
  return outcomes;
}

async function runFile(file: string, more: readonly string[]): Promise<Outcome> {
  const start = performance.now();
  const { success, stdout, stderr } = await new Deno.Command("deno", {
    args: [...testing, file, ...more],
    cwd: root,
    stdin: "null",
    env: { ...environmentOf(file), NO_COLOR: "1" },
  }).output();
  const output = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  const { passed, failed } = countedIn(output);
  return {
    file,
    passed,
    // A file that does not load, or crashes, has no test that failed.
    failed: success ? failed : Math.max(failed, 1),
    seconds: (performance.now() - start) / 1000,
    output,
  };
}

/** Reads Deno's last line of a run of tests. */
export function countedIn(output: string): { passed: number; failed: number } {
  const line = /^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed/m.exec(output);
  const [passed, failed] = line?.slice(1).map(Number) ?? [0, 0];
  return { passed, failed };
}

/** At most 40 lines of what Deno prints of tests that failed, under their names; of a file that crashed, its last 20. */
export function errorsIn(output: string): string[] {
  const errors = /^ ERRORS $\n+([^]*?)\n+^ FAILURES $/m.exec(output)?.[1];
  return errors?.split("\n").slice(0, 40) ?? output.trimEnd().split("\n").slice(-20);
}
