/**
 * Pushes a recorded run to a remote store: first every blob (artifacts, records, the run's own files), then
 * the jobs' entries, last the entry of the run. So whatever is found there leads to what is there, also
 * after a push that was cut off; pushing again sends what is missing. A run that is there already is read
 * instead of looked up, and what is damaged there is replaced.
 */
import { join } from "node:path";
import type { StoredOutput } from "../../schemas/run/action.ts";
import type { RemoteRun } from "../../schemas/run/remote_run.ts";
import { Failed } from "../engine/failed.ts";
import { artifactsOf } from "../archive/contents.ts";
import { sameOutputs } from "../archive/commit.ts";
import { ownFiles } from "../archive/export_run.ts";
import { actionsOf, type ExchangeListener } from "../archive/receive_run.ts";
import { parseLines, recordText } from "../engine/key.ts";
import { largest } from "../runs/largest_files.ts";
import { readManifest, runsPath } from "../runs/read_manifest.ts";
import { equalBytes } from "../store/content_pieces.ts";
import { sha256Of } from "../store/sha256.ts";
import { outputFile } from "../runs/output_file.ts";
import { longestEntry, storeOf } from "../store/store.ts";
import { stateOfRemoteBlob, uploadBlob } from "./blobs.ts";
import type { Client } from "./client.ts";
import { each } from "./request_group.ts";
import { entryOf, keyOfRun, parseAction, parseRemoteRun } from "./remote_entry.ts";
import { RemoteFailure } from "./remote_failure.ts";

interface Pushed {
  run: string;
  jobs: number;
  /** All that the run consists of, and what of it the remote did not have. */
  blobs: number;
  bytes: number;
  sent: number;
  sentBytes: number;
}

interface Blob extends StoredOutput {
  open: () => ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Pushes the run of an id. Throws a `Failed` or a `RemoteFailure`; a run is then not there yet. */
export async function pushRun(
  artifacts: string,
  run: string,
  client: Client,
  { onProgress, onNotice }: ExchangeListener,
): Promise<Pushed> {
  const directory = join(runsPath(artifacts), run);
  const manifest = readManifest(directory);
  const files = ownFiles(artifacts, run).map(({ path, bytes }) => ({ path, ...inMemory(bytes) }));
  const entry: RemoteRun = {
    version: 1,
    run,
    files: Object.fromEntries(
      files.map(({ path, sha256, size }) => [path, { sha256, size }]),
    ) as RemoteRun["files"],
  };
  const isThere = await isPushed(client, entry);

  const store = storeOf(artifacts);
  const keyed = new Map(
    manifest.jobs.flatMap((job) => job.key === undefined ? [] : [[job.key, job]]),
  );
  const blobs = new Map<string, Blob>();
  const add = (blob: Blob) => blobs.set(blob.sha256, blob);
  for (const { path, sha256, size } of artifactsOf(manifest)) {
    const limit = largest.output;
    // Nobody could pull it.
    if (size > limit) throw new Failed({ reason: "too-large", path, size, limit });
    const open = () => {
      const file = outputFile(store, { run, directory }, { file: path, sha256 }, onNotice);
      return Deno.openSync(file).readable;
    };
    add({ sha256, size, open });
  }
  for (const { lines } of keyed.values()) {
    add(inMemory(encoder.encode(recordText(parseLines(lines)))));
  }
  for (const file of files) add(file);

  const total = [...blobs.values()].reduce((sum, { size }) => sum + size, 0);
  const pushed = { run, jobs: keyed.size, blobs: blobs.size, bytes: total, sent: 0, sentBytes: 0 };
  let done = 0;
  await each(blobs.values(), async (blob, signal) => {
    const isSent = isThere
      ? await restore(client, blob, onNotice, signal)
      : await uploadBlob(client, blob, blob.open, { signal }) === "sent";
    onProgress(done += blob.size, total);
    if (!isSent) return;
    pushed.sent++;
    pushed.sentBytes += blob.size;
  });
  await each(actionsOf(manifest), async (action, signal) => {
    const there = await readable(
      () => client.entry(action.key, longestEntry, signal),
      (body) => parseAction(body, action.key),
    );
    const isOfJob = there !== undefined &&
      Object.keys(there.outputs).sort().join() === Object.keys(action.outputs).sort().join();
    if (!isOfJob) return client.putEntry(action.key, entryOf(action), signal);
    if (sameOutputs(there, action)) return;
    onNotice({ reason: "remote-result-kept", job: keyed.get(action.key)!.name });
  });
  await client.putEntry(keyOfRun(run), entryOf(entry), never);
  await demandEntry(client, entry);
  return pushed;
}

const encoder = new TextEncoder();
/** The signal of requests that nothing interrupts. */
const never = new AbortController().signal;

const inMemory = (bytes: Uint8Array<ArrayBuffer>): Blob => ({
  sha256: sha256Of(bytes),
  size: bytes.length,
  open: () => new Blob([bytes]).stream(),
});

/** A parsed entry; undefined where there is none, or one that nobody could use. */
async function readable<T>(
  read: () => Promise<Uint8Array | undefined>,
  parse: (body: Uint8Array) => T,
): Promise<T | undefined> {
  try {
    const body = await read();
    return body && parse(body);
  } catch (error) {
    if (error instanceof RemoteFailure && error.trouble === "lying") return undefined;
    throw error;
  }
}

/** Throws a `RemoteFailure` where a pull would not find the run: some servers accept whatever they get. */
async function demandEntry(client: Client, entry: RemoteRun): Promise<void> {
  const path = `ac/${keyOfRun(entry.run)}`;
  const there = await client.entry(keyOfRun(entry.run), longestEntry, never);
  if (there !== undefined && equalBytes(there, entryOf(entry))) return;
  const found = there === undefined ? "nothing" : "other bytes";
  const advice = "expected the address of a store that keeps what it takes";
  throw new RemoteFailure("lying", `it took ${path}, and then had ${found} there; ${advice}`);
}

/** Sends a blob that is missing or damaged there; returns whether it did. Reads what is there. */
async function restore(
  client: Client,
  blob: Blob,
  onNotice: ExchangeListener["onNotice"],
  signal: AbortSignal,
): Promise<boolean> {
  const state = await stateOfRemoteBlob(client, blob, signal);
  if (state === "whole") return false;
  await uploadBlob(client, blob, blob.open, { signal, always: true });
  if (state === "absent") return true;
  // Some servers take a blob that they have, and keep the one that they had.
  if (await stateOfRemoteBlob(client, blob, signal) !== "whole") {
    const message =
      `cas/${blob.sha256} has other bytes there, and still has them after it was sent; ` +
      "remove that file from the server";
    throw new RemoteFailure("lying", message);
  }
  const problem = `cas/${blob.sha256} had other bytes there`;
  onNotice({ reason: "remote", url: client.url, problem, then: "replaced" });
  return true;
}

/** True if a run is there already. Throws where another has its id, which is not overwritten. */
async function isPushed(client: Client, entry: RemoteRun): Promise<boolean> {
  const { run, files } = entry;
  const there = await readable(
    () => client.entry(keyOfRun(run), longestEntry, never),
    (body) => parseRemoteRun(body, run),
  );
  if (there === undefined) return false;
  if (there.files["manifest.json"].sha256 === files["manifest.json"].sha256) return true;
  throw new Failed({ reason: "other-run-in-remote", url: client.url, run });
}
