/**
 * Defines a stage: a pure, typed function from parameters and input artifacts to output artifacts, with the
 * declarations that its key is made from. `dag.ts` names and wires its uses.
 */
import { z } from "zod";
import type {
  Accepted,
  AnyArtifactType,
  Parsed,
  Schema,
  ValueOf,
} from "../formats/artifact_type.ts";
import type { Access, Checkpoints, Effects } from "./effects.ts";
import type { MachineFacts } from "./machine/machine.ts";
import type { Program } from "./program/declared_program.ts";

/** Types of artifacts by the name of the input or output. */
export type ArtifactTypes = Record<string, AnyArtifactType>;

/** Values of artifacts by the name of the input or output. */
export type Values<T extends ArtifactTypes> = { [Name in keyof T]: ValueOf<T[Name]> };

/** A zod object, strict so that a misspelt parameter is an error. */
export interface ParameterSchema extends Schema {
  /** Types of the parameters, as they are parsed and as they are given. */
  // deno-lint-ignore no-explicit-any
  readonly _zod: { readonly output: any; readonly input: any };
  /** The schema of each parameter. */
  readonly shape: object;
}

/** The schema of no parameters. */
export interface NoParameters extends ParameterSchema {
  /** Nothing is given, and nothing accepted. */
  readonly _zod: {
    readonly output: Record<string, never>;
    readonly input: Record<string, never>;
  };
}

/** A pure function from parameters and input artifacts to output artifacts, as declared. */
export interface Stage<
  P extends ParameterSchema = ParameterSchema,
  I extends ArtifactTypes = ArtifactTypes,
  O extends ArtifactTypes = ArtifactTypes,
  S extends AnyArtifactType | undefined = AnyArtifactType | undefined,
> {
  /** Unique among stages; part of the key. */
  readonly name: string;
  /** `import.meta.url` of the stage's module: where bundling its code starts. */
  readonly module: string;
  /** One line for people. */
  readonly about: string;
  /** A strict object, so that a misspelt parameter is an error. */
  readonly parameters: P;
  /** Artifacts that other jobs give it: name → type. */
  readonly inputs: I;
  /** Artifacts that it gives: name → type. Names become those of files. */
  readonly outputs: O;
  /** Facts of the machine that change the bytes of an output; they enter the key. */
  readonly machine?: readonly (keyof MachineFacts)[];
  /** Places that it reaches besides its inputs; none by default. */
  readonly access?: Access;
  /** npm packages of which it reads data files; those that it imports are found by themselves. */
  readonly packages?: readonly string[];
  /**
   * For a stage that works in steps, each of which can start from the state that the one before left: the
   * parameter with the number of steps, and the type of such a state.
   */
  readonly steps?: { readonly parameter: string & keyof Accepted<P>; readonly state: S };
  /**
   * Names of its metrics and ids of its claims and controls, where they follow from the parameters. Names
   * that two jobs would give are then found before anything runs. Jobs of a stage that declares none are
   * taken to give the same names.
   */
  names?(parameters: Parsed<P>): {
    readonly metrics?: readonly string[];
    readonly claims?: readonly string[];
  };
  /** The program that it is, of a stage that `commandStage` declares; it is started in place of `run`. */
  readonly program?: Program;
  /** Computes the outputs. What it throws fails the job with that message. */
  run(job: {
    parameters: Parsed<P>;
    inputs: Values<I>;
    effects: S extends AnyArtifactType ? Effects & { checkpoints: Checkpoints<ValueOf<S>> }
      : Effects;
  }): Promise<Values<O>> | Values<O>;
}

/** A stage whose parameters, inputs and outputs are known only at run time. */
// deno-lint-ignore no-explicit-any
export type AnyStage = Stage<any, any, any, any>;

/** A schema of no parameters. */
const none: NoParameters = z.strictObject({});

/** A stage as it is declared: one without parameters or without inputs leaves them out. */
export type DeclaredStage<
  P extends ParameterSchema,
  I extends ArtifactTypes,
  O extends ArtifactTypes,
  S extends AnyArtifactType | undefined,
> =
  & Omit<Stage<P, I, O, S>, "parameters" | "inputs">
  & Partial<Pick<Stage<P, I, O, S>, "parameters" | "inputs">>;

/**
 * Declares a stage; returns it with its types inferred.
 *
 * @example
 * ```ts
 * import { defineStage, json, metrics, runStage } from "fanin";
 * import { assertEquals } from "@std/assert";
 * import { z } from "zod";
 *
 * const sum = defineStage({
 *   name: "sum",
 *   module: import.meta.url,
 *   about: "adds numbers",
 *   parameters: z.strictObject({ factor: z.number().default(1) }),
 *   inputs: { numbers: json("numbers", z.array(z.number())) },
 *   outputs: { metrics },
 *   run: ({ parameters: { factor }, inputs: { numbers } }) => ({
 *     metrics: { sum: factor * numbers.reduce((a, b) => a + b, 0) },
 *   }),
 * });
 *
 * const outputs = await runStage(sum, { inputs: { numbers: [1, 2] } });
 * assertEquals(outputs, { metrics: { sum: 3 } });
 * ```
 */
export function defineStage<
  O extends ArtifactTypes,
  P extends ParameterSchema = NoParameters,
  // deno-lint-ignore ban-types
  I extends ArtifactTypes = {},
  S extends AnyArtifactType | undefined = undefined,
>(stage: DeclaredStage<P, I, O, S>): Stage<P, I, O, S> {
  return { parameters: none, inputs: {}, ...stage } as unknown as Stage<P, I, O, S>;
}
