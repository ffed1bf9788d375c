/**
 * The remote store as the second level of a run: results are read through it and written back to it.
 * Whatever the remote does costs the run a notice and a bounded time: what is wrong with it is told
 * once, and it is asked less, or nothing, from then on.
 */
import type { Action, StoredOutput } from "../../schemas/run/action.ts";
import type { Failure, Notice } from "../engine/event.ts";
import { Failed } from "../engine/failed.ts";
import { recordText } from "../engine/key.ts";
import { tryLock } from "../store/lock.ts";
import type { KeyedJob } from "../engine/keyed_job.ts";
import type { RemoteCache } from "../engine/obtain.ts";
import { noteWritten } from "../store/stat_cache.ts";
import {
  blobPath,
  hasBlob,
  longestEntry,
  placeBlob,
  putBlob,
  readBlob,
  scratchRoot,
  setAside,
  type Store,
  writeAction,
} from "../store/store.ts";
import { noteChecked, outputProblem } from "../store/stored_result.ts";
import { downloadBlob, openFirst, uploadBlob } from "./blobs.ts";
import type { RemoteOptions } from "./address.ts";
import { type Client, connect } from "./client.ts";
import { each } from "./request_group.ts";
import { entryOf, parseResult, unfit } from "./remote_entry.ts";
import { RemoteFailure, type Trouble } from "./remote_failure.ts";

export interface LevelOptions {
  readOnly: boolean;
  /** Aborts all that is on its way. */
  signal: AbortSignal;
  onNotice: (notice: Notice) => void;
  /** Milliseconds that the remote may cost a run more than it saves. */
  allowance?: number;
}

/** A request that takes no longer, in milliseconds, costs nothing. */
const free = 500;
/** So many wrong answers in a row, and nothing more is asked. */
const mostLies = 3;
/** Of what an entry says that computing took, in milliseconds, no more is believed. */
const mostSaved = 60 * 60 * 1000;

type Consequence = Extract<Notice, { reason: "remote" }>["then"];

/** A level with a client of its own, which is closed with it. */
export function openLevel(
  { address, readOnly }: RemoteOptions,
  store: Store,
  options: Omit<LevelOptions, "readOnly">,
): RemoteCache & Disposable {
  const client = connect(address);
  return {
    ...secondLevel(client, store, { ...options, readOnly }),
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}

export function secondLevel(client: Client, store: Store, options: LevelOptions): RemoteCache {
  const { onNotice } = options;
  const alone = new AbortController();
  const signal = AbortSignal.any([options.signal, alone.signal]);
  const told = new Set<Trouble>();
  const uploads = new Set<Promise<void>>();
  /** Blobs that the remote has in another form than their name says. */
  const wrong = new Set<string>();
  let writes = !options.readOnly;
  let lies = 0;
  let allowance = options.allowance ?? 60_000;

  const tell = (problem: string, then: Consequence) =>
    onNotice({ reason: "remote", url: client.url, problem, then });

  const leaveAlone = (problem: string) => {
    if (alone.signal.aborted) return;
    tell(problem, "left-alone");
    alone.abort(new RemoteFailure("unreachable", problem));
  };

  const stopWriting = (problem: string) => {
    if (!writes) return;
    writes = false;
    tell(problem, "not-written");
  };

  /** Decides what follows from a failure. One that is none of the remote's own ends its use too. */
  const suffer = (error: unknown, during: "fetch" | "store") => {
    if (signal.aborted) return;
    if (!(error instanceof RemoteFailure)) {
      const { message } = error as Error;
      return during === "fetch" ? leaveAlone(message) : stopWriting(message);
    }
    const { trouble, message, since } = error;
    const once = () => {
      if (!told.has(trouble)) tell(message, during === "fetch" ? "computed" : "not-stored");
      told.add(trouble);
    };
    switch (trouble) {
      case "unreachable":
      case "slow":
        if (during === "store") return stopWriting(message);
        // While other requests are answered, it is this one that fails.
        return client.lastAnswer() < since ? leaveAlone(message) : once();
      case "refused":
        return during === "store" ? stopWriting(message) : leaveAlone(message);
      case "full":
        return stopWriting(message);
      case "lying":
        // Each is told: they are different entries, and each costs what computing its job does.
        return ++lies >= mostLies
          ? leaveAlone(`${message} (wrong ${lies} times in a row)`)
          : tell(message, "computed");
      case "too-large":
      case "incomplete":
        return once();
    }
  };

  /** The remote's entry of a job, undefined where it has none. */
  const entryFor = async (known: KeyedJob): Promise<Action | undefined> => {
    const body = await client.entry(known.key, longestEntry, signal);
    return body && parseResult(body, known);
  };

  /** Downloads a blob; gives the file. */
  const download = async (
    action: Action,
    output: StoredOutput,
    options: Parameters<typeof downloadBlob>[3],
  ): Promise<string> => {
    const { sha256 } = output;
    try {
      const file = await downloadBlob(client, output, scratchRoot(store), options);
      if (file !== undefined) return file;
    } catch (error) {
      if (error instanceof RemoteFailure && error.trouble === "lying") wrong.add(sha256);
      throw error;
    }
    const message = `ac/${action.key} names cas/${sha256}, which is not there`;
    throw new RemoteFailure("incomplete", message);
  };

  /** Brings the result of a job into the store: all of it once all of it is known to fit, or nothing. */
  const take = async (
    { job, lines }: KeyedJob,
    action: Action,
    onProgress: (done: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<void> => {
    const outputs = new Map(Object.values(action.outputs).map((output) => [output.sha256, output]));
    const lacking = [...outputs.values()].filter(({ sha256 }) => !hasBlob(store, sha256));
    const total = lacking.reduce((sum, { size }) => sum + size, 0);
    let done = 0;
    onProgress(0, total);
    const files = new Map<string, string>();
    try {
      await each(lacking, async (output, signal) => {
        const onBytes = (bytes: number) => onProgress(done += bytes, total);
        files.set(output.sha256, await download(action, output, { signal, onBytes }));
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
    putBlob(store, new TextEncoder().encode(recordText(lines)));
    writeAction(store, action);
    noteChecked(store, action.key);
  };

  const fetch: RemoteCache["fetch"] = async (known, onProgress) => {
    if (signal.aborted) return false;
    const start = performance.now();
    let saved = 0;
    try {
      const action = await entryFor(known);
      if (action === undefined) return false;
      // Another process computes or fetches it: the executor waits for that one's result.
      using held = await tryLock(store, known.key, true);
      if (held === undefined) return false;
      const computing = Math.min(action.seconds * 1000, mostSaved);
      const deadline = AbortSignal.timeout(allowance + computing);
      try {
        await take(known, action, onProgress, AbortSignal.any([signal, deadline]));
      } catch (error) {
        if (!deadline.aborted || signal.aborted) throw error;
        throw new RemoteFailure(
          "slow",
          `the result of ${known.job.name} takes longer to come ` +
            `than to compute`,
        );
      }
      lies = 0;
      saved = computing;
      return true;
    } catch (error) {
      // A blob that was damaged here is set aside: the next who asks for it does not find it.
      if (lackOf(error) === undefined) suffer(error, "fetch");
      return false;
    } finally {
      allowance += saved - Math.max(0, performance.now() - start - free);
      if (allowance < 0) {
        leaveAlone("it has cost this run more time than it has saved");
      }
    }
  };

  const upload = async (action: Action): Promise<void> => {
    if (!writes || signal.aborted) return;
    const record = { sha256: action.key, size: Deno.statSync(blobPath(store, action.key)).size };
    const outputs = Object.values(action.outputs);
    const blobs = new Map([record, ...outputs].map((blob) => [blob.sha256, blob]));
    try {
      await each(blobs.values(), async (blob, signal) => {
        const { sha256 } = blob;
        if (!writes) return;
        const open = () => openFirst([blobPath(store, sha256)], sha256);
        await uploadBlob(client, blob, open, { signal, always: wrong.has(sha256) });
      }, signal);
      if (writes) await client.putEntry(action.key, entryOf(action), signal);
    } catch (error) {
      const { reason, sha256 } = lackOf(error) ?? {};
      if (reason === undefined) return suffer(error, "store");
      // Not the remote's fault: whoever needs it next finds it missing and computes it again.
      if (reason === "damaged-blob") setAside(store, sha256!);
    }
  };

  return {
    fetch,
    store(action) {
      const task = upload(action).finally(() => uploads.delete(task));
      uploads.add(task);
    },
    async settled() {
      await Promise.all(uploads);
    },
  };
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
