/** Tests what appears on standard error, on a terminal and elsewhere. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { openConsole } from "../../../pipeline/terminal/progress.ts";
import type { Event } from "../../../pipeline/engine/event.ts";
import { hostile } from "../../fixtures/hostile/hostile_text.ts";

const events: Event[] = [
  { type: "begun", jobs: 2 },
  { type: "started", job: "train/one", about: "trains" },
  { type: "progress", job: "train/one", done: 50, total: 200, unit: "samples, epoch 1 of 4" },
];

/** A stream that keeps what is written to it. */
function recorder(terminal: boolean): { stream: typeof Deno.stderr; text: () => string } {
  const written: number[] = [];
  const stream = {
    isTerminal: () => terminal,
    writeSync(bytes: Uint8Array) {
      // A stream may take less than it is given.
      const part = bytes.subarray(0, 7);
      written.push(...part);
      return part.length;
    },
  } as unknown as typeof Deno.stderr;
  const text = () => new TextDecoder().decode(Uint8Array.from(written));
  return { stream, text };
}

const frame = () => new Promise((resolve) => setTimeout(resolve, 150));

Deno.test("on a terminal running jobs have a progress bar with the time left, removed at the end", async () => {
  const { stream, text } = recorder(true);
  const view = openConsole(stream);
  for (const event of events) view.show(event);
  await frame();
  assertMatch(text(), /train\/one +█{5}░{15} [\d.]+ s left, 50 of 200 samples/);
  assertStringIncludes(text(), "0 of 2 jobs");
  view.show({ type: "success", reason: "ran", job: "train/one", seconds: 1.25 });
  await frame();
  assertStringIncludes(text(), "1 of 2 jobs");
  view.close();
  assert(text().endsWith("\x1b[1A\x1b[0J"), JSON.stringify(text().slice(-40)));
  assertStringIncludes(text(), "done    train/one in 1.3 s\n");
});

Deno.test("progress in bytes has units that people read, and a line that is cut says so", async () => {
  const { stream, text } = recorder(true);
  const view = openConsole(stream);
  view.show({ type: "begun", jobs: 1 });
  view.show({ type: "started", job: "export", about: "writes an archive" });
  const progress = { type: "progress", done: 13_130_849, total: 216_303_420 } as const;
  view.show({ ...progress, job: "export", unit: "bytes" });
  await frame();
  assertStringIncludes(text(), "12.5 MiB of 206.3 MiB");
  view.show({ ...progress, job: "export", unit: `bytes ${"of many files ".repeat(40)}` });
  await frame();
  assertMatch(text(), /13130849 of [^\n]*…\n/);
  view.close();
});

Deno.test("hostile text moves no cursor of the live view and begins no line of it", async () => {
  const { stream, text } = recorder(true);
  const view = openConsole(stream);
  const job = hostile("job");
  view.show({ type: "begun", jobs: 1 });
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
  const redrawn = new RegExp(`${String.fromCharCode(27)}\\[(?:\\d+A|0J)`, "g");
  const shown = text().replaceAll(redrawn, "");
  assertEquals(/[^\P{Cc}\n]|[\u2028-\u202e\u2066-\u2069]/u.exec(shown), null, shown);
  for (const line of shown.split("\n")) assert(!line.trimStart().startsWith("::"), line);
});

Deno.test("elsewhere there are plain lines with the time, and no control characters", () => {
  const { stream, text } = recorder(false);
  const view = openConsole(stream);
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
    "done    train/one in 1.3 s",
    "failed  train/two failed: \\u001b[2Jgone\\u0007",
  ]);
  for (const line of lines) assertMatch(line, /^\d\d:\d\d:\d\d /);
});

Deno.test("a notice of both plan and run is printed once, a stage's every time", () => {
  const { stream, text } = recorder(false);
  const view = openConsole(stream);
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
