/** Tests programs as jobs: what they get, what they leave, how they end, and what hostile ones can do. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { Failed } from "../../../../pipeline/engine/failed.ts";
import { withoutLoader } from "../../../../pipeline/engine/machine/loader_variables.ts";
import type { ProgramRun } from "../../../../pipeline/engine/program/declared_program.ts";
import { mark } from "../../../../pipeline/engine/program/declared_program.ts";
import type { Limits } from "../../../../pipeline/engine/program/supervisor.ts";
import { runProgram } from "../../../../pipeline/engine/program/run_program.ts";
import { files } from "../../../../pipeline/formats/files.ts";
import { hashFile } from "../../../../pipeline/store/sha256.ts";
import { blobPath, openStore, putBlob } from "../../../../pipeline/store/store.ts";
import { root } from "../../../support/checkout.ts";
import { assertStopped, heart } from "../../../support/heartbeat.ts";
import { workspace } from "../../../support/workspace.ts";
import { exists } from "../../../../pipeline/store/existence.ts";
import { utf8 } from "../../../support/utf8.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

interface Ran {
  outputs: Record<string, Uint8Array>;
  log: string;
  characters: number;
  reports: string[];
}

/** Runs a script of the shell as a program, with the input `given` in `in/given.txt`. */
async function run(
  path: string,
  script: string,
  { signal = new AbortController().signal, limits, ...more }: Partial<ProgramRun> & {
    signal?: AbortSignal;
    limits?: Limits;
  } = {},
): Promise<Ran> {
  const store = openStore(join(path, "store"));
  const { sha256 } = putBlob(store, utf8("as given\n"));
  const ran: Ran = { outputs: {}, log: "", characters: 0, reports: [] };
  ran.outputs = await runProgram(
    {
      command: ["sh", "-c", script],
      places: { given: "in/given.txt" },
      directories: [],
      outputs: { left: "out/left.txt" },
      environment: {},
      inherit: [],
      ...more,
    },
    {
      stage: "fit",
      store,
      inputs: { given: sha256 },
      scratch: join(path, "scratch"),
      limits,
      listener: {
        log(text) {
          ran.characters += text.length;
          ran.log = `${ran.log}${text}`.slice(-10_000);
        },
        progress: ({ done, total, unit }) => ran.reports.push(`${done}/${total} ${unit}`),
        measured: ({ metric, step, value }) => ran.reports.push(`${metric} ${step} ${value}`),
        notice() {},
      },
      signal,
    },
  );
  return ran;
}

/** The message of the failure in which a script ends. */
async function failureOf(path: string, script: string, more: Parameters<typeof run>[2] = {}) {
  const { message } = await assertRejects(() => run(path, script, more), Failed);
  return message;
}

/** Fails unless nothing has been left of a run, also of one that failed. */
const assertNothingLeft = (path: string) =>
  assertEquals([...Deno.readDirSync(join(path, "scratch"))].map(({ name }) => name), []);

Deno.test("a program reads its inputs and leaves its outputs, and all else is left out", async () => {
  await using place = await workspace();
  const ran = await run(
    place.path,
    `cat in/given.txt >out/left.txt; echo more >out/other.txt; echo printed; echo wrong >&2
     echo 'fanin: 2/4 loss=0.5'`,
  );
  assertEquals(decode(ran.outputs.left), "as given\n");
  assertEquals(Object.keys(ran.outputs), ["left"]);
  assertEquals(ran.log, "printed\nwrong\nfanin: 2/4 loss=0.5\n");
  assertEquals(ran.reports, ["2/4 steps", "loss 2 0.5"]);
  assertNothingLeft(place.path);
});

Deno.test("a directory is an input with all its files", async () => {
  await using place = await workspace();
  const { sha256 } = putBlob(
    openStore(join(place.path, "store")),
    files.encode({ "a.txt": utf8("1"), "b/c.txt": utf8("2"), "..d": utf8("3") }),
  );
  const { outputs } = await runProgram({
    command: ["sh", "-c", "cd lib; cat a.txt b/c.txt ..d >../sum.txt; echo x >b/c.txt || true"],
    places: { lib: "lib" },
    directories: ["lib"],
    outputs: { sum: "sum.txt" },
    environment: {},
    inherit: [],
  }, {
    stage: "fit",
    store: openStore(join(place.path, "store")),
    inputs: { lib: sha256 },
    scratch: join(place.path, "scratch"),
    listener: { log() {}, progress() {}, measured() {}, notice() {} },
    signal: new AbortController().signal,
  }).then((outputs) => ({ outputs }));
  assertEquals(decode(outputs.sum), "123");
});

Deno.test("a program has the declared environment and no other", async () => {
  await using place = await workspace();
  const { outputs } = await run(place.path, "env >out/left.txt", {
    environment: { RATE: "0.1 $HOME 'x'" },
    inherit: ["NO_COLOR", "FANIN_TEST_ABSENT"],
  });
  const lines = decode(outputs.left).trimEnd().split("\n").map((line) => line.split("="));
  const variables = Object.fromEntries(lines.map(([name, ...rest]) => [name, rest.join("=")]));
  delete variables._;
  delete variables.SHLVL;
  delete variables.NO_COLOR;
  const { HOME, PATH, PWD, TMPDIR, [mark]: marked, ...rest } = variables;
  assertEquals(rest, {
    LANG: "C.UTF-8",
    LC_ALL: "C.UTF-8",
    RATE: "0.1 $HOME 'x'",
    TZ: "UTC",
    ...(variables.OLDPWD && { OLDPWD: variables.OLDPWD }),
  });
  for (const own of [HOME, PWD, TMPDIR]) assert(own.includes("/scratch/"), own);
  assert(PATH !== "" && marked !== "");
});

Deno.test("a variable that a program inherits is as on the machine, not fanin's or its shell's", async () => {
  await using place = await workspace();
  const inherit = ["HOME", "directory", "memory", "name", "value"];
  const { outputs } = await run(place.path, "env >out/left.txt", { inherit });
  const lines = decode(outputs.left).split("\n");
  const found = lines.filter((line) => inherit.includes(line.split("=")[0]));
  const here = await new Deno.Command("sh", {
    args: ["-c", 'env | grep "^HOME="'],
    env: withoutLoader,
  }).output();
  assertEquals(found, decode(here.stdout).trimEnd().split("\n"));
});

Deno.test("a program that overwrites and deletes its inputs does not change the store", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  const { sha256 } = putBlob(store, utf8("as given\n"));
  await run(
    place.path,
    `chmod u+w in/given.txt; echo other >in/given.txt; ls -l in >out/left.txt; rm -rf in`,
  );
  assertEquals(hashFile(blobPath(store, sha256)), sha256);
  assertEquals(await Deno.readTextFile(blobPath(store, sha256)), "as given\n");
});

Deno.test("a program that locks its directories leaves nothing behind", async () => {
  await using place = await workspace();
  await run(place.path, "echo 1 >out/left.txt; mkdir -p a/b; chmod 000 a/b a");
  assertNothingLeft(place.path);
});

Deno.test("an output is a plain file in its place", async () => {
  await using place = await workspace();
  const { path } = place;
  const secret = join(path, "secret.txt");
  await Deno.writeTextFile(secret, "of somebody else");
  const cases: [script: string, found: string][] = [
    ["true", "nothing there. "],
    ["echo 1 >left.txt", "nothing there, and other files: left.txt. "],
    [`ln -s '${secret}' out/left.txt`, `a link to ${secret}`],
    ["mkdir out/left.txt", "a directory"],
    ["mkfifo out/left.txt", "a pipe"],
    [`rmdir out; ln -s '${path}' out; echo 1 >out/left.txt`, `a link to ${path}`],
    [
      `mkdir -p ../o/out; echo 1 >../o/out/left.txt; mv "$PWD" ../w; ln -s o ../work`,
      "a link to o",
    ],
    ["rmdir out; echo 1 >out", "nothing there, and other files: out"],
    ['rm -r "$PWD"', "nothing there. "],
  ];
  for (const [script, found] of cases) {
    const message = await failureOf(path, script);
    assertStringIncludes(
      message,
      "no file out/left.txt for its output left: expected a plain file",
    );
    assertStringIncludes(message, `found ${found}`);
    assertNothingLeft(path);
  }
});

Deno.test("a failure says how the program ended, and what it printed", async () => {
  await using place = await workspace();
  const { path } = place;
  const failed = await failureOf(path, "echo first; echo 'it is broken' >&2; exit 3");
  assertStringIncludes(failed, "ended with exit code 3; expected exit code 0.");
  const report = "echo 'fanin: 1/2 loss=0.5'";
  const reported = await failureOf(path, `${report}; echo wrong; ${report}; exit 3`);
  assertMatch(reported, /It printed at last:\s+wrong$/m);
  assertMatch(
    await failureOf(path, `${report}; exit 3`),
    /printed at last:\s+fanin: 1\/2 loss=0.5$/m,
  );
  assertStringIncludes(failed, "first\nit is broken");
  assertStringIncludes(await failureOf(path, "kill -9 $$"), "ended with the signal 9; expected");
  const command = ["no-such-program-of-fanin", "x"];
  const absent = await failureOf(path, "", { command });
  assertStringIncludes(absent, "no-such-program-of-fanin x ended with exit code 127 (no such");
});

Deno.test("time and memory have limits, which hold for children too", async () => {
  await using place = await workspace();
  const beat = join(place.path, "beat");
  const overdue = await failureOf(place.path, `${heart(beat)} & wait`, {
    limits: { minutes: 0.02, memory: 1000 },
  });
  assertStringIncludes(overdue, "ran longer than 0.02 minutes, its limit, and was stopped");
  assertStringIncludes(overdue, 'Give fit more "minutes" under resources in the DAG.');
  await assertStopped(beat);
  const year = { minutes: 525_600, memory: 1000 };
  await run(place.path, "sleep 0.1; echo 1 >out/left.txt", { limits: year });
  // The shell keeps a line whole; its child does here.
  const large = `sh -c 'x=$(head -c 150000000 /dev/zero | tr "\\0" x); sleep 60'; exit 0`;
  for (const script of [large, `setsid -w ${large}`]) {
    const fat = await failureOf(place.path, script, { limits: { minutes: 1, memory: 100 } });
    assertStringIncludes(fat, "expected 100 MiB at most, its limit, so it was stopped.");
  }
});

Deno.test("what a program started ends with it, wherever it hides", async () => {
  await using place = await workspace();
  const beats = ["child", "session", "clean"].map((name) => join(place.path, name));
  const [child, session, clean] = beats;
  await run(
    place.path,
    `(${heart(child)}) &
     setsid sh -c "${heart(session)}" &
     env -i setsid sh -c "${heart(clean)}" >/dev/null 2>&1 &
     while ! [ -s '${child}' -a -s '${session}' -a -s '${clean}' ]; do sleep 0.05; done
     echo 1 >out/left.txt`,
  );
  for (const beat of beats) await assertStopped(beat);
});

Deno.test("an interrupted program ends with what it started", async () => {
  await using place = await workspace();
  const beat = join(place.path, "beat");
  const stop = new AbortController();
  const ended = run(place.path, `trap '' TERM; ${heart(beat)} & wait`, { signal: stop.signal });
  while (!exists(beat)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  stop.abort(new Error("interrupted"));
  await assertRejects(() => ended, Error, "interrupted");
  await assertStopped(beat);
  assertNothingLeft(place.path);
});

Deno.test("a program ends when fanin's process is killed", async () => {
  await using place = await workspace();
  const beat = join(place.path, "beat");
  const module = new URL("pipeline/engine/program/supervisor.ts", `file://${root}/`).href;
  const host = `
    import { launch } from "${module}";
    await launch({
      command: ["sh", "-c", ${JSON.stringify(`setsid sh -c "${heart(beat)}" & wait`)}],
      directory: ${JSON.stringify(place.path)},
      beside: ${JSON.stringify(place.path)},
      variables: {},
      inherit: [],
      onText() {},
      signal: new AbortController().signal,
    });
  `;
  const script = join(place.path, "host.ts");
  await Deno.writeTextFile(script, host);
  const child = new Deno.Command("deno", {
    args: ["run", "-q", "--no-prompt", "--no-check", "-R", "-W", "--allow-run=sh", script],
    cwd: root,
    stdin: "null",
    stdout: "null",
  }).spawn();
  while (!exists(beat)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill("SIGKILL");
  await child.status;
  await assertStopped(beat);
});

Deno.test("a program may print 100 MB", async () => {
  await using place = await workspace();
  const { characters } = await run(
    place.path,
    "echo 1 >out/left.txt; head -c 100000000 /dev/zero | tr '\\0' x",
  );
  assertEquals(characters, 100_000_000);
});

Deno.test("bytes that are not those of the key start no program", async () => {
  await using place = await workspace();
  const store = openStore(join(place.path, "store"));
  const { sha256 } = putBlob(store, utf8("as given\n"));
  await Deno.chmod(blobPath(store, sha256), 0o644);
  await Deno.writeTextFile(blobPath(store, sha256), "damaged!\n");
  // Read by its size and times alone, the blob would count as whole.
  await assertRejects(
    () =>
      runProgram({
        command: ["sh", "-c", `echo 1 >'${place.path}/started'`],
        places: { given: "given.txt" },
        directories: [],
        outputs: { left: "left.txt" },
        environment: {},
        inherit: [],
      }, {
        stage: "fit",
        store,
        inputs: { given: sha256 },
        scratch: join(place.path, "scratch"),
        listener: { log() {}, progress() {}, measured() {}, notice() {} },
        signal: new AbortController().signal,
      }),
    Failed,
    "is damaged",
  );
  await assertRejects(() => Deno.stat(join(place.path, "started")), Deno.errors.NotFound);
});
