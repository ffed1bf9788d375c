/** Checks the form of a job's declaration, because Deno runs a module of a wrong type without a word. */
import { type AnyArtifactType, wordType } from "../formats/artifact_type.ts";
import { Failed } from "./failed.ts";

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const isText = (value: unknown) => typeof value === "string" && value !== "";
const isFunction = (value: unknown) => typeof value === "function";
const isSchema = (value: unknown) => isObject(value) && isObject(value.shape);
const isArtifactType = (value: unknown) =>
  isObject(value) && isText(value.kind) && isFunction(value.encode) && isFunction(value.decode);
const isHandle = (value: unknown) => isObject(value) && isText(value.job) && isText(value.output);

/** Throws a `Failed` that names the job, what is wrong with it or its stage, and what is expected there. */
export function checkDeclaration(job: unknown, stage: unknown, wiring: unknown): void {
  const need = (isFit: boolean, what: string, expected: string, value: unknown) => {
    if (isFit) return;
    const found = wordType(value);
    throw new Failed({ reason: "unfit-declaration", job: String(job), what, expected, found });
  };
  need(isText(job), "name", "a text", job);
  const given = isObject(stage) ? stage : undefined;
  need(given !== undefined, "stage", "what defineStage or commandStage gives", stage);
  const { name, module, parameters, inputs, outputs, run } = given!;
  need(isText(name), "stage's name", "a text", name);
  need(isText(module), `module of the stage ${name}`, "import.meta.url", module);
  const schema = "z.strictObject({ … })";
  need(isSchema(parameters), `parameters of the stage ${name}`, schema, parameters);
  for (const [what, types] of [["input", inputs], ["output", outputs]] as const) {
    need(isObject(types), `${what}s of the stage ${name}`, "types by their names", types);
    for (const [key, type] of Object.entries(types as Fields)) {
      const expected = "a type of artifacts, such as metrics or what json(…) gives";
      need(isArtifactType(type), `${what} ${key} of the stage ${name}`, expected, type);
      if (what === "output") refuseExtension(name, key, (type as AnyArtifactType).extension);
    }
  }
  need(isFunction(run), `run of the stage ${name}`, "a function", run);
  const wired = isObject(wiring) ? wiring.inputs : undefined;
  need(isObject(wired), "wiring", "{ inputs: { … } }", wired);
  for (const [key, handle] of Object.entries(wired as Fields)) {
    const expected = "an output of another job, file(…) or directory(…)";
    need(isHandle(handle), `wiring of ${key}`, expected, handle);
  }
}

/** An output's file has its name and the extension, which without its dot would be a part of the name. */
function refuseExtension(stage: unknown, output: string, extension: string): void {
  if (/^(\.[^/\\]+)?$/.test(extension)) return;
  const found = JSON.stringify(extension);
  const message =
    `The output ${output} of the stage ${stage} has the extension ${found}; expected ` +
    `one with its dot, such as ".csv", or "".`;
  throw new Failed({ reason: "usage", message });
}
