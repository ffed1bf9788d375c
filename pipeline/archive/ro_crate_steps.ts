/**
 * Describes the steps of a run's crate: each job with its code, inputs and results. Tools, steps, formal
 * parameters, the connections between them, the actions and the artifacts, in the words of Provenance
 * Run Crate 0.5.
 *
 * Each step has a tool of its own: the stage's code as the job uses it. A job that was never started has
 * neither, because in the profile every tool runs. Own data are inputs of the workflow, and no step's.
 */
import type { Manifest, ManifestJob } from "../../schemas/run/manifest.ts";
import { isOwnData, packageIn, parseLines } from "../engine/key.ts";
import { type Artifact, endOf, pathsOf } from "./contents.ts";

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
const fileId = ({ path, sha256, isLeftOut }: Artifact): string =>
  isLeftOut
    ? `ni:///sha-256;${
      Uint8Array.fromHex(sha256).toBase64({ alphabet: "base64url", omitPadding: true })
    }`
    : encoded(path);

export const packageId = (name: string, version: string): string =>
  `https://www.npmjs.com/package/${name}/v/${version}`;

/** A tool's identifier, of the code and the job that uses it. */
function toolId({ name, lines }: Pick<ManifestJob, "name" | "lines">): string {
  const code = parseLines(lines).find(({ kind }) => kind === "code")?.value ?? "unknown";
  return `urn:fanin:tool:${code}:${encoded(name)}`;
}
const jobId = (kind: string, job: string, name?: string) =>
  `#${kind}/${encoded(job)}${name === undefined ? "" : `/${encoded(name)}`}`;

/** Identifier of an output: its own file where the crate has it, else that of the same bytes. */
const outputId = (artifact: Artifact, file: string): string =>
  !artifact.isLeftOut && pathsOf(artifact).includes(file) ? encoded(file) : fileId(artifact);

/** Identifiers of the outputs that no job of the run takes as input: what it was for. */
export function finals(manifest: Manifest, artifacts: readonly Artifact[]): string[] {
  const taken = takenOutputs(manifest);
  return [
    ...new Set(
      artifacts.flatMap((artifact) =>
        artifact.outputs.filter(({ job, output }) => !taken.has(JSON.stringify([job, output])))
          .map(({ file }) => outputId(artifact, file))
      ),
    ),
  ];
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
  const located = new Map(
    artifacts.flatMap((artifact) =>
      artifact.outputs.map(({ job, output, file }) =>
        [JSON.stringify([job, output]), outputId(artifact, file)] as const
      )
    ),
  );
  const locate = (job: string, output: string) => located.get(JSON.stringify([job, output]));
  const formal = formalParameters();
  const own = ownDataOf(manifest, locate, formal);
  const context: Context = {
    locate,
    formal,
    data: new Map(own.map(({ name, parameter }) => [name, id(parameter["@id"])])),
    started: new Set(started.map(({ name }) => name)),
    taken: takenOutputs(manifest),
    agent,
  };
  const jobs = started.map((job, position) => stepOf(job, position, context));
  const tools = started.map((job): Entity => {
    const parameters = (kind: Kind) => formal.ofTool(job.name, kind);
    return {
      ...toolOf(job),
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
    files: artifacts.flatMap((artifact) => filesOf(artifact, formal)),
  };
}

/** Formal parameters of tools, and which parameters each artifact realises. */
type Formal = ReturnType<typeof formalParameters>;
type Kind = "input" | "output" | "parameter";

function formalParameters() {
  const declared = new Map<string, Entity>();
  /** Begin of the identifiers of a tool's parameters of one kind → these identifiers. */
  const ofTools = new Map<string, Set<string>>();
  const beginOf = (job: string, kind: Kind): string => `#tool/${encoded(job)}/${kind}/`;
  /** Identifier of a file → the formal parameters that it realises. */
  const realised = new Map<string, Set<string>>();
  return {
    declare(job: string, kind: Kind, name: string, additionalType: string): Reference {
      const begin = beginOf(job, kind);
      const identifier = `${begin}${encoded(name)}`;
      declared.set(identifier, formalParameter(identifier, name, additionalType));
      ofTools.set(begin, (ofTools.get(begin) ?? new Set()).add(identifier));
      return id(identifier);
    },
    realise(file: string | undefined, parameter: Reference): void {
      if (file === undefined) return;
      realised.set(file, (realised.get(file) ?? new Set()).add(parameter["@id"]));
    },
    realisedBy: (file: string): Reference[] => [...realised.get(file) ?? []].map(id),
    ofTool: (job: string, kind: Kind): Reference[] =>
      [...ofTools.get(beginOf(job, kind)) ?? []].map(id),
    all: (): Entity[] => [...declared.values()],
  };
}

export const parameterProfile = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE";

const formalParameter = (identifier: string, name: string, additionalType: string): Entity => ({
  "@id": identifier,
  "@type": "FormalParameter",
  name,
  additionalType,
  conformsTo: id(parameterProfile),
});

const connect = (name: string, source: Reference, target: Reference): Entity => ({
  "@id": name,
  "@type": "ParameterConnection",
  sourceParameter: source,
  targetParameter: target,
});

/** Own data, each with the formal parameter of the workflow that it is, and its files. */
const ownDataOf = ({ jobs }: Manifest, locate: Locate, formal: Formal) =>
  jobs.filter(({ lines }) => isOwnData(parseLines(lines))).map(({ name, outputs }) => {
    const parameter = formalParameter(jobId("data", name), name, "File");
    const files = Object.keys(outputs).map((output) => {
      const file = locate(name, output)!;
      formal.realise(file, parameter);
      return id(file);
    });
    return { name, parameter, files };
  });

/** Identifier of an output of a job; undefined where there is none. */
type Locate = (job: string, output: string) => string | undefined;

interface Context {
  readonly locate: Locate;
  readonly formal: Formal;
  /** Own data → the formal parameter of the workflow that they are. */
  readonly data: ReadonlyMap<string, Reference>;
  /** Names of the jobs that were started. */
  readonly started: ReadonlySet<string>;
  readonly taken: ReadonlySet<string>;
  readonly agent: Reference[] | undefined;
}

/** One started job: its step, its action, and how the two are connected with others. */
function stepOf(job: ManifestJob, position: number, context: Context) {
  const { name } = job;
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
    workExample: id(toolId(job)),
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
function settingsOf({ name, parameters }: ManifestJob, { formal }: Context) {
  const inputs: Entity[] = [];
  const values: Entity[] = [];
  const connections: Entity[] = [];
  for (const [parameter, value] of Object.entries(parameters)) {
    const type = dataType(value);
    const title = `${name} ${parameter}`;
    const ofWorkflow = formalParameter(jobId("parameter", name, parameter), title, type);
    const ofTool = formal.declare(name, "parameter", parameter, type);
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
function wiresOf({ name, inputs }: ManifestJob, context: Context) {
  const { formal, locate } = context;
  const objects: Reference[] = [];
  const connections: Entity[] = [];
  for (const [input, from] of Object.entries(inputs)) {
    const target = formal.declare(name, "input", input, "File");
    const file = from.sha256 === undefined ? undefined : locate(from.job, from.output);
    formal.realise(file, target);
    if (file !== undefined) objects.push(id(file));
    const source = sourceOf(from, context);
    if (source === undefined) continue;
    connections.push(connect(jobId("wire", name, input), source, target));
  }
  return { objects, connections };
}

/** Returns the formal parameter that an input gets its value from. */
function sourceOf(
  { job, output }: { job: string; output: string },
  { started, data, formal }: Context,
): Reference | undefined {
  if (!started.has(job)) return data.get(job);
  return formal.declare(job, "output", output, "File");
}

/** The outputs of a job; those that no job takes are outputs of the workflow. */
function resultsOf(
  { name, outputs: given }: ManifestJob,
  { formal, taken, locate }: Context,
) {
  const outputs: Entity[] = [];
  const connections: Entity[] = [];
  for (const output of Object.keys(given)) {
    const source = formal.declare(name, "output", output, "File");
    const file = locate(name, output);
    formal.realise(file, source);
    if (taken.has(JSON.stringify([name, output]))) continue;
    const ofWorkflow = formalParameter(
      jobId("output", name, output),
      `${name} ${output}`,
      "File",
    );
    outputs.push(ofWorkflow);
    formal.realise(file, ofWorkflow);
    connections.push(connect(jobId("give", name, output), source, id(ofWorkflow["@id"])));
  }
  return { outputs, connections };
}

/** The files of an artifact: one, or one at each of its paths where it is small. */
function filesOf(artifact: Artifact, formal: Formal): Entity[] {
  const paths = artifact.isLeftOut ? [artifact.path] : pathsOf(artifact);
  // Other outputs with these very bytes, which the crate holds once.
  const others = artifact.outputs.map(({ file }) => file).filter((file) => !paths.includes(file));
  return paths.map((path) => {
    const identifier = artifact.isLeftOut ? fileId(artifact) : encoded(path);
    return {
      "@id": identifier,
      "@type": "File",
      name: path,
      description: artifact.isLeftOut
        ? "Left out of this archive: only its hash is here."
        : undefined,
      alternateName: others.length > 0 ? others : undefined,
      contentSize: String(artifact.size),
      // Registered types have no such parameters.
      encodingFormat: artifact.mediaType.split(";")[0].trim(),
      sha256: artifact.sha256,
      exampleOfWork: formal.realisedBy(identifier),
    };
  });
}

/** The code of a job's stage, as the job uses it; its version is the hash of the code. */
function toolOf(job: ManifestJob): Entity {
  const found = parseLines(job.lines);
  return {
    "@id": toolId(job),
    "@type": "SoftwareApplication",
    name: job.stage,
    description: `The stage ${job.stage}, as the job ${job.name} uses it.`,
    softwareVersion: found.find(({ kind }) => kind === "code")?.value,
    softwareRequirements: found.filter(({ kind }) => kind === "package")
      .map(({ name, value }) => id(packageId(name, packageIn(value).version))),
  };
}

function runOf(job: ManifestJob, object: Reference[], { locate, agent }: Context): Entity {
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
    instrument: id(toolId(job)),
    object,
    result: Object.keys(job.outputs).map((output) => id(locate(name, output)!)),
    startTime: started && stamp(started),
    endTime: started === undefined || seconds === undefined
      ? undefined
      : stamp(endOf(started, seconds)),
    agent,
    actionStatus: `http://schema.org/${failed ? "Failed" : "Completed"}ActionStatus`,
    error: failed ? error : undefined,
  };
}
