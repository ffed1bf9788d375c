/**
 * Registers in a store what the runs of each directory of artifacts need, where the store lies outside of
 * that directory: several users may share it, and none needs to read the others' runs. `gc` keeps what
 * another directory has registered, and refuses where a registration does not say what it needs.
 *
 *     users/<id>/<run>.json        what a recorded run needs, or that one is in progress
 *     users/<id>/<run>.begun       keys of the jobs that a run in progress has begun
 *     users/<id>/<run>.open.json   a run, or replicates, that Slurm has: its needs are not known yet
 *
 * The id follows from the directory's path and a random text within it, so that neither a copy nor another
 * machine's directory of the same path has it too.
 */
import { basename, dirname, join } from "node:path";
import type { z } from "zod";
import type { Manifest } from "../../schemas/run/manifest.ts";
import { OpenRun, RegisteredRun } from "../../schemas/run/store_user.ts";
import type { Notice } from "../engine/event.ts";
import { Failed } from "../engine/failed.ts";
import type { KeyedJob } from "../engine/keyed_job.ts";
import { checkedJson, invalidFile, readText } from "../formats/read_json.ts";
import { writeWhole } from "../store/atomic_write.ts";
import { entriesIn } from "../store/files_under.ts";
import { makeDirectoryIn, shareWithGroup } from "../store/group_rights.ts";
import { shareStore } from "../store/lock.ts";
import { contentOf, sealed } from "../store/sealed.ts";
import { sha256Of } from "../store/sha256.ts";
import { isOwnStore, realPath } from "../store/real_place.ts";
import { scratchRoot, type Store } from "../store/store.ts";
import { shellWord } from "../terminal/shell_word.ts";
import { textPath } from "./user_text.ts";
import { type BegunKeys, keysIn, openBegunKeys } from "./begun_keys.ts";
import { runIds, runsOf } from "./latest.ts";
import { addBegun, addNeeds, type Needs, noNeeds } from "./run_needs.ts";
import { runDirectory, runsPath } from "./read_manifest.ts";
import { exists, ifThere, needKind } from "../store/existence.ts";

const usersPath = (store: Store): string => join(store.root, "users");

const openEnding = ".open.json";
const begunEnding = ".begun";

/** The directory of artifacts in which a store lies; undefined if it lies in none. */
function ownerOf(store: Store): string | undefined {
  const root = realPath(store.root);
  const parent = dirname(root);
  return basename(root) === "store" && exists(runsPath(parent)) ? parent : undefined;
}

/** The name of a directory of artifacts in `users/`, and its path without links. */
function userOf(artifacts: string, store: Store): { id: string; path: string } {
  const file = textPath(store);
  needKind(file, "file");
  if (!exists(file)) {
    const bytes = new TextEncoder().encode(`${crypto.randomUUID()}\n`);
    writeWhole(file, bytes, { scratch: store.caches, mode: 0o644 });
  }
  const path = Deno.realPathSync(artifacts);
  return { id: sha256Of(`${path}\n${Deno.readTextFileSync(file)}`).slice(0, 16), path };
}

/** The name in `users/` of a directory of artifacts that may have registered runs; undefined if it has none. */
const knownUser = (artifacts: string, store: Store): string | undefined =>
  isOwnStore(artifacts, store.root) || !exists(textPath(store))
    ? undefined
    : userOf(artifacts, store).id;

/** Writes a registration; it is on the disk when this returns. */
function register(store: Store, id: string, name: string, value: RegisteredRun | OpenRun): void {
  writeWhole(join(usersPath(store), id, name), new TextEncoder().encode(sealed(value)), {
    scratch: scratchRoot(store),
    mode: 0o644,
    makeParent: (directory) => makeDirectoryIn(store, directory),
    share: (file) => shareWithGroup(store, file),
  });
}

/** Registers a run before it is recorded, so that no recorded run is ever without its registration. */
export function registerRun(artifacts: string, store: Store, manifest: Manifest): void {
  if (isOwnStore(artifacts, store.root)) return;
  const needs = noNeeds();
  addNeeds(needs, store, manifest);
  const { id, path } = userOf(artifacts, store);
  const { run } = manifest;
  register(store, id, `${run}.json`, {
    version: 1,
    artifacts: path,
    run,
    keys: [...needs.keys.values()].sort(),
    blobs: [...needs.blobs.values()].sort(),
  });
  for (const ending of [openEnding, begunEnding]) {
    ifThere(() => Deno.removeSync(join(usersPath(store), id, `${run}${ending}`)));
  }
}

/**
 * Gives what registers jobs of a run as they begin, so that a run that is cut off keeps their results and
 * checkpoints until it is removed. The run is registered with the first of them.
 */
export function registrarOf(
  artifacts: string,
  store: Store,
  run: string,
): (begun: readonly Pick<KeyedJob, "key">[]) => void {
  if (isOwnStore(artifacts, store.root)) return () => {};
  let keys: BegunKeys | undefined;
  const open = (): BegunKeys => {
    const { id, path } = userOf(artifacts, store);
    const begun = { artifacts: path, run, keys: [], blobs: [], begun: true as const };
    register(store, id, `${run}.json`, { version: 1, ...begun });
    return openBegunKeys(store, join(usersPath(store), id, `${run}${begunEnding}`));
  };
  return (begun) => {
    keys ??= open();
    keys.add(begun.map(({ key }) => key));
  };
}

/** Registers what is handed to Slurm. `directory` is its directory `slurm/`. */
export function registerOpen(
  artifacts: string,
  store: Store,
  { run, directory }: { run: string; directory: string },
): void {
  if (isOwnStore(artifacts, store.root)) return;
  const { id, path } = userOf(artifacts, store);
  register(store, id, `${run}${openEnding}`, {
    version: 1,
    artifacts: path,
    run,
    directory: Deno.realPathSync(directory),
  });
}

/**
 * Brings the registrations of a directory of artifacts up to date: adds runs from before it used this store,
 * and drops those of runs that are no longer here. Called by whoever holds the store's lock.
 */
export function registerAll(artifacts: string, store: Store): void {
  if (isOwnStore(artifacts, store.root)) return;
  const known = knownUser(artifacts, store);
  // Registrations are listed before the runs, so that none of a run that begins meanwhile is dropped.
  const names = known === undefined
    ? []
    : entriesIn(join(usersPath(store), known)).map(({ name }) => name);
  const here = new Set(runIds(artifacts));
  if (here.size === 0 && known === undefined) return;
  const { id } = userOf(artifacts, store);
  const registered = new Set<string>();
  for (const name of names) {
    const path = join(usersPath(store), id, name);
    if (name.endsWith(openEnding)) {
      if (!isOpen(readRegistration(path, OpenRun).directory)) Deno.removeSync(path);
      continue;
    }
    const run = name.replace(/\.(json|begun)$/, "");
    if (!here.has(run)) Deno.removeSync(path);
    else if (name.endsWith(".json")) registered.add(run);
  }
  for (const run of here) {
    if (registered.has(run)) continue;
    const { manifest } = runDirectory(artifacts, run);
    if (manifest !== undefined) registerRun(artifacts, store, manifest);
  }
}

/**
 * Registers the runs here for a command that finds its results in the store and records no run. Where it
 * cannot, as in a store that can only be read, a notice says that `gc` of others will not know of them.
 */
export async function registerUse(
  artifacts: string,
  store: Store,
  onNotice: (notice: Notice) => void,
): Promise<void> {
  try {
    using _held = await shareStore(store, onNotice);
    registerAll(artifacts, store);
  } catch (error) {
    if (error instanceof Failed) throw error;
    onNotice({ reason: "not-registered", store: store.root, message: (error as Error).message });
  }
}

/** True if Slurm may have jobs of a submission: it has neither a record nor the mark of its end. */
const isOpen = (directory: string): boolean =>
  exists(join(directory, "submission.json")) && !exists(join(directory, "ended")) &&
  !exists(join(dirname(directory), "manifest.json"));

/** Another directory of artifacts that uses a store. */
interface OtherUser {
  artifacts: string;
  /** Ids of its runs. */
  runs: string[];
}

/**
 * Adds to `needs` what the runs of other directories of artifacts need, except the forgotten one's; gives
 * these directories. Throws a `Failed` where it is not known what one needs.
 */
export function addOthers(
  needs: Needs,
  artifacts: string,
  store: Store,
  forgotten?: string,
): OtherUser[] {
  const own = knownUser(artifacts, store);
  const left = forgotten === undefined ? [] : registeredAt(store).get(forgotten) ?? [];
  const others = entriesIn(usersPath(store)).filter(({ name }) => name !== own)
    .map(({ name }) => join(usersPath(store), name)).filter((path) => !left.includes(path))
    .flatMap((path) => addRegistered(needs, store, path));
  const owner = ownerOf(store);
  const isOther = owner !== undefined && owner !== realPath(artifacts);
  return isOther ? [...others, addRunsOf(needs, owner, store)] : others;
}

/** Adds what is registered in a directory of `users/`. */
function addRegistered(needs: Needs, store: Store, directory: string): OtherUser[] {
  const runs: RegisteredRun[] = [];
  needKind(directory, "directory");
  for (const { name } of entriesIn(directory)) {
    if (name.endsWith(begunEnding)) continue;
    const path = join(directory, name);
    if (name.endsWith(openEnding)) {
      const { run, artifacts } = readRegistration(path, OpenRun);
      throw unknownNeeds(
        `The run ${run} of ${artifacts} is still with Slurm, and what it needs is not known yet. ` +
          `Its user ends it by "deno task attach ${run}". If nobody will, give up what ` +
          `${artifacts} needs: gc --forget ${shellWord(artifacts)}.`,
      );
    }
    const registered = readRegistration(path, RegisteredRun);
    for (const key of registered.keys) needs.keys.add(key);
    for (const sha256 of registered.blobs) needs.blobs.add(sha256);
    for (const key of registered.begun ? begunBy(registered, directory) : []) {
      addBegun(needs, store, key);
    }
    runs.push(registered);
  }
  const [first] = runs;
  if (first === undefined) return [];
  return [{ artifacts: first.artifacts, runs: runs.map(({ run }) => run).sort() }];
}

/** The keys of the jobs that a registered run in progress has begun. */
function begunBy({ run, keys }: RegisteredRun, directory: string): string[] {
  const path = join(directory, `${run}${begunEnding}`);
  // Older versions list them in the registration itself; a run has none before its first job.
  return exists(path) ? [...keys, ...readAs(path, keysIn)] : keys;
}

/** Adds what the runs in a directory of artifacts need in which the store lies. */
function addRunsOf(needs: Needs, artifacts: string, store: Store): OtherUser {
  const runs: string[] = [];
  for (const { id, path, state, manifest, problem } of runsOf(artifacts)) {
    if (problem !== undefined) {
      const { message } = problem;
      throw new Failed({ reason: "unreadable-run", run: id, path, problem: message });
    }
    if (state === "unfinished" && isOpen(join(path, "slurm"))) {
      throw unknownNeeds(`The run ${id} of ${artifacts} is still with Slurm.`);
    }
    if (manifest === undefined) continue;
    addNeeds(needs, store, manifest);
    runs.push(id);
  }
  return { artifacts, runs };
}

const unknownNeeds = (message: string): Failed => new Failed({ reason: "usage", message });

/** Caps a registration, in bytes. */
const largest = 64 << 20;

const hint =
  "Expected what a run needs, as this version of fanin registers it. Nothing is removed " +
  "while that is unknown. Its user registers it again: remove the file, and run there.";

const readRegistration = <S extends z.ZodType>(path: string, schema: S): z.output<S> =>
  checkedJson(readAs(path, contentOf), schema, { name: path, hint });

/** The content of a file in `users/`, parsed. Throws a `Failed` where the parser throws. */
function readAs<T>(path: string, parse: (text: string) => T): T {
  const { text } = readText(path, { limit: largest, hint });
  try {
    return parse(text);
  } catch (error) {
    throw invalidFile(path, (error as Error).message, hint);
  }
}

/**
 * Finds the registrations of a directory of artifacts that will not be used again, and gives what removes
 * them. Throws a `Failed` where it has none.
 */
export function registrationsOf(artifacts: string, store: Store): () => void {
  const known = registeredAt(store);
  const directories = known.get(artifacts);
  if (directories === undefined) {
    const found = [...known.keys()].join(", ") || "none";
    const message = `--forget expects a directory of artifacts that the store knows; found ` +
      `${artifacts}. It knows: ${found}.`;
    throw new Failed({ reason: "usage", message });
  }
  return () => directories.forEach((path) => Deno.removeSync(path, { recursive: true }));
}

/** The path of each registered directory of artifacts → its directories in `users/`. */
function registeredAt(store: Store): Map<string, string[]> {
  const known = new Map<string, string[]>();
  for (const { name: id } of entriesIn(usersPath(store))) {
    const directory = join(usersPath(store), id);
    const first = entriesIn(directory).find(({ name }) => name.endsWith(".json"));
    if (first === undefined) continue;
    const path = join(directory, first.name);
    const schema = first.name.endsWith(openEnding) ? OpenRun : RegisteredRun;
    const { artifacts } = readRegistration<typeof OpenRun | typeof RegisteredRun>(path, schema);
    known.set(artifacts, [...known.get(artifacts) ?? [], directory]);
  }
  return known;
}
