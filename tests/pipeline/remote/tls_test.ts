/**
 * Tests remote stores over TLS: authorities of the user's own in the file of `DENO_CERT`, and the proxy of
 * `HTTPS_PROXY`, which sees where a connection leads and nothing of what it carries.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { certify, serveWithCertificate } from "../../support/certificates.ts";
import { fanin, type Workspace, workspace } from "../../support/workspace.ts";

const token = "canary-of-the-token";

/** An empty store over TLS, which records the credentials that come with each request. */
async function secureStore(place: Workspace) {
  await certify(place.path);
  const seen: (string | null)[] = [];
  const server = serveWithCertificate(
    place.path,
    ({ headers }) => {
      seen.push(headers.get("authorization"));
      return new Response(null, { status: 404 });
    },
  );
  const host = `127.0.0.1:${server.addr.port}`;
  return { url: `https://${host}/`, host, seen, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** An HTTP proxy, which records the beginning of each request and all that it passes on. */
function proxy() {
  const heads: string[] = [];
  let passed = "";
  const text = new TextDecoder("latin1");
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serve = async (client: Deno.TcpConn) => {
    const buffer = new Uint8Array(4096);
    const head = text.decode(buffer.subarray(0, await client.read(buffer) ?? 0));
    heads.push(head.split("\r\n")[0]);
    const [, port] = /^CONNECT 127\.0\.0\.1:(\d+) /.exec(head) ?? [];
    if (port === undefined) return client.close();
    const server = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    await client.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"));
    const recording = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(piece, controller) {
        passed += text.decode(piece);
        controller.enqueue(piece);
      },
    });
    await Promise.allSettled([
      client.readable.pipeThrough(recording).pipeTo(server.writable),
      server.readable.pipeTo(client.writable),
    ]);
  };
  const serving = (async () => {
    const connections: Promise<void>[] = [];
    for await (const connection of listener) connections.push(serve(connection));
    await Promise.all(connections);
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    heads,
    passed: () => passed,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}

/** Asks a store for a run that it does not have: the least that needs an answer. */
const ask = (place: Workspace, url: string, env: Record<string, string>) =>
  fanin(place, ["pull", "20260102T030405Z-none", "--remote", url], undefined, {
    FANIN_REMOTE_TOKEN: token,
    DENO_CERT: "",
    HTTPS_PROXY: "",
    https_proxy: "",
    NO_PROXY: "",
    no_proxy: "",
    // Deno looks for its own releases by the proxy too.
    DENO_NO_UPDATE_CHECK: "1",
    ...env,
  });

const answered = /^The remote store https.* has no run/m;

Deno.test("a store is trusted by the authority in DENO_CERT, and by no other", async () => {
  await using place = await workspace();
  await using store = await secureStore(place);
  const refused = await ask(place, store.url, {});
  assertEquals(refused.code, 2, refused.err);
  assertMatch(refused.err, /certificate/i);
  assertEquals(store.seen, []);
  const trusted = await ask(place, store.url, { DENO_CERT: join(place.path, "ca.pem") });
  assertEquals(trusted.code, 2, trusted.err);
  assertMatch(trusted.err, answered);
  assertEquals(store.seen, [`Bearer ${token}`]);
});

Deno.test("requests over TLS go through HTTPS_PROXY, unless NO_PROXY names the host, and plain ones through none", async () => {
  await using place = await workspace();
  await using store = await secureStore(place);
  await using between = proxy();
  const env = { DENO_CERT: join(place.path, "ca.pem"), HTTPS_PROXY: between.url };
  const through = await ask(place, store.url, env);
  assertMatch(through.err, answered);
  assertEquals(between.heads, [`CONNECT ${store.host} HTTP/1.1`]);
  assert(between.passed().length > 0, "nothing passed the proxy");
  for (const secret of [token, "20260102T030405Z", "authorization"]) {
    assert(!between.passed().toLowerCase().includes(secret.toLowerCase()), secret);
  }
  const direct = await ask(place, store.url, { ...env, NO_PROXY: "127.0.0.1" });
  assertMatch(direct.err, answered);
  await using plain = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(null, { status: 404 }),
  );
  const { err } = await ask(place, `http://127.0.0.1:${plain.addr.port}/`, env);
  assertMatch(err, /has no run/);
  assertEquals(between.heads.length, 1);
  assertEquals(store.seen.length, 2);
});
