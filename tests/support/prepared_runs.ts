/**
 * Runs what many tests begin with only once: the first `reproduce` of a test pipeline, with the same flags. Each
 * test gets a copy of its own of all that the command left, and what it printed.
 *
 * A prepared run counts as long as every source has its size and time of change. Test files that run at the same
 * time share them: one is there as a whole or not at all.
 */
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { entriesIn, filesUnder } from "../../pipeline/store/files_under.ts";
import { fixtures, places, root } from "./checkout.ts";
import type { Ended } from "./deno_command.ts";
import { exists } from "../../pipeline/store/existence.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Files and folders that a run of a test pipeline can depend on. */
const sources = ["pipeline", "schemas", "stages", "vendor", "deno.json", "deno.lock"]
  .map((name) => join(root, name)).concat(fixtures);

/** Identifies files, and those of folders, as they are now. */
export function stateOf(paths: readonly string[]): string {
  const files = paths.flatMap((path) =>
    Deno.statSync(path).isDirectory ? [...filesUnder(path)] : [path]
  );
  const lines = files.map((path) => {
    const { size, mtime } = Deno.statSync(path);
    return `${path} ${size} ${mtime?.getTime()}`;
  });
  return sha256([Deno.version.deno, ...lines.sort()].join("\n")).slice(0, 16);
}

let current: string | undefined;

/** The state of the sources when this process first asked. */
const stateOfSources = (): string => current ??= stateOf(sources);

/** Flags with which a run depends on nothing but the sources, and changes nothing but its artifacts. */
const switches = ["--json", "--verbose", "--quiet", "-v", "-q"];
const valued = ["--only", "--set", "--experiment"];

/** Test pipelines that read files of the place in which they run. */
const readPlace = ["own_data"];

/** Tells whether the command, as the first in a place, does the same in each. */
export function canBePrepared(pipeline: string, [command, ...args]: readonly string[]): boolean {
  if (readPlace.includes(pipeline)) return false;
  for (let i = 0; i < args.length; i++) {
    if (switches.includes(args[i])) continue;
    if (!valued.includes(args[i])) return false;
    const value = args[++i] ?? "";
    if (/^\/|\.(json|ts)$/.test(value)) return false;
  }
  return command === "reproduce";
}

/** Runs the first command in a place by `run`, or copies what it did in another. */
export async function runPrepared(
  place: string,
  pipeline: string,
  args: readonly string[],
  run: () => Promise<Ended>,
): Promise<Ended> {
  const state = join(places, `prepared-${stateOfSources()}`);
  const prepared = join(state, sha256(JSON.stringify([pipeline, ...args])).slice(0, 16));
  const file = join(prepared, "ended.json");
  const text = await Deno.readTextFile(file).catch(() => undefined);
  if (text !== undefined) {
    await Deno.mkdir(place, { recursive: true });
    await copyPlace(join(prepared, "artifacts"), place);
    const { at, ended } = JSON.parse(text) as { at: string; ended: Ended };
    const here = (text: string) => text.replaceAll(at, basename(place));
    return { code: ended.code, out: here(ended.out), err: here(ended.err) };
  }
  const ended = await run();
  // Refused before it began: there is nothing to save.
  if (!exists(join(place, "artifacts", "runs"))) return ended;
  await removeOthers(state);
  await Deno.mkdir(state, { recursive: true });
  const partial = await Deno.makeTempDir({ dir: state, prefix: "partial-" });
  await copyPlace(join(place, "artifacts"), partial);
  await Deno.writeTextFile(
    join(partial, "ended.json"),
    JSON.stringify({ at: basename(place), ended }),
  );
  // Another test may have prepared it meanwhile.
  await Deno.rename(partial, prepared).catch(() => Deno.remove(partial, { recursive: true }));
  return ended;
}

/** Removes what was prepared from other sources. */
async function removeOthers(state: string): Promise<void> {
  for (const { name } of entriesIn(places)) {
    if (!name.startsWith("prepared-") || name === basename(state)) continue;
    // Another test may remove it at the same time.
    await Deno.remove(join(places, name), { recursive: true }).catch(() => {});
  }
}

/** Copies a directory with its links, hard ones too, and its times. */
async function copyPlace(from: string, to: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-c", 'cp -a "$1" "$2"', "sh", from, to],
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
