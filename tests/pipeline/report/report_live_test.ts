/** Tests the live page: the log that a run writes, and a browser that follows it. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { openEventLog, readEventLog } from "../../../pipeline/runs/event_log.ts";
import type { Results } from "../../support/browser/drive.ts";
import { pageOfLiveRun } from "../../support/browser/made_pages.ts";
import { recordReportRun, runId } from "../../support/browser/report_run.ts";
import { root } from "../../support/checkout.ts";
import { fanin, runsIn, workspace } from "../../support/workspace.ts";
import { runArguments } from "../../support/deno_command.ts";
import { exists } from "../../../pipeline/store/existence.ts";

const opening = {
  run: runId,
  experiment: "report",
  about: "a run for a test",
  jobs: [
    { name: "train/small", about: "trains", needs: [] },
    { name: "train/large", about: "trains", needs: [] },
    { name: "visualize/question-2", about: "draws", needs: ["train/small"] },
  ],
};

const open = (directory: string) => openEventLog(directory, opening, () => {});

Deno.test("a run leaves a log of what happened in it, from its jobs to how it ended", async () => {
  await using place = await workspace();
  const { code, err } = await fanin(place, ["reproduce", "--only", "is-even/first"]);
  assertEquals(code, 0, err);
  const [run] = runsIn(place.path);
  const { lines } = readEventLog(join(place.path, "artifacts", "runs", run), 0);
  const told = lines.map(({ line }) => line);
  const [first] = told;
  assert(first.type === "opened");
  const names = first.jobs.map(({ name }) => name);
  assert(names.includes("is-even/first"), names.join());
  assertEquals(
    told.filter((line) => line.type === "success").map((line) => line.job).sort(),
    names.toSorted(),
  );
  const last = told.at(-1)!;
  assert(last.type === "ended");
  assertEquals(last.status, "complete");
});

Deno.test("reading a log continues at the last whole line and skips foreign lines", async () => {
  await using place = await workspace();
  const log = open(place.path);
  const file = join(place.path, "events.jsonl");
  const first = readEventLog(place.path, 0);
  assertEquals(first.lines.map(({ line }) => line.type), ["opened"]);
  log.append({ type: "started", job: "train/small", about: "trains" });
  log.append({ type: "measured", job: "train/small", metric: "loss", step: 1, value: NaN });
  await Deno.writeTextFile(file, `{"type":"of another version"}\nno JSON\n{"type":"sta`, {
    append: true,
  });
  const second = readEventLog(place.path, first.next);
  assertEquals(second.lines.map(({ line }) => line.type), ["started", "measured"]);
  assert(second.lines[1].line.type === "measured" && Number.isNaN(second.lines[1].line.value));
  assertEquals(readEventLog(place.path, second.lines[0].next).lines.length, 1);
  assertEquals(readEventLog(place.path, second.next).lines, []);
  assertEquals(readEventLog(join(place.path, "nothing"), 0), { lines: [], next: 0 });
});

Deno.test("progress is logged a few times a second, metrics every time", async () => {
  await using place = await workspace();
  const log = open(place.path);
  for (let i = 0; i < 50; i++) {
    log.append({ type: "progress", job: "train/small", done: i, total: 50, unit: "samples" });
    log.append({ type: "measured", job: "train/small", metric: "loss", step: i, value: i });
  }
  const types = readEventLog(place.path, 0).lines.map(({ line }) => line.type);
  assertEquals(types.filter((type) => type === "measured").length, 50);
  assert(types.filter((type) => type === "progress").length < 10);
});

const cli = join(root, "tests", "fixtures", "counting", "cli.ts");

/** Starts `report --watch`; gives the address, once it serves. */
async function serve(artifacts: string, port: number) {
  const process = new Deno.Command("deno", {
    args: runArguments(cli, artifacts, "report", "--watch", "--port", String(port)),
    cwd: root,
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let told = "";
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  while (!/http:\S+\//.test(told)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`it ended, having said: ${told}`);
    told += value;
  }
  return {
    address: /http:\S+\//.exec(told)![0],
    /** Ends it; gives its exit code. */
    async stop() {
      process.kill("SIGTERM");
      await reader.cancel();
      return (await process.status).code;
    },
  };
}

/** Answers the next request with a status, as a server in trouble does. */
async function answerOnce(port: number, status: number): Promise<void> {
  const asked = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, () => {
    asked.resolve();
    return new Response(null, { status });
  });
  await asked.promise;
  await server.shutdown();
}

async function appears(path: string): Promise<void> {
  for (let i = 0; i < 1200; i++) {
    if (exists(path)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${path} did not appear within a minute`);
}

Deno.test("the page that waits for a run does not say that one is in progress", async () => {
  await using place = await workspace();
  const page = await pageOfLiveRun(join(place.path, "artifacts"));
  assertMatch(page, />No run in progress<\/p><h1 id="about">Waiting for a run</);
});

Deno.test("in a browser the page follows a run, through a break of the connection", async (t) => {
  await using place = await workspace();
  const artifacts = join(place.path, "artifacts");
  await recordReportRun(artifacts);
  const log = open(join(artifacts, "runs", runId));
  log.append({ type: "started", job: "train/small", about: "trains" });
  const measure = (step: number, value = 2 / step) =>
    log.append({ type: "measured", job: "train/small", metric: "loss", step, value });
  measure(1);
  measure(2);
  log.append({ type: "progress", job: "train/small", done: 20, total: 100, unit: "samples" });
  log.append({ type: "started", job: "train/large", about: "trains" });
  for (const step of [1, 2]) {
    log.append({ type: "measured", job: "train/large", metric: "loss", step, value: 3 });
  }
  let server = await serve(artifacts, 0);
  const { address } = server;

  const page = await fetch(address);
  assert((await page.text()).includes("connect-src &#39;self&#39;"));
  assertEquals(page.headers.get("cache-control"), "no-store");
  for (const [path, options, status] of [["x", {}, 404], ["", { method: "POST" }, 405]] as const) {
    const { status: found, body } = await fetch(`${address}${path}`, options);
    await body?.cancel();
    assertEquals(found, status);
  }
  // The same machine under another name, as a page elsewhere would ask.
  const connection = await Deno.connect({
    hostname: "127.0.0.1",
    port: Number(new URL(address).port),
  });
  await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"));
  const bytes = new Uint8Array(64);
  await connection.read(bytes);
  connection.close();
  assertStringIncludes(new TextDecoder().decode(bytes), "403");

  const browser = new Deno.Command("deno", {
    args: [
      "run",
      "--frozen",
      "--allow-all",
      join(root, "tests", "support", "browser", "drive_live.ts"),
      address,
      place.path,
    ],
    cwd: root,
    env: { TMPDIR: join(root, "tests", "tmp") },
    stdout: "piped",
  }).spawn();
  const output = browser.output();
  const ended = output.then(({ stdout }) => {
    throw new Error(`the browser's checks ended early: ${new TextDecoder().decode(stdout)}`);
  });
  ended.catch(() => {});
  await Promise.race([appears(join(place.path, "seen")), ended]);
  assertEquals(await server.stop(), 0);
  await Promise.race([appears(join(place.path, "lost")), ended]);
  const port = Number(new URL(address).port);
  await answerOnce(port, 500);
  measure(3, Infinity);
  measure(4, NaN);
  measure(5);
  log.append({ type: "success", reason: "ran", job: "train/small", seconds: 3 });
  server = await serve(artifacts, port);
  await Promise.race([appears(join(place.path, "placed")), ended]);
  for (const job of ["train/large", "visualize/question-2"]) {
    log.append({ type: "success", reason: "ran", job, seconds: 1 });
  }
  log.end({ status: "complete", report: true });
  const results: Results = JSON.parse(new TextDecoder().decode((await output).stdout));
  await server.stop();
  for (const [name, problem] of Object.entries(results)) {
    await t.step(name, () => assertEquals(problem, null, problem ?? ""));
  }
});
