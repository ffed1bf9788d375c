/**
 * Reads a run in a remote store by its id. Its artifacts come into the store's blobs, hashed, where the
 * next reading finds them and `gc` removes them. The run itself does not join the runs here.
 */
import { artifactsOf, type RunFile } from "../archive/contents.ts";
import { shareStore } from "../store/lock.ts";
import { parseManifest } from "../runs/read_manifest.ts";
import type { RunFiles } from "../runs/run_source.ts";
import { noteWritten, settle } from "../store/stat_cache.ts";
import { saveStatTable } from "../store/save_stat_table.ts";
import { makeDirectoryIn } from "../store/group_rights.ts";
import { blobPath, hasBlob, placeBlob, readBlob, scratchRoot, storeOf } from "../store/store.ts";
import { downloadBlob } from "./blobs.ts";
import type { Client } from "./client.ts";
import { each } from "./request_group.ts";
import { RemoteFailure } from "./remote_failure.ts";
import { readRemoteFiles } from "./pull_run.ts";
import type { ExchangeListener } from "../archive/receive_run.ts";

/** The files of the run that has an id in the remote. Throws a `Failed` where it has none. */
export async function remoteFiles(
  artifacts: string,
  id: string,
  client: Client,
  { onProgress, onNotice }: ExchangeListener,
): Promise<RunFiles> {
  const own = await readRemoteFiles(client, id);
  const text = new TextDecoder().decode(own.get("manifest.json"));
  const manifest = parseManifest(text, `${client.url} ${id}: manifest.json`);
  const contents = artifactsOf(manifest);
  const store = storeOf(artifacts);
  makeDirectoryIn(store, scratchRoot(store));
  // Until the last reading, so that nothing is removed meanwhile.
  const held = await shareStore(store, onNotice);
  try {
    const total = contents.reduce((sum, { size }) => sum + size, 0);
    let done = 0;
    await each(contents, async (artifact, signal) => {
      const { sha256, size } = artifact;
      if (!hasBlob(store, sha256)) {
        const file = await attempt(() =>
          downloadBlob(client, artifact, scratchRoot(store), { signal })
        );
        if (file !== undefined) {
          placeBlob(store, file, sha256);
          noteWritten(store.table, blobPath(store, sha256), sha256);
        }
      }
      onProgress(done += size, total);
    });
    settle(store.table);
    saveStatTable(store.table);
    const hashes = new Map(
      contents.flatMap(({ sha256, outputs }) => outputs.map(({ file }) => [file, sha256])),
    );
    return {
      read(path) {
        const file = own.get(path as RunFile);
        if (file !== undefined) return file;
        const sha256 = hashes.get(path);
        return sha256 !== undefined && hasBlob(store, sha256) ? readBlob(store, sha256) : undefined;
      },
      [Symbol.dispose]: () => held[Symbol.dispose](),
    };
  } catch (error) {
    held[Symbol.dispose]();
    throw error;
  }

  /** Reports an artifact with wrong bytes, which then counts as absent. */
  async function attempt<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof RemoteFailure) || error.trouble !== "lying") throw error;
      onNotice({ reason: "remote", url: client.url, problem: error.message, then: "not-used" });
      return undefined;
    }
  }
}
