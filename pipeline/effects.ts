/**
 * The effects that a stage may have, handed to it from outside: network, files, other programs,
 * progress, notices, delays. Nothing else reaches the world from a stage. What each may touch is
 * bounded by the permissions of the task that runs.
 */
import type { MachineFacts } from "./machine.ts";

/** How far a job has come. `done` and `total` count the same thing, named by `unit`. */
export interface Progress {
  done: number;
  total: number;
  unit: string;
}

/** What the user set for this run and what must not change any byte of a result. */
export interface Settings {
  /** A directory with data files that the user has already. */
  dataDirectory?: string;
}

/** A figure of a job that is still running: a loss after so many of its steps, say. */
export interface Measured {
  /** With its unit: "train loss (nats)". */
  figure: string;
  step: number;
  value: number;
}

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** What a stage may do besides computing, within the permissions of the task that runs. */
export interface Effects {
  /** What the user set for this run. */
  settings: Settings;
  /** The network, as far as the task is allowed. */
  fetch: typeof fetch;
  /** A file outside of the store, as far as the task is allowed. */
  readFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** A file of a locked npm package, by `package/path`. */
  readPackageFile(specifier: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Another program, to its end; `directory` is where it runs. */
  run(command: string[], directory?: string): Promise<CommandResult>;
  /** A directory of its own under the store, removed when the job has ended. */
  makeTempDir(): Promise<string>;
  /** Removes a directory of `makeTempDir` before the job has ended. */
  remove(path: string): Promise<void>;
  /** Fulfilled after so many milliseconds. */
  delay(milliseconds: number): Promise<void>;
  /** Tells how far the job has come: `done` of `total`, counted in `unit`. */
  progress(done: number, total: number, unit: string): void;
  /** Tells whoever follows the run how a figure stands; nothing is stored of it. */
  measured(figure: string, step: number, value: number): void;
  /** Tells what the user should know though the work goes on. */
  notice(message: string): void;
  /** Fires when the run is interrupted. */
  signal: AbortSignal;
  /** The facts of the machine that the stage names, as they entered the key. */
  machine: Readonly<Partial<MachineFacts>>;
}

/** Where a job's effects report to. */
export interface Listener {
  progress(progress: Progress): void;
  measured(measured: Measured): void;
  notice(message: string): void;
}

/** The effects on the real machine. Temporary directories lie under `scratch`. */
export function machineEffects(
  scratch: string,
  settings: Settings,
  machine: Readonly<Partial<MachineFacts>>,
  listener: Listener,
  signal: AbortSignal,
): Effects {
  return {
    settings,
    machine,
    fetch,
    signal,
    readFile: (path) => Deno.readFile(path, { signal }),
    readPackageFile: (specifier) => Deno.readFile(new URL(import.meta.resolve(specifier))),
    async run([program, ...args], directory) {
      const { code, stdout, stderr } = await new Deno.Command(program, {
        args,
        cwd: directory,
        stdin: "null",
        signal,
      }).output();
      const text = new TextDecoder();
      return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
    },
    async makeTempDir() {
      await Deno.mkdir(scratch, { recursive: true });
      return await Deno.makeTempDir({ dir: scratch });
    },
    remove: (path) => Deno.remove(path, { recursive: true }),
    delay: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    progress: (done, total, unit) => listener.progress({ done, total, unit }),
    measured: (figure, step, value) => listener.measured({ figure, step, value }),
    notice: (message) => listener.notice(message),
  };
}
