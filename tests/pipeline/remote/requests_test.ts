/**
 * Tests the requests to a remote store byte by byte, with a server below HTTP that records them: origin
 * form, length, redirects, compressed answers, missing directories.
 */
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { parseAddress } from "../../../pipeline/remote/address.ts";
import { uploadBlob } from "../../../pipeline/remote/blobs.ts";
import { connect } from "../../../pipeline/remote/client.ts";
import { RemoteFailure } from "../../../pipeline/remote/remote_failure.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import { utf8 } from "../../support/utf8.ts";
import { fails } from "../../support/remote_failures.ts";
import { faulty, quick } from "../../support/remote_place.ts";

const { signal } = new AbortController();
const key = "a".repeat(64);
const body = utf8("0123456789");
const patient = { ...quick, stall: 20_000, grace: 60_000 };

/** A server that records each request's head and the length of its body, and answers them all alike. */
function recording(answer: string) {
  const heads: string[] = [];
  const lengths: number[] = [];
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serve = async (connection: Deno.Conn) => {
    using _ = connection;
    let head = "";
    let length = 0;
    for await (const piece of connection.readable) {
      if (head.includes("\r\n\r\n")) length += piece.length;
      else {
        head += new TextDecoder("latin1").decode(piece);
        const end = head.indexOf("\r\n\r\n") + 4;
        if (end < 4) continue;
        length = head.length - end;
        head = head.slice(0, end);
      }
      if (length < Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0)) continue;
      heads.push(head);
      lengths.push(length);
      await connection.write(utf8(answer));
      return;
    }
  };
  const serving = (async () => {
    for await (const connection of listener) serve(connection).catch(() => {});
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}/store/`,
    heads,
    lengths,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}

const none = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const created = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

Deno.test("requests are in origin form and name the host", async () => {
  await using server = recording(none);
  using client = connect(parseAddress(server.url, { FANIN_REMOTE_TOKEN: "t" }), patient);
  await client.entry(key, 100, signal);
  await client.hasBlob(key, 10, signal);
  assertEquals(server.heads.map((head) => head.split("\r\n")[0]), [
    `GET /store/ac/${key} HTTP/1.1`,
    `HEAD /store/cas/${key} HTTP/1.1`,
  ]);
  for (const head of server.heads) {
    assertMatch(head, new RegExp(`^host: ${new URL(server.url).host}$`, "im"));
    assertMatch(head, /^authorization: Bearer t$/im);
  }
});

Deno.test("a PUT of any size has its length and is not chunked", async () => {
  await using server = recording(created);
  using client = connect(parseAddress(server.url, {}), patient);
  const piece = new Uint8Array(1 << 20);
  for (const pieces of [0, 1, 20]) {
    const size = pieces * piece.length;
    const open = () => ReadableStream.from(Array.from({ length: pieces }, () => piece));
    const blob = { sha256: sha256Of(new Uint8Array(size)), size };
    await uploadBlob(client, blob, open, { signal, always: true });
    const head = server.heads.at(-1)!;
    assertMatch(head, new RegExp(`^content-length: ${size}$`, "im"));
    assert(!/transfer-encoding/i.test(head), head);
    assertEquals(server.lengths.at(-1), size);
  }
});

/** A store that redirects every request to another server, which records what it gets. */
function redirected(status = 307) {
  const seen: { method: string; authorization: string | null; body: string }[] = [];
  const target = faulty("", async (request) => {
    const authorization = request.headers.get("authorization");
    seen.push({ method: request.method, authorization, body: await request.text() });
    return new Response(request.method === "PUT" ? null : body);
  });
  const store = faulty("", (request) => {
    const location = new URL(`${new URL(request.url).pathname}?Signature=canary`, target.url).href;
    return Promise.resolve(new Response(null, { status, headers: { location } }));
  });
  return { seen, target, store };
}

Deno.test("redirects lead to listed hosts, without credentials and with the body", async () => {
  const { seen, target, store } = redirected();
  await using _target = target;
  await using _store = store;
  const { host } = new URL(target.url);
  const address = parseAddress(store.url, { FANIN_REMOTE_TOKEN: "canary" }, [host]);
  using client = connect(address, patient);
  assertEquals(await client.entry(key, 100, signal), body);
  await client.putEntry(key, body, signal);
  assertEquals(seen, [
    { method: "GET", authorization: null, body: "" },
    { method: "PUT", authorization: null, body: "0123456789" },
  ]);
});

Deno.test("other hosts get nothing, and no message shows a signed URL", async () => {
  const { seen, target, store } = redirected();
  await using _target = target;
  await using _store = store;
  for (const hosts of [[], ["bucket.example.org"]]) {
    using client = connect(parseAddress(store.url, {}, hosts), patient);
    const error = await assertRejects(() => client.entry(key, 100, signal), RemoteFailure);
    assertMatch(error.message, /it redirects to http.*--remote-redirect/);
    assert(!error.message.includes("canary"), error.message);
  }
  assertEquals(seen, []);
});

Deno.test("a redirect that would change a PUT is refused, as is a circle", async () => {
  const { seen, target, store } = redirected(302);
  await using _target = target;
  await using _store = store;
  const hosts = [new URL(target.url).host];
  using client = connect(parseAddress(store.url, {}, hosts), patient);
  await fails("lying", /307 or 308/, () => client.putEntry(key, body, signal));
  assertEquals(seen, []);

  await using circle = faulty("", (request) => {
    const headers = { location: request.url };
    return Promise.resolve(new Response(null, { status: 307, headers }));
  });
  using dizzy = connect(parseAddress(circle.url, {}, ["bucket.example.org"]), patient);
  await fails("lying", /3 redirects at most/, () => dizzy.entry(key, 100, signal));
  assertEquals(circle.requests.length, 4);
});

Deno.test("--remote-redirect takes hosts only", () => {
  for (const host of ["https://x.org", "x.org/path", "a@x.org", "", "x.org?", "x.org:99999"]) {
    assertThrows(() => parseAddress("https://x.org", {}, [host]), Failed, "--remote-redirect");
  }
  const { redirects } = parseAddress("https://x.org", {}, ["B.example.org", "c.org:8443"]);
  assertEquals(redirects, ["b.example.org", "c.org:8443"]);
});

Deno.test("a compressed answer is inflated; a damaged or unknown one is refused", async () => {
  const compressed = new Uint8Array(gzipSync(body));
  const cases: [encoding: string, bytes: Uint8Array<ArrayBuffer>, said?: RegExp][] = [
    ["gzip", compressed],
    ["x-gzip", compressed],
    ["gzip", compressed.with(12, compressed[12] ^ 255), /gzip answer is damaged/],
    ["gzip", new Uint8Array(gzipSync(new Uint8Array(1 << 20))), /more than 100 bytes/],
    ["br", compressed, /the encoding "br"; expected none, or gzip/],
  ];
  for (const [encoding, bytes, said] of cases) {
    await using server = faulty(
      "",
      () => Promise.resolve(new Response(bytes, { headers: { "content-encoding": encoding } })),
    );
    using client = connect(parseAddress(server.url, {}), patient);
    if (said === undefined) assertEquals(await client.entry(key, 100, signal), body);
    else await fails("lying", said, () => client.entry(key, 100, signal));
  }
});

Deno.test("a server that answers HEAD with 405 or 501 is sent the blob", async () => {
  for (const status of [405, 501]) {
    await using server = faulty("", async (request) => {
      await request.text();
      return new Response(null, { status: request.method === "HEAD" ? status : 201 });
    });
    using client = connect(parseAddress(server.url, {}), patient);
    const blob = { sha256: sha256Of(body), size: body.length };
    const open = () => new Blob([body]).stream();
    assertEquals(await uploadBlob(client, blob, open, { signal }), "sent");
    assertEquals(server.requests.map((line) => line.split(" ")[0]), ["HEAD", "PUT"]);
  }
});

Deno.test("a body that cannot be opened or read is no fault of the server, and is sent once", async () => {
  const failure = new Failed({ reason: "missing-blob", sha256: key });
  const unopened = (): ReadableStream<Uint8Array<ArrayBuffer>> => {
    throw failure;
  };
  const unread = () =>
    new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: (controller) => controller.error(failure),
    });
  for (const open of [unopened, unread]) {
    let tries = 0;
    await using server = recording(created);
    using client = connect(parseAddress(server.url, {}), patient);
    const counted = () => {
      tries++;
      return open();
    };
    const error = await assertRejects(() => client.putBlob(key, body.length, counted, signal));
    assertEquals([error, tries], [failure, 1]);
  }
});

Deno.test("a missing directory is made by MKCOL, or the message says to make it", async () => {
  for (const status of [404, 409]) {
    for (const isMade of [true, false]) {
      const made = new Set<string>();
      await using server = faulty("", async (request) => {
        await request.text();
        const { pathname } = new URL(request.url);
        if (request.method !== "MKCOL") {
          return new Response(null, { status: made.has("/ac/") ? 201 : status });
        }
        if (isMade) made.add(pathname);
        return new Response(null, { status: isMade ? 201 : 405 });
      });
      using client = connect(parseAddress(server.url, {}), patient);
      const put = () => client.putEntry(key, body, signal);
      if (isMade) await put();
      else await fails("read-only", /create the directories ac\/ and cas\//, put);
      const expected = isMade ? ["PUT", "MKCOL", "PUT"] : ["PUT", "MKCOL"];
      assertEquals(server.requests.map((line) => line.split(" ")[0]), expected);
    }
  }
});
