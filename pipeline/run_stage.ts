/**
 * Runs a stage by itself, as a test wants it: without store, key and worker, but with everything that a
 * job does to values on their way: parameters are parsed, inputs and outputs written and read back.
 */
import type { z } from "zod";
import type { Checkpoints } from "./checkpoint.ts";
import { type Effects, machineEffects } from "./effects.ts";
import type { AnyArtifactType } from "./format/type.ts";
import type { AnyStage, ArtifactTypes, ParameterSchema, Stage, Values } from "./stage.ts";
import { encodeOutput } from "./stage_outputs.ts";

/** What a stage is run on by itself. */
export interface StageRun<P extends ParameterSchema, I extends ArtifactTypes> {
  /** By default those of the stage. */
  parameters?: z.input<P>;
  inputs: Values<I>;
  /** In place of the real ones: a `fetch` that answers from a test's data, say. */
  effects?: Partial<Effects>;
}

/**
 * Gives a stage's outputs, as a stage after it would read them.
 *
 * ```ts
 * const { metrics } = await runStage(estimatePi, { inputs: { hits: [61, 66] } });
 * ```
 *
 * @throws ZodError for parameters that do not fit, `FormatError` for an input that does not fit its type,
 *   `Failed` for an output that does not, and whatever the stage throws.
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
  const { steps }: AnyStage = stage;
  const silent = { progress() {}, measured() {}, notice() {} };
  const outputs = await (stage as AnyStage).run({
    parameters: stage.parameters.parse(parameters ?? {}),
    inputs: asRead(stage.inputs, inputs),
    effects: {
      ...machineEffects("", {}, {}, silent, new AbortController().signal),
      makeTempDir: () => Deno.makeTempDir(),
      checkpoints: steps && checkpointsInMemory(steps.state),
      ...effects,
    },
  });
  return Object.fromEntries(
    Object.entries<AnyArtifactType>(stage.outputs)
      .map(([name, type]) => [name, type.decode(encodeOutput(stage, name, outputs))]),
  ) as Values<O>;
}

/** Values as they are after being written and read. */
const asRead = <T extends ArtifactTypes>(types: T, values: Values<T>): Values<T> =>
  Object.fromEntries(
    Object.entries<AnyArtifactType>(types)
      .map(([name, type]) => [name, type.decode(type.encode(values[name]))]),
  ) as Values<T>;

function checkpointsInMemory(type: AnyArtifactType): Checkpoints<unknown> {
  const states = new Map<number, Uint8Array>();
  return {
    read(step) {
      const state = states.get(step);
      return state && type.decode(state);
    },
    save: (step, value) => void states.set(step, type.encode(value)),
  };
}
