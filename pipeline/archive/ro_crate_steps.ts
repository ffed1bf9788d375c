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

interface Reference {
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

/** A file's identifier: its path in the crate as a relative URI. */
export const fileId = encoded;

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

interface Steps {
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
  const stageOf = new Map(started.map(({ name, stage }) => [name, stage]));
  const formal = new Map<string, Entity>();
  const declare = (name: string, parameter: string, additionalType: string): Reference => {
    formal.set(name, { "@id": name, "@type": "FormalParameter", name: parameter, additionalType });
    return id(name);
  };
  /** Artifact's path → the formal parameters that it realises. */
  const realises = new Map<string, Set<string>>();
  const realise = (sha256: string | undefined, parameter: Reference) => {
    const path = byHash.get(sha256 ?? "")?.path;
    if (path === undefined) return;
    realises.set(path, (realises.get(path) ?? new Set()).add(parameter["@id"]));
  };
  const connect = (name: string, source: Reference, target: Reference): Entity => ({
    "@id": name,
    "@type": "ParameterConnection",
    sourceParameter: source,
    targetParameter: target,
  });

  const result: Steps = {
    tools: toolsOf(started),
    steps: [],
    controls: [],
    runs: [],
    data: [],
    values: [],
    inputs: [],
    outputs: [],
    parameters: [],
    connections: { ofWorkflow: [], ofSteps: [] },
    files: [],
  };
  const taken = takenOutputs(manifest);
  /** Own data → the formal parameter of the workflow that they are. */
  const data = new Map<string, Reference>();
  for (const { name, lines, outputs } of manifest.jobs) {
    if (!isOwnData(parseLines(lines))) continue;
    const parameter = id(jobId("data", name));
    data.set(name, parameter);
    result.inputs.push({
      ...parameter,
      "@type": "FormalParameter",
      name,
      additionalType: "File",
    });
    for (const { sha256 } of Object.values(outputs)) {
      realise(sha256, parameter);
      result.data.push(id(fileId(byHash.get(sha256)!.path)));
    }
  }
  /** The formal parameter that an input gets its value from. */
  const sourceOf = ({ job, output }: { job: string; output: string }): Reference | undefined => {
    const stage = stageOf.get(job);
    return stage === undefined
      ? data.get(job)
      : declare(parameterId(stage, "output", output), output, "File");
  };
  for (const [position, job] of started.entries()) {
    const { name, stage } = job;
    const connections: Entity[] = [];
    const objects: Reference[] = [];
    for (const [parameter, value] of Object.entries(job.parameters)) {
      const type = dataType(value);
      const ofWorkflow: Entity = {
        "@id": jobId("parameter", name, parameter),
        "@type": "FormalParameter",
        name: `${name} ${parameter}`,
        additionalType: type,
      };
      // One stage may take numbers in one job and text in another: then each is a value with parts.
      const known = formal.get(parameterId(stage, "parameter", parameter))?.additionalType;
      const ofTool = declare(
        parameterId(stage, "parameter", parameter),
        parameter,
        known === undefined || known === type ? type : "PropertyValue",
      );
      const stated: Entity = {
        "@id": jobId("value", name, parameter),
        "@type": "PropertyValue",
        name: `${name} ${parameter}`,
        value: valueOf(value),
        exampleOfWork: [id(ofWorkflow["@id"]), ofTool],
      };
      result.inputs.push(ofWorkflow);
      result.values.push(stated);
      objects.push(id(stated["@id"]));
      connections.push(connect(jobId("set", name, parameter), id(ofWorkflow["@id"]), ofTool));
    }
    for (const [input, from] of Object.entries(job.inputs)) {
      const target = declare(parameterId(stage, "input", input), input, "File");
      realise(from.sha256, target);
      const artifact = byHash.get(from.sha256 ?? "");
      if (artifact !== undefined) objects.push(id(fileId(artifact.path)));
      const source = sourceOf(from);
      if (source === undefined) continue;
      connections.push(connect(jobId("wire", name, input), source, target));
    }
    for (const [output, { sha256 }] of Object.entries(job.outputs)) {
      const source = declare(parameterId(stage, "output", output), output, "File");
      realise(sha256, source);
      if (taken.has(JSON.stringify([name, output]))) continue;
      const ofWorkflow: Entity = {
        "@id": jobId("output", name, output),
        "@type": "FormalParameter",
        name: `${name} ${output}`,
        additionalType: "File",
      };
      result.outputs.push(ofWorkflow);
      realise(sha256, ofWorkflow);
      result.connections.ofWorkflow.push(
        connect(jobId("give", name, output), source, id(ofWorkflow["@id"])),
      );
    }
    result.connections.ofSteps.push(...connections);
    result.steps.push({
      "@id": jobId("step", name),
      "@type": "HowToStep",
      name,
      position: String(position),
      workExample: id(toolId(stage)),
      connection: ids(connections),
    });
    const run = runOf(job, objects, byHash, agent);
    result.runs.push(run);
    result.controls.push({
      "@id": jobId("control", name),
      "@type": "ControlAction",
      name: `fanin runs ${name}`,
      instrument: id(jobId("step", name)),
      object: id(run["@id"]),
      actionStatus: run.actionStatus,
      error: run.error,
    });
  }

  result.parameters.push(...formal.values());
  for (const tool of result.tools) {
    const own = (kind: string) =>
      [...formal.keys()].filter((name) => name.startsWith(`${tool["@id"]}/${kind}/`)).map(id);
    tool.input = [...own("input"), ...own("parameter")];
    tool.output = own("output");
  }
  result.files.push(...artifacts.map(({ path, sha256, size, mediaType, outputs }): Entity => ({
    "@id": fileId(path),
    "@type": "File",
    name: path,
    // Other outputs with these very bytes, which the crate holds once.
    alternateName: outputs.length > 1 ? outputs.slice(1).map(({ file }) => file) : undefined,
    contentSize: String(size),
    encodingFormat: mediaType,
    sha256,
    exampleOfWork: [...realises.get(path) ?? []].map(id),
  })));
  return result;
}

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

function runOf(
  job: ManifestJob,
  object: Reference[],
  byHash: ReadonlyMap<string, Artifact>,
  agent: Reference[] | undefined,
): Entity {
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
    result: Object.values(job.outputs).map(({ sha256 }) => id(fileId(byHash.get(sha256)!.path))),
    startTime: started && stamp(started),
    endTime: started === undefined || seconds === undefined
      ? undefined
      : stamp(endOf(started, seconds)),
    agent,
    actionStatus: `http://schema.org/${failed ? "Failed" : "Completed"}ActionStatus`,
    error: failed ? error : undefined,
  };
}
