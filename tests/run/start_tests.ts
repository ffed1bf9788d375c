/** Starts `deno test` on files, with the permissions of the tests. */
import { withoutLoader } from "../../pipeline/engine/machine/loader_variables.ts";
import { root } from "../support/checkout.ts";

/** Arguments of `deno` that run tests. `check` looks at types, for all files at once. */
export const testing = ["test", "-q", "--no-check", "--no-prompt", "--frozen", "-P=test"];

/** Runs Deno to its end beside others, and prints what it prints; gives whether it succeeded. */
export async function runDeno(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<boolean> {
  const { success } = await new Deno.Command("deno", {
    args: [...args],
    cwd: root,
    env: { ...withoutLoader, ...env },
  }).spawn().status;
  return success;
}

export interface Cost {
  /** Seconds from start to end. */
  wall: number;
  /** Seconds of processors, with those of all processes that the tests start and wait for. */
  cpu: number;
}

/**
 * Runs one test file and measures it.
 * @throws Error with what is printed, if a test fails
 */
export async function costOf(file: string): Promise<Cost> {
  const start = performance.now();
  // A shell reports the time of its children and theirs.
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", 'deno "$@" >&2 && times', "sh", ...testing, file],
    cwd: root,
    stdin: "null",
    env: { ...withoutLoader, NO_COLOR: "1", INIT_CWD: "" },
  }).output();
  const wall = (performance.now() - start) / 1000;
  const [, user, system] = /\n(\S+) (\S+)\n$/.exec(new TextDecoder().decode(stdout)) ?? [];
  if (user === undefined) throw new Error(`${file}:\n${new TextDecoder().decode(stderr)}`);
  return { wall: rounded(wall), cpu: rounded(seconds(user) + seconds(system)) };
}

/** Seconds of a shell's `1m2.5s`. */
function seconds(text: string): number {
  const [, minutes, rest] = /^(\d+)m([\d.]+)s$/.exec(text)!;
  return Number(minutes) * 60 + Number(rest);
}

const rounded = (seconds: number): number => Math.round(seconds * 10) / 10;
