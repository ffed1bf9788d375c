/**
 * Writes the reference run, `artifacts/reference/`: a run's manifest, metrics and claims with its small
 * artifacts, in the layout of a run's directory, to be committed. `open_run.ts` reads it.
 */
import { join } from "node:path";
import { Ledger } from "../../schemas/run/judged_claims.ts";
import { floatsInJson } from "../../schemas/run/float_text.ts";
import type { Manifest } from "../../schemas/run/manifest.ts";
import { canonicalJson, canonicalText } from "../formats/json.ts";
import { Failed } from "../engine/failed.ts";
import { readManifest } from "./read_manifest.ts";
import { writeResult } from "../terminal/result_file.ts";
import type { RunSource } from "./run_source.ts";
import { checksumsFile, checksumsText } from "./checksums.ts";

/** In bytes: artifacts that are larger stay out, and of the rest the largest until all fit. */
export const limits = { each: 256 << 10, all: 5 << 20 } as const;

export const referencePath = (artifacts: string): string => join(artifacts, "reference");

interface Kept {
  job: string;
  output: string;
  file: string;
  size: number;
}

/** The artifacts that are small enough to be committed. */
export function smallOutputs({ jobs }: Manifest): Kept[] {
  const small = jobs.flatMap(({ name: job, outputs }) =>
    Object.entries(outputs).map(([output, { file, size }]) => ({ job, output, file, size }))
  ).filter(({ size }) => size <= limits.each);
  let total = small.reduce((sum, { size }) => sum + size, 0);
  const leftOut = new Set<Kept>();
  for (const one of small.toSorted((a, b) => b.size - a.size)) {
    if (total <= limits.all) break;
    leftOut.add(one);
    total -= one.size;
  }
  return small.filter((one) => !leftOut.has(one));
}

export const hasReference = (artifacts: string): boolean => {
  try {
    return Deno.statSync(join(referencePath(artifacts), "manifest.json")).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
};

/**
 * Makes a complete run the reference: writes its small artifacts, then metrics and claims, then the
 * manifest, and removes what the old reference had and the new one has not. Other files there stay.
 */
export function writeReference(source: RunSource, artifacts: string): Kept[] {
  const { manifest } = source;
  const directory = referencePath(artifacts);
  const old = hasReference(artifacts) ? smallFiles(readManifest(directory)) : [];
  const kept = smallOutputs(manifest);
  // Everything is read, and so found whole, before anything is written.
  const contents = kept.map(({ job, output, file }): [string, Uint8Array] => {
    const bytes = source.read(job, output);
    if (bytes !== undefined) return [file, bytes];
    const message = `${file} of the run ${source.name} is not there; expected all of its outputs.`;
    throw new Failed({ reason: "usage", message });
  });
  const text = (value: unknown) => new TextEncoder().encode(value + "\n");
  const [metrics, claims] = [source.metrics(), source.claims()];
  const own: [string, Uint8Array][] = [["manifest.json", text(canonicalJson(manifest))]];
  if (metrics !== undefined) {
    own.unshift(["metrics.json", text(JSON.stringify(metrics, floatsInJson, 2))]);
  }
  if (claims !== undefined) own.unshift(["claims.json", text(canonicalText(Ledger, claims))]);
  contents.push([checksumsFile, text(checksumsText(own).trimEnd())], ...own);
  const names = new Set(contents.map(([file]) => file));
  for (const file of [...old, "claims.json"]) if (!names.has(file)) remove(join(directory, file));
  for (const [file, bytes] of contents) writeResult(join(directory, file), bytes);
  removeEmpty(directory);
  return kept;
}

const smallFiles = (manifest: Manifest): string[] => smallOutputs(manifest).map(({ file }) => file);

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Removes the directories of jobs that are no more. Gives whether anything is left. */
function removeEmpty(directory: string): boolean {
  let left = false;
  for (const { name, isDirectory } of [...Deno.readDirSync(directory)]) {
    const path = join(directory, name);
    if (!isDirectory || removeEmpty(path)) left = true;
    else Deno.removeSync(path);
  }
  return left;
}
