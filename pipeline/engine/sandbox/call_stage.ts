/**
 * Calls a stage with bytes: parses its parameters, decodes its inputs and encodes its outputs by their types.
 * The caller chooses the thread and the permissions. A thread starts for each stage of a run, so this loads little,
 * and no sentences of failures: the thread that has the failure printed words it.
 */
import { type Effects, effectsFrom, type EffectsOf, type Services } from "../effects.ts";
import type { AnyArtifactType } from "../../formats/artifact_type.ts";
import { checkLossless, isJsonType } from "../../formats/lossless_json.ts";
import { withFloatTexts } from "../../formats/float_words.ts";
import type { Call } from "./sandbox.ts";
import type { AnyStage } from "../stage.ts";
import { type Program, wordsOf } from "../program/declared_program.ts";
import { encodeOutput, type FailureError } from "./stage_outputs.ts";
import { wordThrown } from "./thrown.ts";

/**
 * Gives the bytes of the outputs. Throws a `ZodError` for parameters that do not fit, `unreadable-input` and
 * `unfit-output` for what does not fit its type, and whatever the stage throws.
 */
export async function callStage(
  stage: AnyStage,
  { parameters, inputs, machine, settings }: Omit<Call, "code" | "chance">,
  services: Services,
  { listener, signal, onState, effects, Failed }:
    & Pick<EffectsOf, "listener" | "signal" | "onState">
    & {
      /** The class of the errors that carry failures. */
      Failed: FailureError;
      /** In place of those that the services give. */
      effects?: Partial<Effects>;
    },
): Promise<Record<string, Uint8Array>> {
  if (stage.program !== undefined) {
    return await callProgram(stage, stage.program, parameters, services, Failed);
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
      ...effectsFrom(services, { settings, machine, listener, signal, state, onState }),
      ...effects,
    },
  });
  return Object.fromEntries(
    Object.keys(stage.outputs).map((name) => [name, encodeOutput(stage, name, given, Failed)]),
  );
}

/** Has the stage's program run, and reads each file that it left by the type of the output. */
async function callProgram(
  stage: AnyStage,
  { command, ...program }: Program,
  parameters: unknown,
  services: Services,
  Failed: FailureError,
): Promise<Record<string, Uint8Array>> {
  const { places, directories, outputs, environment, inherit } = program;
  const words = wordsOf(command, stage.parameters.parse(parameters));
  const left = await services.runProgram({
    command: words,
    places,
    directories,
    outputs,
    environment,
    inherit,
  });
  const values: Record<string, unknown> = {};
  for (const [name, type] of Object.entries<AnyArtifactType>(stage.outputs)) {
    const isJson = isJsonType(type.mediaType);
    try {
      values[name] = type.decode(left[name]);
      if (isJson) checkLossless(textOf(left[name]));
    } catch (cause) {
      const problem = wordThrown(cause) + (isJson ? floatHint(textOf(left[name])) : "");
      const path = outputs[name];
      throw new Failed({ reason: "unreadable-file", output: name, path, problem }, { cause });
    }
  }
  return Object.fromEntries(
    Object.keys(stage.outputs).map((name) => [name, encodeOutput(stage, name, values, Failed)]),
  );
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The rest of a sentence, where a program wrote NaN or an infinity as no JSON has it. */
const floatHint = (text: string): string =>
  withFloatTexts(text) === text
    ? ""
    : '. JSON has no NaN and no infinity: write them as the texts "NaN", "Infinity" and "-Infinity"';
