/**
 * One request to a remote store and its answer: streamed both ways, bounded in time, never redirected,
 * with the credentials for the host that was given and for no other. Tries once; trying again is left
 * to `client.ts`.
 *
 * Through node's HTTP client, as `fetch` sends a stream without its length, which servers refuse, and
 * would hand the credentials to the proxy that the environment names.
 */
import { once } from "node:events";
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { Failed } from "../event.ts";
import type { RemoteAddress } from "./address.ts";
import { RemoteFailure } from "./failure.ts";

export interface Bounds {
  /** Milliseconds without a byte after which a connection counts as broken. */
  stall: number;
  /** Milliseconds that any request may take, and bytes a second that a larger one must move. */
  grace: number;
  leastSpeed: number;
}

export interface Asked {
  method: "GET" | "HEAD" | "PUT";
  /** Below the address: `cas/…`, `ac/…`. */
  path: string;
  /** Bytes that are to be sent or expected. */
  size: number;
  /** Of a PUT: exactly `size` bytes, opened anew for each try. */
  open?: () => ReadableStream<Uint8Array>;
}

export interface Answer {
  status: number;
  /** What the answer says of its length. */
  length?: number;
  body: AsyncIterable<Uint8Array<ArrayBuffer>>;
}

export interface Connection extends Disposable {
  /**
   * Sends a request and gives what `read` makes of its answer. Rejects with a `RemoteFailure`, with
   * what `read` or the sent stream throws, or with `signal`'s reason.
   */
  exchange<T>(asked: Asked, read: (answer: Answer) => Promise<T>, signal: AbortSignal): Promise<T>;
}

export function openConnection(address: RemoteAddress, bounds: Bounds): Connection {
  const isSecure = address.url.startsWith("https:");
  const agent = new (isSecure ? HttpsAgent : HttpAgent)({ keepAlive: true });
  return {
    async exchange(asked, read, signal) {
      const { method, path, size, open } = asked;
      signal.throwIfAborted();
      using watch = watchOver(bounds, size, signal);
      const headers: Record<string, string> = { "accept-encoding": "identity" };
      const authorization = address.authorization();
      if (authorization !== undefined) headers.authorization = authorization;
      if (open !== undefined) headers["content-length"] = String(size);
      const make = isSecure ? requestHttps : requestHttp;
      const request = make(new URL(path, address.url), { method, headers, agent });
      const stop = () => request.destroy(watch.signal.reason);
      watch.signal.addEventListener("abort", stop, { once: true });
      let isDone = false;
      try {
        const answered = new Promise<IncomingMessage>((resolve, reject) => {
          request.once("response", resolve);
          request.on("error", reject);
        });
        answered.catch(() => {});
        // A server that has seen enough answers before it has read all; then nobody waits for the rest.
        const sent = send(request, open?.(), watch);
        const response = await Promise.race([answered, sent.then(() => answered), watch.over]);
        sent.catch(() => {});
        response.on("error", () => {});
        if (response.statusCode! >= 300 && response.statusCode! < 400) {
          const to = response.headers.location ?? "nowhere";
          throw new RemoteFailure("lying", `it redirects to ${to}; expected an answer of its own`);
        }
        const length = response.headers["content-length"];
        const value = await read({
          status: response.statusCode!,
          length: length === undefined ? undefined : Number(length),
          body: piecesOf(response, watch),
        });
        isDone = response.complete && request.writableFinished;
        return value;
      } catch (error) {
        if (watch.signal.aborted) throw watch.signal.reason;
        if (error instanceof RemoteFailure || error instanceof Failed) throw error;
        if (error instanceof Deno.errors.NotCapable || !isBroken(error)) throw error;
        throw new RemoteFailure("unreachable", wording(error), { cause: error });
      } finally {
        watch.signal.removeEventListener("abort", stop);
        // What was neither sent nor read to its end cannot be used again.
        if (!isDone) request.destroy();
      }
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

/** As which node reports all that goes wrong on the way. */
const isBroken = (error: unknown): error is Error & { code?: string } =>
  error instanceof Error &&
  ("code" in error || /aborted|closed|hang up|socket/i.test(error.message));

const wording = ({ code, message }: Error & { code?: string }): string =>
  code === undefined || message.includes(code) ? message : `${message} (${code})`;

interface Watch extends Disposable {
  signal: AbortSignal;
  /** Rejected when the signal fires: a connection that is destroyed does not always say so. */
  over: Promise<never>;
  /** A byte has moved. */
  touch(): void;
}

function watchOver({ stall, grace, leastSpeed }: Bounds, size: number, outer: AbortSignal): Watch {
  const controller = new AbortController();
  const fail = (trouble: "unreachable" | "slow", message: string) =>
    controller.abort(new RemoteFailure(trouble, message));
  const stalled = () => fail("unreachable", `no byte moved for ${stall / 1000} s`);
  const most = grace + size / leastSpeed * 1000;
  let timer = setTimeout(stalled, stall);
  const whole = setTimeout(
    () => fail("slow", `${size} bytes were not moved within ${Math.round(most / 1000)} s`),
    most,
  );
  const stop = () => controller.abort(outer.reason);
  if (outer.aborted) stop();
  outer.addEventListener("abort", stop, { once: true });
  const { signal } = controller;
  const over = new Promise<never>((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true })
  );
  over.catch(() => {});
  return {
    signal,
    over,
    touch() {
      clearTimeout(timer);
      timer = setTimeout(stalled, stall);
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      clearTimeout(whole);
      outer.removeEventListener("abort", stop);
      // Whoever is still sending to a server that has answered stops.
      controller.abort(new RemoteFailure("unreachable", "the request is over"));
    },
  };
}

/** Sends a body as fast as the connection takes it, and ends the request. */
async function send(
  request: ReturnType<typeof requestHttp>,
  body: ReadableStream<Uint8Array> | undefined,
  { touch, signal }: Watch,
): Promise<void> {
  for await (const piece of body ?? []) {
    if (!request.write(piece)) await once(request, "drain", { signal });
    touch();
  }
  request.end();
}

/** The pieces of an answer's body. */
async function* piecesOf(
  response: IncomingMessage,
  { touch, over }: Watch,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const pieces = response[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await Promise.race([pieces.next(), over]);
      if (done) break;
      touch();
      yield value;
    }
  } finally {
    if (!response.complete) response.destroy();
  }
  if (!response.complete) throw new RemoteFailure("unreachable", "its answer was cut off");
}
