/**
 * Pulls a run from a remote store by its id: its own files first, then what of its artifacts the store
 * does not have, each hashed. It is taken in as an exported run is (`exchange/take_in.ts`): checked as a
 * whole before anything is put in place.
 */
import { Failed } from "../event.ts";
import type { Artifact, RunFile } from "../exchange/contents.ts";
import { type Imported, type ImportListener, readRun, takeIn } from "../exchange/take_in.ts";
import { runFiles } from "../exchange/contents.ts";
import { hasBlob } from "../store.ts";
import { downloadBlob, readRemoteBlob } from "./blobs.ts";
import type { Client } from "./client.ts";
import { keyOfRun, longestEntry, parseRemoteRun } from "./entry.ts";
import { RemoteFailure } from "./failure.ts";

/** Pulls the run of an id. Throws a `Failed` or a `RemoteFailure`, and then has changed nothing. */
export async function pullRun(
  artifacts: string,
  id: string,
  client: Client,
  listener: ImportListener,
): Promise<Imported> {
  const failing = new AbortController();
  const { signal } = failing;
  const own = await readRemoteFiles(client, id, signal);
  const refuse = (problem: string) =>
    new Failed({
      reason: "remote-failed",
      url: client.url,
      problem: `its run ${id} is not whole: ${problem}`,
    });
  const run = readRun(`${client.url} ${id}`, (path) => own.get(path), refuse);
  if (run.manifest.run !== id) throw refuse(`its manifest is that of ${run.manifest.run}`);
  return await takeIn(artifacts, {
    ...run,
    async gather(contents, store, directory, onProgress) {
      const unpacked = new Map<string, string>();
      let done = 0;
      const take = async (artifact: Artifact) => {
        const { sha256, size, path } = artifact;
        if (!hasBlob(store, sha256)) {
          const file = await downloadBlob(client, artifact, directory, { signal });
          if (file === undefined) throw refuse(`${path}, cas/${sha256}, is not there`);
          unpacked.set(sha256, file);
        }
        onProgress(done += size);
      };
      try {
        await Promise.all(contents.map(take));
      } catch (error) {
        failing.abort(error);
        throw error;
      }
      return unpacked;
    },
  }, listener);
}

/** The run's own files, each of a bounded size and hashed. Throws a `Failed` where there is no such run. */
export async function readRemoteFiles(
  client: Client,
  id: string,
  signal: AbortSignal,
): Promise<Map<RunFile, Uint8Array<ArrayBuffer>>> {
  const body = await client.entry(keyOfRun(id), longestEntry, signal);
  if (body === undefined) throw new Failed({ reason: "not-in-remote", url: client.url, run: id });
  const { files } = parseRemoteRun(body, id);
  const read = await Promise.all(runFiles.map(async ({ path, limit }) => {
    const file = files[path];
    if (file === undefined) return [];
    if (file.size > limit) {
      throw new Failed({
        reason: "too-large",
        path: `${path} of ${id} in ${client.url}`,
        size: file.size,
        limit,
      });
    }
    const bytes = await readRemoteBlob(client, file, signal);
    if (bytes === undefined) {
      const message = `the run ${id} names cas/${file.sha256} as its ${path}, which is not there`;
      throw new RemoteFailure("incomplete", message);
    }
    return [[path, bytes] as const];
  }));
  return new Map(read.flat());
}
