/** Manifests on disk: reading one, and what there is of a run that has none yet. */
import { join } from "node:path";
import { Manifest } from "../../schemas/run/manifest.ts";
import { Failed } from "../engine/failed.ts";
import { checkedJson, invalidFile } from "../formats/read_json.ts";
import { exists } from "../store/existence.ts";
import { readPlain } from "../store/plain_file.ts";
import { checkRecorded } from "./checksums.ts";

export interface RunDirectory {
  id: string;
  path: string;
  /** Unfinished: it was cut off before its manifest was written. */
  state: "recorded" | "unfinished" | "unreadable";
  manifest?: Manifest;
  /** The failure to read the manifest. */
  problem?: Failed;
}

/** Name of the report in a run's directory. */
export const reportFile = "report.html";

export const runsPath = (artifacts: string): string => join(artifacts, "runs");

const hint =
  "Expected the manifest of a run, as this version of fanin writes it; one of a newer version needs that.";

/** Throws a failure that names the file and what is wrong with it. */
export function readManifest(directory: string): Manifest {
  const path = join(directory, "manifest.json");
  let bytes: Uint8Array;
  try {
    bytes = readPlain(path);
  } catch (error) {
    throw invalidFile(path, (error as Error).message, hint);
  }
  checkRecorded(directory, "manifest.json", bytes);
  return parseManifest(new TextDecoder().decode(bytes), path);
}

/** Parses a manifest; `path` says in a failure where it comes from. */
export const parseManifest = (text: string, path: string): Manifest =>
  checkedJson(text, Manifest, { name: path, hint });

/** The directory of a run that is here, with its manifest as far as there is one. */
export function runDirectory(artifacts: string, id: string): RunDirectory {
  const path = join(runsPath(artifacts), id);
  const file = join(path, "manifest.json");
  try {
    if (!exists(file)) return { id, path, state: "unfinished" };
  } catch (error) {
    // A directory of another user, which may hold all of a run.
    const problem = invalidFile(file, (error as Error).message, hint);
    return { id, path, state: "unreadable", problem };
  }
  try {
    return { id, path, state: "recorded", manifest: readManifest(path) };
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    return { id, path, state: "unreadable", problem: error };
  }
}

/** The commit that a run was made from, where it is known. */
export function commitOf(
  { environment: { git } }: Pick<Manifest, "environment">,
): { commit: string; clean: boolean } | undefined {
  return git !== null && "commit" in git ? git : undefined;
}

/** A commit as it is shown: git finds it by these digits. */
export const shortCommit = (commit: string): string => commit.slice(0, 8);

/** The commit that a run was made from in words; undefined where it is not known. */
export function commitWords(manifest: Pick<Manifest, "environment">): string | undefined {
  const git = commitOf(manifest);
  if (git === undefined) return undefined;
  return shortCommit(git.commit) + (git.clean ? "" : ", with changes that are not committed");
}
