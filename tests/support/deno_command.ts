/** Runs Deno as users do: with their permissions, from the root of the checkout. */
import { join, relative } from "node:path";
import { root } from "./checkout.ts";

/** Exit code and output of a command that ended. */
export interface Ended {
  code: number;
  out: string;
  err: string;
}

/** Permissions of users' commands, and no more. */
export const permissions = ["-q", "--no-prompt", `--config=${join(root, "deno.json")}`, "-P=fanin"];

/** Arguments of `deno` that run a command line on a directory of artifacts, as a user does. */
export const runArguments = (
  cli: string,
  artifacts: string,
  ...args: string[]
): string[] => ["run", "--frozen", ...permissions, cli, artifacts, ...args];

/** A path for a flag such as `--allow-write`, in which a comma in the checkout's path would separate. */
export const fromRoot = (path: string): string => relative(root, path);

/** Variables of a command. The tests' own task sets INIT_CWD, and relative paths would start there. */
export const variables = { NO_COLOR: "1", INIT_CWD: "" };

/** Runs Deno to its end; calls `then` once, as soon as its messages contain a text. */
export async function denoUntil(
  args: string[],
  text: string,
  then: (child: Deno.ChildProcess) => unknown,
): Promise<{ code: number; err: string }> {
  const child = new Deno.Command("deno", {
    args,
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  let err = "";
  let called = false;
  for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
    err += chunk;
    if (called || !err.includes(text)) continue;
    called = true;
    await then(child);
  }
  return { code: (await child.status).code, err };
}

/** Runs Deno on a script to its end. */
export async function deno(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args,
    cwd: root,
    stdin: "null",
    env: { ...variables, ...env },
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}
