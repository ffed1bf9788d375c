/**
 * Bundles in a process of its own, because it may start esbuild's program, which this one may not. Where there is no
 * such program, esbuild is WebAssembly, and its memory, up to 500 MB, goes with that process.
 */
import type { Failure } from "../event.ts";
import { Failed } from "../failed.ts";
import { allowRun, bundlerProgram } from "./bundler_program.ts";
import { withoutLoader } from "../machine/loader_variables.ts";
import { denoWords } from "../project/deno_words.ts";
import { complain, writeBytes } from "../../terminal/print.ts";
import { printedEnd } from "../../terminal/printed_end.ts";

/** The end of a task. One that threw something other than a `Failed` has neither. */
interface Reply<Result> {
  result?: Result;
  failure?: Failure;
}

const v8 = (): typeof import("node:v8") =>
  // @ts-ignore: `process` is there in Deno; importing node:process for its type would load it.
  globalThis.process.getBuiltinModule("node:v8");

/**
 * Gives a task to `program`, the URL of a module that calls `answer`. Throws the `Failed` that it throws. Where
 * this process may start none, or the task fails otherwise, `here` does the same, for more time and memory;
 * so it does where the other process breaks, which is said.
 */
export async function apart<Task, Result>(
  { program, root, task, here }: {
    program: string;
    root: string;
    task: Task;
    here: (task: Task) => Promise<Result>;
  },
): Promise<Result> {
  const child = start(program, root);
  if (child === undefined) return await here(task);
  const [bytes, said] = await Promise.all([
    new Response(child.stdout).bytes(),
    printedEnd(child.stderr),
    // A process that breaks before it has read its task says so by its end.
    new Blob([JSON.stringify(task)]).stream().pipeTo(child.stdin).catch(() => {}),
  ]);
  const { code, signal } = await child.status;
  // A terminal interrupts both processes.
  if (signal === "SIGINT") Deno.exit(code);
  const reply = replyIn<Result>(bytes);
  const printed = said.trim() === "" ? [] : said.trim().split("\n");
  if (reply === undefined) {
    complain([
      `The process that bundles code ended with ${code} and no bundles, so this one makes them.`,
      ...(printed.length === 0 ? [] : ["It printed:", ...printed]),
    ]);
    return await here(task);
  }
  if (printed.length > 0) complain(printed);
  if (reply.failure !== undefined) throw new Failed(reply.failure);
  return reply.result ?? await here(task);
}

/** Starts a module that may read and start esbuild; undefined where this process may not, by its permissions. */
function start(program: string, root: string): Deno.ChildProcess | undefined {
  const bundler = bundlerProgram();
  const mayStart = bundler && allowRun(bundler);
  const flags = [
    "--allow-read",
    ...(mayStart !== undefined
      ? ["--ignore-env", mayStart]
      // V8 compiles WebAssembly once and fast: compiling esbuild again for speed takes longer than bundling. Without
      // the other flag it would replace the cached code of modules that processes without the first one load.
      : ["--no-code-cache", "--v8-flags=--liftoff-only"]),
  ];
  if (Deno.permissions.querySync({ name: "run", command: "sh" }).state !== "granted") return;
  try {
    return new Deno.Command("sh", {
      args: ["-c", 'exec "$0" "$@"', ...denoWords({ root, module: program, flags })],
      env: withoutLoader,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    // Deno starts none while a variable as LD_RUN_PATH is set.
    if (error instanceof Deno.errors.NotCapable) return;
    throw error;
  }
}

/** The reply in what a process wrote; undefined where it broke. */
function replyIn<Result>(bytes: Uint8Array): Reply<Result> | undefined {
  try {
    return v8().deserialize(bytes);
  } catch {
    return undefined;
  }
}

/** Does the task that this process was started for. */
export async function answer<Task, Result>(work: (task: Task) => Promise<Result>): Promise<void> {
  const task: Task = await new Response(Deno.stdin.readable).json();
  const reply = await work(task).then(
    (result): Reply<Result> => ({ result }),
    (error: unknown): Reply<Result> => error instanceof Failed ? { failure: error.failure } : {},
  );
  writeBytes(v8().serialize(reply));
  Deno.exit();
}
