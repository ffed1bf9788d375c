/**
 * Reads the results of a run through a remote store, and writes new ones back to it. What follows from
 * trouble with the remote is decided in `remote_use.ts`.
 */
import type { Action, StoredOutput } from "../../schemas/run/action.ts";
import type { Failure } from "../engine/event.ts";
import { Failed } from "../engine/failed.ts";
import { recordText } from "../engine/key.ts";
import { longestTimer } from "../engine/timer.ts";
import { statOf } from "../store/existence.ts";
import { makeDirectoryIn } from "../store/group_rights.ts";
import { tryLock } from "../store/lock.ts";
import type { KeyedJob } from "../engine/keyed_job.ts";
import type { RemoteCache } from "../engine/obtain.ts";
import { noteWritten } from "../store/stat_cache.ts";
import {
  blobPath,
  hasBlob,
  longestEntry,
  placeBlob,
  putRecord,
  quarantineBlob,
  readBlob,
  scratchRoot,
  type Store,
  writeAction,
} from "../store/store.ts";
import { noteChecked, outputProblem } from "../store/stored_result.ts";
import { downloadBlob, openBlob, uploadBlob } from "./blobs.ts";
import type { RemoteOptions } from "./address.ts";
import { type Client, connect } from "./client.ts";
import { each } from "./request_group.ts";
import { entryOf, parseResult, unfit } from "./remote_entry.ts";
import { RemoteFailure } from "./remote_failure.ts";
import { type RemoteUse, type UseOptions, useRemote } from "./remote_use.ts";

/** Caps the compute time that an entry may claim, in ms. */
const mostSaved = 60 * 60 * 1000;

/** A remote cache with a client of its own, which is closed with it. */
export function openRemoteCache(
  { address, readOnly }: RemoteOptions,
  store: Store,
  options: Omit<UseOptions, "readOnly">,
): RemoteCache & Disposable {
  const client = connect(address);
  return {
    ...remoteCache(client, store, { ...options, readOnly }),
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}

/** The two stores, and how far the remote one is still used. */
interface Link {
  client: Client;
  store: Store;
  use: RemoteUse;
  /** Blobs whose remote bytes are not those of their name. */
  wrong: Set<string>;
}

export function remoteCache(client: Client, store: Store, options: UseOptions): RemoteCache {
  const link: Link = { client, store, use: useRemote(client, options), wrong: new Set() };
  const uploads = new Set<Promise<void>>();
  return {
    fetch: (known, onProgress) => fetchResult(link, known, onProgress),
    store(action) {
      const task = upload(link, action).finally(() => uploads.delete(task));
      uploads.add(task);
    },
    async settled() {
      await Promise.all(uploads);
    },
  };
}

type OnProgress = (done: number, total: number) => void;

/** Brings the result of a job into the store, if the remote has it; returns whether it did. */
async function fetchResult(
  link: Link,
  known: KeyedJob,
  onProgress: OnProgress,
): Promise<boolean> {
  const { client, store, use } = link;
  const { signal } = use;
  if (signal.aborted) return false;
  const start = performance.now();
  let saved: number | undefined;
  try {
    const body = await client.entry(known.key, longestEntry, signal);
    if (body === undefined) return false;
    const action = parseResult(body, known);
    // Another process computes or fetches it: the executor waits for that one's result.
    using held = await tryLock(store, known.key, true);
    if (held === undefined) return false;
    const computing = Math.min(action.seconds * 1000, mostSaved);
    await fetchInTime(link, known, action, onProgress, use.allowance() + computing);
    saved = computing;
    return true;
  } catch (error) {
    // A blob that is damaged here is quarantined: the next who asks for it does not find it.
    if (lackOf(error) === undefined) use.fail(error, "fetch");
    return false;
  } finally {
    use.count(performance.now() - start, saved);
  }
}

/** Takes a result, in so many milliseconds at most. */
async function fetchInTime(
  link: Link,
  known: KeyedJob,
  action: Action,
  onProgress: OnProgress,
  milliseconds: number,
): Promise<void> {
  const { signal } = link.use;
  const deadline = AbortSignal.timeout(Math.min(milliseconds, longestTimer));
  try {
    await take(link, known, action, onProgress, AbortSignal.any([signal, deadline]));
  } catch (error) {
    if (!deadline.aborted || signal.aborted) throw error;
    const message = `the result of ${known.job.name} takes longer to come than to compute`;
    throw new RemoteFailure("slow", message);
  }
}

/** Brings the result of a job into the store: all of it once all of it is checked, or nothing. */
async function take(
  link: Link,
  { job, lines }: KeyedJob,
  action: Action,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<void> {
  const { store } = link;
  const outputs = new Map(Object.values(action.outputs).map((output) => [output.sha256, output]));
  const lacking = [...outputs.values()].filter(({ sha256 }) => !hasBlob(store, sha256));
  const total = lacking.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  onProgress(0, total);
  const files = new Map<string, string>();
  try {
    await each(lacking, async (output, signal) => {
      const onBytes = (bytes: number) => onProgress(done += bytes, total);
      files.set(output.sha256, await download(link, action, output, { signal, onBytes }));
    }, signal);
    const problem = outputProblem(job.stage, action, ({ sha256 }) => {
      const file = files.get(sha256);
      return file === undefined ? readBlob(store, sha256) : Deno.readFileSync(file);
    });
    if (problem !== undefined) throw unfit(action.key, job.name, problem);
    for (const [sha256, file] of files) {
      placeBlob(store, file, sha256);
      files.delete(sha256);
      noteWritten(store.table, blobPath(store, sha256), sha256);
    }
  } finally {
    for (const file of files.values()) Deno.removeSync(file);
  }
  putRecord(store, recordText(lines));
  writeAction(store, action);
  noteChecked(store, action.key);
}

/** Downloads a blob that an entry names; returns the path of its file. */
async function download(
  { client, store, wrong }: Link,
  { key }: Action,
  output: StoredOutput,
  options: Parameters<typeof downloadBlob>[3],
): Promise<string> {
  const { sha256 } = output;
  makeDirectoryIn(store, scratchRoot(store));
  try {
    const file = await downloadBlob(client, output, scratchRoot(store), options);
    if (file !== undefined) return file;
  } catch (error) {
    if (error instanceof RemoteFailure && error.trouble === "lying") wrong.add(sha256);
    throw error;
  }
  throw new RemoteFailure("incomplete", `ac/${key} names cas/${sha256}, which is not there`);
}

/** Writes a result to the remote: its blobs first, then the entry that names them. */
async function upload({ client, store, use, wrong }: Link, action: Action): Promise<void> {
  const { signal } = use;
  if (!use.writes() || signal.aborted) return;
  const lines = statOf(blobPath(store, action.key));
  // Gone: whoever needs the result next computes it again.
  if (lines === undefined) return;
  const record = { sha256: action.key, size: lines.size };
  const outputs = Object.values(action.outputs);
  const blobs = new Map([record, ...outputs].map((blob) => [blob.sha256, blob]));
  try {
    await each(blobs.values(), async (blob, signal) => {
      const { sha256 } = blob;
      if (!use.writes()) return;
      const open = () => openBlob(store, sha256);
      await uploadBlob(client, blob, open, { signal, always: wrong.has(sha256) });
    }, signal);
    if (use.writes()) await client.putEntry(action.key, entryOf(action), signal);
  } catch (error) {
    const { reason, sha256 } = lackOf(error) ?? {};
    if (reason === undefined) return use.fail(error, "store");
    // Not the remote's fault: whoever needs it next finds it missing and computes it again.
    if (reason === "damaged-blob") quarantineBlob(store, sha256!);
  }
}

/** The blob that is missing or damaged here, if that is what went wrong. */
function lackOf(
  error: unknown,
): Extract<Failure, { sha256: string; reason: `${string}-blob` }> | undefined {
  if (!(error instanceof Failed)) return undefined;
  const { failure } = error;
  return failure.reason === "damaged-blob" || failure.reason === "missing-blob"
    ? failure
    : undefined;
}
