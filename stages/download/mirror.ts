/**
 * Downloads a gzipped file over HTTPS and inflates it: bounded in time and memory, patient with bad
 * connections, suspicious of servers. Whether the bytes are the right ones is for the caller's
 * hash.
 */

import { retrying, watchTransfer } from "../../pipeline/remote/transfer.ts";
import { gunzip } from "./gunzip.ts";
import { causes, SourceError } from "./source.ts";

export interface DownloadEffects {
  fetch: typeof fetch;
  delay(milliseconds: number): Promise<void>;
  /** Compressed bytes so far and in all; a total of 0 means that the server did not say. */
  progress(done: number, total: number, what: string): void;
  readonly signal?: AbortSignal;
}

interface DownloadOptions {
  /** Length of the uncompressed file, and the most that is ever inflated. */
  readonly expectedBytes: number;
  /** Hosts, with the port unless it is the scheme's own, that may be asked or redirected to. */
  readonly hosts: readonly string[];
  /** Accepts http: as well, for servers on this machine. */
  readonly allowHttp?: boolean;
  /** A connection that brings no byte for so long counts as broken. Default: 20 seconds. */
  readonly stallMilliseconds?: number;
  /** Limit for the whole download with all its tries. Default: 10 minutes. */
  readonly limitMilliseconds?: number;
}

/**
 * Waits between tries, in milliseconds: one try more than there are entries. No jitter: one client
 * that asks for eight files is no herd.
 */
const retryDelays = [500, 1000];

const maxRedirects = 5;

/** gzip stores what it cannot compress, at a cost of a few bytes for each 16 KiB at the least. */
const compressedLimit = (expectedBytes: number) => Math.ceil(expectedBytes * 1.001) + 1024;

/** A failure that another try may resolve. */
class Transient extends Error {}

/** The part of the compressed file that has arrived, kept from one try to the next. */
interface Received {
  chunks: Uint8Array<ArrayBuffer>[];
  length: number;
  /** Length of the whole compressed file, if known. */
  total?: number;
  /** Strong validator of the file that `chunks` belong to. */
  etag?: string;
}

/**
 * Downloads `url` and gives its inflated bytes. After a broken connection, a stall or an answer of
 * 5xx it tries again, 3 times in all, and asks only for what is missing (RFC 9110, section 14).
 *
 * @throws {SourceError} `absent` for 4xx and without permission for the network; `unusable` for an
 * answer that is too long, no gzip file, or a redirect elsewhere; `unreachable` when all tries or
 * the time are used up. If `effects.signal` aborts, rejects with its reason instead.
 */
export async function download(
  url: string,
  options: DownloadOptions,
  effects: DownloadEffects,
): Promise<Uint8Array<ArrayBuffer>> {
  const limit = options.limitMilliseconds ?? 600_000;
  using watch = watchTransfer({
    whole: {
      after: limit,
      error: () => new SourceError("unreachable", `${url}: not complete within ${limit / 1000} s`),
    },
  }, effects.signal);
  const received: Received = { chunks: [], length: 0 };
  try {
    await retrying(() => receive(url, received, options, effects, watch.signal), {
      delays: retryDelays,
      isTransient: (error) => error instanceof Transient,
      pause: effects.delay,
    });
  } catch (error) {
    if (!(error instanceof Transient)) throw error;
    const message = `${url}: ${error.message} (the last of ${retryDelays.length + 1} tries)`;
    throw new SourceError("unreachable", message, { cause: error });
  }
  try {
    return gunzip(joined(received), options.expectedBytes);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    throw new SourceError(error.kind, `${url}: ${error.message}`, { cause: error });
  }
}

/** One try: adds to `received` until the file is complete, or throws. */
async function receive(
  url: string,
  received: Received,
  options: DownloadOptions,
  effects: DownloadEffects,
  outer: AbortSignal,
): Promise<void> {
  const limit = options.stallMilliseconds ?? 20_000;
  const error = () => new Transient(`no byte came for ${limit / 1000} s`);
  using watch = watchTransfer({ stall: { after: limit, error } }, outer);
  const { signal } = watch;
  try {
    signal.throwIfAborted();
    const response = await request(url, received, options, effects, signal);
    await accept(response, url, received, options);
    for await (const chunk of response.body ?? []) {
      watch.touch();
      received.chunks.push(chunk);
      received.length += chunk.length;
      checkLength(received.length, url, options);
      effects.progress(received.length, received.total ?? 0, url);
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof SourceError || error instanceof Transient) throw error;
    if (error instanceof Deno.errors.NotCapable) {
      throw new SourceError("absent", `not permitted: ${error.message}`, { cause: error });
    }
    // As which fetch and the body's stream report all that goes wrong on the way.
    if (error instanceof TypeError) throw new Transient(causes(error), { cause: error });
    throw error;
  }
  if (received.total !== undefined && received.length !== received.total) {
    const { length, total } = received;
    if (length > total) discard(received);
    throw new Transient(`the connection ended after ${length} of ${total} bytes`);
  }
}

/** Asks for what `received` lacks, following redirects among the permitted hosts. */
async function request(
  url: string,
  received: Received,
  options: DownloadOptions,
  effects: DownloadEffects,
  signal: AbortSignal,
): Promise<Response> {
  // Positions count bytes of the .gz file, so fetch must not undo a Content-Encoding on its way.
  const headers = new Headers({ "accept-encoding": "identity" });
  if (received.length > 0) {
    headers.set("range", `bytes=${received.length}-`);
    if (received.etag) headers.set("if-range", received.etag);
  }
  let target = new URL(url);
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const permitted = target.protocol === "https:" ||
      options.allowHttp === true && target.protocol === "http:";
    if (!permitted || !options.hosts.includes(target.host)) {
      const schemes = options.allowHttp ? "http or https" : "https";
      const found = redirects === 0 ? target : `a redirect to ${target}`;
      throw new SourceError(
        "unusable",
        `${url}: expected ${schemes} from ${options.hosts.join(" or ")}, found ${found}`,
      );
    }
    const response = await effects.fetch(target, { headers, redirect: "manual", signal });
    if (![301, 302, 303, 307, 308].includes(response.status)) return response;
    await response.body?.cancel();
    const location = response.headers.get("location");
    if (location === null || !URL.canParse(location, target)) {
      throw new SourceError("unusable", `${url}: a redirect to nowhere (Location: ${location})`);
    }
    target = new URL(location, target);
  }
  throw new SourceError("unusable", `${url}: more than ${maxRedirects} redirects`);
}

/** Judges status and headers, and leaves `received` such that the response's body continues it. */
async function accept(
  response: Response,
  url: string,
  received: Received,
  options: DownloadOptions,
): Promise<void> {
  try {
    const { status, headers } = response;
    if (status === 206 && received.length > 0) {
      const range = headers.get("content-range");
      const [, start, total] = range?.match(/^bytes (\d+)-\d+\/(\d+|\*)$/) ?? [];
      const sameFile = total === "*" || received.total === undefined ||
        Number(total) === received.total;
      if (Number(start) !== received.length || !sameFile) {
        const expected = `bytes ${received.length}-…/${received.total ?? "…"}`;
        discard(received);
        throw new Transient(`expected Content-Range: ${expected}, found ${range}`);
      }
      if (total !== "*") received.total = Number(total);
    } else if (status === 200) {
      discard(received);
      const length = headers.get("content-length");
      if (length !== null) received.total = Number(length);
      const etag = headers.get("etag");
      if (etag !== null && !etag.startsWith("W/")) received.etag = etag;
    } else if (status === 416 && received.length > 0) {
      const { length } = received;
      discard(received);
      throw new Transient(`the server has no bytes from ${length} on (status 416)`);
    } else if (status >= 500) {
      throw new Transient(`expected status 200, found ${status}`);
    } else {
      const kind = status >= 400 ? "absent" : "unusable";
      throw new SourceError(kind, `${url}: expected status 200, found ${status}`);
    }
    if (received.total !== undefined) checkLength(received.total, url, options);
  } catch (error) {
    await response.body?.cancel();
    throw error;
  }
}

function checkLength(length: number, url: string, { expectedBytes }: DownloadOptions): void {
  const most = compressedLimit(expectedBytes);
  if (length <= most) return;
  throw new SourceError(
    "unusable",
    `${url}: expected at most ${most} compressed bytes, found ${length} or more`,
  );
}

function discard(received: Received): void {
  received.chunks = [];
  received.length = 0;
  delete received.total;
  delete received.etag;
}

function joined({ chunks, length }: Received): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
