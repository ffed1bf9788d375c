/**
 * Lists the files of an exported run, in order, each once. The list follows from the manifest alone, so
 * that an export and the check of an import cannot differ.
 */
import type { Manifest, ManifestOutput } from "../../schemas/run/manifest.ts";
import { Failed } from "../engine/failed.ts";
import { largest } from "../runs/largest_files.ts";
import { checksumsFile, textOf } from "../runs/checksums.ts";

/** Bytes that at least one output of the run consists of. */
export interface Artifact {
  /** Path of the first output with these bytes, in the manifest's order. */
  path: string;
  sha256: string;
  /** In bytes. */
  size: number;
  mediaType: string;
  /** All outputs with these bytes, the first included. */
  outputs: { job: string; output: string; file: string }[];
  /** True if the archive names the bytes and does not have them. */
  isLeftOut?: boolean;
}

/** The run's own files beside its artifacts, in the archive's order, each of at most `limit` bytes. */
export const runFiles = [
  {
    path: "manifest.json",
    mediaType: "application/json",
    about: "all that led to the results",
    limit: largest.manifest,
    optional: false,
  },
  {
    path: "metrics.json",
    mediaType: "application/json",
    about: "metrics: dotted name → number",
    limit: largest.metrics,
    optional: false,
  },
  {
    path: "summary.txt",
    mediaType: "text/plain",
    about: "what the run printed",
    limit: 16 << 20,
    optional: false,
  },
  {
    path: "claims.json",
    mediaType: "application/json",
    about: "claims and their verdicts",
    limit: largest.claims,
    optional: true,
  },
  {
    path: "claims.md",
    mediaType: "text/markdown",
    about: "the same to read",
    limit: largest.claims,
    optional: true,
  },
] as const;

export type RunFile = (typeof runFiles)[number]["path"];

/** Descriptions of the run in standard forms, which an export adds and an import checks and leaves out. */
export const descriptions = [
  "ro-crate-metadata.json",
  "README.md",
  "CITATION.cff",
  "provenance.intoto.json",
  "workflow.json",
] as const;

/** The file in an archive with the hashes of all others. */
export const checksums = checksumsFile;

/** Largest artifact that an archive holds at each of its paths, in bytes: others open it beside its like. */
const largestCopy = 64 << 10;

/** Paths at which an archive holds an artifact: a large one once. */
export const pathsOf = ({ size, outputs }: Artifact): string[] =>
  (size <= largestCopy ? outputs : outputs.slice(0, 1)).map(({ file }) => file);

/**
 * The text of an archive's SHA256SUMS: descriptions and the run's own files by their hashes, and the artifacts
 * that `has` says are there. It follows from all that the archive holds, so no byte of it can change alone.
 */
export function checksumsOf(
  files: ReadonlyMap<string, string>,
  artifacts: readonly Artifact[],
  has: (path: string) => boolean,
): string {
  const stored = artifacts.flatMap((artifact) =>
    pathsOf(artifact).filter(has).map((path) => [path, artifact.sha256] as const)
  );
  return textOf(new Map([...files, ...stored]));
}

export const outputsOf = (
  { jobs }: Manifest,
): (ManifestOutput & { job: string; output: string })[] =>
  jobs.flatMap((job) =>
    Object.entries(job.outputs).map(([output, stored]) => ({ ...stored, job: job.name, output }))
  );

/** The artifacts of a run, each once; throws a `Failed` where one content has two sizes. */
export function artifactsOf(manifest: Manifest): Artifact[] {
  const artifacts = new Map<string, Artifact>();
  for (const { job, output, file, sha256, size, mediaType } of outputsOf(manifest)) {
    const known = artifacts.get(sha256);
    if (known === undefined) {
      const outputs = [{ job, output, file }];
      artifacts.set(sha256, { path: file, sha256, size, mediaType, outputs });
    } else if (known.size === size) {
      known.outputs.push({ job, output, file });
    } else {
      const problems = `${known.path} and ${file} have the SHA-256 ${sha256} both, and the sizes ` +
        `${known.size} and ${size}.`;
      const hint = "Expected one size for one content; the manifest was edited.";
      throw new Failed({
        reason: "invalid-file",
        path: `The manifest of ${manifest.run}`,
        problems,
        hint,
      });
    }
  }
  return [...artifacts.values()];
}

/** Returns the end of a job or run with this start and length, ISO 8601 in UTC. */
export const endOf = (started: string, seconds: number): string =>
  new Date(Date.parse(started) + seconds * 1000).toISOString();
