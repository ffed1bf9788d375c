/**
 * Tests the client of a remote store against servers that misbehave on purpose: retries, limits,
 * credentials. Also tests its memory, with nginx and an artifact of hundreds of megabytes.
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "node:path";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { parseAddress } from "../../../pipeline/remote/address.ts";
import { downloadBlob, uploadBlob } from "../../../pipeline/remote/blobs.ts";
import { hashFile, sha256Of } from "../../../pipeline/store/sha256.ts";
import { bytesIn, documented, namesIn, nginx, password, user } from "../../support/nginx.ts";
import type { Trouble } from "../../../pipeline/remote/remote_failure.ts";
import { fails } from "../../support/remote_failures.ts";
import { clientOf, faulty, quick, stall } from "../../support/remote_place.ts";
import { utf8 } from "../../support/utf8.ts";
import { root } from "../../support/checkout.ts";
import { workspace } from "../../support/workspace.ts";
import { deno, fromRoot } from "../../support/deno_command.ts";

const { signal } = new AbortController();
const key = "a".repeat(64);
const body = utf8("0123456789");
const MiB = 1 << 20;
const blob = { sha256: sha256Of(body), size: body.length };

const answering = (status: number, content: string | null = null) =>
  faulty("", () => Promise.resolve(new Response(content, { status })));

/** Arguments of `deno` for a script that may reach this machine's servers alone. */
const clientArguments = (script: string): string[] => [
  "run",
  `--config=${join(root, "deno.json")}`,
  "--frozen",
  "--no-prompt",
  "--allow-read=.",
  "--allow-net=127.0.0.1",
  script,
];

Deno.test("a server's error is tried three times in all, and what comes then counts", async () => {
  for (const status of [500, 502, 503, 429, 408]) {
    await using server = faulty(
      "",
      (_, __, n) => Promise.resolve(new Response(body, { status: n < 2 ? status : 200 })),
    );
    using client = clientOf(server.url);
    assertEquals(await client.entry(key, 100, signal), body);
    assertEquals(server.requests.length, 3);
  }
  await using server = answering(503);
  using client = clientOf(server.url);
  await fails("unreachable", /GET ac\/a+ with status 503/, () => client.entry(key, 100, signal));
  assertEquals(server.requests.length, 3);
});

Deno.test("permanent errors are not retried", async () => {
  const cases: [status: number, trouble: Trouble][] = [
    [401, "refused"],
    [403, "refused"],
    [413, "too-large"],
    [507, "full"],
    [400, "lying"],
    [204, "lying"],
    [301, "lying"],
  ];
  for (const [status, trouble] of cases) {
    await using server = answering(status);
    using client = clientOf(server.url);
    await fails(trouble, /./, () => client.entry(key, 100, signal));
    assertEquals(server.requests.length, 1);
  }
  await using none = answering(404);
  using client = clientOf(none.url);
  assertEquals(await client.entry(key, 100, signal), undefined);
  assertEquals(await client.hasBlob(key, 10, signal), false);
  assertEquals(none.requests, [`GET /ac/${key}`, `HEAD /cas/${key}`]);
});

Deno.test("retries back off with jitter", async () => {
  const waits: number[][] = [];
  for (let i = 0; i < 6; i++) {
    const times: number[] = [];
    await using server = faulty("", () => {
      times.push(performance.now());
      return Promise.resolve(new Response(null, { status: 503 }));
    });
    using client = clientOf(server.url, { limits: { ...quick, delays: [20, 200] } });
    await assertRejects(() => client.entry(key, 100, signal));
    waits.push([times[1] - times[0], times[2] - times[1]]);
  }
  for (const [first, second] of waits) {
    // Half of the delay at the least; a busy machine may take longer than one and a half.
    assert(first >= 9 && second >= 99, `${first}, ${second}`);
  }
  const seconds = waits.map(([, second]) => second);
  assert(Math.max(...seconds) - Math.min(...seconds) > 20, `jitter: ${seconds}`);
});

Deno.test("the number of concurrent requests is limited", async () => {
  let now = 0;
  let most = 0;
  await using server = faulty("", async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 20));
    now--;
    return new Response(null, { status: 404 });
  });
  using client = clientOf(server.url, { limits: { ...quick, parallel: 3 } });
  await Promise.all(Array.from({ length: 12 }, () => client.entry(key, 100, signal)));
  assertEquals([most, server.requests.length], [3, 12]);
});

Deno.test("a truncated response is requested again and never accepted", async () => {
  await using place = await workspace();
  // Below HTTP: a server that announces ten bytes, sends five and hangs up.
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let connections = 0;
  const serving = (async () => {
    for await (const connection of listener) {
      connections++;
      await connection.read(new Uint8Array(4096));
      await connection.write(utf8("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234"));
      connection.close();
    }
  })();
  {
    using client = clientOf(`http://127.0.0.1:${listener.addr.port}`);
    const take = () => downloadBlob(client, blob, place.path, { signal });
    await fails("unreachable", /./, take);
    await fails("unreachable", /./, () => client.entry(key, 100, signal));
  }
  assertEquals(connections, 6);
  assertEquals([...Deno.readDirSync(place.path)], []);
  listener.close();
  await serving;
});

Deno.test("a body without a length that ends early is requested again, and is damage if it always does", async () => {
  await using place = await workspace();
  for (const whole of [2, Infinity]) {
    await using server = faulty("", (_, __, n) => {
      const bytes = n < whole ? body.slice(0, 5) : body;
      return Promise.resolve(new Response(new Blob([bytes]).stream()));
    });
    using client = clientOf(server.url);
    const take = () => downloadBlob(client, blob, place.path, { signal });
    if (whole === 2) assertEquals(hashFile((await take())!), blob.sha256);
    else await fails("lying", /gave 5 of the 10 bytes expected/, take);
    assertEquals(server.requests.length, 3);
  }
});

Deno.test("a stall ends a try, slowness the request: both are bounded", async () => {
  await using silent = faulty("", stall);
  using client = clientOf(silent.url, { limits: { ...quick, stall: 50 } });
  await fails("unreachable", /no byte moved for 0.05 s/, () => client.entry(key, 100, signal));
  assertEquals(silent.requests.length, 3);

  await using slow = faulty("", () =>
    Promise.resolve(
      new Response(
        new ReadableStream({
          async pull(controller) {
            await new Promise((resolve) => setTimeout(resolve, 20));
            controller.enqueue(utf8("x"));
          },
        }),
      ),
    ));
  using patient = clientOf(slow.url, { limits: { ...quick, grace: 200, leastSpeed: 1000 } });
  await fails("slow", /100 bytes were not moved within 0 s/, () => patient.entry(key, 100, signal));
  assertEquals(slow.requests.length, 1);
});

Deno.test("a blob is sent with its length, and in pieces", async () => {
  let length: string | null = null;
  let received: string | undefined;
  await using server = faulty("", async (request) => {
    if (request.method === "HEAD") return new Response(null, { status: 404 });
    length = request.headers.get("content-length");
    received = await request.text();
    return new Response(null, { status: 201 });
  });
  using client = clientOf(server.url);
  const open = () => ReadableStream.from([utf8("01234"), utf8("5678"), utf8("9")]);
  assertEquals(await uploadBlob(client, blob, open, { signal }), "sent");
  assertEquals([length, received], ["10", "0123456789"]);
});

Deno.test("bytes other than those of its name are never stored, sent whole or in chunks", async () => {
  await using place = await workspace();
  await using server = await nginx(place);
  using client = clientOf(server.url, {
    credentials: { FANIN_REMOTE_USER: user, FANIN_REMOTE_PASSWORD: password },
  });
  for (const pieces of [2, 20]) {
    const right = Array.from({ length: pieces }, () => new Uint8Array(MiB));
    const sha256 = sha256Of(new Uint8Array(pieces * MiB));
    const open = () => ReadableStream.from([...right.slice(1), new Uint8Array(MiB).fill(1)]);
    const other = { sha256, size: pieces * MiB };
    const error = await assertRejects(() => uploadBlob(client, other, open, { signal }), Failed);
    assertEquals(error.failure.reason, "damaged-blob");
    assertEquals(
      await uploadBlob(client, other, () => ReadableStream.from(right), { signal }),
      "sent",
    );
    assertEquals(sha256Of(bytesIn(server, sha256)), sha256);
  }
  // The incomplete file is in no place where it is served.
  assertEquals(namesIn(server, "cas").length, 2);
});

Deno.test("a client that is killed in the middle of a PUT leaves nothing that is served", async () => {
  await using place = await workspace();
  await using server = await nginx(place);
  const script = join(place.path, "put.ts");
  const from = (file: string) => JSON.stringify(join(root, "pipeline", "remote", file));
  await Deno.writeTextFile(
    script,
    `import { parseAddress } from ${from("address.ts")};
    import { connect } from ${from("client.ts")};
    using client = connect(parseAddress("${server.url}", ${
      JSON.stringify({ FANIN_REMOTE_USER: user, FANIN_REMOTE_PASSWORD: password })
    }));
    const open = () => new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        controller.enqueue(new Uint8Array(1 << 20));
      },
    });
    await client.putBlob("${key}", 2 ** 30, open, new AbortController().signal);`,
  );
  const child = new Deno.Command("deno", {
    args: clientArguments(script),
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const incoming = join(server.files, "incoming");
  const arrived = () => [...Deno.readDirSync(incoming)].length > 0;
  while (!arrived()) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGKILL");
  await child.status;
  while (arrived()) await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(namesIn(server, "cas"), []);
  using client = clientOf(server.url);
  assertEquals(await client.hasBlob(key, 2 ** 30, signal), false);
});

Deno.test("no redirect is followed, and credentials go nowhere else", async () => {
  const seen: (string | null)[] = [];
  const other = faulty("", (request) => {
    seen.push(request.headers.get("authorization"));
    return Promise.resolve(new Response(body));
  });
  await using _ = other;
  await using server = faulty("", (request) => {
    const { pathname } = new URL(request.url);
    const location = new URL(pathname, other.url).href;
    return Promise.resolve(new Response(null, { status: 307, headers: { location } }));
  });
  using client = clientOf(server.url, { credentials: { FANIN_REMOTE_TOKEN: "canary-77" } });
  await fails("lying", /it redirects to http/, () => client.entry(key, 100, signal));
  await fails("lying", /it redirects to http/, () => client.putEntry(key, body, signal));
  assertEquals(seen, []);
});

Deno.test("credentials are sent as Basic or Bearer; none are if none are set", async () => {
  const seen: (string | null)[] = [];
  await using server = faulty("", (request) => {
    seen.push(request.headers.get("authorization"));
    return Promise.resolve(new Response(null, { status: 404 }));
  });
  for (
    const credentials of [
      {},
      { FANIN_REMOTE_TOKEN: "t0ken" },
      { FANIN_REMOTE_USER: "ünï", FANIN_REMOTE_PASSWORD: "p:w" },
    ]
  ) {
    using client = clientOf(server.url, { credentials });
    await client.entry(key, 100, signal);
  }
  assertEquals(seen, [null, "Bearer t0ken", `Basic ${utf8("ünï:p:w").toBase64()}`]);
});

Deno.test("a proxy that the environment names gets neither the request nor the credentials", async () => {
  await using place = await workspace();
  await using proxy = answering(200, "the proxy's");
  await using server = answering(200, "the remote's");
  const script = join(place.path, "ask.ts");
  const from = (file: string) => JSON.stringify(join(root, "pipeline", "remote", file));
  await Deno.writeTextFile(
    script,
    `import { parseAddress } from ${from("address.ts")};
    import { connect } from ${from("client.ts")};
    using client = connect(parseAddress("${server.url}", { FANIN_REMOTE_TOKEN: "canary" }));
    const body = await client.entry("${key}", 100, new AbortController().signal);
    console.log(new TextDecoder().decode(body));`,
  );
  const { out, err } = await deno(clientArguments(script), {
    HTTP_PROXY: proxy.url,
    http_proxy: proxy.url,
    NO_PROXY: "",
    no_proxy: "",
  });
  assertEquals([out, proxy.requests], ["the remote's\n", []], err);
});

Deno.test("invalid URLs and credentials are refused, and secrets not printed", () => {
  const secret = "canary-5d";
  const cases: [url: string, credentials: Parameters<typeof parseAddress>[1], told: RegExp][] = [
    [`https://ada:${secret}@example.org/`, {}, /has credentials in its URL/],
    [`https://${secret}@example.org/`, {}, /has credentials in its URL/],
    [`://ada:${secret}@example`, {}, /expected a URL/],
    ["example.org", {}, /expected a URL.*found "example.org"/],
    ["ftp://example.org/", {}, /of http or https/],
    [`https://example.org/?token=${secret}`, {}, /without "\?"/],
    [`example.org?token=${secret}`, {}, /expected a URL/],
    ["http://example.org/", { FANIN_REMOTE_TOKEN: secret }, /unencrypted.*ssh -L/],
    ["https://example.org", { FANIN_REMOTE_USER: secret }, /only one is set/],
    ["https://example.org", { FANIN_REMOTE_TOKEN: `${secret}\nx` }, /cannot have/],
    ["https://example.org", {
      FANIN_REMOTE_TOKEN: secret,
      FANIN_REMOTE_USER: "ada",
      FANIN_REMOTE_PASSWORD: secret,
    }, /set one/],
  ];
  for (const [url, credentials, told] of cases) {
    const { message } = assertThrows(() => parseAddress(url, credentials), Failed);
    assertMatch(message, told);
    assert(!message.includes(secret), message);
  }
  const token = { FANIN_REMOTE_TOKEN: secret };
  for (const url of ["http://127.0.0.1:8/x", "http://localhost/x", "http://[::1]/x"]) {
    assertEquals(parseAddress(url, token).authorization(), `Bearer ${secret}`);
  }
  const address = parseAddress("https://example.org/a/b", token);
  assertEquals(address.url, "https://example.org/a/b/");
  assert(!Deno.inspect(address).includes(secret));
});

Deno.test("the documented configuration is the one that these tests run", async () => {
  const config = await documented();
  for (const line of ["dav_methods PUT;", "create_full_put_path on;", "return 404;"]) {
    assertStringIncludes(config, line);
  }
});

Deno.test("an artifact of 256 MiB goes up and comes down in pieces", async () => {
  await using place = await workspace();
  await using server = await nginx(place);
  const size = 256 * MiB;
  const zeros = join(place.path, "zeros");
  Deno.writeFileSync(zeros, new Uint8Array());
  Deno.truncateSync(zeros, size);
  const sha256 = hashFile(zeros);
  const script = join(place.path, "transfer.ts");
  const from = (file: string) => JSON.stringify(join(root, "pipeline", "remote", file));
  await Deno.writeTextFile(
    script,
    `import { downloadBlob, uploadBlob } from ${from("blobs.ts")};
    import { parseAddress } from ${from("address.ts")};
    import { connect } from ${from("client.ts")};
    let peak = 0;
    setInterval(() => peak = Math.max(peak, Deno.memoryUsage().rss), 5);
    const blob = { sha256: "${sha256}", size: ${size} };
    const { signal } = new AbortController();
    using client = connect(parseAddress("${server.url}", ${
      JSON.stringify({ FANIN_REMOTE_USER: user, FANIN_REMOTE_PASSWORD: password })
    }));
    const open = () => Deno.openSync("${zeros}").readable;
    console.log(await uploadBlob(client, blob, open, { signal }));
    console.log(await uploadBlob(client, blob, open, { signal }));
    const file = await downloadBlob(client, blob, "${join(place.path, "tmp")}", { signal });
    console.log(Deno.statSync(file).size);
    console.log(peak);
    Deno.exit();`,
  );
  const { code, out, err } = await deno([
    "run",
    `--config=${join(root, "deno.json")}`,
    "--frozen",
    "--no-prompt",
    "--allow-read=.",
    `--allow-write=${fromRoot(place.path)}`,
    "--allow-net=127.0.0.1",
    script,
  ]);
  assertEquals(code, 0, err);
  const [first, second, length, peak] = out.trim().split("\n");
  assertEquals([first, second, Number(length)], ["sent", "there", size]);
  assertEquals(namesIn(server, "cas"), [sha256]);
  // The runtime itself takes 80 MiB, and gives up what it has read late.
  assert(Number(peak) < size, `${peak} bytes held for ${size}`);
});
