/**
 * Declares a stage that is a program in any language: which files it reads, how it is started, and which files
 * it leaves as outputs. `check_program.ts` checks the declaration when a DAG uses it.
 */
import { z } from "zod";
import type { Accepted, AnyArtifactType, ArtifactType } from "../../formats/artifact_type.ts";
import { fileType } from "../../formats/file_type.ts";
import { files as filesType } from "../../formats/files.ts";
import { json } from "../../formats/json.ts";
import { metrics } from "../../formats/metrics.ts";
import { anyNpy } from "../../formats/any_npy.ts";
import { safetensors, type Tensors } from "../../formats/safetensors.ts";
import type { Tensor } from "../../formats/tensor.ts";
import type { Json } from "../../../schemas/public/project_settings.ts";
import type { ArtifactTypes, NoParameters, ParameterSchema, Stage } from "../stage.ts";
import type { CommandWord, ParameterWord, Program } from "./declared_program.ts";

/**
 * The value of a parameter as a word of a command, or as a part of one.
 *
 * @example
 * ```ts
 * import { commandStage, param } from "fanin";
 * import { z } from "zod";
 *
 * export const draw = commandStage({
 *   name: "draw",
 *   module: import.meta.url,
 *   command: ["python3", "draw.py", ["--seed=", param("seed")]],
 *   parameters: z.strictObject({ seed: z.int().default(1) }),
 *   files: ["draw.py"],
 *   outputs: { numbers: "numbers.npy" },
 * });
 * ```
 */
export const param = <const Name extends string>(name: Name): ParameterWord<Name> => ({
  parameter: name,
});

/** A file of a type of one's own. */
export interface TypedFile {
  /** Its path in the program's directory. */
  readonly path: string;
  /** Writes, reads and checks it. */
  readonly type: AnyArtifactType;
}

/** Files by the name of the input or output: a path alone, or with a type. */
export type FilesByName = Readonly<Record<string, string | TypedFile>>;

/** The type of an output of which only the path is given. */
export type TypeAt<Name, Path> = Path extends `${string}.json`
  ? Name extends "metrics" ? ArtifactType<"metrics", Record<string, number>>
  : ArtifactType<"json", Json>
  : Path extends `${string}.npy` ? ArtifactType<"npy", Tensor>
  : Path extends `${string}.safetensors` ? ArtifactType<"safetensors", Tensors>
  : ArtifactType<"file", Uint8Array>;

/** The types of a program's outputs. */
export type OutputTypes<O extends FilesByName> = {
  [Name in keyof O]: O[Name] extends { type: infer T extends AnyArtifactType } ? T
    : TypeAt<Name, O[Name]>;
};

/** The inputs that a DAG wires: those with a type. A path alone is a file of the repository. */
export type InputTypes<D extends FilesByName> = {
  [Name in keyof D as D[Name] extends string ? never : Name]: D[Name] extends
    { type: infer T extends AnyArtifactType } ? T : never;
};

/** A command stage as it is declared. */
export interface CommandDeclaration<
  P extends ParameterSchema,
  D extends FilesByName,
  O extends FilesByName,
> {
  /** Unique among stages; part of the key. */
  readonly name: string;
  /** `import.meta.url` of the stage's module. */
  readonly module: string;
  /** One line for people; by default the program and its first file. */
  readonly about?: string;
  /** The program, found by `PATH`, and its arguments. */
  readonly command: readonly CommandWord<string & keyof Accepted<P>>[];
  /** A strict object. The command must use each of them. */
  readonly parameters?: P;
  /** The program's own files, by their paths in the repository; that of a directory ends with "/". */
  readonly files?: readonly string[];
  /** Data that it reads: a path in the repository, or a path and type for another job's output. */
  readonly data?: D;
  /** Files that it leaves, by the name of the output. The extension decides the type of a path alone. */
  readonly outputs: O;
  /** Commands whose output is in the key: `{ python: ["python3", "--version"] }`. */
  readonly versions?: Readonly<Record<string, readonly string[]>>;
  /** Variables that it gets; in the key, like the command. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Names of variables that it gets as they are on the machine; in no key. */
  readonly inherit?: readonly string[];
}

const none: NoParameters = z.strictObject({});

/**
 * Declares a stage that is a program.
 *
 * The job's key has the bytes of the files and data, the parameters, the versions, and this declaration. The
 * DAG wires typed data alone: `job("train", train, { inputs: {} })`.
 *
 * @example
 * ```ts
 * import { commandStage, param } from "fanin";
 * import { z } from "zod";
 *
 * export const train = commandStage({
 *   name: "train",
 *   module: import.meta.url,
 *   command: ["python3", "train.py", "--lr", param("lr")],
 *   parameters: z.strictObject({ lr: z.number().default(0.01) }),
 *   files: ["train.py"],
 *   data: { table: "data/table.csv" },
 *   versions: { python: ["python3", "--version"] },
 *   outputs: { metrics: "metrics.json", weights: "weights.safetensors" },
 * });
 * ```
 */
export function commandStage<
  const O extends FilesByName,
  P extends ParameterSchema = NoParameters,
  // deno-lint-ignore ban-types
  const D extends FilesByName = {},
>(
  {
    name,
    module,
    command,
    about = aboutOf(command),
    parameters,
    files = [],
    data,
    outputs,
    versions = {},
    environment = {},
    inherit = [],
  }: CommandDeclaration<P, D, O>,
): Stage<P, InputTypes<D>, OutputTypes<O>> {
  const own = [
    ...files.map((path) => [inputName(path), path] as const),
    ...Object.entries<string | TypedFile>(data ?? {})
      .flatMap(([name, one]) => typeof one === "string" ? [[name, one] as const] : []),
  ];
  const wired = Object.entries<string | TypedFile>(data ?? {})
    .flatMap(([name, one]) => typeof one === "string" ? [] : [[name, one] as const]);
  refuseSameName(name, [...own, ...wired.map(([name, { path }]) => [name, path] as const)]);
  const left = Object.entries<string | TypedFile>(outputs);
  const inputs: ArtifactTypes = Object.fromEntries([
    ...own.map(([name, path]) => [name, path.endsWith("/") ? filesType : fileType(path)]),
    ...wired.map(([name, { type }]) => [name, type]),
  ]);
  const program: Program = {
    command,
    own: Object.fromEntries(own),
    places: Object.fromEntries([
      ...own.map(([name, path]) => [name, path.replace(/\/+$/, "")]),
      ...wired.map(([name, { path }]) => [name, path]),
    ]),
    directories: Object.entries<AnyArtifactType>(inputs)
      .flatMap(([name, { kind }]) => kind === filesType.kind ? [name] : []),
    outputs: Object.fromEntries(left.map(([name, one]) => [name, pathOf(one)])),
    versions,
    environment,
    inherit,
  };
  return {
    name,
    module,
    about,
    parameters: parameters ?? none,
    inputs,
    outputs: Object.fromEntries(
      left.map(([name, one]) => [name, typeof one === "string" ? typeAt(name, one) : one.type]),
    ),
    program,
    run() {
      throw new Error(`the stage ${name} is a program, which a job starts`);
    },
  } as unknown as Stage<P, InputTypes<D>, OutputTypes<O>>;
}

/** Refuses two files under one name: the program would get one, and the key would have one. */
function refuseSameName(stage: string, files: readonly (readonly [string, string])[]): void {
  const paths = new Map<string, string>();
  for (const [name, path] of files) {
    const other = paths.get(name) ?? path;
    if (other !== path) {
      throw new Error(
        `the command stage ${stage} has two files under the name ${name}: ${other} and ${path}; ` +
          `expected another name under data`,
      );
    }
    paths.set(name, path);
  }
}

const pathOf = (one: string | TypedFile): string => typeof one === "string" ? one : one.path;

/** The name of the input that a file of the program is: its path, without what separates words of a key. */
const inputName = (path: string): string =>
  path.replace(/\/+$/, "").replace(/[%\s\p{Cc}]/gu, encodeURIComponent);

const aboutOf = (command: readonly CommandWord[]): string =>
  `runs ${command.slice(0, 2).filter((word) => typeof word === "string").join(" ")}`;

const anyJson = json("json", z.json());
const anySafetensors = safetensors("safetensors", [
  "float64",
  "float32",
  "int32",
  "uint32",
  "uint8",
]);

function typeAt(name: string, path: string): AnyArtifactType {
  if (path.endsWith(".json")) return name === "metrics" ? metrics : anyJson;
  if (path.endsWith(".npy")) return anyNpy;
  if (path.endsWith(".safetensors")) return anySafetensors;
  return fileType(path);
}
