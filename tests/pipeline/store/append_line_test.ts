/** Tests files that only grow: after a line that was cut off, as by a full disk, each further line is read. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { openEventLog, readEventLog } from "../../../pipeline/runs/event_log.ts";
import { recordEvent, runIds } from "../../../pipeline/runs/latest.ts";
import {
  noteSubmitted,
  openJournal,
  readJournal,
  readOutput,
  readSubmitted,
  writeSubmission,
} from "../../../pipeline/slurm/submission_files.ts";
import type { Submission } from "../../../schemas/run/slurm_submission.ts";
import { quoted, shell } from "../../support/shell.ts";
import { succeed } from "../../support/succeed.ts";
import { workspace } from "../../support/workspace.ts";

/** Cuts the last line of a file in its middle. */
function cutOff(path: string): void {
  const text = Deno.readTextFileSync(path);
  const last = text.lastIndexOf("\n", text.length - 2) + 1;
  Deno.truncateSync(path, last + Math.floor((text.length - last) / 2));
}

Deno.test("what was submitted after a line that a full disk cut off is read, and so is a journal's next line", async () => {
  await using place = await workspace();
  writeSubmission(place.path, { token: "t" } as unknown as Submission);
  const submit = (ticket: number) =>
    noteSubmitted(place.path, { ticket, id: `${ticket}`, name: `g${ticket}`, at });
  const at = new Date().toISOString();
  submit(0);
  submit(1);
  cutOff(join(place.path, "submitted.jsonl"));
  submit(2);
  submit(3);
  assertEquals(readSubmitted(place.path).map(({ ticket }) => ticket), [0, 2, 3]);

  const write = openJournal(place.path, 0);
  write({ type: "began", id: "7", node: "n", loading: 0, restarts: 0 });
  write({ type: "notice", message: "of which the end is lost" });
  cutOff(join(place.path, "journals", "0.jsonl"));
  write({ type: "done", key: "a".repeat(64) });
  assertEquals(readJournal(place.path, 0).lines.map(({ type }) => type), ["began", "done"]);
});

Deno.test("a log of events and the order of runs go on after a line that was cut off", async () => {
  await using place = await workspace();
  const open = () =>
    openEventLog(
      place.path,
      { run: "r", experiment: "e", about: "", jobs: [] },
      (message) => {
        throw new Error(message);
      },
    );
  open().end({ status: "interrupted", report: false });
  cutOff(join(place.path, "events.jsonl"));
  open().end({ status: "complete", report: false });
  const { lines } = readEventLog(place.path, 0);
  assertEquals(lines.map(({ line }) => line.type), ["opened", "opened", "ended"]);

  for (const run of ["a", "b", "c"]) {
    Deno.mkdirSync(join(place.path, "runs", run), { recursive: true });
  }
  recordEvent(place.path, "begun", "a");
  recordEvent(place.path, "begun", "b");
  cutOff(join(place.path, "runs.txt"));
  recordEvent(place.path, "begun", "c");
  assertEquals(runIds(place.path), ["c", "a", "b"]);
});

Deno.test("a pipe or a directory in the place of what a job printed on Slurm stands for nothing printed", async () => {
  await using place = await workspace();
  writeSubmission(place.path, { token: "t" } as unknown as Submission);
  const path = join(place.path, "output", "train.net.txt");
  for (const make of ["mkfifo", "mkdir"]) {
    await succeed(shell(`${make} ${quoted(path)}`, place.path));
    assertEquals(readOutput(place.path, "train/net", "7"), "");
    await Deno.remove(path);
  }
  await Deno.writeTextFile(path, "no memory left\n");
  assertEquals(readOutput(place.path, "train/net", "7"), "no memory left");
});
