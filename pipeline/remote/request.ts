/**
 * Sends one request to a remote store and reads its answer: streamed both ways, bounded in time, never
 * redirected. Credentials go to the host that was given and to no other, not to a proxy that the
 * environment names either. `client.ts` tries again.
 */
import type { RemoteAddress } from "./address.ts";
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
  method: "GET" | "HEAD" | "PUT";
  /** Below the address: `cas/…`, `ac/…`. */
  path: string;
  /** Bytes that are to be sent or expected. */
  size: number;
  /** Opens the body of a PUT, exactly `size` bytes, anew for each try. */
  open?: () => ReadableStream<Uint8Array<ArrayBuffer>>;
}

export interface Answer {
  status: number;
  /** Length that the response declares. */
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

/** A body of at most so many bytes is sent with its length, as some servers want it; others in chunks. */
const longestWhole = 16 << 20;

export function openConnection(address: RemoteAddress, bounds: Bounds): Connection {
  const { protocol, hostname, port } = new URL(address.url);
  // Over TLS a proxy sees nothing.
  const direct = { transport: "tcp", hostname, port: Number(port || 80) } as const;
  const client = Deno.createHttpClient(protocol === "http:" ? { proxy: direct } : {});
  return {
    async exchange({ method, path, size, open }, read, signal) {
      signal.throwIfAborted();
      using watch = watchRequest(bounds, size, signal);
      const headers = new Headers({ "accept-encoding": "identity" });
      const authorization = address.authorization();
      if (authorization !== undefined) headers.set("authorization", authorization);
      let source: { error: unknown } | undefined;
      let response: Response | undefined;
      try {
        const sent = open?.().pipeThrough(
          passing(watch, (error) => source = { error }),
        );
        const body = sent && size <= longestWhole
          ? new Uint8Array(await new Response(sent).arrayBuffer())
          : sent;
        response = await fetch(new URL(path, address.url), {
          method,
          headers,
          body,
          client,
          redirect: "manual",
          signal: watch.signal,
        });
        const { status } = response;
        if (status >= 300 && status < 400) {
          const to = response.headers.get("location") ?? "nowhere";
          throw new RemoteFailure("lying", `it redirects to ${to}; expected an answer of its own`);
        }
        const length = response.headers.get("content-length");
        return await read({
          status,
          length: length === null ? undefined : Number(length),
          body: piecesOf(response, watch),
        });
      } catch (error) {
        if (source !== undefined) throw source.error;
        if (watch.signal.aborted) throw watch.signal.reason;
        // As which fetch and the body's stream report all that goes wrong on the way.
        if (error instanceof TypeError) {
          throw new RemoteFailure("unreachable", causes(error), { cause: error });
        }
        throw error;
      } finally {
        await response?.body?.cancel().catch(() => {});
      }
    },
    [Symbol.dispose]: () => client.close(),
  };
}

/** The innermost reason of an error, which fetch wraps, without the URL: who tells it names that. */
function causes(error: Error): string {
  const { cause, message } = error;
  if (cause instanceof Error) return causes(cause);
  return message.replace(/^error sending request for url \(\S+\): /, "");
}

function watchRequest(
  { stall, grace, leastSpeed }: Bounds,
  size: number,
  outer: AbortSignal,
): Watch {
  const most = grace + size / leastSpeed * 1000;
  return watchTransfer({
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
}

/** Passes a body on as the connection takes it; calls `onFailed` if the source fails. */
function passing(
  { touch }: Watch,
  onFailed: (error: unknown) => void,
): ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  const { readable, writable } = new TransformStream<
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>
  >({
    transform(piece, controller) {
      touch();
      controller.enqueue(piece);
    },
  });
  const writer = writable.getWriter();
  return {
    readable,
    writable: new WritableStream({
      write: (piece) => writer.write(piece),
      close: () => writer.close(),
      abort(error) {
        onFailed(error);
        return writer.abort(error);
      },
    }),
  };
}

/** The pieces of an answer's body. */
async function* piecesOf(
  { body }: Response,
  { touch }: Watch,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const piece of body ?? []) {
    touch();
    yield piece;
  }
}
