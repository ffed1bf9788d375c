/** Tests the screens of whole commands in pseudo-terminals, by committed ones. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { faninLine, runsIn, type Workspace, workspace } from "../../support/workspace.ts";
import { quoted, testOnLinux } from "../../support/shell.ts";
import { assertScreens } from "../../support/terminal/golden_screen.ts";
import { inTerminal } from "../../support/terminal/pseudo_terminal.ts";

const range = (low: number, high: number) => ({ kind: "range", range: { low, high } });

const item = (id: string, low: number, high: number) => ({
  id,
  title: id,
  target: { kind: "metric", name: "first.even" },
  expected: range(low, high),
  source: { from: "document", where: "this test" },
});

/** Writes what is expected of the experiment; gives the command line that runs it. */
async function prepare(place: Workspace): Promise<string> {
  const { path } = place;
  const directory = join(path, "artifacts", "reference");
  await Deno.mkdir(directory, { recursive: true });
  const expected = {
    version: 1,
    title: "short",
    about: "",
    experiment: "short",
    items: [item("even", 1, 3), item("whole", 0.5, 2)],
  };
  await Deno.writeTextFile(join(directory, "expected-short.json"), JSON.stringify(expected));
  return `${await faninLine(place)} reproduce --experiment short`;
}

/** Rows with the times and the run's id made equal; both keep their lengths. */
const masked = (rows: readonly string[]): string[] =>
  rows.map((row) =>
    row.replaceAll(/\d{8}T\d{6}Z/g, "20260101T000000Z")
      .replaceAll(/\b(\d+\.\d+|\d+ min \d\d) s\b/g, "0.0 s")
      .replaceAll(/\b\d+ s\b/g, "0 s")
  );

testOnLinux(
  "a run on a terminal ends in a short summary, fresh, up to date and failed",
  async () => {
    await using place = await workspace();
    const command = await prepare(place);
    const env = { INIT_CWD: place.path };
    const reproduce = (columns: number, flags = "") =>
      inTerminal(`${command} ${flags}`, { columns, env });

    const screens: Record<string, string[]> = {};
    const shown = async (name: string, columns: number, code: number, flags?: string) => {
      const { rows, text, code: ended } = await reproduce(columns, flags);
      assertEquals(ended, code, text);
      screens[name] = masked(rows);
    };
    await shown("complete-80", 80, 0);
    await shown("up-to-date-80", 80, 0);
    await shown("up-to-date-120", 120, 0);
    await shown("up-to-date-40", 40, 0);
    await shown("up-to-date-quiet-80", 80, 0, "-q");
    await shown("complete-120", 120, 1, "--set claims.first.error=0.5");
    await shown("failed-80", 80, 2, "--set fragile.first.fail=throw");
    assertScreens(screens);
  },
);

testOnLinux("the table of a class stays on the terminal whole, and nothing else does", async () => {
  await using place = await workspace();
  await prepare(place);
  const directory = join(place.path, "class");
  await Deno.mkdir(directory);
  const names = ["ada.csv", "bob.csv", "cy.csv", "dee.csv"];
  for (const name of names) await Deno.writeTextFile(join(directory, name), "first.even,2\n");
  await Deno.writeTextFile(join(directory, "essay.pdf"), "");
  const command = `${await faninLine(place)} grade --experiment short`;
  const ended = await inTerminal(`${command} --all ${quoted(directory)}`, {
    columns: 80,
    env: { INIT_CWD: place.path },
  });
  assertStringIncludes(ended.text, " of 4 submissions");
  assertEquals(ended.rows.map((row) => row.split(" ")[0]), [
    "No",
    "Submission",
    ...names,
    "",
    "Graded",
  ], ended.rows.join("\n"));
});

testOnLinux("an interrupted run ends in one line with its log, and is gone on with", async () => {
  await using place = await workspace();
  const command = await prepare(place);
  const env = { INIT_CWD: place.path };
  const ended = await inTerminal(`${command} --only slow/first --set slow.first.ticks=1000`, {
    columns: 80,
    env,
    interruptAfter: "of 1000 ticks",
  });
  assertEquals(ended.code, 130, ended.text);
  assertScreens({ "interrupted-80": masked(ended.rows) });
  const [run] = runsIn(place.path);
  assertStringIncludes(ended.rows.join("\n"), `artifacts/runs/${run}/events.jsonl`);
});

testOnLinux(
  "a job that computes without a pause does not keep an interrupted run alive",
  async () => {
    await using place = await workspace();
    const command = `${await faninLine(place)} reproduce`;
    // The limit ends a run that goes on, with another exit code.
    const { code, text } = await inTerminal(
      `timeout --foreground --signal KILL 180 ` +
        `${command} --only fragile/first --set fragile.first.fail=never-pause`,
      { columns: 80, env: { INIT_CWD: place.path }, interruptAfter: "of 1 pauses" },
    );
    assertEquals(code, 130, text);
  },
);

testOnLinux(
  "what goes into a file has neither colours nor broken lines, the terminal beside it has",
  async () => {
    await using place = await workspace();
    const command = await prepare(place);
    const env = { INIT_CWD: place.path, NO_COLOR: "" };
    const file = join(place.path, "printed.txt");
    const set = "--set claims.first.error=0.5";
    const out = await inTerminal(`${command} ${set} > ${quoted(file)}`, { columns: 40, env });
    assertStringIncludes(out.text, "\x1b[0J", "the view");
    const printed = await Deno.readTextFile(file);
    assertMatch(printed, /^short complete in [\d.]+ s; 7 jobs: 7 ran\n/);
    assertMatch(printed, /^ {2}Report {5}artifacts\/runs\/\S+-short\/report.html\n/m);
    assert(!printed.includes("\x1b"));
    const err = await inTerminal(`${command} ${set} --force slow/first 2> ${quoted(file)}`, {
      columns: 40,
      env,
    });
    assertStringIncludes(err.text, "\x1b[33m!\x1b[0m \x1b[1mshort\x1b[0m complete");
    const messages = await Deno.readTextFile(file);
    assertMatch(messages, /^\d\d:\d\d:\d\d done {4}slow\/first in .*\(7 of 7\)\n/m);
    assert(!messages.includes("\x1b"));
  },
);

testOnLinux("a terminal that cannot move its cursor gets plain lines", async () => {
  await using place = await workspace();
  const command = await prepare(place);
  const dumb = { INIT_CWD: place.path, NO_COLOR: "", TERM: "dumb" };
  const { text } = await inTerminal(command, { columns: 80, env: dumb });
  assert(!text.includes("\x1b"), text);
  assertMatch(text, /done {4}slow\/first in .*\(\d of 7/);
});
