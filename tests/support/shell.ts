/** Runs command lines by a shell, as users type them. */
import type { Ended } from "./deno_command.ts";
import { permissions } from "./deno_command.ts";

/** Text as one word of a shell's command line. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The shell's command line that runs a script as a user's command, with arguments. */
export const commandLine = (...script: string[]): string =>
  ["deno", "run", "--frozen", ...permissions, ...script].map(quoted).join(" ");

/** Runs a command line in a directory to its end, by a shell. */
export async function shell(command: string, directory: string): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", `unset INIT_CWD\n${command}`],
    cwd: directory,
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

/** A test of what only Linux has: its terminals, its devices. */
export const testOnLinux = (name: string, fn: Deno.TestDefinition["fn"]): void =>
  Deno.test({ name, ignore: Deno.build.os !== "linux", fn });
