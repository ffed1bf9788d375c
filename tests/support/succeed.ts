/** Demands of a command that it succeeds. */
import { assertEquals } from "@std/assert";
import type { Ended } from "./deno_command.ts";

/** Gives what the command printed; fails with that unless its exit code is 0. */
export async function succeed(ended: Promise<Ended>): Promise<Ended> {
  const { code, out, err } = await ended;
  assertEquals(code, 0, `${out}${err}`);
  return { code, out, err };
}
