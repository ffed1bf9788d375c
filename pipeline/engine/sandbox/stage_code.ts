/** A stage's code, as far as a worker needs it to run the stage: plain data, which passes between threads. */
import type { Code } from "../code/code_hash.ts";
import type { Access } from "../effects.ts";
import type { AnyStage } from "../stage.ts";

/** The part of a stage's code that starts its worker. */
type Bundled = Pick<Code, "sha256" | "beside" | "installed" | "data">;

/** A stage as a worker needs it: plain data. */
export interface StageCode extends Bundled {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly access: Access;
  /** Set if the stage may use the graphics driver. */
  readonly usesAdapter?: boolean;
  /** Set if several jobs of the run have the stage, so that its worker may be kept for the next one. */
  readonly isShared?: boolean;
  /** Set if the stage is a program, which takes its inputs as files. */
  readonly isProgram?: boolean;
}

export const stageCode = (
  { name, inputs, outputs, access = {}, machine, program }: AnyStage,
  { sha256, beside, installed, data }: Bundled,
  isShared = false,
): StageCode => ({
  name,
  sha256,
  beside,
  installed,
  data,
  access,
  inputs: Object.keys(inputs),
  outputs: Object.keys(outputs),
  ...(machine?.includes("adapter") && { usesAdapter: true }),
  ...(isShared && { isShared }),
  ...(program !== undefined && { isProgram: true }),
});
