/**
 * Describes a run as a Workflow Run RO-Crate, `ro-crate-metadata.json`: every file, and what made it.
 * Profile: Provenance Run Crate 0.5 (https://w3id.org/ro/wfrun/provenance/0.5), on RO-Crate 1.1
 * (https://w3id.org/ro/crate/1.1). `ro_crate_steps.ts` describes the steps.
 *
 * In the profile's words: the DAG is the workflow, a job a step, and the code that it uses its tool.
 */
import type { Manifest } from "../../schemas/run/manifest.ts";
import { commitOf } from "../runs/read_manifest.ts";
import { count } from "../terminal/numbers.ts";
import { type Artifact, checksums, descriptions, endOf, runFiles } from "./contents.ts";
import { type Credits, licenseUri } from "./credits.ts";
import {
  type Entity,
  finals,
  id,
  ids,
  packageId,
  parameterProfile,
  type Reference,
  stamp,
  type Steps,
  stepsOf,
} from "./ro_crate_steps.ts";

const profiles = {
  "https://w3id.org/ro/wfrun/process/0.5": ["Process Run Crate", "0.5"],
  "https://w3id.org/ro/wfrun/workflow/0.5": ["Workflow Run Crate", "0.5"],
  "https://w3id.org/ro/wfrun/provenance/0.5": ["Provenance Run Crate", "0.5"],
  "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ["Workflow RO-Crate", "1.0"],
} as const;

interface Crate {
  "@context": string[];
  "@graph": Entity[];
}

/** `present` are the run's own files and the other descriptions, with the size of each in bytes. */
export function crateOf(
  manifest: Manifest,
  artifacts: readonly Artifact[],
  present: ReadonlyMap<string, number>,
  credits: Credits,
): Crate {
  const { run, experiment } = manifest;
  const authors = authorsOf(credits);
  const license = licenseOf(credits);
  const agent = authors.length === 0 ? undefined : ids(authors);
  const steps = stepsOf(manifest, artifacts, agent);
  const results = [
    ...finals(manifest, artifacts),
    ...runFiles.map(({ path }) => path)
      .filter((path) => present.has(path) && path !== "manifest.json"),
  ];
  const actions = actionsOf(manifest, steps, results, agent);
  const workflow = {
    ...workflowOf(manifest, steps),
    license: ids([license])[0],
    creator: agent,
    contentSize: sizeOf(present, "workflow.json"),
  };
  const files = [workflow, ...ownFiles(present), ...steps.files];
  const root: Entity = {
    "@id": "./",
    "@type": "Dataset",
    name: `Run ${run}`,
    description: `A run of the experiment ${experiment.name} (${experiment.about}), ` +
      `${manifest.status}, with ${contentWords(artifacts)}.`,
    datePublished: endOfRun(manifest),
    identifier: `sha256:${manifest.identity}`,
    license: ids([license])[0],
    author: agent,
    conformsTo: Object.keys(profiles).map(id),
    mainEntity: id("workflow.json"),
    hasPart: ids(files),
    mentions: ids([...actions, ...steps.runs]),
  };
  return {
    "@context": [
      "https://w3id.org/ro/crate/1.1/context",
      "https://w3id.org/ro/terms/workflow-run/context",
    ],
    "@graph": [
      descriptor,
      root,
      ...profileEntities,
      license,
      ...authors,
      language,
      ...files,
      ...software(manifest),
      ...actions,
      ...steps.tools,
      ...steps.steps,
      ...steps.inputs,
      ...steps.outputs,
      ...steps.parameters,
      ...steps.connections.ofWorkflow,
      ...steps.connections.ofSteps,
      ...steps.values,
      ...steps.controls,
      ...steps.runs,
    ],
  };
}

const authorsOf = ({ authors }: Credits): Entity[] =>
  authors.map(({ name, given, family, orcid }, i) => ({
    "@id": orcid ?? `#author-${i + 1}`,
    "@type": "Person",
    name,
    givenName: given,
    familyName: family,
  }));

function contentWords(artifacts: readonly Artifact[]): string {
  const leftOut = artifacts.filter(({ isLeftOut }) => isLeftOut).length;
  return leftOut === 0
    ? "all that its jobs gave"
    : `what its jobs gave but ${count(leftOut, "artifact")}, of which only the hashes are here`;
}

const endOfRun = ({ started, seconds }: Manifest): string => stamp(endOf(started, seconds));

/** The run as the workflow's action and as the engine's. */
function actionsOf(
  manifest: Manifest,
  steps: Steps,
  results: readonly string[],
  agent: Reference[] | undefined,
): Entity[] {
  const { run, experiment } = manifest;
  const times = { startTime: stamp(manifest.started), endTime: endOfRun(manifest) };
  const status = manifest.status === "complete" ? "Completed" : "Failed";
  return [
    {
      "@id": "#run",
      "@type": "CreateAction",
      name: `Run ${run}`,
      description: `The experiment ${experiment.name}: ${experiment.about}`,
      instrument: id("workflow.json"),
      object: [...steps.data, ...ids(steps.values)],
      result: results.map(id),
      ...times,
      agent,
      actionStatus: `http://schema.org/${status}ActionStatus`,
    },
    {
      "@id": "#engine-run",
      "@type": "OrganizeAction",
      name: `fanin runs ${experiment.name}`,
      instrument: id(engine),
      object: ids(steps.controls),
      result: id("#run"),
      ...times,
      agent,
    },
  ];
}

/** The entity that says of which profile the metadata are. */
const descriptor: Entity = {
  "@id": descriptions[0],
  "@type": "CreativeWork",
  about: id("./"),
  conformsTo: [
    id("https://w3id.org/ro/crate/1.1"),
    id("https://w3id.org/workflowhub/workflow-ro-crate/1.0"),
  ],
};

const profileEntities = Object.entries({
  ...profiles,
  [parameterProfile]: ["Bioschemas FormalParameter", "1.0-RELEASE"],
  "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE": [
    "Bioschemas ComputationalWorkflow",
    "1.0-RELEASE",
  ],
}).map(([profile, [name, version]]): Entity => ({
  "@id": profile,
  "@type": "CreativeWork",
  name,
  version,
}));

/** URI of the engine. */
const engine = "urn:fanin:engine";

const language: Entity = {
  "@id": "urn:fanin:workflow:v1",
  "@type": "ComputerLanguage",
  name: "fanin workflow",
  identifier: "urn:fanin:workflow:v1",
  description: "Jobs in JSON: stage, parameters, and the outputs that are its inputs.",
};

/** The DAG as the workflow that was run. */
const workflowOf = (manifest: Manifest, steps: Steps): Entity => ({
  "@id": "workflow.json",
  "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
  name: `The DAG of ${manifest.experiment.name}`,
  description: "The jobs that were wanted, with their parameters and how they are wired.",
  encodingFormat: "application/json",
  version: commitOf(manifest)?.commit ?? manifest.identity,
  dateCreated: stamp(manifest.started),
  conformsTo: id("https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"),
  programmingLanguage: ids([language])[0],
  hasPart: ids(steps.tools),
  step: ids(steps.steps),
  input: ids(steps.inputs),
  output: ids(steps.outputs),
  connection: ids(steps.connections.ofWorkflow),
});

function sizeOf(present: ReadonlyMap<string, number>, path: string): string | undefined {
  const size = present.get(path);
  return size === undefined ? undefined : String(size);
}

/** The run's own files, and those that the export adds. */
const ownFiles = (present: ReadonlyMap<string, number>): Entity[] => [
  ...runFiles.filter(({ path }) => present.has(path)).map(({ path, mediaType, about }): Entity => ({
    "@id": path,
    "@type": "File",
    name: path,
    description: about,
    encodingFormat: mediaType,
    contentSize: String(present.get(path)),
  })),
  {
    "@id": "README.md",
    "@type": "File",
    name: "What the archive has",
    encodingFormat: "text/markdown",
    contentSize: sizeOf(present, "README.md"),
    about: id("./"),
  },
  {
    "@id": checksums,
    "@type": "File",
    name: "SHA-256 of every other file",
    encodingFormat: "text/plain",
  },
  {
    "@id": "CITATION.cff",
    "@type": "File",
    name: "How to cite",
    encodingFormat: "application/yaml",
    contentSize: sizeOf(present, "CITATION.cff"),
  },
  {
    "@id": "provenance.intoto.json",
    "@type": "File",
    name: "in-toto statement with SLSA provenance",
    encodingFormat: "application/vnd.in-toto+json",
    contentSize: sizeOf(present, "provenance.intoto.json"),
  },
];

function licenseOf({ license }: Credits): Entity {
  if (license === undefined) {
    return {
      "@id": "#license",
      "@type": "CreativeWork",
      name: "No licence stated",
      description: "Whoever exported this run did not state a licence; ask before you reuse it.",
    };
  }
  const uri = licenseUri(license);
  return {
    "@id": uri,
    "@type": "CreativeWork",
    name: license,
    description: `The results of this run are under ${license}.`,
    url: uri,
  };
}

/** The engine, the runtime under it and the packages that the stages use. */
function software(manifest: Manifest): Entity[] {
  const { deno, packages } = manifest.environment;
  const runtime = id("https://deno.com/");
  return [
    {
      "@id": engine,
      "@type": "SoftwareApplication",
      name: "fanin",
      description: "A reproducible experiment pipeline.",
      softwareVersion: commitOf(manifest)?.commit,
      softwareRequirements: runtime,
    },
    {
      ...runtime,
      "@type": "SoftwareApplication",
      name: "Deno",
      url: "https://deno.com/",
      softwareVersion: deno,
    },
    ...Object.entries(packages).map(([name, version]): Entity => ({
      "@id": packageId(name, version),
      "@type": "SoftwareApplication",
      name,
      url: `https://www.npmjs.com/package/${name}`,
      softwareVersion: version,
    })),
  ];
}
