/**
 * Finds damage in a run's directory, in `latest` and in the reference run. Reads every byte and changes
 * nothing.
 */
import { basename, dirname, join, relative } from "node:path";
import type { Manifest, ManifestOutput } from "../../schemas/run/manifest.ts";
import { filesUnder } from "../store/files_under.ts";
import { readManifest, runsPath } from "./read_manifest.ts";
import { heldBy, referenceNames, referencePath } from "./reference_run.ts";
import { isSameFile } from "../store/link.ts";
import { hashFile } from "../store/sha256.ts";
import { checksumsFile, readChecksums } from "./checksums.ts";
import { filesIn, sourceFrom } from "./run_source.ts";
import { validate, wordProblem } from "./validate.ts";
import { checkOrder, latestPath, orderPath } from "./latest.ts";
import { exists } from "../store/existence.ts";

export interface Damage {
  path: string;
  problem: string;
}

/** Runs a check; what it throws is the damage at a path. */
type Attempt = <T>(path: string, check: () => T) => T | undefined;

function collect(checks: (attempt: Attempt) => void): Damage[] {
  const damage: Damage[] = [];
  checks((path, check) => {
    try {
      return check();
    } catch (error) {
      damage.push({ path, problem: (error as Error).message });
    }
  });
  return damage;
}

/** The damage of a recorded run. An output that `isWhole` knows of is not read again. */
export const damageOfRun = (
  directory: string,
  isWhole: (path: string, sha256: string) => boolean,
): Damage[] =>
  collect((attempt) => {
    const manifest = checkRecord(directory, attempt);
    if (manifest === undefined) return;
    if (readChecksums(directory) === undefined) checkOldRecord(directory, attempt);
    for (const { file, sha256 } of outputsOf(manifest)) {
      const path = join(directory, file);
      attempt(path, () => isWhole(path, sha256) || checkHash(path, sha256));
    }
  });

/**
 * The damage of the reference runs. What is too large to be committed is not there, nor what another than
 * the first shares with that.
 */
export const damageOfReference = (artifacts: string): Damage[] =>
  collect((attempt) => {
    for (const name of referenceNames(artifacts)) {
      const directory = referencePath(artifacts, name);
      const manifest = checkRecord(directory, attempt);
      if (manifest === undefined) continue;
      const held = attempt(directory, () => heldBy(artifacts, name, manifest)) ?? [];
      const files = new Set(held.map(({ file }) => file));
      for (const { file, sha256 } of outputsOf(manifest)) {
        const path = join(directory, file);
        if (files.has(file) || exists(path)) attempt(path, () => checkHash(path, sha256));
      }
    }
  });

/** Files of `latest` that differ from those of its run. */
export const damageOfLatest = (artifacts: string): Damage[] =>
  collect((attempt) => {
    const latest = latestPath(artifacts);
    const manifest = attempt(join(latest, "manifest.json"), () => readManifest(latest));
    if (manifest === undefined) return;
    for (const path of filesUnder(latest)) {
      const original = join(runsPath(artifacts), manifest.run, relative(latest, path));
      attempt(path, () => isSameFile(path, original) || checkHash(path, hashFile(original)));
    }
  });

/** The damage of the order of runs. */
export const damageOfOrder = (artifacts: string): Damage[] =>
  collect((attempt) => attempt(orderPath(artifacts), () => checkOrder(artifacts)));

/** Checks the files that a run wrote itself. Gives its manifest, if that can be read. */
function checkRecord(directory: string, attempt: Attempt): Manifest | undefined {
  const checksums = attempt(
    join(directory, checksumsFile),
    () => [...readChecksums(directory) ?? []],
  );
  if (checksums === undefined) return undefined;
  for (const [file, sha256] of checksums) {
    const path = join(directory, file);
    if (file !== "manifest.json") attempt(path, () => checkHash(path, sha256));
  }
  return attempt(join(directory, "manifest.json"), () => readManifest(directory));
}

/** Checks what a run without recorded hashes wrote itself, as far as it follows from the artifacts. */
function checkOldRecord(directory: string, attempt: Attempt): void {
  for (const file of ["summary.txt", "metrics.json"]) {
    const path = join(directory, file);
    attempt(path, () => Deno.statSync(path));
  }
  const place = { name: basename(directory), place: directory, form: "directory" } as const;
  const artifacts = dirname(dirname(directory));
  for (const problem of validate(sourceFrom(filesIn(directory), { ...place, artifacts }))) {
    const [file] = problem.where.split(", ");
    attempt(join(directory, file), () => {
      throw new Error(wordProblem(problem));
    });
  }
}

const outputsOf = ({ jobs }: Manifest): ManifestOutput[] =>
  jobs.flatMap(({ outputs }) => Object.values(outputs));

function checkHash(path: string, expected: string): void {
  const found = hashFile(path);
  if (found !== expected) throw new Error(`expected SHA-256 ${expected}, found ${found}`);
}
