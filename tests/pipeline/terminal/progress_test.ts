/** Tests what appears on standard error, on a terminal and elsewhere. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { openConsole, type Verbosity } from "../../../pipeline/terminal/progress.ts";
import type { Screen } from "../../../pipeline/terminal/screen.ts";
import type { Event } from "../../../pipeline/engine/event.ts";
import { hostile } from "../../fixtures/hostile/hostile_text.ts";
import { openEmulator } from "../../support/terminal/emulator.ts";
import { assertScreens } from "../../support/terminal/golden_screen.ts";
import { recorder } from "../../support/terminal/stderr_recorder.ts";

const upcoming = (job: string, seconds?: number, ...needs: string[]) => ({ job, needs, seconds });

const events: Event[] = [
  { type: "begun", jobs: [upcoming("train/one"), upcoming("train/two")], width: 2 },
  { type: "started", job: "train/one", about: "trains" },
  { type: "progress", job: "train/one", done: 50, total: 200, unit: "samples, epoch 1 of 4" },
];

const failed = (job: string, message: string): Event => ({
  type: "failure",
  failure: {
    reason: "job-failed",
    job,
    message,
    trace: ["at stages/train.ts:3:9", "at stages/rows.ts:8:1"],
    log: "artifacts/runs/20260101T000000Z-mine/logs/train/one.log",
  },
});

/** Ends of the jobs that need the one that fails. */
const skipped = ["evaluate/mnist-scratch", "claims/mnist"].map((job): Event => ({
  type: "failure",
  failure: { reason: "job-skipped", job, because: ["train/mnist-scratch"] },
}));

/** A console on a terminal of its own, with a clock that stands until it is set. */
function onTerminal(
  size: { columns: number; rows: number },
  { colour = false, verbosity = "short" as Verbosity } = {},
) {
  const { stream, text } = recorder(true);
  let now = 0;
  let screen: Screen = { isTerminal: true, ...size, colour, moves: true };
  const view = openConsole({ stream, screen: () => screen, now: () => now, verbosity });
  const emulator = openEmulator(size);
  let read = 0;
  return {
    view,
    text,
    at(seconds: number, ...shown: Event[]) {
      now = seconds;
      for (const event of shown) view.show(event);
    },
    resize(columns: number) {
      screen = { ...screen, columns };
    },
    /** The rows of the screen once it was drawn again. */
    async rows(): Promise<string[]> {
      await frame();
      emulator.write(text().slice(read));
      read = text().length;
      return emulator.rows();
    },
  };
}

/** Longer than the view waits between two frames. */
const frame = () => new Promise((resolve) => setTimeout(resolve, 150));

/** A run of six jobs: its first takes long, its second fails, and two need the latter. */
const story: Event[] = [
  {
    type: "begun",
    width: 3,
    jobs: [
      upcoming("download/mnist", 0),
      upcoming("train/mnist-scratch", 40, "download/mnist"),
      upcoming("train/a-network-with-a-very-long-name-that-says-all-of-its-parameters", 30),
      upcoming("evaluate/mnist-scratch", 5, "train/mnist-scratch"),
      { ...upcoming("claims/mnist", 2, "evaluate/mnist-scratch"), isOpen: true },
      upcoming("summation-orders", 20),
    ],
  },
  { type: "success", reason: "cached", job: "download/mnist", seconds: 3 },
  {
    type: "started",
    job: "train/mnist-scratch",
    about: "trains",
    why: ["parameter epochs (3 → 2)", "code of train-by-hand (stages/train/train.ts, +3 −1)"],
  },
  {
    type: "started",
    job: "train/a-network-with-a-very-long-name-that-says-all-of-its-parameters",
    about: "trains",
    why: ["no earlier run has this job"],
  },
  { type: "started", job: "summation-orders", about: "sums", why: ["parameter 写し (雪 → é)"] },
  { type: "progress", job: "train/mnist-scratch", done: 1, total: 4, unit: "epochs" },
];

for (const [columns, rows] of [[80, 24], [120, 40], [40, 24], [80, 6]]) {
  Deno.test(`the live view of a run fits a terminal of ${columns} by ${rows}`, async () => {
    const terminal = onTerminal({ columns, rows });
    terminal.at(0, ...story);
    terminal.at(10);
    const shown = await terminal.rows();
    assert(shown.length < rows, "the cursor has a row of its own");
    terminal.at(12, failed("train/mnist-scratch", "expected 10 classes, found 9"), ...skipped);
    const failing = await terminal.rows();
    terminal.view.close();
    assertScreens({
      [`running-${columns}x${rows}`]: shown,
      [`running-failed-${columns}x${rows}`]: failing,
      [`running-closed-${columns}x${rows}`]: await terminal.rows(),
    });
  });
}

Deno.test("a view that ends leaves nothing behind, also where the terminal shows a key or is narrower now", async () => {
  for (const columns of [80, 25]) {
    const terminal = onTerminal({ columns: 80, rows: 24 });
    terminal.at(1, ...events);
    const shown = await terminal.rows();
    const rows = shown.reduce((sum, row) => sum + Math.ceil(row.length / columns), 0);
    assert(rows === 2 || columns < 80 && rows > 2, shown.join("\n"));
    terminal.resize(columns);
    terminal.view.close();
    const end = `\r\x1b[${rows}A\x1b[0J`;
    assert(terminal.text().endsWith(end), JSON.stringify(terminal.text().slice(-60)));
  }
});

Deno.test("a live view is drawn again only where something changed", async () => {
  const terminal = onTerminal({ columns: 80, rows: 24 });
  terminal.at(1, ...events);
  await frame();
  const { length } = terminal.text();
  await frame();
  assertEquals(terminal.text().length, length);
  terminal.view.close();
});

Deno.test("jobs that ended stay on the screen with --verbose, and nothing but failures with --quiet", async () => {
  const ended: Event = { type: "success", reason: "ran", job: "train/one", seconds: 1.25 };
  const shown = async (verbosity: Verbosity) => {
    const terminal = onTerminal({ columns: 80, rows: 24 }, { verbosity });
    terminal.at(1, ...events, ended, failed("train/two", "told to\nfail"));
    terminal.view.close();
    return await terminal.rows();
  };
  const line = "failed  train/two: told to fail (at stages/train.ts:3:9). Log:";
  const log = "        artifacts/runs/20260101T000000Z-mine/logs/train/one.log";
  assertEquals(await shown("quiet"), [line, log]);
  assertEquals(await shown("short"), [line, log]);
  const verbose = await shown("verbose");
  assertEquals(verbose[0], "done    train/one in 1.3 s");
  assertStringIncludes(verbose.join("\n"), "    at stages/rows.ts:8:1");
});

Deno.test("colours are of the palette, and none where they are not wanted", async () => {
  for (const colour of [true, false]) {
    const terminal = onTerminal({ columns: 80, rows: 24 }, { colour });
    terminal.at(1, ...events, failed("train/two", "broke"));
    await terminal.rows();
    terminal.view.close();
    assertEquals(terminal.text().includes("\x1b[31mfailed\x1b[0m  train/two"), colour);
    // deno-lint-ignore no-control-regex
    assertEquals(/\x1b\[\d+m/.test(terminal.text()), colour);
  }
});

Deno.test("the view never writes a row that the terminal would break", async () => {
  const name = "写しé/".repeat(20) + "👩‍🚀 end";
  for (const columns of [20, 33, 80, 133]) {
    const terminal = onTerminal({ columns, rows: 12 });
    terminal.at(
      0,
      { type: "begun", jobs: [upcoming(name, 100)], width: 1 },
      {
        type: "started",
        job: name,
        about: "",
        why: ["雪".repeat(columns), "a reason of some words"],
      },
      { type: "progress", job: name, done: 5, total: 7, unit: "ページ of many files" },
    );
    const shown = await terminal.rows();
    assert(shown.length < 12, shown.join("\n"));
    terminal.view.close();
    assertEquals(await terminal.rows(), [], `at ${columns}`);
  }
});

Deno.test("progress in bytes has units that people read", async () => {
  const terminal = onTerminal({ columns: 80, rows: 24 });
  const { view } = terminal;
  const onProgress = view.task("export", "writes an archive", "bytes");
  onProgress(13_130_849, 216_303_420);
  assertMatch((await terminal.rows()).join("\n"), /^export +░{12} 12\.5 MiB of 206\.3 MiB/);
  view.close();
});

Deno.test("hostile text moves no cursor of the live view and begins no line of it", async () => {
  const { view, text } = onTerminal({ columns: 80, rows: 24 });
  const job = hostile("job");
  view.show({ type: "begun", jobs: [upcoming(job)], width: 1 });
  view.show({ type: "started", job, about: hostile("about") });
  view.show({ type: "progress", job, done: 1, total: 2, unit: hostile("unit") });
  await frame();
  view.show({ type: "notice", notice: { reason: "stage-notice", job, message: hostile("said") } });
  view.show({
    type: "failure",
    failure: { reason: "job-failed", job, message: hostile("thrown") },
  });
  view.say(hostile("line"));
  view.close();
  // The view's own sequences: up so many lines, and clear from there.
  const redrawn = new RegExp(
    `${String.fromCharCode(13)}?${String.fromCharCode(27)}\\[(?:\\d+A|0J)`,
    "g",
  );
  const shown = text().replaceAll(redrawn, "");
  assertEquals(/[^\P{Cc}\n]|[\u2028-\u202e\u2066-\u2069]/u.exec(shown), null, shown);
  for (const line of shown.split("\n")) assert(!line.trimStart().startsWith("::"), line);
});

Deno.test("elsewhere there are plain lines with the time, and no control characters", () => {
  const { stream, text } = recorder(false);
  const view = openConsole({ stream });
  for (const event of events) view.show(event);
  view.show({ type: "success", reason: "ran", job: "train/one", seconds: 1.25 });
  view.show({
    type: "failure",
    failure: { reason: "job-failed", job: "train/two", message: "\x1b[2Jgone\x07" },
  });
  view.close();
  const lines = text().trimEnd().split("\n");
  assertEquals(lines.map((line) => line.replace(/^\d\d:\d\d:\d\d /, "")), [
    "start   train/one: trains",
    "done    train/one in 1.3 s (1 of 2, about 1 s left)",
    "failed  train/two: \\u001b[2Jgone\\u0007.",
  ]);
  for (const line of lines) assertMatch(line, /^\d\d:\d\d:\d\d /);
});

Deno.test("a job that was started here and whose result another process had first is done by that one", async () => {
  const [one, two] = ["train/one", "train/two"].map((job): Event => ({
    type: "success",
    reason: "cached",
    job,
    seconds: 1.25,
  }));
  const { stream, text } = recorder(false);
  const view = openConsole({ stream });
  // The second one was never started: its result was there before.
  for (const event of [...events, one, two]) view.show(event);
  view.close();
  assertEquals(text().trimEnd().split("\n").map((line) => line.slice("00:00:00 ".length)), [
    "start   train/one: trains",
    "done    train/one by another process (1 of 2)",
  ]);
  const terminal = onTerminal({ columns: 80, rows: 24 }, { verbosity: "verbose" });
  terminal.at(1, ...events, one, two);
  terminal.view.close();
  assertEquals(await terminal.rows(), ["done    train/one by another process"]);
});

Deno.test("a notice of both plan and run is printed once, a stage's every time", () => {
  const { stream, text } = recorder(false);
  const view = openConsole({ stream });
  const found = (problem: string): Event => ({
    type: "notice",
    notice: { reason: "action-unusable", job: "train/one", problem },
  });
  const said: Event = {
    type: "notice",
    notice: { reason: "stage-notice", job: "train/one", message: "retries" },
  };
  for (const event of [found("is cut off"), found("is lost"), found("is cut off"), said, said]) {
    view.show(event);
  }
  view.close();
  const times = (words: string) => text().split(words).length - 1;
  assertEquals(["is cut off", "is lost", "retries"].map(times), [1, 1, 2]);
});
