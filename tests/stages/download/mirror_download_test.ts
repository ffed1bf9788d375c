/**
 * Downloads from real servers on this machine, well-behaved and not: what is retried, resumed,
 * refused, and in what words. Which bytes are the right ones is the subject of sources_test.ts.
 *
 * Permissions: --allow-net=127.0.0.1
 */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { download, type DownloadEffects } from "../../../stages/download/mirror.ts";
import { SourceError } from "../../../stages/download/source.ts";
import { goldenFile } from "../../support/checkout.ts";
import { type Bytes, compressed, fails, file, gzip } from "../../support/gzipped_file.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** Effects that note the waits and the progress, and do not wait. */
function effectsWith(more: Partial<DownloadEffects> = {}) {
  const delays: number[] = [];
  const progress: [number, number][] = [];
  const effects: DownloadEffects = {
    fetch,
    delay: (milliseconds) => Promise.resolve(void delays.push(milliseconds)),
    progress: (done, total) => void progress.push([done, total]),
    ...more,
  };
  return { effects, delays, progress };
}

const serverAt = (host: string) => ({ host, url: `http://${host}/file.gz` });

type Server = { host: string; url: string; requests: Headers[] };

/** Serves `answer(request, n)` for the n-th request, from 0, while `test` runs. */
async function withServer(
  answer: (request: Request, n: number) => Response | Promise<Response>,
  test: (server: Server) => Promise<void>,
): Promise<void> {
  const requests: Headers[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {}, onError: () => new Response(null) },
    (request) => answer(request, requests.push(request.headers) - 1),
  );
  const host = `127.0.0.1:${server.addr.port}`;
  await test({ ...serverAt(host), requests });
}

/**
 * A server below HTTP: reads the head of the n-th request, lets `answer` write what it likes, and
 * closes the connection.
 */
async function withRawServer(
  answer: (write: (...parts: (string | Bytes)[]) => Promise<void>, n: number) => Promise<void>,
  test: (server: Server) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const host = `127.0.0.1:${listener.addr.port}`;
  const requests: Headers[] = [];
  const serving = (async () => {
    for await (const connection of listener) {
      using _ = connection;
      const write = async (...parts: (string | Bytes)[]) => {
        for (const part of parts) {
          let bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
          while (bytes.length > 0) bytes = bytes.subarray(await connection.write(bytes));
        }
      };
      try {
        await answer(write, requests.push(await readHead(connection)) - 1);
      } catch (error) {
        // The client may hang up at any time; that ends the answer.
        const gone = error instanceof Deno.errors.BrokenPipe ||
          error instanceof Deno.errors.ConnectionReset;
        if (!gone) throw error;
      }
    }
  })();
  try {
    await test({ ...serverAt(host), requests });
  } finally {
    listener.close();
    await serving;
  }
}

async function readHead(connection: Deno.Conn): Promise<Headers> {
  const buffer = new Uint8Array(4096);
  let head = "";
  while (!head.endsWith("\r\n\r\n")) {
    const length = await connection.read(buffer);
    if (length === null) break;
    head += new TextDecoder().decode(buffer.subarray(0, length));
  }
  const fields = head.trim().split("\r\n").slice(1);
  return new Headers(fields.map((field) => field.split(/: (.*)/).slice(0, 2) as [string, string]));
}

/** The head of an answer; without `Content-Length` the connection's end is the body's. */
function head(status: number, fields: Record<string, string | number>): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} \r\nConnection: close\r\n${lines.join("")}\r\n`;
}

const whole = head(200, { "Content-Length": compressed.length, ETag: '"v1"' });

/** The head of an answer that has the file from `start` on. */
function rest(start: number): string {
  return head(206, {
    "Content-Length": compressed.length - start,
    "Content-Range": `bytes ${start}-${compressed.length - 1}/${compressed.length}`,
  });
}

/**
 * Downloads from a server that sends 10,000 bytes and hangs up, then answers `second`, and from the
 * third request on sends the whole file; gives the range that each request asked for.
 */
async function rangesWhenCut(...second: (string | Bytes)[]): Promise<(string | null)[]> {
  let ranges: (string | null)[] = [];
  await withRawServer((write, n) => {
    if (n === 0) return write(whole, compressed.subarray(0, 10_000));
    return n === 1 ? write(...second) : write(whole, compressed);
  }, async (server) => {
    assertEquals(await download(server.url, options(server), effectsWith().effects), file);
    ranges = server.requests.map((headers) => headers.get("range"));
  });
  return ranges;
}

/** Runs a test of a server that never ends its answer: after `begin`, `block` again and again. */
async function withEndless(
  begin: string | Bytes,
  block: string | Bytes,
  test: (server: Server) => Promise<void>,
): Promise<void> {
  let written = 0;
  await withRawServer(async (write) => {
    await write(begin);
    for (;; written += block.length) await write(block);
  }, test);
  // The server notices only when the buffers of both sides are full, a few MB at the most.
  assert(written < 100e6, `${written} bytes`);
}

/** A body that neither goes on nor ends after `start`. */
function silentAfter(start: Bytes): ReadableStream<Bytes> {
  return new ReadableStream({ start: (controller) => controller.enqueue(start) });
}

const options = (server: { host: string }) => ({
  expectedBytes: file.length,
  hosts: [server.host],
  allowHttp: true,
});

/** Downloads from a server, which must fail. Returns the waits and the progress until then. */
async function failsAt(
  server: { host: string; url: string },
  kind: SourceError["kind"],
  includes: string,
  more: Partial<Parameters<typeof download>[1]> = {},
) {
  const { effects, ...seen } = effectsWith();
  await fails(kind, includes, () => download(server.url, { ...options(server), ...more }, effects));
  return seen;
}

Deno.test("a gzipped file is inflated, with progress", async () => {
  await withServer(() => new Response(compressed), async (server) => {
    const { effects, delays, progress } = effectsWith();
    assertEquals(await download(server.url, options(server), effects), file);
    assertEquals(server.requests[0].get("accept-encoding"), "identity");
    assertEquals(server.requests[0].has("range"), false);
    assertEquals(progress.at(-1), [compressed.length, compressed.length]);
    assertEquals(delays, []);
  });
});

Deno.test("a server that calls the file's gzip a Content-Encoding changes nothing", async () => {
  const headers = { "content-encoding": "gzip" };
  await withServer(() => new Response(compressed, { headers }), async (server) => {
    assertEquals(await download(server.url, options(server), effectsWith().effects), file);
  });
});

Deno.test("503 is tried again after 0.5 s and 1 s", async () => {
  await withServer(
    (_, n) => n < 2 ? new Response("busy", { status: 503 }) : new Response(compressed),
    async (server) => {
      const { effects, delays } = effectsWith();
      assertEquals(await download(server.url, options(server), effects), file);
      assertEquals(delays, [500, 1000]);
    },
  );
});

Deno.test("a download fails after 503 three times", async () => {
  await withServer(() => new Response("busy", { status: 503 }), async (server) => {
    await failsAt(server, "unreachable", "found 503");
    assertEquals(server.requests.length, 3);
  });
});

Deno.test("404 is final at once", async () => {
  await withServer(() => new Response("no", { status: 404 }), async (server) => {
    const { delays } = await failsAt(server, "absent", "found 404");
    assertEquals([server.requests.length, delays.length], [1, 0]);
  });
});

Deno.test("a server that refuses connections is tried three times", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const host = `127.0.0.1:${listener.addr.port}`;
  listener.close();
  const { delays } = await failsAt(serverAt(host), "unreachable", "refused");
  assertEquals(delays, [500, 1000]);
});

Deno.test("after a cut, only the missing bytes of the same version are asked for", async () => {
  await withRawServer((write, n) => {
    return n === 0
      ? write(whole, compressed.subarray(0, 10_000))
      : write(rest(10_000), compressed.subarray(10_000));
  }, async (server) => {
    const { effects, delays, progress } = effectsWith();
    assertEquals(await download(server.url, options(server), effects), file);
    assertEquals(server.requests.length, 2);
    assertEquals(server.requests[1].get("range"), "bytes=10000-");
    assertEquals(server.requests[1].get("if-range"), '"v1"');
    assertEquals(delays, [500]);
    assertEquals(progress.at(-1), [compressed.length, compressed.length]);
  });
});

Deno.test("wherever a download is cut, twice, it is resumed to the same bytes", async () => {
  const position = fc.integer({ min: 0, max: compressed.length - 1 });
  await fc.assert(
    fc.asyncProperty(position, position, async (a, b) => {
      const ends = [Math.min(a, b), Math.max(a, b), compressed.length];
      await withRawServer((write, n) => {
        const start = n === 0 ? 0 : ends[n - 1];
        return write(start === 0 ? whole : rest(start), compressed.subarray(start, ends[n]));
      }, async (server) => {
        assertEquals(await download(server.url, options(server), effectsWith().effects), file);
        const asked = server.requests.map((headers) => headers.get("range"));
        const range = (start: number) => start === 0 ? null : `bytes=${start}-`;
        assertEquals(asked, [null, range(ends[0]), range(ends[1])]);
      });
    }),
    { numRuns: 30 },
  );
});

Deno.test("a server that ignores Range makes the download start over", async () => {
  assertEquals(await rangesWhenCut(whole, compressed), [null, "bytes=10000-"]);
});

Deno.test("a part that is not the one asked for makes the download start over", async () => {
  const last = compressed.length - 1;
  const ranges: Record<string, string>[] = [
    { "Content-Range": `bytes 0-${last}/${compressed.length}` },
    { "Content-Range": `pages 10000-${last}/${compressed.length}` },
    { "Content-Range": "bytes 10000-10004/10005" },
    {},
  ];
  for (const fields of ranges) {
    const part = head(206, { "Content-Length": 5, ...fields });
    const asked = await rangesWhenCut(part, "hello");
    assertEquals(asked, [null, "bytes=10000-", null], JSON.stringify(fields));
  }
});

Deno.test("416 makes the download start over", async () => {
  const asked = await rangesWhenCut(head(416, { "Content-Length": 0 }));
  assertEquals(asked, [null, "bytes=10000-", null]);
});

Deno.test("parts that nobody asked for are refused", async () => {
  await withServer(
    () =>
      new Response(compressed, {
        status: 206,
        headers: { "content-range": `bytes 0-${compressed.length - 1}/${compressed.length}` },
      }),
    async (server) => {
      await failsAt(server, "unusable", "found 206");
    },
  );
});

Deno.test("bodies shorter than their Content-Length run out of tries", async () => {
  await withRawServer(
    (write) => write(head(200, { "Content-Length": 1000 }), compressed.subarray(0, 100)),
    async (server) => {
      await failsAt(server, "unreachable", "last of 3 tries");
      assertEquals(server.requests.length, 3);
    },
  );
});

Deno.test("a connection that falls silent is given up and resumed", async () => {
  await withServer((request, n) => {
    const start = 10_000;
    if (n > 0) {
      const range = `bytes ${start}-${compressed.length - 1}/${compressed.length}`;
      assertEquals(request.headers.get("range"), `bytes=${start}-`);
      const headers = { "content-range": range };
      return new Response(compressed.subarray(start), { status: 206, headers });
    }
    return new Response(silentAfter(compressed.slice(0, start)));
  }, async (server) => {
    const { effects, delays } = effectsWith();
    const patience = { ...options(server), stallMilliseconds: 500 };
    assertEquals(await download(server.url, patience, effects), file);
    assertEquals(delays, [500]);
  });
});

Deno.test("a server that never answers is given up", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const host = `127.0.0.1:${listener.addr.port}`;
  const patience = { stallMilliseconds: 50 };
  const { delays } = await failsAt(
    serverAt(host),
    "unreachable",
    "no byte came for 0.05 s",
    patience,
  );
  assertEquals(delays, [500, 1000]);
});

Deno.test("a trickle, never silent, ends at the time limit and is not tried again", async () => {
  await withRawServer(async (write) => {
    await write(whole);
    for (const byte of compressed) {
      await write(Uint8Array.of(byte));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }, async (server) => {
    const { delays } = await failsAt(server, "unreachable", "not complete within 0.2 s", {
      limitMilliseconds: 200,
    });
    assertEquals(delays, []);
  });
});

Deno.test("an endless body is left once it is longer than the file can be", async () => {
  await withEndless(head(200, {}), new Uint8Array(65_536), async (server) => {
    const { progress } = await failsAt(
      server,
      "unusable",
      "expected at most 41064 compressed bytes",
    );
    assert(progress.every(([done, total]) => done <= 41_064 && total === 0));
  });
});

Deno.test("a Content-Length beyond what the file can have is refused unread", async () => {
  await withServer(() => new Response(new Uint8Array(60_000)), async (server) => {
    const { progress } = await failsAt(server, "unusable", "found 60000 or more");
    assertEquals(progress, []);
  });
});

Deno.test("a gzip bomb is not inflated beyond the expected length", async () => {
  const bomb = await gzip(new Uint8Array(30_000_000));
  assert(bomb.length < 41_000);
  await withServer(() => new Response(bomb), async (server) => {
    await failsAt(server, "unusable", "inflates to more than the expected 40000 bytes");
  });
});

Deno.test("a gzip file without its end is called truncated", async () => {
  await withRawServer(
    (write) => write(head(200, {}), compressed.subarray(0, 10_000)),
    async (server) => {
      await failsAt(
        server,
        "unusable",
        "the gzip file is truncated: expected 40000 inflated bytes",
      );
    },
  );
});

Deno.test("a page instead of a file is called what it is", async () => {
  await withServer(() => new Response("<html>sign in</html>"), async (server) => {
    await failsAt(
      server,
      "unusable",
      "not a gzip file: expected bytes 1f 8b first, found bytes 3c 68",
    );
  });
});

/** Reads a file beside the script that made it. */
const tls = (name: string) => Deno.readTextFileSync(goldenFile(`tls/${name}`));

/** Serves the file over TLS with a certificate while `test` runs. */
async function withTlsServer(
  certificate: string,
  test: (server: { host: string; url: string }) => Promise<void>,
): Promise<void> {
  await using server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    cert: tls(certificate),
    key: tls("server.key"),
    onListen() {},
  }, () => new Response(compressed));
  const host = `127.0.0.1:${server.addr.port}`;
  await test({ host, url: `https://${host}/file.gz` });
}

/** Fetches as from a machine that trusts the tests' authority, or as from any other. */
function fetchTrusting(trusting: boolean): { fetch: typeof fetch } & Disposable {
  const client = Deno.createHttpClient(trusting ? { caCerts: [tls("ca.pem")] } : {});
  return {
    fetch: (input: RequestInfo | URL, init?: RequestInit) => fetch(input, { ...init, client }),
    [Symbol.dispose]: () => client.close(),
  };
}

Deno.test("a TLS server is trusted only with a valid certificate", async () => {
  const cases = [
    ["good.pem", true, undefined],
    ["good.pem", false, "UnknownIssuer"],
    ["expired.pem", true, "Expired"],
    ["other-name.pem", true, "not valid for name"],
  ] as const;
  for (const [certificate, trusting, refusal] of cases) {
    await withTlsServer(certificate, async (server) => {
      using trust = fetchTrusting(trusting);
      const { effects } = effectsWith({ fetch: trust.fetch });
      const attempt = () => download(server.url, options(server), effects);
      if (refusal === undefined) assertEquals(await attempt(), file);
      else await fails("unreachable", refusal, attempt);
    });
  }
});

Deno.test("a server that speaks no TLS where it should is unreachable", async () => {
  await withServer(() => new Response(compressed), async (server) => {
    const url = server.url.replace("http:", "https:");
    await failsAt({ ...server, url }, "unreachable", "last of 3 tries");
    assertEquals(server.requests.length, 0);
  });
});

Deno.test("an error page without an end is not read", async () => {
  await withEndless(head(404, {}), new Uint8Array(65_536), async (server) => {
    await failsAt(server, "absent", "found 404");
  });
});

Deno.test("headers without an end are given up within bounds", async () => {
  await withEndless("HTTP/1.1 200 \r\n", `X-Padding: ${"x".repeat(10_000)}\r\n`, async (server) => {
    await failsAt(server, "unreachable", "");
  });
});

Deno.test("redirects are followed to listed hosts", async () => {
  await withServer(() => new Response(compressed), async (other) => {
    await withServer((request, n) => {
      assertEquals(new URL(request.url).pathname, n === 0 ? "/file.gz" : "/next");
      const location = n === 0 ? "/next" : other.url;
      return new Response(null, { status: 302, headers: { location } });
    }, async (server) => {
      const { effects } = effectsWith();
      const both = { ...options(server), hosts: [server.host, other.host] };
      assertEquals(await download(server.url, both, effects), file);
    });
  });
});

Deno.test("redirects to other hosts are refused without a request to them", async () => {
  await withServer(() => new Response(compressed), async (other) => {
    await withServer(() => Response.redirect(other.url), async (server) => {
      await failsAt(
        server,
        "unusable",
        `from ${server.host}, found a redirect to http://${other.host}/`,
      );
      assertEquals([server.requests.length, other.requests.length], [1, 0]);
    });
  });
});

Deno.test("redirects in a circle or to nowhere are refused", async () => {
  await withServer((request) => Response.redirect(request.url), async (server) => {
    await failsAt(server, "unusable", "more than 5 redirects");
  });
  await withServer(() => new Response(null, { status: 302 }), async (server) => {
    await failsAt(server, "unusable", "a redirect to nowhere");
  });
});

Deno.test("http is refused unless allowed", async () => {
  await withServer(() => new Response(compressed), async (server) => {
    await failsAt(server, "unusable", "expected https from", { allowHttp: false });
    assertEquals(server.requests.length, 0);
  });
});

Deno.test("an abort ends the download with its own reason, without another try", async () => {
  const stop = new AbortController();
  const reason = new Error("stopped by the user");
  await withServer(() => {
    return new Response(silentAfter(compressed.slice(0, 100)));
  }, async (server) => {
    const { effects, delays } = effectsWith({
      signal: stop.signal,
      progress: () => stop.abort(reason),
    });
    const error = await assertRejects(() => download(server.url, options(server), effects));
    assertEquals(error, reason);
    assertEquals([server.requests.length, delays.length], [1, 0]);
  });
});

Deno.test("a host without permission counts as absent", async () => {
  const { effects, delays } = effectsWith();
  const error = await assertRejects(
    () =>
      download("https://forbidden.example/file.gz", {
        expectedBytes: 10,
        hosts: ["forbidden.example"],
      }, {
        ...effects,
        fetch: () => Promise.reject(new Deno.errors.NotCapable("Requires net access")),
      }),
    SourceError,
  );
  assertEquals(error.kind, "absent");
  assertStringIncludes(error.message, "not permitted: Requires net access");
  assertEquals(delays, []);
});
