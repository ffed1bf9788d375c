/**
 * Describes the steps of a run's crate: each job with its code, inputs and results. Tools, steps, formal
 * parameters, the connections between them, the actions and the artifacts, in the words of Provenance
 * Run Crate 0.5.
 *
 * A job that was never started has no action, and a stage of which no job was started is no tool of
 * the crate, because in the profile every tool runs. Own data are inputs of the workflow, and no step's.
 */
import type { Manifest, ManifestJob } from "../../schemas/run/manifest.ts";
import { isOwnData, packageIn, parseLines } from "../engine/key.ts";
import { type Artifact, endOf } from "./contents.ts";

export interface Reference {
  "@id": string;
}

export interface Entity extends Reference {
  "@type": string | string[];
  /** A property that is undefined is not written. */
  [property: string]: unknown;
}

export const id = (name: string): Reference => ({ "@id": name });
export const ids = (entities: readonly Reference[]): Reference[] =>
  entities.map((entity) => id(entity["@id"]));

/** A time in UTC, with its offset in digits: the profile's validator knows no "Z". */
export const stamp = (time: string): string => time.replace(/Z$/, "+00:00");

const encoded = (path: string): string => path.split("/").map(encodeURIComponent).join("/");

/**
 * An artifact's identifier: its path in the crate as a relative URI, or where the crate does not have it a
 * name of its bytes (RFC 6920), under which nothing is looked for in the crate.
 */
export const fileId = ({ path, sha256, isLeftOut }: Artifact): string =>
  isLeftOut
    ? `ni:///sha-256;${
      Uint8Array.fromHex(sha256).toBase64({ alphabet: "base64url", omitPadding: true })
    }`
    : encoded(path);

export const packageId = (name: string, version: string): string =>
  `https://www.npmjs.com/package/${name}/v/${version}`;

const toolId = (stage: string) => `#stage/${encoded(stage)}`;
const parameterId = (stage: string, kind: "input" | "output" | "parameter", name: string) =>
  `${toolId(stage)}/${kind}/${encoded(name)}`;
const jobId = (kind: string, job: string, name?: string) =>
  `#${kind}/${encoded(job)}${name === undefined ? "" : `/${encoded(name)}`}`;

/** The artifacts that no job of the run takes as input: what it was for. */
export function finals(manifest: Manifest, artifacts: readonly Artifact[]): Artifact[] {
  const taken = takenOutputs(manifest);
  return artifacts.filter(({ outputs }) =>
    outputs.some(({ job, output }) => !taken.has(JSON.stringify([job, output])))
  );
}

const takenOutputs = ({ jobs }: Manifest): Set<string> =>
  new Set(
    jobs.flatMap(({ inputs }) =>
      Object.values(inputs).map(({ job, output }) => JSON.stringify([job, output]))
    ),
  );

/** The type of a parameter's value, by schema.org; `PropertyValue` for what has parts. */
function dataType(value: unknown): string {
  switch (typeof value) {
    case "string":
      return "Text";
    case "boolean":
      return "Boolean";
    case "number":
      return Number.isInteger(value) ? "Integer" : "Float";
    default:
      return "PropertyValue";
  }
}

const valueOf = (value: unknown): unknown =>
  value === null || typeof value === "object" ? JSON.stringify(value) : value;

const wasStarted = ({ status, key, lines }: ManifestJob): boolean =>
  key !== undefined && !isOwnData(parseLines(lines)) &&
  (status === "ran" || status === "cached" || status === "failed");

export interface Steps {
  tools: Entity[];
  steps: Entity[];
  controls: Entity[];
  /** One for each job that was started. */
  runs: Entity[];
  /** Own data, and parameters of jobs as values; both as formal parameters of the workflow. */
  data: Reference[];
  values: Entity[];
  inputs: Entity[];
  /** Formal parameters of the workflow and of the tools. */
  outputs: Entity[];
  parameters: Entity[];
  connections: { ofWorkflow: Entity[]; ofSteps: Entity[] };
  /** One for each artifact. */
  files: Entity[];
}

export function stepsOf(
  manifest: Manifest,
  artifacts: readonly Artifact[],
  agent: Reference[] | undefined,
): Steps {
  const started = manifest.jobs.filter(wasStarted);
  const byHash = new Map(artifacts.map((artifact) => [artifact.sha256, artifact]));
  const formal = formalParameters(byHash);
  const own = ownDataOf(manifest, byHash, formal);
  const context: Context = {
    byHash,
    formal,
    data: new Map(own.map(({ name, parameter }) => [name, id(parameter["@id"])])),
    stageOf: new Map(started.map(({ name, stage }) => [name, stage])),
    taken: takenOutputs(manifest),
    agent,
  };
  const jobs = started.map((job, position) => stepOf(job, position, context));
  const tools = toolsOf(started).map((tool): Entity => {
    const parameters = (kind: string) => formal.under(`${tool["@id"]}/${kind}/`);
    return {
      ...tool,
      input: [...parameters("input"), ...parameters("parameter")],
      output: parameters("output"),
    };
  });
  return {
    tools,
    steps: jobs.map(({ step }) => step),
    controls: jobs.map(({ control }) => control),
    runs: jobs.map(({ run }) => run),
    data: own.flatMap(({ files }) => files),
    values: jobs.flatMap(({ settings }) => settings.values),
    inputs: [
      ...own.map(({ parameter }) => parameter),
      ...jobs.flatMap(({ settings }) => settings.inputs),
    ],
    outputs: jobs.flatMap(({ results }) => results.outputs),
    parameters: formal.all(),
    connections: {
      ofWorkflow: jobs.flatMap(({ results }) => results.connections),
      ofSteps: jobs.flatMap(({ connections }) => connections),
    },
    files: artifacts.map((artifact) => fileOf(artifact, formal)),
  };
}

type Hashes = ReadonlyMap<string, Artifact>;

/** Formal parameters of tools, and which parameters each artifact realises. */
type Formal = ReturnType<typeof formalParameters>;

function formalParameters(byHash: Hashes) {
  const declared = new Map<string, Entity>();
  /** Artifact's path → the formal parameters that it realises. */
  const realised = new Map<string, Set<string>>();
  return {
    declare(name: string, parameter: string, additionalType: string): Reference {
      declared.set(name, formalParameter(name, parameter, additionalType));
      return id(name);
    },
    /** The declared type of a parameter. */
    typeOf: (name: string) => declared.get(name)?.additionalType,
    realise(sha256: string | undefined, parameter: Reference): void {
      const path = byHash.get(sha256 ?? "")?.path;
      if (path === undefined) return;
      realised.set(path, (realised.get(path) ?? new Set()).add(parameter["@id"]));
    },
    realisedBy: (path: string): Reference[] => [...realised.get(path) ?? []].map(id),
    under: (prefix: string): Reference[] =>
      [...declared.keys()].filter((name) => name.startsWith(prefix)).map(id),
    all: (): Entity[] => [...declared.values()],
  };
}

const formalParameter = (identifier: string, name: string, additionalType: string): Entity => ({
  "@id": identifier,
  "@type": "FormalParameter",
  name,
  additionalType,
});

const connect = (name: string, source: Reference, target: Reference): Entity => ({
  "@id": name,
  "@type": "ParameterConnection",
  sourceParameter: source,
  targetParameter: target,
});

/** Own data, each with the formal parameter of the workflow that it is, and its files. */
const ownDataOf = ({ jobs }: Manifest, byHash: Hashes, formal: Formal) =>
  jobs.filter(({ lines }) => isOwnData(parseLines(lines))).map(({ name, outputs }) => {
    const parameter = formalParameter(jobId("data", name), name, "File");
    const files = Object.values(outputs).map(({ sha256 }) => {
      formal.realise(sha256, parameter);
      return id(fileId(byHash.get(sha256)!));
    });
    return { name, parameter, files };
  });

interface Context {
  readonly byHash: Hashes;
  readonly formal: Formal;
  /** Own data → the formal parameter of the workflow that they are. */
  readonly data: ReadonlyMap<string, Reference>;
  /** Started job → its stage. */
  readonly stageOf: ReadonlyMap<string, string>;
  readonly taken: ReadonlySet<string>;
  readonly agent: Reference[] | undefined;
}

/** One started job: its step, its action, and how the two are connected with others. */
function stepOf(job: ManifestJob, position: number, context: Context) {
  const { name, stage } = job;
  const settings = settingsOf(job, context);
  const wires = wiresOf(job, context);
  const results = resultsOf(job, context);
  const connections = [...settings.connections, ...wires.connections];
  const run = runOf(job, [...ids(settings.values), ...wires.objects], context);
  const step: Entity = {
    "@id": jobId("step", name),
    "@type": "HowToStep",
    name,
    position: String(position),
    workExample: id(toolId(stage)),
    connection: ids(connections),
  };
  const control: Entity = {
    "@id": jobId("control", name),
    "@type": "ControlAction",
    name: `fanin runs ${name}`,
    instrument: id(step["@id"]),
    object: id(run["@id"]),
    actionStatus: run.actionStatus,
    error: run.error,
  };
  return { settings, results, connections, step, run, control };
}

/** The parameters of a job: as inputs of the workflow, and with their values. */
function settingsOf({ name, stage, parameters }: ManifestJob, { formal }: Context) {
  const inputs: Entity[] = [];
  const values: Entity[] = [];
  const connections: Entity[] = [];
  for (const [parameter, value] of Object.entries(parameters)) {
    const type = dataType(value);
    const title = `${name} ${parameter}`;
    const ofWorkflow = formalParameter(jobId("parameter", name, parameter), title, type);
    const identifier = parameterId(stage, "parameter", parameter);
    // One stage may take numbers in one job and text in another: then each is a value with parts.
    const known = formal.typeOf(identifier);
    const fits = known === undefined || known === type;
    const ofTool = formal.declare(identifier, parameter, fits ? type : "PropertyValue");
    inputs.push(ofWorkflow);
    values.push({
      "@id": jobId("value", name, parameter),
      "@type": "PropertyValue",
      name: title,
      value: valueOf(value),
      exampleOfWork: [id(ofWorkflow["@id"]), ofTool],
    });
    connections.push(connect(jobId("set", name, parameter), id(ofWorkflow["@id"]), ofTool));
  }
  return { inputs, values, connections };
}

/** The inputs of a job: their artifacts, and the outputs that they come from. */
function wiresOf({ name, stage, inputs }: ManifestJob, context: Context) {
  const { formal, byHash } = context;
  const objects: Reference[] = [];
  const connections: Entity[] = [];
  for (const [input, from] of Object.entries(inputs)) {
    const target = formal.declare(parameterId(stage, "input", input), input, "File");
    formal.realise(from.sha256, target);
    const artifact = byHash.get(from.sha256 ?? "");
    if (artifact !== undefined) objects.push(id(fileId(artifact)));
    const source = sourceOf(from, context);
    if (source === undefined) continue;
    connections.push(connect(jobId("wire", name, input), source, target));
  }
  return { objects, connections };
}

/** Returns the formal parameter that an input gets its value from. */
function sourceOf(
  { job, output }: { job: string; output: string },
  { stageOf, data, formal }: Context,
): Reference | undefined {
  const stage = stageOf.get(job);
  if (stage === undefined) return data.get(job);
  return formal.declare(parameterId(stage, "output", output), output, "File");
}

/** The outputs of a job; those that no job takes are outputs of the workflow. */
function resultsOf({ name, stage, outputs: given }: ManifestJob, { formal, taken }: Context) {
  const outputs: Entity[] = [];
  const connections: Entity[] = [];
  for (const [output, { sha256 }] of Object.entries(given)) {
    const source = formal.declare(parameterId(stage, "output", output), output, "File");
    formal.realise(sha256, source);
    if (taken.has(JSON.stringify([name, output]))) continue;
    const ofWorkflow = formalParameter(
      jobId("output", name, output),
      `${name} ${output}`,
      "File",
    );
    outputs.push(ofWorkflow);
    formal.realise(sha256, ofWorkflow);
    connections.push(connect(jobId("give", name, output), source, id(ofWorkflow["@id"])));
  }
  return { outputs, connections };
}

const fileOf = (
  artifact: Artifact,
  formal: Formal,
): Entity => ({
  "@id": fileId(artifact),
  "@type": "File",
  name: artifact.path,
  description: artifact.isLeftOut ? "Left out of this archive: only its hash is here." : undefined,
  // Other outputs with these very bytes, which the crate holds once.
  alternateName: artifact.outputs.length > 1
    ? artifact.outputs.slice(1).map(({ file }) => file)
    : undefined,
  contentSize: String(artifact.size),
  encodingFormat: artifact.mediaType,
  sha256: artifact.sha256,
  exampleOfWork: formal.realisedBy(artifact.path),
});

/** One tool for each stage; its version is the hash of its code. */
function toolsOf(started: readonly ManifestJob[]): Entity[] {
  const tools = new Map<string, Entity>();
  for (const { stage, lines } of started) {
    const found = parseLines(lines);
    const required = found.filter(({ kind }) => kind === "package")
      .map(({ name, value }) => id(packageId(name, packageIn(value).version)));
    tools.set(stage, {
      "@id": toolId(stage),
      "@type": "SoftwareApplication",
      name: stage,
      softwareVersion: found.find(({ kind }) => kind === "code")?.value,
      softwareRequirements: required,
    });
  }
  return [...tools.values()];
}

function runOf(job: ManifestJob, object: Reference[], { byHash, agent }: Context): Entity {
  const { name, status, started, seconds, error } = job;
  const failed = status === "failed";
  return {
    "@id": jobId("run", name),
    "@type": "CreateAction",
    name: `Run of ${name}`,
    description: status === "cached"
      ? `Its result was in the store already; the times are those of when it was computed. ` +
        `Key ${job.key}.`
      : `Key ${job.key}.`,
    instrument: id(toolId(job.stage)),
    object,
    result: Object.values(job.outputs).map(({ sha256 }) => id(fileId(byHash.get(sha256)!))),
    startTime: started && stamp(started),
    endTime: started === undefined || seconds === undefined
      ? undefined
      : stamp(endOf(started, seconds)),
    agent,
    actionStatus: `http://schema.org/${failed ? "Failed" : "Completed"}ActionStatus`,
    error: failed ? error : undefined,
  };
}
