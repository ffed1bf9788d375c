/**
 * Writes `workflow.json` of an export: the DAG that ran, without its results. It is the crate's main entity;
 * an import ignores it, because the manifest has the same facts.
 */
import type { Manifest } from "../../schemas/run/manifest.ts";

interface Workflow {
  version: 1;
  experiment: Manifest["experiment"];
  /** In an order in which they can run. */
  jobs: {
    name: string;
    stage: string;
    parameters: Record<string, unknown>;
    /** Input's name → the output that it is. */
    inputs: Record<string, { job: string; output: string }>;
    /** Output's name → its kind and media type. */
    outputs: Record<string, { type: string; mediaType: string }>;
  }[];
}

export const workflowOf = ({ experiment, jobs }: Manifest): Workflow => ({
  version: 1,
  experiment,
  jobs: jobs.map(({ name, stage, parameters, inputs, outputs }) => ({
    name,
    stage,
    parameters,
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([input, { job, output }]) => [input, { job, output }]),
    ),
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([output, { type, mediaType }]) => [output, { type, mediaType }]),
    ),
  })),
});
