/**
 * A client of Bazel's HTTP cache layout: entries under `ac/<key>`, blobs under `cas/<sha256>`; GET, HEAD
 * and PUT, and MKCOL where WebDAV lacks the two directories. Repeats requests that may succeed, with
 * back-off and jitter, and makes a few at a time. A `RemoteFailure` says why a request failed.
 */
import { setTimeout } from "node:timers/promises";
import type { RemoteAddress } from "./address.ts";
import { type Answer, type Asked, type Bounds, openConnection } from "./request.ts";
import { RemoteFailure, type Trouble } from "./remote_failure.ts";
import { retrying } from "./transfer.ts";

export interface Limits extends Bounds {
  /** Milliseconds to wait before each further try, on the average: half of it to one and a half. */
  delays: readonly number[];
  /** Requests at a time. */
  parallel: number;
}

export const usualLimits: Limits = {
  stall: 10_000,
  grace: 20_000,
  leastSpeed: 256 << 10,
  // A server that is started anew is back by then.
  delays: [500, 1500],
  parallel: 4,
};

export interface Client extends Disposable {
  /** For messages. */
  readonly url: string;
  /** Time of the last complete response, as of `performance.now()`; 0 if there was none. */
  lastAnswer(): number;
  /** The body of an entry, undefined where there is none. One of more than `limit` bytes is refused. */
  entry(key: string, limit: number, signal: AbortSignal): Promise<Uint8Array | undefined>;
  putEntry(key: string, body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void>;
  /**
   * Reads a blob of `size` bytes: `read` gets its pieces, anew for each try. Undefined where there is none.
   * The pieces are as the server sends them.
   */
  blob<T>(
    sha256: string,
    size: number,
    read: (pieces: Answer["body"]) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T | undefined>;
  /** True if the server says that it has a blob of that size. */
  hasBlob(sha256: string, size: number, signal: AbortSignal): Promise<boolean>;
  putBlob(sha256: string, size: number, open: Asked["open"], signal: AbortSignal): Promise<void>;
}

/** Bytes of an unused body that are read, so that the connection can be used again. */
const longestRemark = 64 << 10;

export function connect(address: RemoteAddress, limits: Limits = usualLimits): Client {
  const connection = openConnection(address, limits);
  const { ask, lastAnswer } = asker(connection, limits);

  /** Reads the body of a 200; of a 404 nothing. */
  const get = <T>(
    asked: Omit<Asked, "method">,
    read: (body: Answer["body"], length: number | undefined) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T | undefined> =>
    ask({ method: "GET", ...asked }, async ({ status, length, body }) => {
      if (status === 200) return await read(body, length);
      await readAway(body);
      if (status !== 404) throw unexpected(status, "GET", asked.path);
    }, signal);

  /** The status that a request is answered with. */
  const statusOf = (asked: Asked, signal: AbortSignal) =>
    ask(asked, async ({ status, body }) => {
      await readAway(body);
      if (isTransient(status)) throw unexpected(status, asked.method, asked.path);
      return status;
    }, signal);

  const put = async (path: string, size: number, open: Asked["open"], signal: AbortSignal) => {
    const asked = { method: "PUT", path, size, open } as const;
    let status = await statusOf(asked, signal);
    if (status === 404 || status === 409) {
      // So WebDAV answers where the directory is missing, and makes it on request.
      const made = {
        method: "MKCOL",
        path: path.slice(0, path.indexOf("/") + 1),
        size: 0,
      } as const;
      if (await statusOf(made, signal) === 201) status = await statusOf(asked, signal);
    }
    if (status < 200 || status > 299) throw unexpected(status, "PUT", path);
  };

  return {
    url: address.url,
    lastAnswer,
    entry: (key, limit, signal) =>
      get({ path: `ac/${key}`, size: limit }, (body) => wholeOf(body, limit, `ac/${key}`), signal),
    putEntry: (key, body, signal) =>
      put(`ac/${key}`, body.length, () => new Blob([body]).stream(), signal),
    blob: (sha256, size, read, signal) =>
      get({ path: `cas/${sha256}`, size }, (body, length) => {
        if (length !== undefined && length !== size) {
          const message = `cas/${sha256} has ${length} bytes there; expected ${size}`;
          throw new RemoteFailure("lying", message);
        }
        return read(body);
      }, signal),
    hasBlob: (sha256, size, signal) =>
      ask(
        { method: "HEAD", path: `cas/${sha256}`, size: 0 },
        async ({ status, length, body }) => {
          await readAway(body);
          if (status === 200) return length === size;
          // Missing permission to write is reported by the write; a server without HEAD gets it all.
          if ([404, 403, 405, 501].includes(status)) return false;
          throw unexpected(status, "HEAD", `cas/${sha256}`);
        },
        signal,
      ),
    putBlob: (sha256, size, open, signal) => put(`cas/${sha256}`, size, open, signal),
    [Symbol.dispose]: () => connection[Symbol.dispose](),
  };
}

/** Makes requests, a few at a time and each several times if need be; notes when the server answered. */
function asker(connection: ReturnType<typeof openConnection>, limits: Limits) {
  const withSlot = limiter(limits.parallel);
  let lastAnswer = 0;
  const attempt = async <T>(
    asked: Asked,
    read: (answer: Answer) => Promise<T>,
    since: number,
    signal: AbortSignal,
  ) => {
    try {
      const value = await connection.exchange(asked, read, signal);
      lastAnswer = performance.now();
      return value;
    } catch (error) {
      if (error instanceof RemoteFailure) {
        error.since = since;
        const isAnswer = error.trouble !== "unreachable" && error.trouble !== "slow";
        if (isAnswer) lastAnswer = performance.now();
      }
      throw error;
    }
  };
  return {
    lastAnswer: () => lastAnswer,
    ask: <T>(asked: Asked, read: (answer: Answer) => Promise<T>, signal: AbortSignal) =>
      withSlot(() => {
        const since = performance.now();
        return retrying(() => attempt(asked, read, since, signal), {
          delays: limits.delays.map((delay) => delay * (0.5 + Math.random())),
          isTransient: (error) => error instanceof RemoteFailure && error.isTransient,
          pause: (milliseconds) =>
            setTimeout(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted()),
        });
      }),
  };
}

/** Statuses that another try may find otherwise. 501 and 507 are no such ones. */
const isTransient = (status: number): boolean =>
  status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 507);

const noDirectory: [trouble: Trouble, meaning: string] = [
  "read-only",
  "it has no place for it: create the directories ac/ and cas/ there and configure it for PUT",
];
const noWriting: [trouble: Trouble, meaning: string] = [
  "read-only",
  "it takes no files: configure it for PUT",
];

/** Meanings of an answer to PUT alone. */
const meaningsOfPut: typeof meanings = {
  404: noDirectory,
  409: noDirectory,
  405: noWriting,
  501: noWriting,
};

/** Statuses with a meaning, which another try does not change. */
const meanings: Partial<Record<number, [trouble: Trouble, meaning: string]>> = {
  401: ["refused", "it wants other credentials"],
  403: ["refused", "it wants other credentials"],
  413: ["too-large", "it does not take so many bytes"],
  507: ["full", "it has no space left"],
};

function unexpected(status: number, method: string, path: string): RemoteFailure {
  const says = `it answered ${method} ${path} with status ${status}`;
  if (isTransient(status)) return new RemoteFailure("unreachable", says);
  const known = (method === "PUT" ? meaningsOfPut[status] : undefined) ?? meanings[status];
  const [trouble, meaning] = known ?? ["lying"];
  return new RemoteFailure(trouble, meaning === undefined ? says : `${says}, ${meaning}`);
}

async function wholeOf(
  body: Answer["body"],
  limit: number,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const piece of body) {
    length += piece.length;
    if (length > limit) {
      throw new RemoteFailure("lying", `${path} has more than ${limit} bytes; expected an entry`);
    }
    pieces.push(piece);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

async function readAway(body: Answer["body"]): Promise<void> {
  let length = 0;
  for await (const piece of body) if ((length += piece.length) > longestRemark) return;
}

/** Runs at most so many tasks at a time, in the order in which they come. */
function limiter(most: number): <T>(task: () => Promise<T>) => Promise<T> {
  let free = most;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}
