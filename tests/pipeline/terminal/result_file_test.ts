/**
 * Tests the files that a user asks for: a command writes them anywhere, or fails before it works. Failing
 * to write a cache causes only a notice.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { basename, join, relative } from "node:path";
import { Failed } from "../../../pipeline/engine/failed.ts";
import {
  checkNew,
  checkWritable,
  writeNew,
  writeResult,
} from "../../../pipeline/terminal/result_file.ts";
import { Grade } from "../../../schemas/run/graded.ts";
import { expectedFile, metricItem } from "../../support/expected_items.ts";
import { cliOf, root } from "../../support/checkout.ts";
import { fanin, type Workspace, workspaceOfOneProcess } from "../../support/workspace.ts";
import { commandLine, quoted, shell, testOnLinux } from "../../support/shell.ts";

const namesIn = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();

Deno.test("a result is written whole, with the directories that it needs, and nothing else is left", async () => {
  await using place = await workspaceOfOneProcess();
  const path = join(place.path, "new", "deep", "grade.json");
  checkNew(path);
  assertEquals(namesIn(place.path), [], "a check leaves nothing behind");
  for (const text of ["first", "second, which is longer", ""]) {
    writeResult(path, text);
    assertEquals(Deno.readTextFileSync(path), text);
    checkWritable(path);
    assertEquals(Deno.readTextFileSync(path), text, "a check changes nothing");
  }
  assertEquals(namesIn(join(place.path, "new", "deep")), ["grade.json"]);
  assertThrows(() => checkNew(path), Failed, "grade.json exists");
});

Deno.test("a name as long as names can be is written", async () => {
  await using place = await workspaceOfOneProcess();
  const path = join(place.path, "x".repeat(255));
  checkWritable(path);
  writeResult(path, "text");
  assertEquals(Deno.readTextFileSync(path), "text");
});

Deno.test("an obstacle is reported with its path, by the check and by the write", async () => {
  await using place = await workspaceOfOneProcess();
  const file = join(place.path, "file");
  Deno.writeTextFileSync(file, "mine");
  await shell("ln -s nowhere link", place.path);
  for (
    const [path, problem] of [
      [place.path, /directory/],
      [join(place.path, "link", "below"), /link is a link that leads nowhere|exists/],
      [join(file, "below"), /is not a directory|Not a directory|exists/],
      [join(file, "deep", "below"), /is not a directory|Not a directory|exists/],
      [join(place.path, "x".repeat(256)), /File name too long/],
    ] as const
  ) {
    for (const act of [checkWritable, (path: string) => writeResult(path, "text")]) {
      let message = "";
      try {
        act(path);
      } catch (error) {
        assert(error instanceof Failed);
        ({ message } = error);
      }
      assertStringIncludes(message, `${relative(root, path)} cannot be written: `);
      assertMatch(message, problem);
    }
  }
  assertEquals(namesIn(place.path), ["file", "link"]);
  assertEquals(Deno.readTextFileSync(file), "mine");
});

Deno.test("writing through a link keeps the link, pipes are written to, and modes stay", async () => {
  await using place = await workspaceOfOneProcess();
  const { code, err } = await shell(
    "echo old > real && ln -s real link && echo old > private && chmod 600 private && mkfifo pipe",
    place.path,
  );
  assertEquals(code, 0, err);
  const reader = shell("cat pipe", place.path);
  for (const name of ["link", "private", "pipe"]) {
    // A check must not wait for the pipe's reader, and the reader must not take it for its writer.
    checkWritable(join(place.path, name));
    writeResult(join(place.path, name), "new\n");
  }
  assertEquals((await reader).out, "new\n");
  const { out } = await shell(
    "readlink link && cat real private && stat -c %a private",
    place.path,
  );
  assertEquals(out, "real\nnew\nnew\n600\n");
});

Deno.test("of several new files all are written or none, and directories made for them go too", async () => {
  await using place = await workspaceOfOneProcess();
  const at = (...names: string[]) => join(place.path, ...names);
  Deno.mkdirSync(at("mine"));
  // The third path leads through a file.
  const three = [[at("mine/a"), "1"], [at("deep/er/b"), "2"], [at("mine/a/c"), "3"]] as const;
  assertThrows(() => writeNew(three), Failed, "cannot be written");
  assertEquals([namesIn(place.path), namesIn(at("mine"))], [["mine"], []]);
  writeNew(three.slice(0, 2));
  assertEquals([namesIn(at("mine")), namesIn(at("deep/er"))], [["a"], ["b"]]);
  assertThrows(() => writeNew([[at("new"), ""], [at("mine/a"), ""]]), Failed, "a exists");
  assertEquals(namesIn(place.path), ["deep", "mine"]);
});

testOnLinux("new files are all there after a signal that came between two of them", async () => {
  await using place = await workspaceOfOneProcess();
  const script = join(place.path, "write.ts");
  const resultFile = import.meta.resolve("../../../pipeline/terminal/result_file.ts");
  await Deno.writeTextFile(
    script,
    `import { writeNew } from "${resultFile}";
    const second = ["own/second", "2"];
    Object.defineProperty(second, 1, { get: () => (Deno.kill(Deno.pid, "SIGINT"), "2") });
    writeNew([["own/first", "1"], second]);`,
  );
  const run = ["deno", "run", "--no-check", "--config", join(root, "deno.json"), "-A", script];
  const { code, err } = await shell(run.map(quoted).join(" "), place.path);
  assertEquals([code, namesIn(join(place.path, "own"))], [0, ["first", "second"]], err);
});

Deno.test("an existing file in a read-only directory is written; a new one is refused by name", async () => {
  await using place = await workspaceOfOneProcess();
  const script = join(place.path, "write.ts");
  const resultFile = import.meta.resolve("../../../pipeline/terminal/result_file.ts");
  await Deno.writeTextFile(
    script,
    `import { checkWritable, writeResult } from "${resultFile}";
    for (const path of Deno.args) {
      try {
        checkWritable(path);
        writeResult(path, "new\\n");
      } catch (error) {
        console.log(error.message);
      }
    }`,
  );
  const run = commandLine(script, "closed/open", "closed/none", "closed/shut");
  const { out, err } = await shell(
    [
      "mkdir closed && touch closed/open closed/shut && chmod 444 closed/shut && chmod 555 closed",
      // Root may write anywhere unless it lays that power down.
      '[ "$(id -u)" != 0 ] || alone="setpriv --inh-caps=-all --bounding-set=-all"',
      `$alone ${run}`,
      "cat closed/open; ls -A closed; chmod 755 closed",
    ].join("\n"),
    place.path,
  );
  assertEquals(
    out.replaceAll(/(cannot be written: Permission denied) .*/g, "$1"),
    "closed/none cannot be written: Permission denied\n" +
      "closed/shut cannot be written: Permission denied\nnew\nopen\nshut\n",
    err,
  );
});

// Their paths are Linux's.
testOnLinux(
  "devices and streams of the process are refused in one sentence, and none is replaced",
  async () => {
    await using place = await workspaceOfOneProcess();
    await fanin(place, ["reproduce"]);
    const paths = ["/dev/stdout", "/dev/stderr", "/dev/full", "/dev/fd/1", "/proc/self/fd/1"];
    const before = await shell("ls -l /dev/null /dev/full", root);
    for (const path of paths) {
      for (
        const command of [["diff", "latest", "latest", "--html"], ["export", "latest", "--output"]]
      ) {
        const { code, out, err } = await fanin(place, [...command, path]);
        assertEquals([code, out], [2, ""], err);
        assertMatch(err, new RegExp(`^${path} cannot be written: it is of the system, .*\\n$`));
      }
    }
    const archive = await fanin(place, ["export", "latest", "--output", "/dev/null"]);
    assertEquals(archive.code, 2);
    assertMatch(archive.err, /^\/dev\/null cannot be written: it is a device .*\n$/);
    const page = await fanin(place, ["diff", "latest", "latest", "--html", "/dev/null"]);
    assertEquals(page.code, 0, page.err);
    assertEquals(await shell("ls -l /dev/null /dev/full", root), before);
  },
);

const training = cliOf("training");

/** A place with a run of the training pipeline, and what it is graded by. */
async function withRun(place: Workspace): Promise<{ expected: string; metrics: string }> {
  const [expected, metrics] = ["expected.json", "metrics.json"].map((name) =>
    join(place.path, name)
  );
  await Deno.writeTextFile(metrics, `{"net.final-loss": 0.5}`);
  await Deno.writeTextFile(
    expected,
    JSON.stringify(
      expectedFile(
        "training",
        metricItem("loss", "net.final-loss", { kind: "at-most", value: 1 }),
      ),
    ),
  );
  const { code, err } = await fanin(place, ["reproduce"], training);
  assertEquals(code, 0, err);
  return { expected, metrics };
}

/** Commands that write a file at a named place, by the flag that names it. */
const writing = ({ expected, metrics }: { expected: string; metrics: string }): string[][] => [
  ["grade", "--metrics", metrics, "--expected", expected, "--format", "json", "--output"],
  ["diff", "latest", "latest", "--html"],
  ["export", "latest", "--output"],
  ["replicate", "--seeds", "2-4", "--level", "0.7", "--output"],
];

Deno.test("each command refuses a path that it cannot write to before it works, and writes any other", async () => {
  await using place = await workspaceOfOneProcess();
  const commands = writing(await withRun(place));
  const elsewhere = (await shell("mktemp -d", root)).out.trim();
  const before = namesIn(join(place.path, "artifacts", "store", "actions"));
  const file = join(elsewhere, "file");
  await shell(`echo mine > ${file}`, root);
  for (
    const [path, why] of [[elsewhere, /directory/], [
      join(file, "below"),
      /not a directory/i,
    ]] as const
  ) {
    for (const command of commands) {
      const { code, out, err } = await fanin(place, [...command, path], training);
      const what = `${command.join(" ")} ${path}: ${out}${err}`;
      assertEquals(code, 2, what);
      assertMatch(err, why, what);
      assertStringIncludes(err, basename(path), what);
      assert(!/start {3}|Written/.test(err) && out === "", `it had begun: ${what}`);
    }
  }
  // So where no place is named: a file is in the way of the directory.
  for (
    const [command, directory] of [
      [["export", "latest"], "exports"],
      [["replicate", "--seeds", "2-4", "--level", "0.7"], "replicates"],
      [["report", "latest", "latest"], "reports"],
      [["reference", "--update", "--yes"], "reference"],
    ] as const
  ) {
    const way = join(place.path, "artifacts", directory);
    await Deno.writeTextFile(way, "");
    const { code, out, err } = await fanin(place, [...command], training);
    const what = `${command.join(" ")}: ${out}${err}`;
    assertEquals(code, 2, what);
    // The reference has a directory that every command demands.
    const why = directory === "reference"
      ? "is a file; expected a directory"
      : "is not a directory";
    assertStringIncludes(err, `${relative(root, way)} ${why}`, what);
    assert(!/start {3}|Written/.test(err) && out === "", `it had begun: ${what}`);
    await Deno.remove(way);
  }
  await shell("ln -s nowhere exports", join(place.path, "artifacts"));
  const { code, err } = await fanin(place, ["export", "latest"], training);
  assertEquals(code, 2, err);
  assertStringIncludes(err, "exports is a link that leads nowhere");
  assertEquals(namesIn(join(place.path, "artifacts", "store", "actions")), before);
  assertEquals(namesIn(elsewhere), ["file"]);
  for (const [i, command] of commands.entries()) {
    const path = join(elsewhere, "new", `${i}`);
    const { code, err } = await fanin(place, [...command, path], training);
    assertEquals(code, 0, err);
    assert(Deno.statSync(path).size > 0);
  }
  assertEquals(namesIn(join(elsewhere, "new")), ["0", "1", "2", "3"]);
  Grade.parse(JSON.parse(Deno.readTextFileSync(join(elsewhere, "new", "0"))));
  await shell(`rm -r ${elsewhere}`, root);
});

Deno.test("a result that cannot be written exits with 2, a cache only with a notice", async () => {
  await using place = await workspaceOfOneProcess();
  const commands = writing(await withRun(place));
  // Their inputs are stored before, so that the limit is for their outputs.
  const [replicate] = commands.filter(([name]) => name === "replicate");
  await fanin(place, [...replicate, join(place.path, "seeds.json")], training);
  for (const [i, command] of commands.entries()) {
    const path = join(place.path, `result-${i}`);
    const run = commandLine(training, join(place.path, "artifacts"), ...command, path);
    // Files have 512 bytes at most; the signal that comes with it is ignored, so that writing fails.
    const { code, err } = await shell(`trap '' XFSZ; ulimit -f 1; ${run}`, root);
    assertEquals(code, 2, `${command}: ${err}`);
    assertMatch(err, new RegExp(`result-${i} cannot be written: File too large`));
    assert(!err.includes("Written to"), err);
    assert(!namesIn(place.path).includes(`result-${i}`), "half a file is left");
    assertEquals(namesIn(place.path).filter((name) => name.startsWith(".partial")), []);
  }

  // The report is a result too; the run is recorded without it.
  const again = commandLine(training, join(place.path, "artifacts"), "reproduce");
  const limited = `trap '' XFSZ; ulimit -f 200; ${again} --set train.net.epochs=3`;
  const unreported = await shell(limited, root);
  assertEquals(unreported.code, 2, unreported.err);
  assertMatch(
    unreported.err,
    /its report could not be written: .*report\.html cannot be written.*[^.]\. Once that is repaired/s,
  );
  assertMatch(unreported.out, / complete in/);

  // Nothing of the bundles' cache can be read or written, which costs time alone.
  const cache = join(place.path, "artifacts", "store", "code.json");
  await Deno.remove(cache);
  await Deno.mkdir(cache);
  const { code, err } = await fanin(place, ["plan"], training);
  assertEquals(code, 0, err);
  assertMatch(err, /code\.json is not written, which only costs time/);
});
