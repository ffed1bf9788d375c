/**
 * Tests hostile text in every place that others can write to, through every command. Terminals and logs
 * get no control character except our own line breaks, and no line that the text began.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { loadAll } from "../../../pipeline/commands/mod.ts";
import { entryOf } from "../../../pipeline/remote/remote_entry.ts";
import { checksumsFile } from "../../../pipeline/runs/checksums.ts";
import type { Action } from "../../../schemas/run/action.ts";
import type { Manifest, ManifestJob } from "../../../schemas/run/manifest.ts";
import { forged, hostile } from "../../fixtures/hostile/hostile_text.ts";
import { filesInArchive, madeUpRun } from "../../support/made_up_run.ts";
import { utf8 } from "../../support/utf8.ts";
import { faulty } from "../../support/remote_place.ts";
import { cliOf } from "../../support/checkout.ts";
import {
  fanin,
  faninEach,
  runsIn,
  type Workspace,
  workspace,
  workspaceOfOneProcess,
} from "../../support/workspace.ts";
import { copyTree, readJson } from "../../support/copied_files.ts";
import type { Ended } from "../../support/deno_command.ts";
import { type RawEntry, zipBytes } from "../../support/zip_bytes.ts";

const commands = await loadAll();

const cli = cliOf("hostile");

/** Everything that a terminal or a log viewer would obey, but for "\n". */
const acting = /[^\P{Cc}\n]|[\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

/** A line that begins as a CI system's order does, wherever it came from. */
const order = /^\s*::|##\w*\[/m;

/** A line that begins with what was to be forged, escaped or not: it can be taken for one of ours. */
const begun = new RegExp(`^(${forged}|${forged.replace(":", "\\\\u003a")})`, "m");

function assertEscaped(text: string, what: string): void {
  for (const pattern of [acting, order, begun]) {
    const at = pattern.exec(text)?.index;
    if (at === undefined) continue;
    const near = JSON.stringify(text.slice(Math.max(0, at - 120), at + 60));
    throw new Error(`${what} prints what it must not, near ${near}`);
  }
}

function assertPrintedEscaped({ out, err }: Pick<Ended, "out" | "err">, what: string): void {
  // CSV ends its lines so, by RFC 4180.
  assertEscaped(out.replaceAll("\r\n", "\n"), what);
  assertEscaped(err, what);
  assert(!err.includes("Uncaught"), err);
}

/** Runs a command of the hostile pipeline and looks at all that it prints. */
async function run(
  place: Workspace,
  args: string[],
  code: number | "any",
  env: Record<string, string> = {},
): Promise<Ended> {
  const ended = await fanin(place, args, cli, env);
  const what = JSON.stringify(args);
  assertPrintedEscaped(ended, what);
  if (code !== "any") assertEquals(ended.code, code, `${what}\n${ended.out}\n${ended.err}`);
  return ended;
}

/** Hostile text that can be an argument, or the name of a file. */
const named = (where: string): string => hostile(where).replaceAll("\0", "");

/** Replaces every free text in a manifest; what is checked by its form stays. */
function deceitful(manifest: Manifest): Manifest {
  const jobs = manifest.jobs.map((job): ManifestJob => ({
    ...job,
    name: hostile("job"),
    stage: hostile("stage"),
    parameters: { [hostile("parameter")]: hostile("value") },
    lines: [...job.lines, hostile("a key line"), `param ${hostile("label")} ${hostile("to")}`],
    error: hostile("error of a job"),
    outputs: Object.fromEntries(
      Object.entries(job.outputs).map(([name, output]) => [
        hostile(name),
        { ...output, type: output.type, mediaType: hostile("media type") },
      ]),
    ),
  }));
  const machine = ["deno", "v8", "typescript", "os", "kernel", "arch", "cpu", "adapter", "driver"]
    .map((fact) => [fact, hostile(fact)]);
  const environment = { ...manifest.environment, ...Object.fromEntries(machine) };
  environment.packages = { [hostile("package")]: hostile("version") };
  environment.git = { commit: hostile("commit"), clean: false };
  const experiment = { ...manifest.experiment, about: hostile("about") };
  return { ...manifest, experiment, environment, jobs };
}

/** A workspace with a run of the hostile pipeline, and a copy of it whose manifest says worse. */
async function place() {
  const place = await workspaceOfOneProcess();
  await run(place, ["reproduce"], 1);
  const [id] = runsIn(place.path);
  const own = join(place.path, "artifacts", "runs", id);
  const copy = join(place.path, "copy");
  await copyTree(own, copy);
  const manifest: Manifest = await readJson(own, "manifest.json");
  await Deno.writeTextFile(join(copy, "manifest.json"), JSON.stringify(deceitful(manifest)));
  // As a run of a version that recorded no hashes: whoever lies has right ones otherwise.
  await Deno.remove(join(copy, checksumsFile));
  return {
    place,
    id,
    own,
    copy,
    manifest,
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}

Deno.test("stages' messages, errors and outputs are escaped when printed, and stored unchanged", async () => {
  await using them = await place();
  const { place: here, own } = them;
  const fails = ["reproduce", "--only", "fail/first"];
  for (const how of ["error", "text", "output"]) {
    const { err } = await run(here, [...fails, "--set", `fail.first.how=${how}`], 2);
    assertStringIncludes(err, "failed  fail/first:");
  }
  const again = await run(here, ["reproduce"], 1);
  assertStringIncludes(again.out, "up to date");
  await run(here, ["reproduce", "--json"], 1);
  await run(here, ["reproduce", "--set", `say.first.text=${named("argument")}`], 1);
  await run(here, ["plan"], 0);
  await run(here, ["plan", "--explain", "say/first", "--set", `say.first.text=${named("x")}`], 0);
  await run(here, ["replicate", "--seeds", "0-2", "--level", "0.7"], 0);
  await run(here, ["help"], 0);
  await run(here, ["reproduce", "--help"], 0);
  await run(here, ["reproduce", "--experiment", named("experiment")], 2);
  // Programs get what there is.
  const claims = await readJson(own, "claims.json");
  assertEquals(claims.claims[0].sentence, hostile("sentence"));
  const log = await Deno.readTextFile(join(own, "events.jsonl"));
  const messages = log.trimEnd().split("\n").map((line) => JSON.parse(line).message);
  assert(messages.includes(`say/first: ${hostile("notice")}`), log);
  assertEscaped(await Deno.readTextFile(join(own, "summary.txt")), "summary.txt");
  assertEscaped(await Deno.readTextFile(join(own, "claims.md")), "claims.md");
});

Deno.test("hostile manifests are listed, compared and reported with escaped text", async () => {
  await using them = await place();
  const { place: here, id, own, copy } = them;
  const runs = join(here.path, "artifacts", "runs");
  await Deno.mkdir(join(runs, named("run")));
  await copyTree(copy, join(runs, `${id}-copy`));
  await run(here, ["runs"], 0);
  const { out } = await run(here, ["runs", "--json"], 0);
  assertStringIncludes(JSON.stringify(JSON.parse(out)), JSON.stringify(named("run")).slice(1, -1));
  const page = join(here.path, "artifacts", "page.html");
  for (const how of [[], ["--all"], ["--markdown"], ["--json"], ["--html", page]]) {
    await run(here, ["diff", id, copy, ...how], "any");
  }
  await run(here, ["report", id], 0);
  await run(here, ["report", copy], 0);
  await run(here, ["report", id, copy], 0);
  await run(here, ["reference", copy, "--update", "--yes", "--force"], 0);
  await run(here, ["reference", id], "any");
  await run(here, ["plan"], 0);
  await run(here, ["reproduce"], 1);
  const blobs = join(here.path, "artifacts", "store", "blobs", "00");
  await Deno.mkdir(blobs, { recursive: true });
  await Deno.writeTextFile(join(blobs, named("blob")), "not its own");
  await Deno.writeTextFile(join(own, "manifest.json"), JSON.stringify({ [hostile("key")]: 1 }));
  await run(here, ["verify"], 1);
  await run(here, ["runs"], 0);
  await run(here, ["diff", id, copy], 2);
  await run(here, ["gc"], 2);
});

Deno.test("grades are escaped in every format", async () => {
  await using them = await place();
  const { place: here, id, copy } = them;
  const item = (id: string, target: object, expected: object) => ({
    id,
    title: hostile(`title of ${id}`),
    group: hostile("group"),
    target,
    expected,
    points: 1,
    message: hostile("message"),
    source: { from: "measured", where: hostile("where") },
  });
  const seed = { kind: "metric", name: "first.seed" };
  const expected = join(here.path, "expected.json");
  await Deno.writeTextFile(
    expected,
    JSON.stringify({
      version: 1,
      title: hostile("title"),
      about: hostile("about"),
      experiment: "assignment",
      items: [
        item("seed", seed, { kind: "exact", value: 7 }),
        item("text", seed, { kind: "exact", value: hostile("value") }),
        item("none", { kind: "claim", id: hostile("claim") }, {
          kind: "verdict",
          anyOf: ["confirmed"],
        }),
        item("gone", { kind: "artifact", job: hostile("job"), output: hostile("output") }, {
          kind: "present",
        }),
      ],
    }),
  );
  const formats = ["table", "json", "junit", "tap", "gradescope", "classroom"];
  for (const subject of [id, copy]) {
    for (const format of formats) {
      await run(here, ["grade", subject, "--expected", expected, "--format", format], 1);
    }
  }
  const metrics = join(here.path, `${named("metrics")}.json`);
  await Deno.writeTextFile(metrics, JSON.stringify({ [hostile("metric")]: 1, "first.seed": 2 }));
  await run(here, ["grade", "--metrics", metrics, "--expected", expected], 1);
  const all = join(here.path, "all");
  await Deno.mkdir(all);
  await copyTree(copy, join(all, named("submission")));
  await Deno.copyFile(metrics, join(all, `${named("other")}.json`));
  for (const format of ["table", "json", "csv", "html"]) {
    await run(here, ["grade", "--all", all, "--expected", expected, "--format", format], 1);
  }
  await Deno.writeTextFile(expected, JSON.stringify({ [hostile("key")]: hostile("value") }));
  await run(here, ["grade", id, "--expected", expected], 2);
});

Deno.test("archives with hostile names and manifests are refused with escaped messages", async () => {
  await using them = await place();
  const { place: here, id, manifest } = them;
  await run(here, ["export", id, "--output", join(here.path, `${named("out")}.zip`)], 0);
  const made = madeUpRun([{ name: "a/b", stage: "c", outputs: { d: utf8("e") } }]);
  const entries = (files: Map<string, Uint8Array>): RawEntry[] =>
    [...filesInArchive({ ...made, files })].map(([name, data]) => ({ name, data }));
  const file = join(here.path, `${named("archive")}.zip`);
  const withManifest = (changed: unknown) =>
    entries(new Map([...made.files, ["manifest.json", utf8(JSON.stringify(changed))]]));
  const job = made.manifest.jobs[0];
  for (
    const archive of [
      [...entries(made.files), { name: hostile("entry"), data: utf8("x") }],
      [...entries(made.files), { name: named("entry"), data: utf8("x") }],
      withManifest(deceitful(manifest)),
      withManifest({ [hostile("key")]: hostile("value") }),
      withManifest({ ...made.manifest, jobs: [{ ...job, name: hostile("job"), lines: ["x"] }] }),
      entries(new Map([...made.files, ["summary.txt", utf8(hostile("summary"))]])),
      entries(new Map([...made.files, ["claims.md", utf8(hostile("claims"))]])),
      entries(new Map([...made.files, ["metrics.json", utf8(hostile("metrics"))]])),
    ]
  ) {
    await Deno.writeFile(file, zipBytes(archive));
    await run(here, ["import", file], 2);
  }
});

Deno.test("responses of a remote store are escaped by every command", async () => {
  await using them = await place();
  const { place: here, id, manifest } = them;
  await using empty = await workspaceOfOneProcess();
  const action = { version: 1, key: manifest.jobs[0].key!, stage: hostile("stage"), outputs: {} };
  const times = { finished: "2026-01-02T03:04:05.000Z", seconds: 1 };
  const sized = { sha256: "0".repeat(64), size: 1 };
  const answers: [status: number, body: BodyInit][] = [
    [200, hostile("body")],
    [200, JSON.stringify({ [hostile("key")]: 1 })],
    [200, entryOf({ ...action, ...times, outputs: { [hostile("output")]: sized } } as Action)],
    [403, hostile("refusal")],
    [418, hostile("teapot")],
  ];
  for (const [status, body] of answers) {
    await using server = faulty("", () => Promise.resolve(new Response(body, { status })));
    const remote = ["--remote", server.url];
    await Promise.all([
      run(empty, ["plan", ...remote], 3),
      run(empty, ["pull", id, ...remote], 2),
      run(empty, ["diff", id, id, ...remote], 2),
      run(here, ["push", id, ...remote], "any"),
    ]);
    await run(empty, ["reproduce", ...remote], 1);
    await Deno.remove(join(empty.path, "artifacts", "store", "actions"), { recursive: true });
  }
});

Deno.test("refused operands, flags and values are escaped", async () => {
  await using here = await workspace();
  const asked = Object.entries(commands).flatMap(([name, { flags }]): string[][] => [
    [name, named("operand")],
    [name, named("operand"), named("another"), named("third")],
    [name, `--${named("flag")}`],
    ...Object.entries(flags).filter(([, { kind }]) => kind !== "switch")
      .map(([flag]) => [name, `--${flag}=${named(flag)}`]),
  ]);
  // An audit starts its command line again, for each condition.
  const audits = asked.filter(([name]) => name === "audit");
  const all = [[named("command")], ...asked.filter(([name]) => name !== "audit")];
  // A result whose name is hostile lies in the place too.
  const env = { INIT_CWD: here.path };
  const ended = await faninEach(here, all, cli, env);
  for (const [i, args] of all.entries()) {
    assertPrintedEscaped(ended[i], JSON.stringify(args));
    assert(ended[i].out + ended[i].err !== "", JSON.stringify(args));
  }
  for (const args of audits) await run(here, [...args, "--vary", "again"], "any", env);
});
