/**
 * Starts one run of an audit as a process of its own: the project's command line, with what the condition
 * changes around it.
 */
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { withoutLoader } from "../../engine/machine/loader_variables.ts";
import { denoWords } from "../../engine/project/deno_words.ts";
import { isWithin } from "../../store/path_within.ts";
import { storeVariable } from "../../store/store_place.ts";
import { printedEnd } from "../../terminal/printed_end.ts";
import { sendSignal } from "../../terminal/send_signal.ts";
import { shellWord } from "../../terminal/shell_word.ts";

/** A run to start. */
export interface Launch {
  /** The project's directory: the own one or a copy. */
  root: string;
  /** The directory of its store and its record. */
  artifacts: string;
  /** Variables besides those of this process. */
  env: Readonly<Record<string, string>>;
  /** Programs, each with its arguments, in which Deno is started; the first is the outermost. */
  within: readonly string[];
  /** With a terminal of its own, or without any. */
  terminal: boolean;
  workers: number;
  /** Begins with the last of the jobs that can begin. */
  reverse: boolean;
  /** The only backend that it accepts. */
  backend?: string;
  force: readonly string[];
}

/** The parts of a command line that all runs of an audit share. */
export interface Program {
  /** The project's own directory. */
  root: string;
  /** The command line of the audit before its name, after the program's module. */
  before: readonly string[];
  /** Flags that select jobs and data. Paths are absolute. */
  flags: readonly string[];
  /** Deno's cache, which would otherwise lie in the user's home. */
  cache: string;
  /** True if a run can be kept from the terminal of this process. */
  detaches: boolean;
}

/** The command line of a run, word by word. */
function wordsOf(program: Program, launch: Launch): string[] {
  const { root } = program;
  const moved = (path: string) =>
    isWithin(root, path) ? join(launch.root, relative(root, path)) : path;
  const words = [
    ...launch.within,
    ...denoWords({
      root: launch.root,
      module: moved(fileURLToPath(Deno.mainModule)),
      flags: ["-P=fanin"],
    }),
    ...program.before,
    "rerun",
    launch.artifacts,
    ...program.flags.map(moved),
    "--workers",
    String(launch.workers),
    ...(launch.reverse ? ["--reverse"] : []),
    ...(launch.backend === undefined ? [] : ["--backend", launch.backend]),
    ...launch.force.flatMap((job) => ["--force", job]),
  ];
  if (launch.terminal) {
    // A new terminal has no size of its own.
    const line = `stty columns 132 rows 50; exec ${words.map(shellWord).join(" ")}`;
    return ["script", "-q", "-e", "-c", line, "/dev/null"];
  }
  return program.detaches ? ["setsid", "--wait", ...words] : words;
}

/** Runs it to its end; gives the end of what it printed. An interruption is passed on. */
export async function start(
  program: Program,
  launch: Launch,
  signal: AbortSignal,
): Promise<{ printed: string }> {
  const process = new Deno.Command("sh", {
    args: ["-c", 'exec "$0" "$@"', ...wordsOf(program, launch)],
    cwd: launch.root,
    env: {
      ...withoutLoader,
      DENO_DIR: program.cache,
      NO_COLOR: "1",
      INIT_CWD: launch.root,
      // Each run has a store of its own: what a shared one has would not be computed again.
      [storeVariable]: "",
      ...launch.env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stop = () => sendSignal(process, "SIGTERM");
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    const [out, err] = await Promise.all([printedEnd(process.stdout), printedEnd(process.stderr)]);
    await process.status;
    return { printed: `${out}${err}`.trim() };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Runs a line of shell; gives what it prints, undefined where it fails. */
export async function shell(line: string, ...words: string[]): Promise<string | undefined> {
  const { success, stdout } = await new Deno.Command("sh", {
    args: ["-c", line, "sh", ...words],
    env: withoutLoader,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).output();
  return success ? new TextDecoder().decode(stdout).trim() : undefined;
}
