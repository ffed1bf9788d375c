/** Times whole commands and asks programs for their versions. */

import { storeVariable } from "../../pipeline/store/store_place.ts";

/** Wall time in milliseconds of a command, started as a shell would; fails if it fails. */
export async function timed([program, ...args]: string[]): Promise<number> {
  const start = performance.now();
  const { success, stderr } = await new Deno.Command(program, {
    args,
    env: { [storeVariable]: "" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const elapsed = performance.now() - start;
  if (success) return elapsed;
  throw new Error(`${program} ${args.join(" ")}\n${new TextDecoder().decode(stderr)}`);
}

/** The first line that a program prints of its version; null where it is not installed. */
export async function versionOf(program: string, ask = "--version"): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command(program, {
      args: [ask],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).split("\n")[0].trim() : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
