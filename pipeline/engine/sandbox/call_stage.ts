/**
 * Calls a stage with bytes: parses its parameters, decodes its inputs and encodes its outputs by their types.
 * The caller chooses the thread and the permissions.
 */
import { type Effects, effectsFrom, type EffectsOf, type Services } from "../effects.ts";
import { Failed } from "../failed.ts";
import { files } from "../../formats/files.ts";
import type { AnyArtifactType } from "../../formats/artifact_type.ts";
import type { Call } from "./sandbox.ts";
import type { AnyStage } from "../stage.ts";
import { type Program, wordsOf } from "../program/declared_program.ts";
import { checkLossless } from "../program/lossless_json.ts";
import { encodeOutput } from "./stage_outputs.ts";
import { wordThrown } from "./thrown.ts";

/**
 * Gives the bytes of the outputs. Throws a `ZodError` for parameters that do not fit, `unreadable-input` and
 * `unfit-output` for what does not fit its type, and whatever the stage throws.
 */
export async function callStage(
  stage: AnyStage,
  { parameters, inputs, machine, settings }: Omit<Call, "code" | "key">,
  services: Services,
  { listener, signal, effects }: Pick<EffectsOf, "listener" | "signal"> & {
    /** In place of those that the services give. */
    effects?: Partial<Effects>;
  },
): Promise<Record<string, Uint8Array>> {
  if (stage.program !== undefined) {
    return await callProgram(stage, stage.program, parameters, services);
  }
  const values: Record<string, unknown> = {};
  for (const [name, type] of Object.entries<AnyArtifactType>(stage.inputs)) {
    try {
      values[name] = type.decode(inputs[name]);
    } catch (cause) {
      const problem = wordThrown(cause);
      throw new Failed({ reason: "unreadable-input", input: name, problem }, { cause });
    }
  }
  const state = stage.steps?.state;
  const given = await stage.run({
    parameters: stage.parameters.parse(parameters),
    inputs: values,
    effects: {
      ...effectsFrom(services, { settings, machine, listener, signal, state }),
      ...effects,
    },
  });
  return Object.fromEntries(
    Object.keys(stage.outputs).map((name) => [name, encodeOutput(stage, name, given)]),
  );
}

/** Has the stage's program run, and reads each file that it left by the type of the output. */
async function callProgram(
  stage: AnyStage,
  { command, ...program }: Program,
  parameters: unknown,
  services: Services,
): Promise<Record<string, Uint8Array>> {
  const { places, outputs, environment, inherit } = program;
  const words = wordsOf(command, stage.parameters.parse(parameters));
  const left = await services.runProgram({
    command: words,
    directories: Object.keys(stage.inputs)
      .filter((name) => (stage.inputs[name] as AnyArtifactType).kind === files.kind),
    places,
    outputs,
    environment,
    inherit,
  });
  const values: Record<string, unknown> = {};
  for (const [name, type] of Object.entries<AnyArtifactType>(stage.outputs)) {
    try {
      values[name] = type.decode(left[name]);
      if (/[/+]json$/.test(type.mediaType)) checkLossless(new TextDecoder().decode(left[name]));
    } catch (cause) {
      const problem = wordThrown(cause);
      const path = outputs[name];
      throw new Failed({ reason: "unreadable-file", output: name, path, problem }, { cause });
    }
  }
  return Object.fromEntries(
    Object.keys(stage.outputs).map((name) => [name, encodeOutput(stage, name, values)]),
  );
}
