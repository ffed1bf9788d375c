/**
 * Bundles in a process of its own. The memory of esbuild, up to 500 MB, goes with that process, and V8 compiles
 * WebAssembly once and fast in it: compiling esbuild again for speed takes longer than bundling.
 */
import type { Failure } from "../event.ts";
import { Failed } from "../failed.ts";
import { withoutLoader } from "../machine/loader_variables.ts";
import { denoWords } from "../project/deno_words.ts";
import { wordThrown } from "../sandbox/thrown.ts";
import { complain, writeBytes } from "../../terminal/print.ts";
import { printedEnd } from "../../terminal/printed_end.ts";

/** The end of a task: its result, or what it threw. */
type Reply<Result> = { result: Result } | { failure: Failure } | { message: string };

const v8 = (): typeof import("node:v8") =>
  // @ts-ignore: `process` is there in Deno; importing node:process for its type would load it.
  globalThis.process.getBuiltinModule("node:v8");

/**
 * Gives a task to `program`, the URL of a module that calls `answer`. Throws the `Failed` that it throws. Where
 * this process may start none, by its permissions, `here` does the same, for more time and memory; so it
 * does where the other process breaks, which is said.
 */
export async function apart<Task, Result>(
  { program, root, task, here }: {
    program: string;
    root: string;
    task: Task;
    here: (task: Task) => Promise<Result>;
  },
): Promise<Result> {
  if (Deno.permissions.querySync({ name: "run", command: "sh" }).state !== "granted") {
    return await here(task);
  }
  const flags = ["--allow-read", "--v8-flags=--liftoff-only"];
  const child = new Deno.Command("sh", {
    args: ["-c", 'exec "$0" "$@"', ...denoWords({ root, module: program, flags })],
    env: withoutLoader,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [bytes, said] = await Promise.all([
    new Response(child.stdout).bytes(),
    printedEnd(child.stderr),
    // A process that breaks before it has read its task says so by its end.
    new Blob([JSON.stringify(task)]).stream().pipeTo(child.stdin).catch(() => {}),
  ]);
  const { code } = await child.status;
  if (code !== 0) {
    complain([
      `The process that bundles code ended with ${code}, expected 0. This one bundles in its ` +
      `place. The other one printed:`,
      ...said.trim().split("\n"),
    ]);
    return await here(task);
  }
  const reply: Reply<Result> = v8().deserialize(bytes);
  if ("failure" in reply) throw new Failed(reply.failure);
  if ("message" in reply) throw new Error(reply.message);
  return reply.result;
}

/** Does the task that this process was started for. */
export async function answer<Task, Result>(work: (task: Task) => Promise<Result>): Promise<void> {
  // An interruption reaches both processes; the one that waits says how to go on.
  Deno.addSignalListener("SIGINT", () => {});
  const task: Task = await new Response(Deno.stdin.readable).json();
  const reply = await work(task).then(
    (result): Reply<Result> => ({ result }),
    (error: unknown): Reply<Result> =>
      error instanceof Failed ? { failure: error.failure } : { message: wordThrown(error) },
  );
  writeBytes(v8().serialize(reply));
  Deno.exit();
}
