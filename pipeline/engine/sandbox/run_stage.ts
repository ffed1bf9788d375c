/**
 * Runs a stage alone, for a test: without store, key and worker. Values pass as in a job: parameters are
 * parsed, inputs and outputs encoded and decoded.
 */
import { Failed } from "../failed.ts";
import { callStage } from "./call_stage.ts";
import type { Effects, Services } from "../effects.ts";
import type { Accepted, AnyArtifactType } from "../../formats/artifact_type.ts";
import type { ArtifactTypes, ParameterSchema, Stage, Values } from "../stage.ts";

/** Values that a stage runs on alone. */
export interface StageRun<P extends ParameterSchema, I extends ArtifactTypes> {
  /** By default those of the stage. */
  parameters?: Accepted<P>;
  /** By name. */
  inputs: Values<I>;
  /** In place of the real ones: a `fetch` that answers from a test's data, say. */
  effects?: Partial<Effects>;
}

/**
 * Gives a stage's outputs, as a stage after it would read them.
 *
 * @throws ZodError for parameters that do not fit, `FormatError` for an input that does not fit its type,
 *   `Failed` for an output that does not, and whatever the stage throws.
 *
 * @example
 * ```ts
 * import { defineStage, metrics, runStage } from "fanin";
 * import { assertEquals } from "@std/assert";
 *
 * const greet = defineStage({
 *   name: "greet",
 *   module: import.meta.url,
 *   about: "asks a server how many users it has",
 *   access: { net: ["example.org"] },
 *   outputs: { metrics },
 *   run: async ({ effects }) => {
 *     const answer = await effects.fetch("https://example.org/users");
 *     return { metrics: { users: Number(await answer.text()) } };
 *   },
 * });
 *
 * const fetch = () => Promise.resolve(new Response("7"));
 * const { metrics: found } = await runStage(greet, { inputs: {}, effects: { fetch } });
 * assertEquals(found, { users: 7 });
 * ```
 */
export async function runStage<
  P extends ParameterSchema,
  I extends ArtifactTypes,
  O extends ArtifactTypes,
  S extends AnyArtifactType | undefined = undefined,
>(
  stage: Stage<P, I, O, S>,
  { parameters, inputs, effects = {} }: StageRun<P, I>,
): Promise<Values<O>> {
  const silent = { progress() {}, measured() {}, notice() {}, log() {} };
  const outputs = await callStage(
    stage,
    {
      parameters: parameters ?? {},
      inputs: encoded(stage.inputs, inputs),
      machine: {},
      settings: {},
    },
    servicesInMemory(),
    { listener: silent, signal: new AbortController().signal, effects, Failed },
  );
  return Object.fromEntries(
    Object.entries<AnyArtifactType>(stage.outputs)
      .map(([name, type]) => [name, type.decode(outputs[name])]),
  ) as Values<O>;
}

/** The bytes of inputs. */
const encoded = <T extends ArtifactTypes>(
  types: T,
  values: Values<T>,
): Record<string, Uint8Array<ArrayBuffer>> =>
  Object.fromEntries(
    Object.entries<AnyArtifactType>(types)
      .map(([name, type]) => [name, type.encode(values[name]) as Uint8Array<ArrayBuffer>]),
  );

/** Services within a test's own permissions, with checkpoints that last as long as the call. */
export function servicesInMemory(): Services {
  const states = new Map<number, Uint8Array<ArrayBuffer>>();
  return {
    readFile: (path) => Deno.readFile(path),
    readPackageFile: (specifier) => Deno.readFile(new URL(import.meta.resolve(specifier))),
    async run([program, ...args], directory) {
      const command = new Deno.Command(program, { args, cwd: directory, stdin: "null" });
      const { code, stdout, stderr } = await command.output();
      const text = new TextDecoder();
      return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
    },
    runProgram: ({ command }) => {
      const message = `the program ${command[0]} is started by a job alone; run the job in a test`;
      return Promise.reject(new Error(message));
    },
    makeTempDir: () => Deno.makeTempDir(),
    remove: (path) => Deno.remove(path, { recursive: true }),
    readCheckpoint: (step) => Promise.resolve(states.get(step)),
    saveCheckpoint: (step, state) => Promise.resolve(void states.set(step, state.slice())),
  };
}
