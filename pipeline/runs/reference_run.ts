/**
 * Finds and writes reference runs: a run's manifest, metrics and claims with its small artifacts, in the
 * layout of a run's directory, to be committed. The first is `artifacts/reference/`; each other experiment
 * and each other backend has its own in `artifacts/reference/experiments/`. `open_run.ts` reads them.
 */
import { basename, join } from "node:path";
import { Ledger } from "../../schemas/run/judged_claims.ts";
import { floatsInJson } from "../../schemas/run/float_text.ts";
import type { Manifest } from "../../schemas/run/manifest.ts";
import { canonicalJson, canonicalText } from "../formats/json.ts";
import { Failed } from "../engine/failed.ts";
import { readManifest } from "./read_manifest.ts";
import { writeResult } from "../terminal/result_file.ts";
import { ifThere, statOf } from "../store/existence.ts";
import type { RunSource } from "./run_source.ts";
import { backendOf } from "./backend_of_run.ts";
import { checksumsFile, checksumsText } from "./checksums.ts";

/** In bytes: artifacts that are larger stay out, and of the rest the largest until all fit. */
export const limits = { each: 256 << 10, all: 5 << 20 } as const;

/** The name of the first reference run; another's is `reference/<experiment>-<backend>`. */
export const mainReference = "reference";

/** The directory of a reference run; undefined if a name is not that of one. */
export const referenceNamed = (artifacts: string, name: string): string | undefined =>
  name === mainReference
    ? referencePath(artifacts)
    : referenceNames(artifacts).includes(name)
    ? referencePath(artifacts, name)
    : undefined;

export const referencePath = (artifacts: string, name = mainReference): string =>
  name === mainReference
    ? join(artifacts, "reference")
    : join(artifacts, "reference", "experiments", basename(name));

/** Names of the reference runs that are there. */
export function referenceNames(artifacts: string): string[] {
  const others = join(artifacts, "reference", "experiments");
  const names = statOf(others)?.isDirectory ? [...Deno.readDirSync(others)] : [];
  return [mainReference, ...names.map(({ name }) => `${mainReference}/${name}`).sort()]
    .filter((name) => hasReference(artifacts, name));
}

/** The name that a reference has which is not the first: by its experiment and backend. */
const ownName = (run: Manifest): string =>
  [`${mainReference}/${run.experiment.name}`, backendOf(run) ?? []].flat().join("-");

/**
 * The name of the reference that a run is compared with: that of its experiment and backend, otherwise the
 * first. Undefined where there is none.
 */
export function referenceOf(artifacts: string, run: Manifest): string | undefined {
  return [ownName(run), mainReference].find((name) => hasReference(artifacts, name));
}

/** The name under which a run becomes a reference. */
export function placeOfReference(artifacts: string, run: Manifest): string {
  if (!hasReference(artifacts)) return mainReference;
  const first = readManifest(referencePath(artifacts));
  const [ofFirst, own] = [backendOf(first), backendOf(run)];
  // Jobs that run on no backend are the same in a run on any.
  const isSame = first.experiment.name === run.experiment.name &&
    (own === undefined || own === ofFirst);
  return isSame ? mainReference : ownName(run);
}

interface Kept {
  job: string;
  output: string;
  file: string;
  size: number;
  sha256: string;
}

/** The artifacts that are small enough to be committed. */
export function smallOutputs({ jobs }: Manifest): Kept[] {
  const small = jobs.flatMap(({ name: job, outputs }) =>
    Object.entries(outputs).map(([output, { file, size, sha256 }]) => (
      { job, output, file, size, sha256 }
    ))
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

export const hasReference = (artifacts: string, name = mainReference): boolean =>
  statOf(join(referencePath(artifacts, name), "manifest.json"))?.isFile === true;

/** The small artifacts that a reference holds itself: others' are read from the first one. */
export function heldBy(artifacts: string, name: string, manifest: Manifest): Kept[] {
  const small = smallOutputs(manifest);
  if (name === mainReference) return small;
  const held = new Map(
    smallOutputs(readManifest(referencePath(artifacts))).map(({ file, sha256 }) => [file, sha256]),
  );
  return small.filter(({ file, sha256 }) => held.get(file) !== sha256);
}

/**
 * Gives the other references the artifacts that they share with the first one, as `next` takes its place
 * and has others.
 */
function keepShared(artifacts: string, next: readonly Kept[]): void {
  const kept = new Map(next.map(({ file, sha256 }) => [file, sha256]));
  for (const name of referenceNames(artifacts)) {
    if (name === mainReference) continue;
    const manifest = readManifest(referencePath(artifacts, name));
    const held = new Set(heldBy(artifacts, name, manifest).map(({ file }) => file));
    for (const { file, sha256 } of smallOutputs(manifest)) {
      if (held.has(file) || kept.get(file) === sha256) continue;
      const path = join(referencePath(artifacts), file);
      // One that is lost already is damage, which `verify` reports.
      if (statOf(path)?.isFile) {
        writeResult(join(referencePath(artifacts, name), file), Deno.readFileSync(path));
      }
    }
  }
}

/**
 * Makes a complete run the reference of a name: writes its small artifacts, then metrics and claims, then the
 * manifest, and removes what the old reference had and the new one has not. Other files there stay.
 */
export function writeReference(
  source: RunSource,
  artifacts: string,
  name = mainReference,
): Kept[] {
  const { manifest } = source;
  const directory = referencePath(artifacts, name);
  const old = hasReference(artifacts, name) ? smallFiles(readManifest(directory)) : [];
  const kept = heldBy(artifacts, name, manifest);
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
  if (name === mainReference && hasReference(artifacts)) keepShared(artifacts, kept);
  const names = new Set(contents.map(([file]) => file));
  for (const file of [...old, "claims.json"]) {
    if (!names.has(file)) ifThere(() => Deno.removeSync(join(directory, file)));
  }
  for (const [file, bytes] of contents) writeResult(join(directory, file), bytes);
  removeEmpty(directory);
  return kept;
}

const smallFiles = (manifest: Manifest): string[] => smallOutputs(manifest).map(({ file }) => file);

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
