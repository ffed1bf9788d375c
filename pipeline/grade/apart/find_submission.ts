/**
 * Finds what a submission holds: a run, by its directory, archive or manifest, or metrics alone. Reads
 * regular files and directories only, and follows no link out of the submission.
 */
import { extname, join } from "node:path";
import { isLitter, isOfOthers } from "../../archive/rezipped.ts";
import { Failed } from "../../engine/failed.ts";
import { largest } from "../../runs/largest_files.ts";
import { naturalOrder } from "../../terminal/natural_order.ts";
import { count, someOf } from "../../terminal/numbers.ts";
import { kindAt } from "../../store/existence.ts";
import { isWithin } from "../../store/path_within.ts";
import { isPlainText, metricsForm } from "../submitted/metrics_names.ts";
import { validJson } from "../../formats/read_json.ts";
import { z } from "zod";

export interface Found {
  form: "directory" | "archive" | "manifest" | "metrics";
  path: string;
}

/** Says that something is no submission. */
export const noSubmission = (found: string): Failed =>
  new Failed({
    reason: "usage",
    message:
      `Nothing can be graded: expected an exported run (.zip), the directory of a run, or a ` +
      `metrics file, a notebook or a log, found ${found}.`,
  });

/** Levels of folders that people put around a run. */
const deepest = 4;

/** Throws a `Failed` that says what was found where it is nothing to grade. */
export function findSubmission(path: string, levels = deepest): Found {
  const kind = kindAt(path);
  if (kind === "file") return inFile(path);
  if (kind === "directory") return inDirectory(path, levels);
  throw noSubmission(`a ${kind}. Hand in the file itself`);
}

/** The first bytes of every zip archive. */
const zip = [0x50, 0x4b];

function inFile(path: string): Found {
  const extension = extname(path).toLowerCase();
  if (extension === ".json") return { form: isManifest(path) ? "manifest" : "metrics", path };
  if (isMetricsFile(path)) return { form: "metrics", path };
  using file = Deno.openSync(path);
  const start = new Uint8Array(zip.length);
  file.readSync(start);
  if (zip.every((byte, i) => byte === start[i])) return { form: "archive", path };
  if (extension === ".zip") throw noSubmission("a file .zip that is cut off or no zip archive");
  throw noSubmission(extension === "" ? "another file" : `a file ${extension}`);
}

/** True for a file that may hold metrics, by its name. */
export const isMetricsFile = (path: string): boolean => metricsForm(path) !== undefined;

/** True if a JSON file has jobs; its reader checks the rest. */
function isManifest(path: string): boolean {
  const { size } = Deno.statSync(path);
  if (size > largest.manifest) {
    throw new Failed({ reason: "too-large", path, size, limit: largest.manifest });
  }
  const value = validJson(Deno.readTextFileSync(path), z.record(z.string(), z.unknown()));
  return value !== undefined && "jobs" in value;
}

function inDirectory(path: string, levels: number): Found {
  const usual = [path, join(path, "latest"), join(path, "artifacts", "latest")];
  const run = usual.find((place) => exists(join(place, "manifest.json")));
  if (run !== undefined) {
    // Every link is followed.
    if (isWithin(Deno.realPathSync(path), Deno.realPathSync(run))) {
      return { form: "directory", path: run };
    }
    throw noSubmission(`${run}, a link out of the submission. Hand in the run itself`);
  }
  const inside = contentsOf(path);
  for (const [what, names] of Object.entries(inside)) {
    if (names.length > 1) throw several(what, names);
    if (names.length === 0) continue;
    if (what === "folder" && levels === 0) break;
    return findSubmission(join(path, names[0]), levels - 1);
  }
  throw noSubmission("a directory without a manifest.json");
}

const several = (what: string, names: readonly string[]): Failed =>
  noSubmission(`${count(names.length, what)} (${someOf(names, 3)}). Leave one of them`);

/**
 * Finds the file that may hold metrics among those of an archive without a run. Throws a `Failed` where
 * there is none, or several.
 */
export function metricsAmong(paths: Iterable<string>): string {
  const found = metricsFiles([...paths].filter((path) => !isHidden(path)));
  if (found.length > 1) throw several("metrics file", found);
  if (found.length === 0) throw noSubmission("an archive without any of them");
  return found[0];
}

/** True for what nobody handed in on purpose. */
const isHidden = (path: string): boolean => isLitter(path) || /(^|\/)\./.test(path);

/** Names in a directory that may be a submission, by kind; the first kind counts. */
function contentsOf(path: string): Record<"run" | "archive" | "metrics file" | "folder", string[]> {
  const entries = [...Deno.readDirSync(path)]
    .filter(({ name }) => !isHidden(name))
    .sort((a, b) => naturalOrder(a.name, b.name));
  const files = entries.filter(({ isFile }) => isFile).map(({ name }) => name);
  const folders = entries.filter(({ isDirectory, name }) => isDirectory && !isOfOthers(`${name}/`))
    .map(({ name }) => name);
  return {
    run: [...folders, ...projectRuns(path)]
      .filter((name) => exists(join(path, name, "manifest.json"))),
    archive: files.filter((name) => name.toLowerCase().endsWith(".zip")),
    "metrics file": metricsFiles(files),
    folder: folders,
  };
}

/** Folders of a project's runs, whose link to the latest one is lost where systems without links copy it. */
const projectRuns = (path: string): string[] =>
  ["runs", join("artifacts", "runs")].flatMap((runs) => {
    const place = join(path, runs);
    if (!isFolder(place) || !isWithin(Deno.realPathSync(path), Deno.realPathSync(place))) return [];
    return [...Deno.readDirSync(place)].filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => join(runs, name));
  });

/** Texts of any kind count only where nothing else holds metrics: notes lie beside results. */
function metricsFiles(names: readonly string[]): string[] {
  const all = names.filter(isMetricsFile);
  const named = all.filter((name) => !isPlainText(name));
  return named.length > 0 ? named : all;
}

/** True for a directory, also by a link; one that leads nowhere, or where nothing may be read, is none. */
function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    // Not there, or a link in a circle, which leads nowhere.
    return false;
  }
}
