/**
 * Sends one request to a remote store and reads its answer: streamed both ways, bounded in time, in origin
 * form and with its length, as every server understands it. Credentials go to the host that was given and
 * to no other. Redirects lead to hosts that the user listed, or nowhere. `client.ts` tries again.
 */
import type http from "node:http";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { RemoteAddress } from "./address.ts";
import { openAgents } from "./agents.ts";
import { RemoteFailure } from "./remote_failure.ts";
import { type Watch, watchTransfer } from "./transfer.ts";

export interface Bounds {
  /** Milliseconds without a byte after which a connection counts as broken. */
  stall: number;
  /** Milliseconds that any request may take, and bytes a second that a larger one must move. */
  grace: number;
  leastSpeed: number;
}

export interface Asked {
  method: "GET" | "HEAD" | "PUT" | "MKCOL";
  /** Below the address: `cas/…`, `ac/…`. */
  path: string;
  /** Bytes that are to be sent or expected. */
  size: number;
  /** Opens the body of a PUT, exactly `size` bytes, anew for each try. */
  open?: () => ReadableStream<Uint8Array<ArrayBuffer>>;
}

export interface Answer {
  status: number;
  /** Length that the response declares; undefined also where its body is compressed. */
  length?: number;
  body: AsyncIterable<Uint8Array<ArrayBuffer>>;
}

interface Connection extends Disposable {
  /**
   * Sends a request and gives what `read` makes of its answer. Rejects with a `RemoteFailure`, with
   * what `read` or the sent stream throws, or with `signal`'s reason.
   */
  exchange<T>(asked: Asked, read: (answer: Answer) => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** Redirects in a row that are followed. */
const mostRedirects = 3;

export function openConnection(address: RemoteAddress, bounds: Bounds): Connection {
  const agents = openAgents();
  return {
    async exchange(asked, read, signal) {
      signal.throwIfAborted();
      using watch = watchRequest(bounds, asked.size, signal);
      const authorization = address.authorization();
      let url = new URL(asked.path, address.url);
      let headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      for (let redirects = 0;; redirects++) {
        using exchanged = await send(agents, url, headers, asked, watch);
        const { response } = exchanged;
        const status = response.statusCode!;
        if (status < 300 || status > 399) return await read(answerOf(response, asked, watch));
        url = redirectTarget(response, url, address, redirects);
        if (asked.method === "PUT" && status !== 307 && status !== 308) {
          throw new RemoteFailure(
            "lying",
            `it redirects a PUT with status ${status}; expected 307 or 308, which keep the body`,
          );
        }
        headers = {};
      }
    },
    [Symbol.dispose]: () => agents[Symbol.dispose](),
  };
}

interface Exchanged extends Disposable {
  response: http.IncomingMessage;
}

/** Sends a request; its disposal ends what is still under way. */
async function send(
  agents: ReturnType<typeof openAgents>,
  url: URL,
  headers: Record<string, string>,
  { method, size, open }: Asked,
  watch: Watch,
): Promise<Exchanged> {
  const { module, agent } = agents.of(url);
  const length = open === undefined ? {} : { "content-length": String(size) };
  const request = module.request(url, {
    method,
    agent,
    headers: { "accept-encoding": "identity", ...length, ...headers },
  });
  const ended = new AbortController();
  let response: http.IncomingMessage | undefined;
  const stop = () => {
    destroy(request, watch.signal.reason);
    response?.destroy(watch.signal.reason);
  };
  const end = () => {
    ended.abort();
    watch.signal.removeEventListener("abort", stop);
    if (!response?.complete || !request.writableEnded) destroy(request);
  };
  watch.signal.addEventListener("abort", stop);
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once("response", resolve);
    request.on("error", reject);
    request.once("close", () => reject(new Error("the connection was closed")));
    if (open === undefined) request.end();
    else write(open, request, watch, ended.signal).catch(reject);
  });
  try {
    const answer = response = await unlessAborted(answered, watch.signal);
    return { response: answer, [Symbol.dispose]: end };
  } catch (error) {
    end();
    throw failureOf(error, watch);
  }
}

/**
 * Ends a request. Deno sends one anew whose connection had served another before and is lost without an
 * answer, also where it was destroyed; nothing would end that one, and it would keep the process.
 */
function destroy(request: http.ClientRequest, reason?: Error): void {
  request.reusedSocket = false;
  request.destroy(reason);
}

/** Thrown where the body of a request cannot be read: another fault than a connection's. */
class SourceError extends Error {
  override name = "SourceError";
}

async function reading<T>(read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new SourceError("the body cannot be read", { cause });
  }
}

/** Sends a body as the connection takes it. Rejects if the body cannot be read. */
async function write(
  open: NonNullable<Asked["open"]>,
  request: http.ClientRequest,
  { touch }: Watch,
  ended: AbortSignal,
): Promise<void> {
  const reader = (await reading(open)).getReader();
  try {
    while (!ended.aborted) {
      const { done, value } = await reading(() => reader.read());
      if (done) return void request.end();
      touch();
      if (!request.write(value)) await unlessAborted(drained(request), ended);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

const drained = (request: http.ClientRequest): Promise<void> =>
  new Promise((resolve) => request.once("drain", () => resolve()));

/**
 * The value of a promise, unless a signal is aborted before. Deno reports some requests that are destroyed by
 * no event. Not a race with one promise for all pieces, which would hold every one of them.
 */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: first, resolve, reject } = Promise.withResolvers<T>();
  const stop = () => reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  promise.then(resolve, reject);
  try {
    return await first;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** The failure that an error of a connection is. */
function failureOf(error: unknown, { signal }: Watch): unknown {
  if (error instanceof SourceError) return error.cause;
  if (signal.aborted) return signal.reason;
  if (error instanceof RemoteFailure || !(error instanceof Error)) return error;
  return new RemoteFailure("unreachable", causes(error), { cause: error });
}

/** The URL that a redirect leads to, if the user allowed its host. Messages leave out its query. */
function redirectTarget(
  { headers: { location } }: http.IncomingMessage,
  from: URL,
  { url, redirects }: RemoteAddress,
  followed: number,
): URL {
  const to = URL.parse(location ?? "", from);
  const shown = to === null ? "nowhere" : `${to.origin}${to.pathname}`;
  const fail = (problem: string) =>
    new RemoteFailure("lying", `it redirects to ${shown}; ${problem}`);
  if (to === null || redirects.length === 0) {
    throw fail("expected an answer of its own, or its host in --remote-redirect HOST");
  }
  if (![new URL(url).host, ...redirects].includes(to.host)) {
    throw fail(`expected a host of --remote-redirect: ${redirects.join(", ")}`);
  }
  if (to.protocol !== from.protocol && to.protocol !== "https:") throw fail("expected https");
  if (followed >= mostRedirects) throw fail(`expected ${mostRedirects} redirects at most`);
  return to;
}

/** Words of the commonest errors of connections, which Node names by a code. */
const wordsOfCodes: Record<string, string> = {
  ECONNREFUSED: "Connection refused",
  ECONNRESET: "Connection reset",
  EPIPE: "Connection closed",
  ENOTFOUND: "Host not found",
  ETIMEDOUT: "Connection timed out",
};

/** The innermost reason of an error. */
function causes(error: NodeJS.ErrnoException): string {
  const { cause, code = "", message } = error;
  if (cause instanceof Error) return causes(cause);
  return wordsOfCodes[code] ?? message;
}

function watchRequest(
  { stall, grace, leastSpeed }: Bounds,
  size: number,
  outer: AbortSignal,
): Watch {
  const most = grace + size / leastSpeed * 1000;
  const watch = watchTransfer({
    stall: {
      after: stall,
      error: () => new RemoteFailure("unreachable", `no byte moved for ${stall / 1000} s`),
    },
    whole: {
      after: most,
      error: () => {
        const limit = Math.round(most / 1000);
        return new RemoteFailure("slow", `${size} bytes were not moved within ${limit} s`);
      },
    },
  }, outer);
  const { signal } = watch;
  // A piece may still come once the request has ended: a timer for it would keep the process.
  return { ...watch, touch: () => signal.aborted ? undefined : watch.touch() };
}

function answerOf(response: http.IncomingMessage, { method }: Asked, watch: Watch): Answer {
  const { "content-length": length, "content-encoding": encoding = "identity" } = response.headers;
  const isPlain = encoding === "identity";
  if (!isPlain && !/^(x-)?gzip$/i.test(encoding) && method === "GET") {
    const message = `its answer has the encoding "${encoding}"; expected none, or gzip`;
    throw new RemoteFailure("lying", message);
  }
  return {
    status: response.statusCode!,
    length: isPlain && length !== undefined ? Number(length) : undefined,
    body: piecesOf(response, !isPlain && method !== "HEAD", watch),
  };
}

/** The pieces of an answer's body, inflated if it is compressed. */
async function* piecesOf(
  response: http.IncomingMessage,
  isGzip: boolean,
  watch: Watch,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const arriving = async function* () {
    const pieces = response[Symbol.asyncIterator]();
    for (;;) {
      const { done, value } = await unlessAborted(pieces.next(), watch.signal);
      if (done) return;
      watch.touch();
      yield value;
    }
  };
  const gunzip = isGzip ? createGunzip() : undefined;
  try {
    // An error ends the reading below too.
    if (gunzip !== undefined) pipeline(arriving, gunzip).catch(() => {});
    yield* gunzip ?? arriving();
  } catch (error) {
    if (error instanceof Error && /^Z_/.test((error as NodeJS.ErrnoException).code ?? "")) {
      throw new RemoteFailure("lying", `its gzip answer is damaged: ${error.message}`);
    }
    throw failureOf(error, watch);
  } finally {
    gunzip?.destroy();
  }
}
