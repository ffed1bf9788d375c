/**
 * Tests whole runs through a real nginx: pushed from one store, pulled into another, read there by their
 * id. An incomplete transfer changes nothing.
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { basename, join } from "node:path";
import type { Notice } from "../../../pipeline/engine/event.ts";
import { Failed } from "../../../pipeline/engine/failed.ts";
import { wordNotice } from "../../../pipeline/engine/words/notices.ts";
import { filesUnder } from "../../../pipeline/store/files_under.ts";
import { canonicalJson } from "../../../pipeline/formats/json.ts";
import { keyOfRun } from "../../../pipeline/remote/remote_entry.ts";
import { explaining } from "../../../pipeline/remote/remote_failure.ts";
import { pullRun } from "../../../pipeline/remote/pull_run.ts";
import { pushRun } from "../../../pipeline/remote/push_run.ts";
import { openRun } from "../../../pipeline/runs/open_run.ts";
import { remoteFiles } from "../../../pipeline/remote/remote_source.ts";
import { sha256Of } from "../../../pipeline/store/sha256.ts";
import { actionsIn, blobPath, openStore, readAction } from "../../../pipeline/store/store.ts";
import type { Manifest, ManifestJob } from "../../../schemas/run/manifest.ts";
import { RemoteRun } from "../../../schemas/run/remote_run.ts";
import { oneMetric } from "../../fixtures/counting/one_metric.ts";
import {
  type MadeUpJob,
  type MadeUpRun,
  madeUpRun,
  metricsBytes,
  place as placeRun,
} from "../../support/made_up_run.ts";
import { utf8 } from "../../support/utf8.ts";
import { type Nginx, nginx, password, user } from "../../support/nginx.ts";
import { clientOf, faulty, withoutLengths } from "../../support/remote_place.ts";
import {
  fanin,
  planned,
  runsIn,
  type Workspace,
  workspaceOfOneProcess,
} from "../../support/workspace.ts";
import { edit, readJson, tree } from "../../support/copied_files.ts";

const credentials = { FANIN_REMOTE_USER: user, FANIN_REMOTE_PASSWORD: password };

const jobs: MadeUpJob[] = [
  { name: "numbers/first", stage: "source", outputs: { numbers: utf8("[1,2]\n") } },
  {
    name: "double/first",
    stage: "double",
    inputs: { numbers: ["numbers/first", "numbers"] },
    outputs: { numbers: utf8("[2,4]\n"), copy: utf8("[1,2]\n"), metrics: metricsBytes({ sum: 6 }) },
  },
];

async function push(
  url: string,
  artifacts: string,
  run: MadeUpRun,
  onNotice: (notice: Notice) => void = () => {},
) {
  using client = clientOf(url, { credentials });
  const { run: id } = run.manifest;
  return await explaining(url, () => pushRun(artifacts, id, client, { onProgress, onNotice }));
}

async function pull(url: string, artifacts: string, id: string) {
  using client = clientOf(url);
  const listener = { onProgress, onNotice() {} };
  return await explaining(url, () => pullRun(artifacts, id, client, listener));
}

function onProgress(done: number, total: number): void {
  assertEquals(Math.max(done, total), total);
}

/** A made-up run in a store of its own. */
function placed(place: Workspace, run = madeUpRun(jobs)) {
  const from = join(place.path, "from");
  placeRun(from, run);
  return { from, run };
}

/** A made-up run that nginx has, and where it came from. */
async function pushed(place: Workspace, run = madeUpRun(jobs)) {
  const server = await nginx(place);
  const { from } = placed(place, run);
  await push(server.url, from, run);
  return { server, from, run, id: run.manifest.run };
}

const path = ({ files }: Nginx, part: "ac" | "cas", name: string) => join(files, part, name);
const readEntry = async (server: Nginx, id: string) =>
  RemoteRun.parse(await readJson(path(server, "ac", keyOfRun(id))));

Deno.test("a run that is pushed and pulled is the same, file by file, and its jobs are hits", async () => {
  await using place = await workspaceOfOneProcess();
  const { server, from, run, id } = await pushed(place);
  await using _ = server;
  const to = join(place.path, "to");
  const pulled = await pull(server.url, to, id);
  assertEquals([pulled.isNew, pulled.jobs, pulled.artifacts], [true, 2, 3]);
  assertEquals(tree(join(to, "runs")), {
    ...tree(join(from, "runs")),
    [`${id}/double/first/copy`]: sha256Of("[1,2]\n"),
  });
  const store = openStore(join(to, "store"));
  for (const { key, outputs } of run.manifest.jobs) {
    assertEquals(
      Object.keys(readAction(store, key!, () => {})!.outputs).sort(),
      Object.keys(outputs).sort(),
    );
    assertEquals(sha256Of(Deno.readFileSync(blobPath(store, key!))), key);
  }
  const again = await pull(server.url, to, id);
  assertEquals([again.isNew, again.added], [false, 0]);
});

Deno.test("the run's entry lies under the hash of its id, and comes last", async () => {
  await using place = await workspaceOfOneProcess();
  const { server, run, id } = await pushed(place);
  await using _ = server;
  assertEquals(keyOfRun(id), sha256Of(`run ${id}\n`));
  const entry = await readEntry(server, id);
  const manifest = run.files.get("manifest.json")!;
  assertEquals(entry.files["manifest.json"], {
    sha256: sha256Of(manifest),
    size: manifest.length,
  });
  const puts = (await server.requests()).filter((line) => line.startsWith("PUT"));
  const parts = puts.map((line) => line.split("/")[1]);
  assertEquals(parts.lastIndexOf("cas") < parts.indexOf("ac"), true, "blobs before entries");
  assertStringIncludes(puts[puts.length - 1], keyOfRun(id));
});

Deno.test("pushing again sends nothing but the run's entry", async () => {
  await using place = await workspaceOfOneProcess();
  const { server, from, run } = await pushed(place);
  await using _ = server;
  const before = (await server.requests()).length;
  const again = await push(server.url, from, run);
  assertEquals([again.sent, again.sentBytes], [0, 0]);
  const puts = (await server.requests()).slice(before).filter((line) => line.startsWith("PUT"));
  assertEquals(puts.length, 1);
});

Deno.test("what is damaged there with its right length is named by a pull, and replaced by the next push", async () => {
  await using place = await workspaceOfOneProcess();
  const { server, from, run, id } = await pushed(place);
  await using _ = server;
  const to = join(place.path, "to");
  const { files } = await readEntry(server, id);
  const [numbers, summary, record] = [
    sha256Of("[2,4]\n"),
    files["summary.txt"].sha256,
    run.manifest.jobs[0].key!,
  ];
  for (const sha256 of [numbers, summary, record]) {
    const file = path(server, "cas", sha256);
    const bytes = await Deno.readFile(file);
    bytes[1] ^= 1;
    await Deno.writeFile(file, bytes);
  }
  const error = await assertRejects(() => pull(server.url, to, id), Failed);
  assertEquals(error.failure.reason, "damaged-in-remote");
  assertStringIncludes(error.message, `"deno task push ${id} --remote ${server.url}"`);
  const notices: string[] = [];
  const again = await push(server.url, from, run, (notice) => notices.push(wordNotice(notice)));
  assertEquals(again.sent, 3);
  assertEquals(
    notices.map((words) => /cas\/([0-9a-f]{64}) had other bytes there/.exec(words)?.[1]).sort(),
    [numbers, summary, record].sort(),
  );
  assertEquals((await pull(server.url, to, id)).isNew, true);
});

Deno.test("what is cut off on a server that declares no lengths is named by a pull, and replaced by the next push", async () => {
  await using place = await workspaceOfOneProcess();
  const { server, from, run, id } = await pushed(place);
  await using _ = server;
  await using silent = withoutLengths(server.url);
  const sha256 = sha256Of("[2,4]\n");
  for (const length of [3, 0]) {
    await Deno.truncate(path(server, "cas", sha256), length);
    const to = join(place.path, `to-${length}`);
    const error = await assertRejects(() => pull(silent.url, to, id), Failed);
    assertEquals(error.failure.reason, "damaged-in-remote");
    assertStringIncludes(error.message, `cas/${sha256} it gave ${length} of the 6 bytes expected`);
    const notices: string[] = [];
    const again = await push(silent.url, from, run, (notice) => notices.push(wordNotice(notice)));
    assertEquals(again.sent, 1);
    assertStringIncludes(notices.join(), `cas/${sha256} had other bytes there`);
    assertEquals((await pull(silent.url, to, id)).isNew, true);
  }
});

Deno.test("a push that a server takes and does not keep is no success", async () => {
  await using place = await workspaceOfOneProcess();
  const { server, from, run } = await pushed(place);
  await using _ = server;
  const sha256 = sha256Of("[2,4]\n");
  await Deno.writeFile(path(server, "cas", sha256), utf8("[2,5]\n"));
  await using frozen = faulty(server.url, async (request, pass) => {
    if (request.method !== "PUT" || !request.url.endsWith(sha256)) return await pass();
    await request.arrayBuffer();
    return new Response(null, { status: 200 });
  });
  const error = await assertRejects(() => push(frozen.url, from, run), Failed);
  assertEquals(error.failure.reason, "remote-failed");
  assertStringIncludes(error.message, `cas/${sha256} has other bytes there, and still has them`);
});

Deno.test("a push to a server that takes no files names no flag that push does not have", async () => {
  await using place = await workspaceOfOneProcess();
  const { from, run } = placed(place);
  for (const status of [404, 405, 409, 501]) {
    await using closed = faulty("", async (request) => {
      await request.body?.cancel();
      return new Response(null, { status: request.method === "PUT" ? status : 404 });
    });
    const { message } = await assertRejects(() => push(closed.url, from, run), Failed);
    assertStringIncludes(message, "configure it for PUT");
    assert(!message.includes("--remote-read-only"), message);
  }
});

Deno.test("an artifact that is too large to be pulled is not pushed", async () => {
  await using place = await workspaceOfOneProcess();
  await using server = await nginx(place);
  const made = madeUpRun(jobs);
  made.manifest.jobs[1].outputs.numbers.size = 2 ** 40;
  made.files.set("manifest.json", utf8(canonicalJson(made.manifest)));
  const { from, run } = placed(place, made);
  const error = await assertRejects(() => push(server.url, from, run), Failed);
  assertMatch(error.message, /double\/first\/numbers has 1099511627776 bytes; expected 1073741824/);
  assertEquals([...filesUnder(server.files)], []);
});

Deno.test("a push that is cut off leaves no run, and the next one sends what is missing", async () => {
  await using place = await workspaceOfOneProcess();
  await using server = await nginx(place);
  const { from, run } = placed(place);
  let puts = 0;
  await using broken = faulty(server.url, async (request, pass) => {
    if (request.method !== "PUT" || ++puts <= 3) return await pass();
    await request.arrayBuffer();
    return new Response(null, { status: 502 });
  });
  const error = await assertRejects(() => push(broken.url, from, run), Failed);
  assertEquals(error.failure.reason, "remote-failed");
  assertStringIncludes(error.message, "status 502");
  const to = join(place.path, "to");
  const { id } = { id: run.manifest.run };
  const none = await assertRejects(() => pull(server.url, to, id), Failed);
  assertEquals(none.failure.reason, "not-in-remote");
  assertEquals((await Deno.stat(to).catch(() => undefined))?.isDirectory, undefined);
  const again = await push(server.url, from, run);
  assertEquals(again.blobs - again.sent, 3);
  assertEquals((await pull(server.url, to, id)).added, 3);
});

Deno.test("a push to a server that accepts everything and keeps nothing is no success", async () => {
  await using place = await workspaceOfOneProcess();
  const { from, run } = placed(place);
  const page = "<html>Log in</html>";
  for (const [status, found] of [[200, "other bytes"], [404, "nothing"]] as const) {
    await using portal = faulty("", async (request) => {
      await request.body?.cancel();
      const isPut = request.method === "PUT";
      return new Response(page, { status: isPut ? 200 : status });
    });
    const error = await assertRejects(() => push(portal.url, from, run), Failed);
    assertEquals(error.failure.reason, "remote-failed");
    assertStringIncludes(error.message, `${keyOfRun(run.manifest.run)}, and then had ${found}`);
  }
});

Deno.test("a damaged artifact is not pushed, nor is its run", async () => {
  await using place = await workspaceOfOneProcess();
  await using server = await nginx(place);
  const { from, run } = placed(place);
  const file = join(from, "runs", run.manifest.run, "double/first/numbers");
  await Deno.writeFile(file, utf8("[2,5]\n"));
  const error = await assertRejects(() => push(server.url, from, run), Failed);
  assertEquals(error.failure.reason, "lost-output");
  // None at all where the damaged one was met first.
  for (const file of filesUnder(join(server.files, "cas"))) {
    assertEquals(sha256Of(await Deno.readFile(file)), basename(file));
  }
  assertEquals(await Deno.stat(join(server.files, "ac")).catch(() => undefined), undefined);
});

Deno.test("another run under the same id is not overwritten", async () => {
  await using place = await workspaceOfOneProcess();
  const { server, id } = await pushed(place);
  await using _ = server;
  const other = madeUpRun(jobs.slice(0, 1), id);
  const elsewhere = join(place.path, "elsewhere");
  placeRun(elsewhere, other);
  const before = await Deno.readTextFile(path(server, "ac", keyOfRun(id)));
  const error = await assertRejects(() => push(server.url, elsewhere, other), Failed);
  assertEquals(error.failure.reason, "other-run-in-remote");
  assertEquals(await Deno.readTextFile(path(server, "ac", keyOfRun(id))), before);
});

Deno.test("the remote keeps its own result of a job, says so, and both runs keep theirs", async () => {
  await using place = await workspaceOfOneProcess();
  await using server = await nginx(place);
  const of = (text: string, run: string) =>
    madeUpRun([{ name: "random/first", stage: "random", outputs: { out: utf8(text) } }], run);
  const runs = [of("mine", "20260101T000000Z-mine"), of("theirs", "20260101T000000Z-theirs")];
  const notices: Notice[] = [];
  for (const run of runs) {
    placeRun(join(place.path, run.manifest.run), run);
    using client = clientOf(server.url, { credentials });
    await pushRun(join(place.path, run.manifest.run), run.manifest.run, client, {
      onProgress,
      onNotice: (notice) => notices.push(notice),
    });
  }
  assertEquals(notices, [{ reason: "remote-result-kept", job: "random/first" }]);
  const to = join(place.path, "to");
  for (const run of runs) await pull(server.url, to, run.manifest.run);
  for (const [run, text] of [[runs[0], "mine"], [runs[1], "theirs"]] as const) {
    const file = join(to, "runs", run.manifest.run, "random/first/out");
    assertEquals(await Deno.readTextFile(file), text);
  }
});

type Tamper = (server: Nginx, run: MadeUpRun) => Promise<void>;

/** Edits the manifest, and lets the run's entry name the edited one. */
const withManifest = (edit: (manifest: Manifest) => void): Tamper => (server, { manifest }) => {
  const edited = structuredClone(manifest);
  edit(edited);
  return replaceFile(server, manifest.run, "manifest.json", canonicalJson(edited));
};

/** Replacements for pushed files, and the messages about them. */
const tampered: [what: string, tamper: Tamper, told: RegExp][] = [
  ["an artifact with other bytes", async (server) => {
    await Deno.writeFile(path(server, "cas", sha256Of("[2,4]\n")), utf8("[2,5]\n"));
  }, /as cas\/[0-9a-f]{64} it gave bytes with the SHA-256/],
  ["an artifact that is cut off", async (server) => {
    await Deno.writeFile(path(server, "cas", sha256Of("[2,4]\n")), utf8("[2,"));
  }, /has 3 bytes there; expected 6/],
  ["an artifact that is not there", async (server) => {
    await Deno.remove(path(server, "cas", sha256Of("[2,4]\n")));
  }, /double\/first\/numbers, cas\/[0-9a-f]{64}, is not there/],
  ["a manifest with other bytes", async (server, { manifest, files }) => {
    const { sha256 } = (await readEntry(server, manifest.run)).files["manifest.json"];
    const bytes = files.get("manifest.json")!.slice();
    bytes[bytes.length - 3] ^= 1;
    await Deno.writeFile(path(server, "cas", sha256), bytes);
  }, /it gave bytes with the SHA-256/],
  [
    "metrics that the artifacts do not give",
    (server, { manifest }) => replaceFile(server, manifest.run, "metrics.json", `{"first.sum":7}`),
    /metrics\.json: it does not follow/,
  ],
  [
    "a manifest whose key is not the hash of its lines",
    withManifest((edited) => {
      edited.jobs[0].lines[1] = `code source sha256:${"0".repeat(64)}`;
    }),
    /its key is not the hash of its lines/,
  ],
  [
    "the manifest of another run",
    withManifest((edited) => {
      edited.run = "20260101T000000Z-other";
    }),
    /its manifest is that of 20260101T000000Z-other/,
  ],
  [
    "an output that is another file on Windows",
    withManifest((edited) => {
      edited.jobs[0].outputs.numbers.file = "numbers/nul.txt";
    }),
    /by its manifest, .* means something else on Windows/,
  ],
  [
    "two outputs that are one file where case does not count",
    withManifest((edited) => {
      edited.jobs[0].outputs.numbers.file = "Double/first/Copy";
    }),
    /are one file where case or Unicode form does not count/,
  ],
  [
    "an output whose name turns the direction of writing",
    withManifest((edited) => {
      edited.jobs[0].outputs.numbers.file = "numbers/\u202efirst";
    }),
    /characters that a terminal would act on/,
  ],
  [
    "an output that leads out of the run",
    withManifest((edited) => {
      edited.jobs[0].outputs.numbers.file = "../../../evil";
    }),
    /expected a path within the run/,
  ],
  [
    "a job that took longer than there is time",
    withManifest((edited) => {
      edited.jobs[0].seconds = 1e300;
    }),
    /expected number to be <=1000000000/,
  ],
  [
    "an output of a terabyte",
    withManifest((edited) => {
      const { numbers } = edited.jobs[1].outputs;
      Object.assign(numbers, { sha256: sha256Of("none"), size: 2 ** 40 });
    }),
    /1099511627776 bytes; expected 1073741824 at most/,
  ],
  [
    "a summary that moves the cursor",
    (server, { manifest }) => replaceFile(server, manifest.run, "summary.txt", "\x1b[2J"),
    /a terminal would act on/,
  ],
  ["the entry of another run", async (server, { manifest }) => {
    await edit(path(server, "ac", keyOfRun(manifest.run)), manifest.run, "20260101T000000Z-x");
  }, /has the entry of another run than expected, 20260101T000000Z-x/],
  ["an entry in HTML", async (server, { manifest }) => {
    await Deno.writeTextFile(path(server, "ac", keyOfRun(manifest.run)), "<!doctype html>");
  }, /expected JSON/],
  ["an entry that claims a manifest of a terabyte", async (server, { manifest }) => {
    const file = path(server, "ac", keyOfRun(manifest.run));
    const entry = await readJson(file);
    entry.files["manifest.json"].size = 2 ** 40;
    await Deno.writeTextFile(file, JSON.stringify(entry));
  }, /1099511627776 bytes; expected 67108864 at most/],
];

/** Another file of the run, named by its entry as the right one was. */
async function replaceFile(server: Nginx, id: string, name: string, text: string): Promise<void> {
  const file = path(server, "ac", keyOfRun(id));
  const entry = await readJson(file);
  const sha256 = sha256Of(text);
  await Deno.writeTextFile(path(server, "cas", sha256), text);
  entry.files[name] = { sha256, size: utf8(text).length };
  await Deno.writeTextFile(file, JSON.stringify(entry));
}

for (const [what, tamper, told] of tampered) {
  Deno.test(`a run with ${what} is refused, and nothing here changes`, async () => {
    await using place = await workspaceOfOneProcess();
    const { server, run, id } = await pushed(place);
    await using _ = server;
    await tamper(server, run);
    const to = join(place.path, "to");
    const other = madeUpRun(jobs.slice(0, 1), "20250101T000000Z-here");
    placeRun(to, other);
    await Deno.mkdir(join(to, "store", "tmp"), { recursive: true });
    await Deno.mkdir(join(to, "store", "locks"));
    await Deno.writeTextFile(join(to, "store", "locks", "store"), "");
    const before = tree(to);
    const error = await assertRejects(() => pull(server.url, to, id), Failed);
    assertMatch(error.message, told);
    assertEquals(tree(to), before);
  });
}

Deno.test("a run is read by its id from the remote, without being put among the runs here", async () => {
  await using place = await workspaceOfOneProcess();
  const { server, run, id } = await pushed(place);
  await using _ = server;
  const artifacts = join(place.path, "to");
  using client = clientOf(server.url);
  const told: string[] = [];
  const listener = {
    onProgress,
    onNotice: ({ reason }: Notice) => told.push(reason),
  };
  const remote = {
    url: server.url,
    files(name: string) {
      told.push(name);
      return remoteFiles(artifacts, name, client, listener);
    },
  };
  {
    using source = await openRun(artifacts, id, { remote });
    assertEquals(source.form, "remote");
    assertEquals(source.manifest, run.manifest);
    assertEquals(source.metrics(), { "first.sum": 6 });
    assertEquals(source.read("double/first", "copy"), utf8("[1,2]\n"));
    assertEquals(told, [id]);
  }
  assertEquals([...Deno.readDirSync(artifacts)].map(({ name }) => name), ["store"]);
  assertEquals([...actionsIn(openStore(join(artifacts, "store")))], []);
  // Wrong bytes are never handed out; what they are of counts as absent.
  const sha256 = sha256Of("[2,4]\n");
  await Deno.remove(blobPath(openStore(join(artifacts, "store")), sha256));
  await Deno.writeFile(path(server, "cas", sha256), utf8("[2,5]\n"));
  using damaged = await openRun(artifacts, id, { remote });
  assertEquals(damaged.inspect("double/first", "numbers"), { state: "absent" });
  assertEquals(told, [id, id, "remote"]);
});

Deno.test("the commands: reproduce, push, pull, runs, plan, diff and grade, by a run's id", async () => {
  await using place = await workspaceOfOneProcess();
  await using other = await workspaceOfOneProcess();
  await using server = await nginx(place);
  const remote = ["--remote", server.url];
  assertEquals((await fanin(place, ["reproduce", "--only", "report/first"])).code, 0);
  const [id] = runsIn(place.path);
  const sent = await fanin(place, ["push", "latest", ...remote], undefined, credentials);
  assertEquals(sent.code, 0, sent.err);
  assertStringIncludes(sent.out, `Pushed the run ${id}: 4 jobs`);

  // Only there: the first store alone knows the run so far.
  const far = await fanin(other, ["diff", id, id, ...remote]);
  assertEquals(far.code, 0, far.err);
  assertStringIncludes(far.err, `${id}: not here, comes from ${server.url}`);
  assertStringIncludes(far.out, "4 outputs: 4 identical.");
  const expected = join(other.path, "expected.json");
  await Deno.writeTextFile(expected, JSON.stringify(oneMetric));
  const graded = await fanin(other, ["grade", id, "--expected", expected, ...remote]);
  assertEquals(graded.code, 0, graded.out + graded.err);
  assertEquals(
    Object.values(await planned(other, undefined, [...remote, "--only", "double/first"])),
    [
      "remote",
      "remote",
    ],
  );

  const came = await fanin(other, ["pull", id, ...remote]);
  assertEquals(came.code, 0, came.err);
  assertStringIncludes((await fanin(other, ["runs"])).out, id);
  assertEquals(
    Object.values(await planned(other, undefined, ["--only", "double/first"])),
    ["cached", "cached"],
  );
  const none = await fanin(other, ["pull", "20260101T000000Z-none", ...remote]);
  assertEquals(none.code, 2);
  assertStringIncludes(none.err, "has no run 20260101T000000Z-none");
});

Deno.test("plan and reproduce report a bad remote entry, and nothing of it is stored", async () => {
  await using place = await workspaceOfOneProcess();
  await using other = await workspaceOfOneProcess();
  await using server = await nginx(place);
  const of = ["--only", "report/first", "--remote", server.url];
  assertEquals((await fanin(place, ["reproduce", ...of], undefined, credentials)).code, 0);
  const { jobs } = await readJson(place.path, "artifacts", "latest", "manifest.json");
  const [numbers, , parity, report] = jobs as ManifestJob[];
  const spoil = async ({ key }: ManifestJob, change: object) => {
    const file = path(server, "ac", key!);
    await Deno.writeTextFile(file, JSON.stringify({ ...await readJson(file), ...change }));
  };
  // A plan's walk, the gathering of a run's metrics, the outputs of a manifest.
  await spoil(numbers, { outputs: {} });
  const { sha256, size } = parity.outputs.parity;
  await spoil(report, { outputs: { metrics: { sha256, size } } });
  await spoil(parity, { seconds: 1e300 });
  const plan = await fanin(other, ["plan", ...of]);
  assertEquals([plan.code, plan.err.includes("    at ")], [3, false], plan.err);
  assertStringIncludes(plan.err, `ac/${numbers.key}, the entry of numbers/first, has the outputs`);
  const ran = await fanin(other, ["reproduce", ...of, "--remote-read-only"]);
  assertEquals([ran.code, ran.err.includes("    at ")], [0, false], ran.err);
  for (const { key } of [numbers, parity, report]) assertStringIncludes(ran.err, `ac/${key}`);
  assertStringIncludes(ran.err, "has an output metrics that is not of the type metrics");
  const again = await fanin(other, ["reproduce", "--only", "report/first"]);
  assertEquals(again.code, 0, again.err);
  assertStringIncludes(again.out, "up to date");
});
