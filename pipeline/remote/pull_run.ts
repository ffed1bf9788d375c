/**
 * Pulls a run from a remote store by its id: its own files first, then the artifacts that the store does
 * not have, each hashed. `archive/receive_run.ts` checks and stores it, as it does an exported run.
 */
import { Failed } from "../engine/failed.ts";
import {
  type ExchangeListener,
  type Imported,
  readRun,
  receiveRun,
} from "../archive/receive_run.ts";
import { type RunFile, runFiles } from "../archive/contents.ts";
import { hasBlob, longestEntry } from "../store/store.ts";
import { downloadBlob, readRemoteBlob } from "./blobs.ts";
import type { Client } from "./client.ts";
import { each } from "./request_group.ts";
import { keyOfRun, parseRemoteRun } from "./remote_entry.ts";
import { RemoteFailure } from "./remote_failure.ts";

/** Pulls the run of an id. Throws a `Failed` or a `RemoteFailure`, and then has changed nothing. */
export async function pullRun(
  artifacts: string,
  id: string,
  client: Client,
  listener: ExchangeListener,
): Promise<Imported> {
  const own = await readRemoteFiles(client, id);
  const refuse = (problem: string) => damagedThere(client, id, problem);
  const run = readRun(`${client.url} ${id}`, (path) => own.get(path), refuse);
  if (run.manifest.run !== id) throw refuse(`its manifest is that of ${run.manifest.run}`);
  return await receiveRun(artifacts, {
    ...run,
    async gather(contents, store, directory, onProgress) {
      const unpacked = new Map<string, string>();
      let done = 0;
      await each(contents, async (artifact, signal) => {
        const { sha256, size, path } = artifact;
        if (!hasBlob(store, sha256)) {
          const file = await asDamage(
            client,
            id,
            () => downloadBlob(client, artifact, directory, { signal }),
          );
          if (file === undefined) throw refuse(`${path}, cas/${sha256}, is not there`);
          unpacked.set(sha256, file);
        }
        onProgress(done += size);
      });
      return unpacked;
    },
  }, listener);
}

/** The run's own files, each of a bounded size and hashed. Throws a `Failed` where there is no such run. */
export async function readRemoteFiles(
  client: Client,
  id: string,
): Promise<Map<RunFile, Uint8Array<ArrayBuffer>>> {
  const { signal } = new AbortController();
  const body = await client.entry(keyOfRun(id), longestEntry, signal);
  if (body === undefined) throw new Failed({ reason: "not-in-remote", url: client.url, run: id });
  const { files } = parseRemoteRun(body, id);
  const read = new Map<RunFile, Uint8Array<ArrayBuffer>>();
  await each(runFiles, async ({ path, limit }, signal) => {
    const file = files[path];
    if (file === undefined) return;
    const { size } = file;
    if (size > limit) {
      const where = `${path} of ${id} in ${client.url}`;
      throw new Failed({ reason: "too-large", path: where, size, limit });
    }
    const bytes = await asDamage(client, id, () => readRemoteBlob(client, file, signal));
    if (bytes === undefined) {
      throw damagedThere(client, id, `its ${path}, cas/${file.sha256}, is not there`);
    }
    read.set(path, bytes);
  });
  return read;
}

/** The failure of a run that is not whole there. A push repairs it. */
const damagedThere = (
  { url }: Client,
  run: string,
  problem: string,
  cause?: RemoteFailure,
): Failed => new Failed({ reason: "damaged-in-remote", url, run, problem }, { cause });

/** Reads a blob of a run. Wrong bytes are a failure of the run there. */
async function asDamage<T>(client: Client, run: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const isDamage = error instanceof RemoteFailure && error.trouble === "lying";
    throw isDamage ? damagedThere(client, run, error.message, error) : error;
  }
}
