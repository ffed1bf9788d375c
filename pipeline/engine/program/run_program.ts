/**
 * Runs a program as a job: copies the stored inputs into a directory of its own, starts it there, and
 * reads the files that it leaves as outputs. It has copies, so that it cannot damage the store by its inputs.
 */
import { dirname, join, relative, sep } from "node:path";
import type { Listener } from "../effects.ts";
import { Failed } from "../failed.ts";
import { withoutLoader } from "../machine/loader_variables.ts";
import { kindAt, statOf } from "../../store/existence.ts";
import { files } from "../../formats/files.ts";
import { hashFile } from "../../store/sha256.ts";
import { filesUnder } from "../../store/files_under.ts";
import { isWithin } from "../../store/path_within.ts";
import { naturalOrder } from "../../terminal/natural_order.ts";
import { blobPath, quarantineBlob, readBlob, type Store } from "../../store/store.ts";
import { fixedVariables } from "./declared_environment.ts";
import { launch, type Limits } from "./supervisor.ts";
import type { ProgramRun } from "./declared_program.ts";
import { readReports, withoutReports } from "./progress_lines.ts";
import { paced } from "../reports.ts";

/** The surroundings of a program, as its host knows them. */
export interface ProgramHost {
  stage: string;
  store: Store;
  /** Input's name → SHA-256 of its bytes. */
  inputs: Readonly<Record<string, string>>;
  /** A directory for directories of its own. */
  scratch: string;
  limits?: Limits;
  listener: Listener;
  signal: AbortSignal;
}

/** Characters of the end of its output that a failure may repeat. */
const keptEnd = 4000;

/** Files that a failure looks at for names like the missing one. */
const mostFiles = 1000;

/** Runs it to its end; gives the bytes of each output. */
export async function runProgram(
  run: ProgramRun,
  { stage, store, inputs, scratch, limits, listener, signal }: ProgramHost,
): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  await Deno.mkdir(scratch, { recursive: true });
  const place = await Deno.makeTempDir({ dir: scratch, prefix: "program-" });
  const [work, home, temporary] = ["work", "home", "tmp"].map((name) => join(place, name));
  for (const directory of [work, home, temporary]) await Deno.mkdir(directory);
  // Resolved now, because a program may remove its directory.
  const top = await Deno.realPath(work);
  try {
    for (const [name, path] of Object.entries(run.places)) {
      const to = join(work, path);
      await Deno.mkdir(dirname(to), { recursive: true });
      if (run.directories.includes(name)) await placeDirectory(store, inputs[name], to);
      else await placeFile(store, inputs[name], to);
    }
    for (const path of Object.values(run.outputs)) {
      await Deno.mkdir(dirname(join(work, path)), { recursive: true });
    }
    const { progress, flush } = paced(listener.progress);
    const reports = readReports({ ...listener, progress });
    let printed = "";
    const { command } = run;
    const ending = await launch({
      command,
      directory: work,
      beside: place,
      variables: { ...fixedVariables, HOME: home, TMPDIR: temporary, ...run.environment },
      inherit: run.inherit,
      limits,
      onText(text) {
        listener.log(text);
        printed = `${printed}${text}`.slice(-keptEnd);
        reports.read(text);
      },
      signal,
    }).finally(flush);
    switch (ending.how) {
      case "time":
        throw new Failed({ reason: "program-limit", command, minutes: limits!.minutes, stage });
      case "memory": {
        const { found } = ending;
        const { memory } = limits!;
        throw new Failed({ reason: "program-memory", command, memory, found, stage });
      }
      case "unknown":
        throw new Failed({ reason: "program-ended", command, printed: withoutReports(printed) });
      case "exit":
        if (ending.code === 0) break;
        throw new Failed({
          reason: "program-ended",
          command,
          code: ending.code,
          printed: withoutReports(printed),
        });
    }
    return await outputsIn(top, run);
  } finally {
    await removeTree(place);
  }
}

/** Permissions of a copy: nobody is to write to it. A program may make it writable, and harms itself alone. */
const readOnly = 0o444;

/** Copies a stored file, and checks the copy: what the program reads are the bytes of its key. */
async function placeFile(store: Store, sha256: string, to: string): Promise<void> {
  try {
    await Deno.copyFile(blobPath(store, sha256), to);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Failed({ reason: "missing-blob", sha256 });
    throw error;
  }
  const found = hashFile(to);
  if (found !== sha256) {
    const movedTo = quarantineBlob(store, sha256);
    throw new Failed({ reason: "damaged-blob", sha256, found, movedTo });
  }
  await Deno.chmod(to, readOnly);
}

async function placeDirectory(store: Store, sha256: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for (const [path, bytes] of Object.entries(files.decode(readBlob(store, sha256)))) {
    const file = join(to, path);
    if (!isWithin(to, file)) {
      throw new Error(`expected a file within its directory, found ${path}`);
    }
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeFile(file, bytes, { mode: readOnly });
  }
}

/** The files that a program left, each a plain one in its place; a link could lead to any other. */
async function outputsIn(
  top: string,
  { outputs, places, directories }: ProgramRun,
): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  const left: Record<string, Uint8Array<ArrayBuffer>> = {};
  for (const [output, path] of Object.entries(outputs)) {
    const kind = kindWithin(top, path);
    if (kind !== "file") {
      const given = new Set(Object.values(places));
      const isGiven = (file: string) =>
        given.has(file) || directories.some((name) => file.startsWith(`${places[name]}/`));
      const found = filesLeft(top).filter((file) => !isGiven(file));
      throw new Failed({ reason: "no-output-file", output, path, kind, found });
    }
    left[output] = await Deno.readFile(join(top, path));
  }
  return left;
}

/**
 * Kind of what lies at a path, or of the first link on the way to it; undefined where nothing is. `top` had no link
 * in it when the program began, which may have put one in place of its own directory.
 */
function kindWithin(top: string, path: string): string | undefined {
  const parts = join(top, path).split(sep);
  for (const i of parts.keys()) {
    const at = parts.slice(0, i + 1).join(sep) || sep;
    if (statOf(at, Deno.lstatSync) === undefined) return undefined;
    const kind = kindAt(at);
    if (kind.startsWith("link") || i === parts.length - 1) return kind;
  }
}

/** Some of the files in a directory, by their paths within it. */
function filesLeft(top: string): string[] {
  const found: string[] = [];
  try {
    for (const path of filesUnder(top)) {
      found.push(relative(top, path).replaceAll(sep, "/"));
      if (found.length === mostFiles) break;
    }
  } catch {
    // A directory that the program locked or removed; its names would only help.
  }
  return found.sort(naturalOrder);
}

/** Removes a directory with all in it, also what the program locked. */
async function removeTree(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch {
    const unlock = ["-c", 'chmod -R u+rwX -- "$1"; exec rm -rf -- "$1"', "sh", path];
    await new Deno.Command("sh", { args: unlock, env: withoutLoader, stdin: "null" }).output();
  }
}
