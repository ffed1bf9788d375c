/**
 * Writes CITATION.cff of an exported run, in the Citation File Format 1.2.0
 * (https://doi.org/10.5281/zenodo.1003149). Every string of the YAML is in double quotes, as in JSON, which
 * YAML reads alike.
 */
import type { Manifest } from "../../schemas/run/manifest.ts";
import { commitOf } from "../runs/read_manifest.ts";
import { type Credits, endOf } from "./contents.ts";

/** YAML wants more characters escaped than JSON does: those that are not to be seen. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"),
  );

/** An SPDX identifier: what `license` takes; a URL goes to `license-url`. */
const identifier = /^[A-Za-z0-9][A-Za-z0-9.+-]*$/;

export function citationOf(manifest: Manifest, { authors, license }: Credits): string {
  const { run, experiment, identity } = manifest;
  const commit = commitOf(manifest)?.commit;
  const day = endOf(manifest.started, manifest.seconds).slice(0, 10);
  const lines = [
    "cff-version: 1.2.0",
    `message: "If you use these results, please cite them as below."`,
    "type: dataset",
    `title: ${quoted(`Run ${run} of the experiment ${experiment.name}`)}`,
    // An author is required, and one must not be made up.
    "authors:",
    ...(authors.length === 0 ? ["The author of this run, not named"] : authors)
      .map((name) => `  - name: ${quoted(name)}`),
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
    const key = identifier.test(license) ? "license" : "license-url";
    lines.push(`${key}: ${quoted(license)}`);
  }
  return lines.join("\n") + "\n";
}
