/**
 * Power failures. A real run in this process is recorded, call by call; then, for every point of it,
 * disks are made up that a power failure there may leave, and each is compared with the promises of
 * `artifacts/README.md`: a path under `blobs/` holds the bytes of its name or is not there; an entry is
 * whole and names blobs that are there; what was said to be finished is there; a manifest can be read
 * or is not there. On some of them the experiment is run again and must give the undisturbed hashes.
 *
 * This proves which calls are made and in which order, under the model of `crash_states.ts`. It says
 * nothing of a disk that reports bytes as safe that are not.
 *
 *     power_loss.ts DIRECTORY SEED SECONDS     prints a tally as JSON
 */
import { dirname, join } from "node:path";
import { sha256Of } from "../../pipeline/store/sha256.ts";
import { checksumsFile } from "../../pipeline/runs/checksums.ts";
import { isSealed, unsealed } from "../../pipeline/store/sealed.ts";
import { Action } from "../../schemas/run/action.ts";
import { Manifest } from "../../schemas/run/manifest.ts";
import { runHere } from "./experiment/run_here.ts";
import { Disk, extremes, randomLuck, type Tree } from "./power_loss/crash_states.ts";
import { type Operation, record } from "./power_loss/recorder.ts";
import { countFault, newTally, type Random, randomFrom, type Tally } from "./tally.ts";

/** Small blobs, so that a disk is made up quickly. */
const parameters = { "source/small": { length: 64 }, "source/large": { length: 4096 } };

const hashes = new WeakMap<Uint8Array, string>();
function hashOf(bytes: Uint8Array): string {
  if (!hashes.has(bytes)) hashes.set(bytes, sha256Of(bytes));
  return hashes.get(bytes)!;
}

const parsed = new WeakMap<Uint8Array, Map<unknown, unknown>>();
function parsedAs<T>(
  schema: { safeParse(value: unknown): { data?: T } },
  bytes: Uint8Array,
): T | undefined {
  const known = parsed.get(bytes) ?? new Map<unknown, unknown>();
  parsed.set(bytes, known);
  if (!known.has(schema)) {
    let value: unknown;
    try {
      const text = new TextDecoder().decode(bytes);
      value = isSealed(text) ? unsealed(text) : JSON.parse(text);
    } catch { /* Left undefined, which no schema takes. */ }
    known.set(schema, schema.safeParse(value).data);
  }
  return known.get(schema) as T | undefined;
}

/** Returns the promises that a disk breaks. `finished` are keys of jobs reported as done. */
function brokenIn(tree: Tree, finished: Iterable<string>): string[] {
  const broken: string[] = [];
  const blobPath = (sha256: string) => `store/blobs/${sha256.slice(0, 2)}/${sha256}`;
  for (const [path, bytes] of tree) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (path.startsWith("store/blobs/") && hashOf(bytes) !== name) {
      broken.push(`a blob under its name is not whole`);
    }
    if (path.startsWith("store/actions/")) {
      const action = parsedAs(Action, bytes);
      if (action === undefined) broken.push("an entry cannot be read");
      for (const { sha256 } of Object.values(action?.outputs ?? {})) {
        if (!tree.has(blobPath(sha256))) broken.push("an entry names a blob that is not there");
      }
    }
    if (path.startsWith("runs/") && name === "manifest.json") {
      if (!parsedAs(Manifest, bytes)) broken.push("a manifest cannot be read");
      const checksums = tree.get(path.replace(/[^/]+$/, checksumsFile));
      const line = `${hashOf(bytes)}  manifest.json\n`;
      if (checksums === undefined || !new TextDecoder().decode(checksums).includes(line)) {
        broken.push("a manifest is other than its recorded hash");
      }
    }
  }
  for (const key of finished) {
    if (!tree.has(`store/actions/${key.slice(0, 2)}/${key}.json`)) {
      broken.push("finished work is lost");
    }
  }
  return [...new Set(broken)];
}

function putOnDisk(tree: Tree, directory: string): void {
  for (const [path, bytes] of tree) {
    const file = join(directory, path);
    Deno.mkdirSync(dirname(file), { recursive: true });
    Deno.writeFileSync(file, bytes);
  }
}

/** Every file below a directory, as a tree; locks left out. */
function readTree(directory: string, path = "", tree: Tree = new Map()): Tree {
  for (const { name, isDirectory } of Deno.readDirSync(join(directory, path))) {
    const inner = path === "" ? name : `${path}/${name}`;
    if (inner === "store/locks") continue;
    if (isDirectory) readTree(directory, inner, tree);
    else tree.set(inner, Deno.readFileSync(join(directory, inner)));
  }
  return tree;
}

const sameTree = (one: Tree, other: Tree): boolean =>
  one.size === other.size &&
  [...one].every(([path, bytes]) => other.has(path) && hashOf(bytes) === hashOf(other.get(path)!));

/** Disks for every point of a log, compared with the promises, and run on as far as time allows. */
async function explore(
  log: readonly Operation[],
  outputs: Record<string, string>,
  at: string,
  { random, until }: { random: Random; until: number },
): Promise<Tally> {
  const tally = newTally();
  const disk = new Disk();
  const finished = new Set<string>();
  const toRun: Tree[] = [];
  for (const operation of log) {
    disk.apply(operation);
    if (operation.kind === "finished") finished.add(operation.what);
    const lucks = [...extremes, ...Array.from({ length: 8 }, () => randomLuck(random))];
    for (const [i, luck] of lucks.entries()) {
      const tree = disk.after(luck);
      countFault(tally, "power failure (disks made up)");
      for (const broken of brokenIn(tree, finished)) {
        if (!tally.broken.includes(broken)) tally.broken.push(broken);
      }
      if (i === random.below(lucks.length)) toRun.push(tree);
    }
  }
  while (toRun.length > 0 && performance.now() < until) {
    const [tree] = toRun.splice(random.below(toRun.length), 1);
    const place = Deno.makeTempDirSync({ dir: at });
    putOnDisk(tree, place);
    const again = await runHere(place, { parameters });
    countFault(tally, "power failure (disks run on)");
    tally.compared++;
    tally.wrong.push(...Object.keys(outputs).filter((name) => again[name] !== outputs[name]));
    Deno.removeSync(place, { recursive: true });
  }
  return tally;
}

if (import.meta.main) {
  const [at, seed, seconds] = Deno.args;
  const until = performance.now() + 1000 * Number(seconds);
  const artifacts = Deno.makeTempDirSync({ dir: at });
  const recorder = record(artifacts);
  const outputs = await runHere(artifacts, {
    parameters,
    onOutcome({ status, keyed }) {
      if (status === "ran") recorder.log.push({ kind: "finished", what: keyed!.key });
    },
  });
  recorder[Symbol.dispose]();
  const disk = new Disk();
  for (const operation of recorder.log) disk.apply(operation);
  if (!sameTree(disk.after(extremes[1]), readTree(artifacts))) {
    throw new Error("the log is not whole: replaying it gives another tree than the run left");
  }
  const random = randomFrom(Number(seed));
  console.log(JSON.stringify(await explore(recorder.log, outputs, at, { random, until })));
  Deno.removeSync(artifacts, { recursive: true });
}
