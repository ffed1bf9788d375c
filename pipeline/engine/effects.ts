/**
 * Defines the effects of a stage: network, files, other programs, checkpoints, progress, notices, delays.
 * A stage reaches the world by nothing else. Its worker computes; the host reads files, starts programs
 * and keeps checkpoints, through `Services`.
 */
import type { AnyArtifactType } from "../formats/artifact_type.ts";
import type { MachineFacts } from "./machine/machine.ts";
import type { ProgramRun } from "./program/declared_program.ts";
import { wordThrown } from "./sandbox/thrown.ts";

/** Progress of a job. `done` and `total` count the same thing, named by `unit`. */
export interface Progress {
  done: number;
  total: number;
  unit: string;
}

/** Settings of the user and the machine for this run. They must not change any byte of a result. */
export interface JobSettings {
  /** A directory with data files that the user has already. */
  dataDirectory?: string;
  /** Threads that a job may use; one if that is unknown. */
  threads?: number;
}

/** A metric of a job that is still running: a loss after so many of its steps, say. */
export interface Measured {
  /** With its unit: "train loss (nats)". */
  metric: string;
  step: number;
  value: number;
}

/** The result of another program. */
export interface CommandResult {
  /** Its exit code. */
  code: number;
  /** All that it printed, in UTF-8. */
  stdout: string;
  /** All that it printed as messages, in UTF-8. */
  stderr: string;
}

/** Places that a stage may reach besides its inputs. Each list is empty by default. */
export interface Access {
  /** Hosts for `effects.fetch`: "example.org", or "example.org:8080". */
  readonly net?: readonly string[];
  /** Directories and files outside of the project for `effects.readFile`, by absolute path. */
  readonly read?: readonly string[];
  /** Programs for `effects.run`. */
  readonly run?: readonly string[];
}

/**
 * Effects of a stage besides computing, within the access that it declares.
 *
 * @example
 * ```ts
 * import { defineStage, type Effects, metrics } from "fanin";
 *
 * const linesOf = async ({ readFile }: Effects, path: string) =>
 *   new TextDecoder().decode(await readFile(path)).split("\n");
 *
 * export const count = defineStage({
 *   name: "count",
 *   module: import.meta.url,
 *   about: "counts lines of a file",
 *   outputs: { metrics },
 *   run: async ({ effects }) => ({
 *     metrics: { lines: (await linesOf(effects, "data/notes.txt")).length },
 *   }),
 * });
 * ```
 */
export interface Effects {
  /** Settings for this run. */
  settings: JobSettings;
  /** The network, as far as the stage declares hosts. */
  fetch: typeof fetch;
  /**
   * A file of the project, by its path from the root; of the user's data directory; or of what the stage
   * declares. Its hash is kept with the result, which is no result any more when the file changes. With
   * `verified` it is not: the stage itself checks the content against a hash that its code holds.
   * @throws `Deno.errors.NotFound`; `Deno.errors.NotCapable` where the stage declares no such place.
   */
  readFile(path: string, options?: { verified?: boolean }): Promise<Uint8Array<ArrayBuffer>>;
  /** A file of a locked npm package that the stage declares, by `package/path`. */
  readPackageFile(specifier: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Another program that the stage declares, to its end; `directory` is where it runs. */
  run(command: string[], directory?: string): Promise<CommandResult>;
  /** A directory of its own, which its worker may read and write, removed when the job has ended. */
  makeTempDir(): Promise<string>;
  /** Removes a directory of `makeTempDir` before the job has ended. */
  remove(path: string): Promise<void>;
  /** Fulfilled after so many milliseconds. */
  delay(milliseconds: number): Promise<void>;
  /** Reports how far the job has come: `done` of `total`, counted in `unit`. */
  progress(done: number, total: number, unit: string): void;
  /** Reports a metric to whoever follows the run; nothing of it is stored. */
  measured(metric: string, step: number, value: number): void;
  /** Reports what the user should know though the work goes on. */
  notice(message: string): void;
  /** Fires when the run is interrupted. */
  signal: AbortSignal;
  /** The facts of the machine that the stage names, as they entered the key. */
  machine: Readonly<Partial<MachineFacts>>;
}

/**
 * The states of a job that works in steps, from which it goes on where it was cut off. Chance starts again at each
 * state, so that such a job draws the same numbers as one that was never cut off; in workers that it starts, it goes on.
 *
 * @example
 * ```ts
 * import { defineStage, json, metrics, runStage } from "fanin";
 * import { assertEquals } from "@std/assert";
 * import { z } from "zod";
 *
 * const grow = defineStage({
 *   name: "grow",
 *   module: import.meta.url,
 *   about: "doubles a number",
 *   parameters: z.strictObject({ steps: z.int().positive().default(3) }),
 *   outputs: { metrics },
 *   steps: { parameter: "steps", state: json("size", z.number()) },
 *   run: async ({ parameters: { steps }, effects: { checkpoints } }) => {
 *     let size = 1;
 *     for (let step = 1; step <= steps; step++) {
 *       const stored = await checkpoints.read(step);
 *       size = stored ?? 2 * size;
 *       if (stored === undefined) await checkpoints.save(step, size);
 *     }
 *     return { metrics: { size } };
 *   },
 * });
 * assertEquals(await runStage(grow, { inputs: {} }), { metrics: { size: 8 } });
 * ```
 */
export interface Checkpoints<T> {
  /** The stored state after `step` steps, undefined where there is none. */
  read(step: number): Promise<T | undefined>;
  /** Stores the state after `step` steps, counted from 1. Rejects where the job is to end there. */
  save(step: number, value: T): Promise<void>;
}

/** Services of the host for a stage. Bytes are passed, not shared. */
export interface Services {
  readFile(path: string, verified: boolean): Promise<Uint8Array<ArrayBuffer>>;
  readPackageFile(specifier: string): Promise<Uint8Array<ArrayBuffer>>;
  run(command: string[], directory?: string): Promise<CommandResult>;
  /** The bytes of the outputs that the stage's program left. */
  runProgram(run: ProgramRun): Promise<Record<string, Uint8Array<ArrayBuffer>>>;
  makeTempDir(): Promise<string>;
  remove(path: string): Promise<void>;
  /** The bytes of the state after `step` steps, undefined where none is stored. */
  readCheckpoint(step: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  saveCheckpoint(step: number, state: Uint8Array): Promise<void>;
}

/** Receives the reports of a job's effects. */
export interface Listener {
  progress(progress: Progress): void;
  measured(measured: Measured): void;
  notice(message: string): void;
  /** Text that the stage printed, line breaks included. */
  log(text: string): void;
}

/** Parts of effects besides the services. */
export interface EffectsOf {
  settings: JobSettings;
  machine: Readonly<Partial<MachineFacts>>;
  listener: Listener;
  signal: AbortSignal;
  /** The type of a state, of a stage that works in steps. */
  state?: AnyArtifactType;
  /** Called when the stage has the state after `step` steps, computed or read. */
  onState?(step: number): void;
}

/** The effects that a stage is given. */
export function effectsFrom(
  services: Services,
  { settings, machine, listener, signal, state, onState }: EffectsOf,
): Effects & { checkpoints?: Checkpoints<unknown> } {
  return {
    settings,
    machine,
    fetch: (...request) => fetch(...request),
    signal,
    readFile: (path, { verified = false } = {}) => services.readFile(path, verified),
    readPackageFile: (specifier) => services.readPackageFile(specifier),
    run: (command, directory) => services.run(command, directory),
    makeTempDir: () => services.makeTempDir(),
    remove: (path) => services.remove(path),
    delay: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    progress: (done, total, unit) => listener.progress({ done, total, unit }),
    measured: (metric, step, value) => listener.measured({ metric, step, value }),
    notice: (message) => listener.notice(message),
    checkpoints: state && {
      async read(step) {
        const bytes = await services.readCheckpoint(step);
        if (bytes === undefined) return undefined;
        try {
          const value = state.decode(bytes);
          onState?.(step);
          return value;
        } catch (error) {
          const problem = `is not of the type ${state.kind}: ${wordThrown(error)}`;
          listener.notice(`checkpoint ${step} is not used: its state ${problem}`);
          return undefined;
        }
      },
      async save(step, value) {
        onState?.(step);
        await services.saveCheckpoint(step, state.encode(value));
      },
    },
  };
}
