/**
 * Describes a run as a Workflow Run RO-Crate, `ro-crate-metadata.json`: every file, and what made it.
 * Profile: Provenance Run Crate 0.5 (https://w3id.org/ro/wfrun/provenance/0.5), on
 * RO-Crate 1.1 (https://w3id.org/ro/crate/1.1). `ro_crate_steps.ts` describes
 * the steps.
 *
 * In the profile's words: the DAG is the workflow, a stage a tool, a job a step.
 */
import type { Manifest } from "../../schemas/run/manifest.ts";
import { commitOf } from "../runs/read_manifest.ts";
import {
  type Artifact,
  type Credits,
  descriptions,
  endOf,
  type RunFile,
  runFiles,
} from "./contents.ts";
import {
  type Entity,
  fileId,
  finals,
  id,
  ids,
  packageId,
  stamp,
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

/** `present` are the run's own files that there are, with the size of each in bytes. */
export function crateOf(
  manifest: Manifest,
  artifacts: readonly Artifact[],
  present: ReadonlyMap<RunFile, number>,
  credits: Credits,
): Crate {
  const { run, experiment } = manifest;
  const ended = stamp(endOf(manifest.started, manifest.seconds));
  const started = stamp(manifest.started);
  const authors = credits.authors.map((name, i): Entity => ({
    "@id": `#author-${i + 1}`,
    "@type": "Person",
    name,
  }));
  const agent = authors.length === 0 ? undefined : ids(authors);
  const steps = stepsOf(manifest, artifacts, agent);
  const records = runFiles.filter(({ path }) => present.has(path));
  const results = [
    ...finals(manifest, artifacts).map(({ path }) => fileId(path)),
    ...records.map(({ path }) => path).filter((path) => path !== "manifest.json"),
  ];
  const status = manifest.status === "complete" ? "Completed" : "Failed";

  const workflowRun: Entity = {
    "@id": "#run",
    "@type": "CreateAction",
    name: `Run ${run}`,
    description: `The experiment ${experiment.name}: ${experiment.about}`,
    instrument: id("workflow.json"),
    object: [...steps.data, ...ids(steps.values)],
    result: results.map(id),
    startTime: started,
    endTime: ended,
    agent,
    actionStatus: `http://schema.org/${status}ActionStatus`,
  };
  const engineRun: Entity = {
    "@id": "#engine-run",
    "@type": "OrganizeAction",
    name: `fanin runs ${experiment.name}`,
    instrument: id("#engine"),
    object: ids(steps.controls),
    result: id("#run"),
    startTime: started,
    endTime: ended,
    agent,
  };
  const workflow: Entity = {
    "@id": "workflow.json",
    "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
    name: `The DAG of ${experiment.name}`,
    description: "The jobs that were wanted, with their parameters and how they are wired.",
    encodingFormat: "application/json",
    version: commitOf(manifest)?.commit ?? manifest.identity,
    conformsTo: id("https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"),
    programmingLanguage: id("#language"),
    hasPart: ids(steps.tools),
    step: ids(steps.steps),
    input: ids(steps.inputs),
    output: ids(steps.outputs),
    connection: ids(steps.connections.ofWorkflow),
  };
  const files: Entity[] = [
    workflow,
    ...records.map(({ path, mediaType, about }): Entity => ({
      "@id": path,
      "@type": "File",
      name: path,
      description: about,
      encodingFormat: mediaType,
      contentSize: String(present.get(path)),
    })),
    { "@id": "CITATION.cff", "@type": "File", name: "How to cite", encodingFormat: "text/yaml" },
    {
      "@id": "provenance.intoto.json",
      "@type": "File",
      name: "in-toto statement with SLSA provenance",
      encodingFormat: "application/vnd.in-toto+json",
    },
    ...steps.files,
  ];

  return {
    "@context": [
      "https://w3id.org/ro/crate/1.1/context",
      "https://w3id.org/ro/terms/workflow-run/context",
    ],
    "@graph": [
      {
        "@id": descriptions[0],
        "@type": "CreativeWork",
        about: id("./"),
        conformsTo: [
          id("https://w3id.org/ro/crate/1.1"),
          id("https://w3id.org/workflowhub/workflow-ro-crate/1.0"),
        ],
      },
      {
        "@id": "./",
        "@type": "Dataset",
        name: `Run ${run}`,
        description: `A run of the experiment ${experiment.name} (${experiment.about}), ` +
          `${manifest.status}, with all that its jobs gave.`,
        datePublished: ended,
        identifier: `sha256:${manifest.identity}`,
        license: id("#license"),
        author: agent,
        conformsTo: Object.keys(profiles).map(id),
        mainEntity: id("workflow.json"),
        hasPart: ids(files),
        mentions: ids([workflowRun, engineRun, ...steps.runs]),
      },
      ...Object.entries(profiles).map(([profile, [name, version]]): Entity => ({
        "@id": profile,
        "@type": "CreativeWork",
        name,
        version,
      })),
      licenseOf(credits),
      ...authors,
      {
        "@id": "#language",
        "@type": "ComputerLanguage",
        name: "fanin workflow",
        description: "Jobs in JSON: stage, parameters, and the outputs that are its inputs.",
      },
      ...files,
      ...software(manifest),
      workflowRun,
      engineRun,
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

function licenseOf({ license }: Credits): Entity {
  const stated = license === undefined
    ? {
      name: "No licence stated",
      description: "Whoever exported this run did not state a licence; ask before you reuse it.",
    }
    : {
      name: license,
      description: `The results of this run are under ${license}.`,
      url: /^https?:/.test(license) ? license : `https://spdx.org/licenses/${license}.html`,
    };
  return { "@id": "#license", "@type": "CreativeWork", ...stated };
}

/** The engine, the runtime under it and the packages that the stages use. */
function software(manifest: Manifest): Entity[] {
  const { deno, packages } = manifest.environment;
  const runtime = id("https://deno.com/");
  return [
    {
      "@id": "#engine",
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
