/** Demands of commands that they succeed. */
import { assertEquals } from "@std/assert";
import type { Ended } from "./deno_command.ts";
import { shell } from "./shell.ts";

/** Gives what the command printed; fails with that unless its exit code is 0. */
export async function succeed(ended: Promise<Ended>, command = ""): Promise<Ended> {
  const { code, out, err } = await ended;
  assertEquals(code, 0, `${command}\n${out}${err}`);
  return { code, out, err };
}

/** Runs a command line in a directory by a shell; as `succeed`. */
export const succeedIn = (directory: string, command: string): Promise<Ended> =>
  succeed(shell(command, directory), command);
