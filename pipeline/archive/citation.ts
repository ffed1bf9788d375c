/**
 * Writes CITATION.cff of an exported run, in the Citation File Format 1.2.0
 * (https://doi.org/10.5281/zenodo.1003149). Every string of the YAML is in double quotes, as in JSON, which
 * YAML reads alike.
 */
import type { Manifest } from "../../schemas/run/manifest.ts";
import { commitOf } from "../runs/read_manifest.ts";
import { unicodeEscape } from "../terminal/escape.ts";
import { endOf } from "./contents.ts";
import { type Credits, isListed } from "./credits.ts";

/** YAML wants more characters escaped than JSON does: those that are not to be seen. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    unicodeEscape,
  );

/** The lines of a person. */
const personLines = ({ given, family, orcid }: Credits["authors"][number]): string[] =>
  [
    `family-names: ${quoted(family)}`,
    ...given === undefined ? [] : [`given-names: ${quoted(given)}`],
    ...orcid === undefined ? [] : [`orcid: ${quoted(orcid)}`],
  ].map((line, i) => `  ${i === 0 ? "-" : " "} ${line}`);

export function citationOf(manifest: Manifest, { authors, license }: Credits): string {
  const { run, experiment, identity } = manifest;
  const commit = commitOf(manifest)?.commit;
  const day = endOf(manifest.started, manifest.seconds).slice(0, 10);
  const lines = [
    "cff-version: 1.2.0",
    `message: "If you use these results, please cite them as below."`,
    "type: dataset",
    `title: ${quoted(`Run ${run} of the experiment ${experiment.name}`)}`,
    "authors:",
    // An author is required, and a person must not be made up.
    ...(authors.length === 0
      ? [`  - name: "The author of this run, not named"`]
      : authors.flatMap(personLines)),
    `abstract: ${quoted(experiment.about.trim() || `The experiment ${experiment.name}.`)}`,
    `version: ${quoted(run)}`,
    `date-released: ${day}`,
    "identifiers:",
    "  - type: other",
    `    value: ${quoted(`sha256:${identity}`)}`,
    `    description: "Identity of the run: the hash over all its jobs' keys"`,
    "keywords:",
    `  - "reproducible experiment"`,
    `  - "fanin"`,
  ];
  if (commit !== undefined) lines.push(`commit: ${quoted(commit)}`);
  if (license !== undefined) {
    lines.push(`${isListed(license) ? "license" : "license-url"}: ${quoted(license)}`);
  }
  return lines.join("\n") + "\n";
}
