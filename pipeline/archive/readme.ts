/** Writes README.md of an exported run: what the archive is, for a person who unpacks it. */
import type { Manifest } from "../../schemas/run/manifest.ts";
import { commitOf } from "../runs/read_manifest.ts";
import { bytes, count } from "../terminal/numbers.ts";
import { escapeMarkdown } from "../terminal/markdown_table.ts";
import { type Artifact, checksums, endOf, pathsOf } from "./contents.ts";
import { type Credits, licenseUri } from "./credits.ts";

/** Text as Markdown shows it, on one line. */
const plain = (text: string): string => escapeMarkdown(text.replaceAll(/\s+/g, " "));

export function readmeOf(
  manifest: Manifest,
  artifacts: readonly Artifact[],
  { authors, license }: Credits,
): string {
  const { run, experiment, status, started, seconds, jobs, identity } = manifest;
  const commit = commitOf(manifest)?.commit;
  const leftOut = artifacts.filter(({ isLeftOut }) => isLeftOut);
  const people = authors.map(({ name, orcid }) =>
    orcid === undefined ? plain(name) : `[${plain(name)}](${orcid})`
  );
  const facts = [
    `Experiment: ${plain(experiment.name)}. ${plain(experiment.about)}`,
    `Status: ${status}, ${count(jobs.length, "job")}, ended ${endOf(started, seconds)}`,
    people.length === 0 ? "Authors: not named" : `Authors: ${people.join(", ")}`,
    license === undefined
      ? "License: none stated; ask before you reuse the results"
      : `License: [${plain(license)}](${
        licenseUri(license).replaceAll(/[()\\<>]/g, encodeURIComponent)
      })`,
    `Identity: \`${identity}\`, the hash over the keys of all jobs`,
    ...commit === undefined ? [] : [`Commit: \`${commit}\``],
  ];
  const held = artifacts.filter(({ isLeftOut }) => !isLeftOut);
  const files = held.reduce((sum, artifact) => sum + pathsOf(artifact).length, 0);
  return [
    `# Run ${plain(run)}`,
    "",
    ...facts.map((fact) => `- ${fact}`),
    "",
    "| file | content |",
    "| ---- | ------- |",
    "| `manifest.json` | all that led to the results: parameters, code, inputs, machine |",
    "| `metrics.json`, `summary.txt` | metrics, and what the run printed |",
    "| `ro-crate-metadata.json` | this directory as a Workflow Run RO-Crate |",
    "| `provenance.intoto.json` | the same as an in-toto statement |",
    "| `CITATION.cff` | how to cite the run |",
    "| `workflow.json` | the DAG that ran |",
    `| \`${checksums}\` | SHA-256 of every other file |`,
    `| \`JOB/OUTPUT\` | ${count(files, "file")} of ${count(held.length, "artifact")} |`,
    "",
    ...leftOut.length === 0 ? [] : [
      `${count(leftOut.length, "artifact")} (${
        bytes(leftOut.reduce((sum, { size }) => sum + size, 0))
      }) ${leftOut.length === 1 ? "is" : "are"} left out; the manifest has the hashes.`,
      "",
    ],
    "Check every byte, and bring the run into a store of fanin:",
    "",
    "```sh",
    `sha256sum --check ${checksums}`,
    "deno task import ARCHIVE",
    "```",
    "",
  ].join("\n");
}
