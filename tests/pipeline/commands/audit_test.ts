/** An audit finds each planted fault and names it, and finds nothing where there is nothing. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { Audit, type Finding } from "../../../schemas/run/audit_report.ts";
import { cliOf, root } from "../../support/checkout.ts";
import { type Workspace, workspace } from "../../support/workspace.ts";
import { deno, type Ended } from "../../support/deno_command.ts";
import { testOnLinux } from "../../support/shell.ts";

const cli = cliOf("audited");
const permissions = ["-q", "--no-prompt", "--frozen", `--config=${join(root, "deno.json")}`];

const commandOf = ({ path }: Workspace, args: string[]): string[] => [
  "run",
  ...permissions,
  "-P=audit",
  cli,
  join(path, "artifacts"),
  "audit",
  ...args,
];

const call = (place: Workspace, ...args: string[]): Promise<Ended> => deno(commandOf(place, args));

/** The report of an audit that ends with an exit code. */
async function report(place: Workspace, code: number, ...args: string[]): Promise<Audit> {
  const ended = await call(place, "--json", ...args);
  assertEquals(ended.code, code, ended.err);
  assertEquals(scratchIn(place), []);
  return Audit.parse(JSON.parse(ended.out));
}

/** Files that audits left in the artifacts. */
const scratchIn = ({ path }: Workspace): string[] =>
  [...Deno.readDirSync(join(path, "artifacts", "audit"))].map(({ name }) => name);

const named = (
  { job, changedBy: [first], source: { kind } }: Finding,
): [string, string, string] => [
  job,
  first,
  kind,
];

/** A test in a place of its own. The programs that make the conditions are part of Linux. */
const testAudit = (name: string, fn: (place: Workspace) => Promise<void>): void =>
  testOnLinux(name, async () => {
    await using place = await workspace();
    await fn(place);
  });

testAudit("each planted fault is found and named", async (place) => {
  const audit = await report(place, 1, "--experiment", "planted", "--workers", "2");
  const states = new Map(audit.conditions.map(({ name, state }) => [name, state]));
  assertEquals(
    [...states.keys()].join(" "),
    "again path zone locale clock user umask terminal workers order cores",
  );
  /** A condition that this machine cannot change is reported, and its fault cannot be found. */
  const found = (
    job: string,
    condition: (typeof audit.conditions)[number]["name"],
    kind: string,
  ) => states.get(condition) === "not-tried" ? [] : [[job, condition, kind]];
  assertEquals(audit.findings.map(named), [
    ...found("workers/one", "workers", "workers"),
    ...found("workers/two", "workers", "workers"),
    ...found("order/late", "order", "order"),
    ...found("time/now", "again", "time"),
    ...found("time/year", "clock", "time"),
    ...found("zone/dag", "zone", "time zone"),
    ...found("locale/dag", "locale", "locale"),
    ...found("path/module", "path", "path"),
    ...found("path/ascii", "path", "path"),
    ...found("user/home", "user", "user"),
    ...found("umask/shell", "umask", "umask"),
    ...found("terminal/tty", "terminal", "terminal"),
    ...found("cores/count", "cores", "cores"),
    ...found("random/bytes", "again", "random"),
    ...found("random/follow", "again", "unknown"),
    ...found("race/first", "again", "order"),
  ]);
  const of = (job: string) => audit.findings.find((one) => one.job === job)!;
  assertEquals(of("random/follow").follows, ["random/bytes"]);
  assertMatch(of("zone/dag").key.join(), /^parameter text \(.* → Asia\/Kath?mandu\)$/);
  assertMatch(of("time/now").source.why, /^each has a time of its own run in it: /);
  assertMatch(of("path/ascii").error!, /^path\/ascii failed: ls: /);
  const { detail } = of("umask/shell").difference;
  assert(detail?.kind === "text" && detail.first.b === "0077");
  assertEquals(audit.artifacts - audit.findings.length, 3);
});

testAudit("what the engine fixes is the same under all conditions, in two runs", async (place) => {
  const file = join(place.path, "audit.json");
  const { code, out, err } = await call(place, "--experiment", "clean", "--output", file);
  assertEquals(code, 0, err);
  const audit = Audit.parse(JSON.parse(await Deno.readTextFile(file)));
  assertEquals(audit.verdict, "clean");
  assertEquals([audit.runs, audit.artifacts, audit.findings.length], [2, 1, 0]);
  assert(audit.conditions.every(({ state }) => state === "kept" || state === "not-tried"));
  assertStringIncludes(out, audit.badge);
  assertEquals(scratchIn(place), []);
});

testAudit(
  "conditions that change an artifact only together are found, without the others",
  async (place) => {
    const vary = ["--vary", "umask,zone", "--vary", "user"];
    const { findings, conditions } = await report(place, 1, "--only", "together/both", ...vary);
    assertEquals(conditions.map(({ name }) => name), ["zone", "user", "umask"]);
    const [{ changedBy, together }] = findings;
    assertEquals([changedBy, together], [["user", "umask"], true]);
  },
);

Deno.test("what an audit cannot do is refused in a line, before anything runs", async () => {
  await using place = await workspace();
  for (
    const [args, message] of [
      [
        ["--vary", "path,wheather"],
        /^No condition is named "wheather".*again, path, zone, locale, clock/,
      ],
      [["--vary", "backend"], /^No condition is named "backend"/],
      [["--backend", "cuda"], /^No backend is named "cuda".*webgpu, wasm/],
      [["--only", "time/nwo"], /"time\/nwo".*time\/now/],
      [["--workers", "0"], /--workers expects a number from 1 to/],
      [["--quick"], /quick/],
    ] as const
  ) {
    const { code, out, err } = await call(place, ...args);
    assertEquals([code, out], [2, ""], err);
    assertMatch(err.replaceAll("\n", " "), message);
  }
});

testAudit("an audit whose first run fails says why, and compares nothing", async (place) => {
  const set = ["--set", "umask.shell.line=exit 3"];
  const { code, out, err } = await call(place, "--only", "umask/shell", ...set);
  assertEquals([code, out], [2, ""], err);
  assertMatch(err, /The first run of the audit is not complete.*umask\/shell failed/);
  assertEquals(scratchIn(place), []);
});

testAudit("an interrupted audit ends its run and leaves nothing behind", async (place) => {
  const process = new Deno.Command("deno", {
    args: commandOf(place, ["--only", "order/slow", "--set", "order.slow.line=sleep 60"]),
    cwd: root,
    env: { NO_COLOR: "1", INIT_CWD: "" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = process.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("run 1")) {
    const { value, done } = await reader.read();
    assert(!done, said);
    said += value;
  }
  process.kill("SIGTERM");
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    said += value;
  }
  assertEquals((await process.status).code, 143, said);
  assertStringIncludes(said, "interrupted: nothing of the audit is kept.");
  assertEquals(scratchIn(place), []);
});
