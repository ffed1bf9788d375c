/**
 * A place to torture: artifacts of their own, the commands run on them as real processes, and the
 * judgement of what they left. Faults are the matter of the files beside this one.
 */
import { join } from "node:path";
import { runDirectory } from "../../pipeline/runs/read_manifest.ts";
import { runIds } from "../../pipeline/runs/latest.ts";
import { hashFile } from "../../pipeline/store/sha256.ts";
import { actionsIn, blobsIn, isWhole, openStore, readAction } from "../../pipeline/store/store.ts";
import { storeVariable } from "../../pipeline/store/store_place.ts";
import { root } from "../support/checkout.ts";
import { fromRoot } from "../support/deno_command.ts";

const cli = join(root, "tests", "torture", "experiment", "torture_cli.ts");

export interface Place extends Disposable {
  artifacts: string;
  /** The import map that the commands run with, if not the project's own. */
  map?: string;
}

/** Caches of an undisturbed run, which spare a new place the bundling. */
const templateFiles = ["code.json", "machine.json", "stat.tsv"];

/** An empty place under `at`; what saves time is copied from `template`, another place's artifacts. */
export function newPlace(at: string, template?: string, map?: string): Place {
  Deno.mkdirSync(at, { recursive: true });
  const artifacts = join(Deno.makeTempDirSync({ dir: at }), "artifacts");
  const place = {
    artifacts,
    map,
    [Symbol.dispose]: () => Deno.removeSync(join(artifacts, ".."), { recursive: true }),
  };
  empty(place, template);
  return place;
}

/** Empties a place. */
export function empty({ artifacts }: Place, template?: string): void {
  try {
    Deno.removeSync(artifacts, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  Deno.mkdirSync(join(artifacts, "store"), { recursive: true });
  if (template === undefined) return;
  for (const name of templateFiles) {
    Deno.copyFileSync(join(template, "store", name), join(artifacts, "store", name));
  }
}

/** A script on the artifacts of a place, as the arguments of `deno`. */
export const argumentsOf = (
  { artifacts, map }: Pick<Place, "artifacts" | "map">,
  script: string,
  args: string[],
): string[] => [
  "run",
  "--frozen",
  "--no-prompt",
  "--cached-only",
  ...(map === undefined ? [] : [`--import-map=${map}`]),
  "--allow-read=.",
  `--allow-write=${fromRoot(artifacts)}`,
  "--allow-env",
  "--allow-sys",
  script,
  artifacts,
  ...args,
];

interface Ended {
  code: number;
  signal: Deno.Signal | null;
  out: string;
  err: string;
}

export interface Running {
  ended: Promise<Ended>;
  /** Fulfilled when its first job starts, or when it has ended. */
  atWork: Promise<void>;
  kill(): void;
}

/** Starts a command of the engine's command line; a shell runs `before` first, if it is given. */
export const start = (place: Place, args: string[], before?: string): Running =>
  startScript(argumentsOf(place, cli, args), before);

/** Starts the experiment in a process of one thread, which takes a third of the time. */
export const startLean = (place: Place): Running =>
  startScript(argumentsOf(place, join(root, "tests", "torture", "experiment", "run_here.ts"), []));

function startScript(given: string[], before?: string): Running {
  const child = new Deno.Command(before === undefined ? "deno" : "sh", {
    args: before === undefined ? given : ["-c", `${before}\nexec deno "$@"`, "sh", ...given],
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1", [storeVariable]: "" },
  }).spawn();
  const atWork = Promise.withResolvers<void>();
  const collect = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    let text = "";
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.includes("start  ")) atWork.resolve();
    }
    return text;
  };
  const ended = (async () => {
    const [out, err] = await Promise.all([collect(child.stdout), collect(child.stderr)]);
    const { code, signal } = await child.status;
    atWork.resolve();
    return { code, signal, out, err };
  })();
  return {
    ended,
    atWork: atWork.promise,
    kill() {
      try {
        child.kill("SIGKILL");
      } catch { /* It has ended. */ }
    },
  };
}

export const run = (place: Place, args: string[], before?: string): Promise<Ended> =>
  start(place, args, before).ended;

/** Returns the faults in a store and its runs. Reads every byte and changes nothing. */
export function faultsIn({ artifacts }: Place): string[] {
  const store = openStore(join(artifacts, "store"));
  // The files themselves count, not the table's entries.
  store.table.rows.clear();
  const faults: string[] = [];
  for (const { path, sha256 } of blobsIn(store)) {
    if (hashFile(path) !== sha256) faults.push(`a blob under its name is not whole: ${path}`);
  }
  for (const { path, sha256 } of actionsIn(store)) {
    const action = readAction(store, sha256, (problem) => faults.push(`${path}: ${problem}`));
    if (action !== undefined && !isWhole(store, action)) {
      faults.push(`an entry names a blob that is not there or not whole: ${path}`);
    }
  }
  for (const id of runIds(artifacts)) {
    const { path, state, manifest } = runDirectory(artifacts, id);
    if (state === "unreadable") faults.push(`a manifest cannot be read: ${path}`);
    for (const { outputs } of manifest?.jobs ?? []) {
      for (const { file, sha256 } of Object.values(outputs)) {
        if (hashOf(join(path, file)) !== sha256) {
          faults.push(`not as its manifest says: ${path}/${file}`);
        }
      }
    }
  }
  return faults;
}

const hashOf = (path: string): string => {
  try {
    return hashFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "nothing";
    throw error;
  }
};

/** The outputs that `latest` shows, by the bytes that lie there: job and output → SHA-256. */
function latestOutputs({ artifacts }: Place): Record<string, string> {
  const latest = join(artifacts, "latest");
  const manifest = JSON.parse(Deno.readTextFileSync(join(latest, "manifest.json")));
  const outputs: Record<string, string> = {};
  for (const job of manifest.jobs) {
    for (const [name, { file }] of Object.entries<{ file: string }>(job.outputs)) {
      outputs[`${job.name} ${name}`] = hashOf(join(latest, file));
    }
  }
  return outputs;
}

/** Returns the outputs that differ from those of the undisturbed run. */
export const wrongOutputs = (place: Place, expected: Record<string, string>): string[] => {
  const found = latestOutputs(place);
  return Object.keys(expected).filter((name) => found[name] !== expected[name]);
};

/** An undisturbed run: the template of other places, and what every run must end with. */
export interface Reference {
  template: string;
  outputs: Record<string, string>;
}

export async function undisturbed(at: string): Promise<Reference> {
  const place = newPlace(at);
  const { code, err } = await run(place, ["reproduce"]);
  if (code !== 0) throw new Error(`the undisturbed run failed:\n${err}`);
  return { template: place.artifacts, outputs: latestOutputs(place) };
}
