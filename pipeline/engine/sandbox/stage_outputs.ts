/**
 * Encodes what a stage returned as the bytes of its outputs. A value that does not fit its type fails the
 * job; the failure names the stage, the output and the place.
 */
import type { Failure } from "../event.ts";
import type { AnyArtifactType } from "../../formats/artifact_type.ts";
import { isPlain } from "../../formats/json.ts";
import { checkNames, isJsonType } from "../../formats/lossless_json.ts";
import { wordType } from "../../formats/artifact_type.ts";
import type { AnyStage } from "../stage.ts";
import { wordThrown } from "./thrown.ts";

/** An error that carries a failure. */
export type FailureError = new (failure: Failure, options?: ErrorOptions) => Error;

/**
 * The bytes of one output, of all that a stage gave.
 * @throws Failed if the stage did not give it, or its type cannot hold it
 */
export function encodeOutput(
  stage: AnyStage,
  output: string,
  given: unknown,
  Failed: FailureError,
): Uint8Array {
  const type: AnyArtifactType = stage.outputs[output];
  const unfit = (problem: string, options?: ErrorOptions) =>
    new Failed({ reason: "unfit-output", stage: stage.name, output, problem }, options);
  if (!isPlain(given)) {
    throw unfit(`expected an object with each output by its name, found ${wordType(given)}`);
  }
  const value = given[output];
  if (value === undefined) {
    const names = Object.keys(given).join(", ") || "none";
    throw unfit(`expected a value, found undefined among the outputs given: ${names}`);
  }
  try {
    const bytes = type.encode(value);
    if (isJsonType(type.mediaType)) checkNames(value);
    return bytes;
  } catch (cause) {
    throw unfit(wordThrown(cause), { cause });
  }
}
