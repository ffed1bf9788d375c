/**
 * Tests a real nginx as remote cache: results computed in one place are taken in another. A remote that
 * lies, breaks or refuses costs a notice and a bounded time, never a wrong byte.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname, join } from "node:path";
import type { Notice } from "../../../pipeline/engine/event.ts";
import { recordText } from "../../../pipeline/engine/key.ts";
import { entryOf } from "../../../pipeline/remote/remote_entry.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import {
  actionsIn,
  blobPath,
  blobsIn,
  readAction,
  readBlob,
  scratchRoot,
  type Store,
} from "../../../pipeline/store/store.ts";
import { Action } from "../../../schemas/run/action.ts";
import { bytesIn, namesIn, type Nginx, nginx, password, user } from "../../support/nginx.ts";
import {
  clientOf,
  faulty,
  quick,
  type Ran,
  runWith,
  stall,
  tally,
} from "../../support/remote_place.ts";
import { tree } from "../../support/copied_files.ts";
import { utf8 } from "../../support/utf8.ts";
import { workspace } from "../../support/workspace.ts";

const all = 9;
const credentials = { FANIN_REMOTE_USER: user, FANIN_REMOTE_PASSWORD: password };

/** Puts other bytes in the place of what nginx serves. */
function tamper({ files }: Nginx, path: string, bytes: Uint8Array): void {
  Deno.mkdirSync(dirname(join(files, path)), { recursive: true });
  Deno.writeFileSync(join(files, path), bytes);
}

/** A workspace, an nginx, and what one store has computed and brought there. */
async function shared(edit?: (config: string) => string) {
  const place = await workspace();
  const server = await nginx(place, edit);
  const first = await runWith(place, "first", server.url, { credentials });
  return {
    place,
    server,
    first,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}

/** The bytes of all outputs of a run. */
const outputsOf = ({ store, outcomes }: Ran) =>
  Object.fromEntries(
    [...outcomes].flatMap(([job, { action }]) =>
      Object.entries(action?.outputs ?? {}).map(([output, { sha256 }]) => [
        `${job} ${output}`,
        new TextDecoder().decode(readBlob(store, sha256)),
      ])
    ),
  );

/** Names of all blobs and entries, and files that are still being written. */
const storeOf = ({ store }: Ran) => ({
  blobs: [...blobsIn(store)].map(({ sha256 }) => sha256).sort(),
  entries: [...actionsIn(store)].map(({ sha256 }) => sha256).sort(),
  scratch: [...Deno.readDirSync(scratchRoot(store))].map(({ name }) => name),
});

const keyIn = ({ outcomes }: Ran, job: string): string => outcomes.get(job)!.keyed!.key;
const outputIn = ({ outcomes }: Ran, job: string, output: string): string =>
  outcomes.get(job)!.action!.outputs[output].sha256;

/** Every blob in a store has the bytes of its name. */
function assertWhole(store: Store): void {
  for (const { sha256, path } of blobsIn(store)) {
    assertEquals(sha256Of(Deno.readFileSync(path)), sha256);
  }
}

Deno.test("a second store takes the results of the first byte for byte, and computes nothing", async () => {
  await using them = await shared();
  const { place, server, first } = them;
  assertEquals(tally(first), { ran: all });
  const second = await runWith(place, "second", server.url);
  assertEquals(tally(second), { remote: all });
  assertEquals([...first.notices, ...second.notices], []);
  assertEquals(outputsOf(second), outputsOf(first));
  // Records too: a job can be run from its key and the store alone.
  assertEquals(
    tree(join(place.path, "second", "store", "blobs")),
    tree(join(place.path, "first", "store", "blobs")),
  );
  for (const { sha256: key } of actionsIn(first.store)) {
    assertEquals(readAction(second.store, key, () => {}), readAction(first.store, key, () => {}));
  }
  const third = await runWith(place, "second", server.url);
  assertEquals(tally(third), { cached: all });
  assert(second.events.some((event) => event.type === "success" && event.from === "remote"));
});

Deno.test("the remote has Bazel's layout: entries by key, blobs and records by their hash", async () => {
  await using them = await shared();
  const { server, first } = them;
  const actions = [...actionsIn(first.store)].map(({ sha256 }) => sha256).sort();
  assertEquals(namesIn(server, "ac"), actions);
  assertEquals(
    namesIn(server, "cas"),
    [...blobsIn(first.store)].map(({ sha256 }) => sha256).sort(),
  );
  for (const name of namesIn(server, "cas")) assertEquals(sha256Of(bytesIn(server, name)), name);
  for (const { keyed, action } of first.outcomes.values()) {
    const body = await Deno.readTextFile(join(server.files, "ac", keyed!.key));
    assertEquals(Action.parse(JSON.parse(body)), action);
    assertEquals(bytesIn(server, keyed!.key), utf8(recordText(keyed!.lines)));
  }
});

Deno.test("blobs are there before the entry that names them, and none is sent twice", async () => {
  await using them = await shared();
  const { place, server, first } = them;
  const there = new Set<string>();
  for (const line of await server.requests()) {
    const [, method, path, status] = /^(\w+) \/(\S+) (\d+)/.exec(line)!;
    const [part, name] = path.split("/");
    if (part === "cas" && (method === "PUT" || (method === "HEAD" && status === "200"))) {
      there.add(name);
    }
    if (part !== "ac" || method !== "PUT") continue;
    const action = readAction(first.store, name, () => {})!;
    const named = [name, ...Object.values(action.outputs).map(({ sha256 }) => sha256)];
    assertEquals(named.filter((sha256) => !there.has(sha256)), []);
  }
  const before = await server.requests();
  const again = await runWith(place, "other", server.url, { force: ["double/first"], credentials });
  assertEquals(again.states["double/first"], "ran");
  const after = (await server.requests()).slice(before.length);
  assertEquals(after.filter((line) => line.startsWith("PUT /cas")), []);
  assertEquals(after.filter((line) => line.startsWith("PUT /ac")).length, 1);
});

Deno.test("a read-only remote is read, never written", async () => {
  await using place = await workspace();
  await using server = await nginx(place);
  const ran = await runWith(place, "first", server.url, { readOnly: true, credentials });
  assertEquals(tally(ran), { ran: all });
  assertEquals(ran.notices, []);
  assertEquals((await server.requests()).filter((line) => !line.startsWith("GET /ac/")), []);
});

Deno.test("a remote that takes no files is read all the same, and the flag for that is named once", async () => {
  await using place = await workspace();
  await using server = await nginx(place);
  await using closed = faulty(
    server.url,
    (request, pass) =>
      request.method === "PUT" ? Promise.resolve(new Response(null, { status: 405 })) : pass(),
  );
  const ran = await runWith(place, "first", closed.url);
  assertEquals(tally(ran), { ran: all });
  assertEquals(ran.notices.length, 1);
  assertStringIncludes(ran.notices[0], "configure it for PUT, or only read (--remote-read-only)");
});

for (
  const [what, spoil] of [
    ["other bytes of the same length", (bytes: Uint8Array) => bytes.map((byte) => byte ^ 1)],
    ["fewer bytes", (bytes: Uint8Array) => bytes.slice(1)],
    ["more bytes", (bytes: Uint8Array) => new Uint8Array([...bytes, 0])],
    ["no bytes", () => new Uint8Array()],
  ] as const
) {
  Deno.test(`a blob with ${what} on nginx's disk is not taken, reported once, and replaced`, async () => {
    await using them = await shared();
    const { place, server, first } = them;
    const sha256 = outputIn(first, "double/first", "numbers");
    tamper(server, `cas/${sha256}`, spoil(bytesIn(server, sha256)));
    const second = await runWith(place, "second", server.url, { credentials });
    assertEquals(second.states["double/first"], "ran");
    assertEquals(outputsOf(second), outputsOf(first));
    assertWhole(second.store);
    assertEquals(second.notices.length, 1);
    assertStringIncludes(second.notices[0], `cas/${sha256}`);
    assertEquals(sha256Of(bytesIn(server, sha256)), sha256);
    assertEquals(tally(await runWith(place, "third", server.url)), { remote: all });
  });
}

const entries: [what: string, make: (first: Ran) => Uint8Array, told: RegExp][] = [
  [
    "of another key",
    (first) => entryOf(first.outcomes.get("slow/first")!.action!),
    /has the entry of another key than expected/,
  ],
  [
    "of the key with another stage's outputs",
    (first) => {
      const { outputs } = first.outcomes.get("is-even/first")!.action!;
      const own = first.outcomes.get("double/first")!.action!;
      return entryOf({ ...own, outputs });
    },
    /has the outputs parity of double; expected numbers/,
  ],
  ["that is a page of HTML", () => utf8("<!doctype html><p>Log in"), /expected JSON/],
  ["that is cut off", (first) => {
    const whole = entryOf(first.outcomes.get("double/first")!.action!);
    return whole.slice(0, whole.length / 2);
  }, /expected JSON/],
  ["that is empty", () => new Uint8Array(), /expected JSON/],
  ["of more than a mebibyte", () => new Uint8Array((1 << 20) + 1).fill(32), /more than 1048576/],
  [
    "that names a blob of more than a gibibyte",
    (first) => {
      const action = structuredClone(first.outcomes.get("double/first")!.action!);
      action.outputs.numbers.size = 2 ** 40;
      return entryOf(action);
    },
    /1099511627776 bytes; expected 1073741824 at most/,
  ],
  [
    "with a blob of another type",
    (first) => {
      const action = structuredClone(first.outcomes.get("double/first")!.action!);
      action.outputs.numbers = first.outcomes.get("is-even/first")!.action!.outputs.parity;
      return entryOf(action);
    },
    /entry of double\/first, has an output numbers that is not of the type numbers/,
  ],
  [
    "that took longer than there is time",
    (first) => entryOf({ ...first.outcomes.get("double/first")!.action!, seconds: 1e300 }),
    /expected number to be <=1000000000/,
  ],
  [
    "of a day that is none",
    (first) =>
      entryOf({ ...first.outcomes.get("double/first")!.action!, finished: "2025-02-30T00:00:00Z" }),
    /Invalid ISO datetime/,
  ],
  [
    "that began before the calendar",
    (first) => {
      const own = first.outcomes.get("double/first")!.action!;
      return entryOf({ ...own, finished: "0000-01-01T00:00:00Z", seconds: 1 });
    },
    /years from 0 to 9999/,
  ],
  [
    "nested too deep",
    () => utf8("[".repeat(100_000) + "]".repeat(100_000)),
    /nested at most 200 deep/,
  ],
  [
    "that names a blob which is not there",
    (first) => {
      const action = structuredClone(first.outcomes.get("double/first")!.action!);
      action.outputs.numbers.sha256 = "0".repeat(64);
      return entryOf(action);
    },
    /names cas\/0{64}, which is not there/,
  ],
];
for (const [what, make, told] of entries) {
  Deno.test(`an entry ${what} is refused, reported once, and replaced`, async () => {
    await using them = await shared();
    const { place, server, first } = them;
    const key = keyIn(first, "double/first");
    const right = await Deno.readFile(join(server.files, "ac", key));
    tamper(server, `ac/${key}`, make(first));
    const second = await runWith(place, "second", server.url, { credentials });
    assertEquals(tally(second), { remote: all - 1, ran: 1 });
    assertEquals(outputsOf(second), outputsOf(first));
    assertEquals(second.notices.length, 1);
    assertMatch(second.notices[0], told);
    assertEquals(storeOf(second), storeOf(first), "nothing of it is kept");
    const healed = Action.parse(
      JSON.parse(await Deno.readTextFile(join(server.files, "ac", key))),
    );
    assertEquals(healed.outputs, Action.parse(JSON.parse(new TextDecoder().decode(right))).outputs);
  });
}

Deno.test("a remote with only wrong results is given up after three, each reported", async () => {
  await using place = await workspace();
  await using portal = faulty(
    "",
    () => Promise.resolve(new Response("<p>Log in", { status: 200 })),
  );
  const ran = await runWith(place, "first", portal.url);
  assertEquals(tally(ran), { ran: all });
  assertEquals(ran.notices.length, 3);
  assertMatch(ran.notices[0], /is computed here/);
  assertMatch(ran.notices[1], /is computed here/);
  assertMatch(ran.notices[2], /wrong 3 times in a row.*left alone/);
  assert(portal.requests.filter((line) => line.startsWith("GET")).length <= 5, "left alone");
});

Deno.test("without valid credentials results are read but not written, reported once", async () => {
  for (const wrong of [{}, { FANIN_REMOTE_USER: user, FANIN_REMOTE_PASSWORD: "guess" }]) {
    await using place = await workspace();
    await using server = await nginx(place);
    await runWith(place, "first", server.url, { credentials, only: "double/first" });
    const second = await runWith(place, "second", server.url, { credentials: wrong });
    assertEquals(tally(second), { remote: 2, ran: all - 2 });
    assertEquals(second.notices.length, 1);
    assertMatch(second.notices[0], /status 401.*Nothing more is stored there/);
    assertEquals(namesIn(server, "ac").length, 2);
  }
});

/** The configuration's other form: who is no user may not read either. */
const closed = (config: string) => {
  const lines = /auth_basic [^]*?users;/.exec(config)![0];
  return config.replace(/limit_except GET [^]*?\n {4}}/, lines);
};

Deno.test("a remote that denies reading is given up at once, reported once", async () => {
  await using place = await workspace();
  await using server = await nginx(place, closed);
  assertEquals(tally(await runWith(place, "first", server.url, { credentials })), { ran: all });
  const before = (await server.requests()).length;
  const refused = await runWith(place, "second", server.url);
  assertEquals(tally(refused), { ran: all });
  assertEquals(refused.notices.length, 1);
  assertMatch(refused.notices[0], /status 401, it wants other credentials.*left alone/);
  assert((await server.requests()).length - before <= 3, "as many as were on their way");
  assertEquals(tally(await runWith(place, "third", server.url, { credentials })), { remote: all });
});

Deno.test("only results too large for the remote are not stored (413)", async () => {
  await using place = await workspace();
  const limit = (config: string) =>
    config.replace("client_max_body_size 0", "client_max_body_size 600");
  await using server = await nginx(place, limit);
  const values = Array.from({ length: 400 }, (_, i) => i);
  const parameters = { "numbers/first": { values } };
  const first = await runWith(place, "first", server.url, { credentials, parameters });
  assertEquals(tally(first), { ran: all });
  assertEquals(first.notices.length, 1);
  assertMatch(first.notices[0], /status 413, it does not take so many bytes/);
  assert(
    !namesIn(server, "ac").includes(keyIn(first, "numbers/first")),
    "no entry without its blobs",
  );
  assert(namesIn(server, "ac").includes(keyIn(first, "is-even/first")));
  for (const name of namesIn(server, "cas")) assertEquals(sha256Of(bytesIn(server, name)), name);
});

Deno.test("a full remote is read but no longer written, reported once (507; 500 from nginx)", async () => {
  for (const status of [507, 500]) {
    await using them = await shared();
    const { place, server } = them;
    await using full = faulty(server.url, async (request, pass) => {
      if (request.method !== "PUT") return await pass();
      await request.arrayBuffer();
      return new Response("full", { status });
    });
    const parameters = { "judge/first": { expected: 4 }, "slow/first": { ticks: 1 } };
    const second = await runWith(place, "second", full.url, { credentials, parameters });
    assertEquals(tally(second), { remote: all - 2, ran: 2 });
    assertEquals(second.notices.length, 1);
    assertMatch(second.notices[0], new RegExp(`status ${status}.*Nothing more is stored`));
  }
});

/** Gives a silent server up soon. */
const impatient = { ...quick, stall: 600 };

for (
  const [what, answer] of [
    ["never answers", stall],
    ["stops in the middle of an answer", () =>
      Promise.resolve(
        new Response(
          new ReadableStream({ start: (controller) => controller.enqueue(utf8('{"version"')) }),
        ),
      )],
    ["answers with errors alone", () => Promise.resolve(new Response(null, { status: 502 }))],
  ] as const
) {
  Deno.test(`a remote that ${what} is left alone, reported once, and the run is complete`, async () => {
    await using place = await workspace();
    await using server = faulty("", answer);
    const ran = await runWith(place, "first", server.url, { limits: impatient });
    assertEquals(tally(ran), { ran: all });
    assertEquals(ran.notices.length, 1);
    assertMatch(ran.notices[0], /left alone for the rest of this run/);
    // Three tries of as many jobs as run side by side.
    assert(server.requests.length <= 9, server.requests.join("\n"));
  });
}

Deno.test("a remote that stalls during a PUT is given up", async () => {
  await using place = await workspace();
  await using server = await nginx(place);
  await using stuck = faulty(
    server.url,
    (request, pass) => request.method === "PUT" ? stall() : pass(),
  );
  const ran = await runWith(place, "first", stuck.url, { credentials, limits: impatient });
  assertEquals(tally(ran), { ran: all });
  assertEquals(ran.notices.length, 1);
  assertMatch(ran.notices[0], /no byte moved for 0.6 s/);
  assertEquals(namesIn(server, "ac"), []);
});

Deno.test("an unreachable remote costs three tries, reported once", async () => {
  await using place = await workspace();
  await using server = await nginx(place);
  await server.stop();
  const ran = await runWith(place, "first", server.url);
  assertEquals(tally(ran), { ran: all });
  assertEquals(ran.notices.length, 1);
  assertMatch(ran.notices[0], /Connection refused.*left alone/);
});

Deno.test("a result that comes slower than it is computed is not waited for", async () => {
  await using them = await shared();
  const { place, server } = them;
  await using slow = faulty(server.url, async (request, pass) => {
    const answer = await pass();
    if (!request.url.includes("/cas/") || request.method !== "GET") return answer;
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const { headers } = answer;
    let at = 0;
    const drops = new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        if (at < bytes.length) controller.enqueue(bytes.subarray(at, ++at));
        else controller.close();
      },
    });
    return new Response(drops, { headers });
  });
  const second = await runWith(place, "second", slow.url, {
    credentials,
    allowance: 150,
    only: "numbers/first",
  });
  assertEquals(tally(second), { ran: 1 });
  assertEquals(second.notices.length, 1);
  assertMatch(second.notices[0], /takes longer to come than to compute/);
});

Deno.test("restarting nginx during a run loses nothing", async () => {
  await using them = await shared();
  const { place, server } = them;
  // nginx may take seconds to start where others need the processor.
  const limits = { ...quick, delays: [300, 600, 2000, 8000] };
  let isDown = false;
  await using proxy = faulty(server.url, async (request, pass) => {
    // Between an entry and its blobs, and again between two blobs that are brought.
    if (!isDown && /\/cas\//.test(request.url)) {
      isDown = true;
      await server.stop();
      setTimeout(() => server.start(), 150);
    }
    return await pass().catch(() => new Response(null, { status: 502 }));
  });
  const second = await runWith(place, "second", proxy.url, { limits, credentials });
  assertEquals(tally(second), { remote: all });
  isDown = false;
  const parameters = { "numbers/first": { values: [5] } };
  const third = await runWith(place, "third", proxy.url, { limits, credentials, parameters });
  assertEquals([...second.notices, ...third.notices], []);
  const fourth = await runWith(place, "fourth", server.url, { parameters });
  assertEquals(tally(fourth), { remote: all });
});

Deno.test("of two concurrent writers of one key, one result is stored whole", async () => {
  await using place = await workspace();
  await using server = await nginx(place);
  const names = ["a", "b", "c"];
  const together = Promise.withResolvers<void>();
  let computed = 0;
  // None finds another's entry before all three have begun to store.
  await using proxy = faulty(server.url, async ({ method }, pass) => {
    if (method !== "PUT") return new Response(null, { status: 404 });
    if (++computed === names.length) together.resolve();
    await together.promise;
    return await pass();
  });
  const writers = await Promise.all(
    names.map((name) => runWith(place, name, proxy.url, { credentials, only: "random/first" })),
  );
  const results = new Set(writers.map((ran) => outputIn(ran, "random/first", "numbers")));
  assert(results.size > 1, "they differ");
  const reader = await runWith(place, "reader", server.url);
  assertEquals(reader.states["random/first"], "remote");
  assert(results.has(outputIn(reader, "random/first", "numbers")));
  for (const name of namesIn(server, "cas")) assertEquals(sha256Of(bytesIn(server, name)), name);
});

Deno.test("a PUT that is cut off leaves nothing that is served", async () => {
  await using place = await workspace();
  await using server = await nginx(place);
  const sha256 = sha256Of("x".repeat(100_000));
  const authorization = `Basic ${btoa(`${user}:${password}`)}`;
  {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    const head = `PUT /cas/${sha256} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n` +
      `Content-Length: 100000\r\n\r\n`;
    await connection.write(utf8(head + "x".repeat(60_000)));
    // Until nginx has it on its disk.
    const incoming = join(server.files, "incoming");
    const begun = () => [...Deno.readDirSync(incoming)].length > 0;
    while (!begun()) await new Promise((resolve) => setTimeout(resolve, 10));
    using client = clientOf(server.url);
    assertEquals(await client.hasBlob(sha256, 100_000, new AbortController().signal), false);
    assertEquals(
      await fetch(`${server.url}incoming/${[...Deno.readDirSync(incoming)][0].name}`)
        .then(async (answer) => (await answer.body?.cancel(), answer.status)),
      404,
    );
  }
  const ended = async () => (await server.requests()).some((line) => line.startsWith("PUT"));
  while (!(await ended())) await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals(namesIn(server, "cas"), []);
});

Deno.test("a damaged local artifact is not uploaded, and is quarantined; nor is a result without its lines", async () => {
  await using place = await workspace();
  await using server = await nginx(place);
  const first = await runWith(place, "first", server.url, { readOnly: true });
  using client = clientOf(server.url, { credentials });
  const { remoteCache } = await import("../../../pipeline/remote/read_through.ts");
  const { action } = first.outcomes.get("double/first")!;
  const sha256 = action!.outputs.numbers.sha256;
  const path = blobPath(first.store, sha256);
  const bytes = Deno.readFileSync(path);
  Deno.removeSync(path);
  Deno.writeFileSync(path, bytes.map((byte) => byte ^ 1));
  const aside: string[] = [];
  const notices: Notice[] = [];
  const level = remoteCache(client, { ...first.store, onQuarantine: (name) => aside.push(name) }, {
    readOnly: false,
    signal: new AbortController().signal,
    onNotice: (notice) => notices.push(notice),
  });
  level.store(action!);
  await level.settled();
  const other = first.outcomes.get("numbers/first")!.action!;
  Deno.removeSync(blobPath(first.store, other.key));
  level.store(other);
  await level.settled();
  assertEquals(notices, []);
  assertEquals(namesIn(server, "ac"), []);
  assert(!namesIn(server, "cas").includes(sha256));
  assertEquals(aside, [sha256]);
});

Deno.test("an input that is lost, before a job runs or while it does, comes from the remote", async () => {
  await using them = await shared();
  const { place, server, first } = them;
  const input = blobPath(first.store, outputIn(first, "numbers/first", "numbers"));
  Deno.removeSync(input);
  const judge = (expected: number) => ({ parameters: { "judge/first": { expected } } });
  const second = await runWith(place, "first", server.url, judge(4));
  assertEquals([second.states["numbers/first"], second.states["judge/first"]], ["remote", "ran"]);

  const executed: string[] = [];
  const third = await runWith(place, "first", server.url, {
    ...judge(5),
    onExecute(key) {
      if (executed.push(key) === 1) Deno.removeSync(input);
    },
  });
  assertEquals(third.states["judge/first"], "ran");
  // Once in vain, once with its input back; the job that gives it was not computed.
  assertEquals(executed, [keyIn(third, "judge/first"), keyIn(third, "judge/first")]);
});

Deno.test("a run that is interrupted stops asking at once", async () => {
  await using them = await shared();
  const { place, server } = them;
  const interruption = new AbortController();
  await using stuck = faulty(server.url, (request, pass) => {
    if (!request.url.includes("/cas/")) return pass();
    interruption.abort(new Error("interrupted"));
    return stall();
  });
  const limits = { ...quick, stall: 60_000, grace: 60_000 };
  const { signal } = interruption;
  const second = await runWith(place, "second", stuck.url, { limits, signal });
  assertEquals(second.states["numbers/first"], "interrupted");
  assertEquals(second.notices, []);
});
